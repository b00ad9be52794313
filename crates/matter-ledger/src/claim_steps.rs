//! Operations of a station on a board with a device, each in one transaction.

use std::collections::BTreeMap;

use crate::claim::{CLAIMS, find, known_claim};
use crate::clock::now;
use crate::statements::{Fault, Statements, Value};
use crate::tables::{CLAIM, CLAIM_EVENT, CLAIM_FACT, JOURNAL, REFUSED_BOARD};
use crate::{Claim, ClaimState, Error, Ledger, Mac};

/// Facts recorded with a state: the place, and named texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimFacts {
    at: Option<(String, String)>,
    texts: BTreeMap<String, String>,
}

impl ClaimFacts {
    /// Makes an empty set of facts.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            at: None,
            texts: BTreeMap::new(),
        }
    }

    /// Sets station and slot, if they differ from those of the claim.
    #[must_use]
    pub fn at(mut self, station: &str, slot: &str) -> Self {
        self.at = Some((station.into(), slot.into()));
        self
    }

    /// Adds a fact. It replaces the board's previous fact with this name.
    #[must_use]
    pub fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.texts.insert(name.into(), text.into());
        self
    }
}

/// The phase of an eFuse burn at which a journal entry was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BurnPhase {
    /// The burn is about to start, and may be done from now on.
    Before,
    /// The burn is done, and was read back.
    After,
}

impl BurnPhase {
    /// Returns the name in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// An entry of a board's eFuse journal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalEntry {
    /// The number of the step in the device's plan, from 1.
    pub step: u32,
    /// A description of the burn.
    pub what: String,
    /// Whether the burn is done.
    pub phase: BurnPhase,
    /// The time in UTC.
    pub time: String,
}

impl Ledger {
    /// Returns the device of a board, or the last one that was quarantined with it.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn board(&mut self, mac: Mac) -> Result<Option<Claim>, Error> {
        self.read(|statements| find(statements, mac))
    }

    /// Returns the boards of an order that are in a state.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn boards_in(&mut self, order: &str, state: ClaimState) -> Result<Vec<Claim>, Error> {
        let sql = format!("{CLAIMS} WHERE run.order_id = $1 AND claim.state = $2 ORDER BY claim.id");
        self.read(|statements| {
            let rows = statements.query(&sql, &[order.into(), state.name().into()])?;
            rows.iter().map(known_claim).collect()
        })
    }

    /// Advances a board from one state to the next, only if it is in the first one.
    ///
    /// # Errors
    ///
    /// [`Error::ClaimStep`] when `to` does not follow `from`; [`Error::ClaimState`] when the board is in another state;
    /// [`Error::Clock`]; [`Error::Unavailable`] when it is unknown whether the server has done it; [`Error::Unusable`].
    pub fn advance(
        &mut self,
        claim: &Claim,
        from: ClaimState,
        to: ClaimState,
        facts: &ClaimFacts,
    ) -> Result<(), Error> {
        if from.next() != Some(to) {
            return Err(Error::ClaimStep { from, to });
        }
        let now = now()?;
        self.write_rows(|statements| {
            let set = [("state", to.name().into()), ("changed", (&now).into())];
            change(statements, claim, from, &set)?;
            event(statements, claim, &now, to.name(), None, facts)
        })
    }

    /// Quarantines a board: its device goes to no other board. The reason is machine-readable, the detail is for people.
    ///
    /// # Errors
    ///
    /// [`Error::ClaimState`] when the board is no longer in the state of `claim`; the errors of [`Ledger::advance`].
    pub fn quarantine(&mut self, claim: &Claim, reason: &str, detail: &str, facts: &ClaimFacts) -> Result<(), Error> {
        let now = now()?;
        let to = ClaimState::Quarantined.name();
        self.write_rows(|statements| {
            let set = [
                ("state", to.into()),
                ("changed", (&now).into()),
                ("reason", reason.into()),
            ];
            change(statements, claim, claim.state, &set)?;
            event(statements, claim, &now, to, Some(detail), facts)
        })
    }

    /// Returns a finished or quarantined board to [`ClaimState::Claimed`], with its own device. An unfinished board is
    /// unchanged.
    ///
    /// # Errors
    ///
    /// [`Error::BoardUnknown`]; [`Error::DeviceRetired`] when its device is out of use; [`Error::ReasonEmpty`];
    /// [`Error::Clock`], [`Error::Unavailable`], [`Error::Unusable`].
    pub fn rework(&mut self, mac: Mac, reason: &str, facts: &ClaimFacts) -> Result<Claim, Error> {
        if reason.trim().is_empty() {
            return Err(Error::ReasonEmpty);
        }
        let (now, place) = (now()?, self.place.clone());
        self.write(|statements| {
            let Some(mut claim) = find(statements, mac)? else {
                return Err(Error::BoardUnknown { mac }.into());
            };
            if claim.is_retired {
                let (place, uuid, state) = (place.clone(), claim.uuid, "scrapped or replaced".into());
                return Err(Error::DeviceRetired { place, uuid, state }.into());
            }
            if !matches!(claim.state, ClaimState::Done | ClaimState::Quarantined) {
                return Ok(claim);
            }
            let set = [
                ("state", ClaimState::Claimed.name().into()),
                ("changed", (&now).into()),
                ("reason", Value::Null),
            ];
            change(statements, &claim, claim.state, &set)?;
            event(statements, &claim, &now, REWORK, Some(reason), facts)?;
            claim.state = ClaimState::Claimed;
            claim.reason = None;
            Ok(claim)
        })
    }

    /// Records facts of a board that stays in its state.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be written.
    pub fn note(&mut self, claim: &Claim, facts: &ClaimFacts) -> Result<(), Error> {
        self.write_rows(|statements| record(statements, claim, facts))
    }

    /// Records in the journal that an eFuse step is about to start, or is done.
    ///
    /// # Errors
    ///
    /// [`Error::Clock`]; [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be written: nothing may be
    /// burned then.
    pub fn journal(&mut self, claim: &Claim, step: u32, what: &str, phase: BurnPhase) -> Result<(), Error> {
        let now = now()?;
        let values = [
            claim.id.into(),
            step.into(),
            what.into(),
            phase.name().into(),
            now.into(),
        ];
        self.write_rows(|statements| JOURNAL.insert(statements, &values))
    }

    /// Returns the eFuse journal of a board in order.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn journal_of(&mut self, claim: &Claim) -> Result<Vec<JournalEntry>, Error> {
        let sql = "SELECT step, what, phase, time FROM journal WHERE claim = $1 ORDER BY id";
        self.read(|statements| {
            let rows = statements.query(sql, &[claim.id.into()])?;
            let entries = rows.iter().map(|row| {
                Ok(JournalEntry {
                    step: row.get(0)?,
                    what: row.get(1)?,
                    phase: match row.get::<String>(2)?.as_str() {
                        "after" => BurnPhase::After,
                        _ => BurnPhase::Before,
                    },
                    time: row.get(3)?,
                })
            });
            entries.collect()
        })
    }

    /// Returns the last station and slot of a board.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn last_place(&mut self, claim: &Claim) -> Result<Option<(String, String)>, Error> {
        let sql = "SELECT station, slot FROM claim_event WHERE claim = $1 ORDER BY id DESC LIMIT 1";
        self.read(|statements| {
            let row = statements.query_one(sql, &[claim.id.into()])?;
            row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
        })
    }

    /// Records a board of an order that was refused before anything was written to it.
    ///
    /// # Errors
    ///
    /// [`Error::OrderUnknown`]; [`Error::Clock`]; [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be
    /// written.
    pub fn refuse(
        &mut self,
        order: &str,
        mac: Option<Mac>,
        at: (&str, &str),
        reason: &str,
        detail: &str,
    ) -> Result<(), Error> {
        let now = now()?;
        let (station, slot) = at;
        self.write_rows(|statements| {
            let known = statements.query_one("SELECT 1 FROM orders WHERE id = $1", &[order.into()])?;
            if known.is_none() {
                let id = order.to_owned();
                return Err(Error::OrderUnknown { id }.into());
            }
            let values = [
                order.into(),
                mac.map(|mac| mac.to_string()).into(),
                station.into(),
                slot.into(),
                reason.into(),
                detail.into(),
                (&now).into(),
            ];
            REFUSED_BOARD.insert(statements, &values)
        })
    }
}

/// The event name of a rework.
const REWORK: &str = "rework";

/// Updates columns of a claim in a given state. A single statement compares and updates.
fn change(
    statements: &mut dyn Statements,
    claim: &Claim,
    from: ClaimState,
    set: &[(&str, Value)],
) -> Result<(), Fault> {
    let key = [
        ("id", claim.id.into()),
        ("mac", claim.mac.to_string().into()),
        ("state", from.name().into()),
    ];
    if CLAIM.update(statements, set, &key)? == 1 {
        return Ok(());
    }
    let sql = "SELECT state FROM claim WHERE id = $1 AND mac = $2";
    let row = statements.query_one(sql, &[claim.id.into(), claim.mac.to_string().into()])?;
    let found = row.map(|row| row.get::<String>(0)).transpose()?;
    Err(Error::ClaimState {
        mac: claim.mac,
        expected: from,
        found: found.and_then(|name| ClaimState::of(&name)),
    }
    .into())
}

/// Adds an event to the history of a claim, and its facts.
fn event(
    statements: &mut dyn Statements,
    claim: &Claim,
    now: &str,
    state: &str,
    detail: Option<&str>,
    facts: &ClaimFacts,
) -> Result<(), Fault> {
    let first = (claim.station.clone(), claim.slot.clone());
    let (station, slot) = facts.at.clone().unwrap_or(first);
    let values = [
        claim.id.into(),
        now.into(),
        state.into(),
        station.into(),
        slot.into(),
        detail.into(),
    ];
    CLAIM_EVENT.insert(statements, &values)?;
    record(statements, claim, facts)
}

fn record(statements: &mut dyn Statements, claim: &Claim, facts: &ClaimFacts) -> Result<(), Fault> {
    for (name, text) in &facts.texts {
        let key = [("claim", claim.id.into()), ("name", name.into())];
        if CLAIM_FACT.update(statements, &[("value", text.into())], &key)? == 0 {
            CLAIM_FACT.insert(statements, &[claim.id.into(), name.into(), text.into()])?;
        }
    }
    Ok(())
}

/// Adds the event of a retired device.
pub(crate) fn retired(statements: &mut dyn Statements, device: i64, now: &str, reason: &str) -> Result<(), Fault> {
    let sql = "SELECT id, station, slot FROM claim WHERE device = $1";
    let Some(row) = statements.query_one(sql, &[device.into()])? else {
        return Ok(());
    };
    let (id, station, slot): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let state = ClaimState::Quarantined.name();
    let values = [
        id.into(),
        now.into(),
        state.into(),
        station.into(),
        slot.into(),
        reason.into(),
    ];
    CLAIM_EVENT.insert(statements, &values)
}
