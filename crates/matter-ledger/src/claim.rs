use std::fmt;
use std::str::FromStr;

use crate::clock::now;
use crate::statements::{Fault, Row, Statements, Value};
use crate::tables::{CLAIM, CLAIM_EVENT};
use crate::{Error, Ledger, ParseError};

/// A device of an order that a station has claimed for a board.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// The device.
    pub uuid: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// The board's MAC address.
    pub mac: Mac,
    /// The station that claimed it first.
    pub station: String,
    /// The slot of that station.
    pub slot: String,
    /// The state.
    pub state: ClaimState,
    /// Whether it was claimed by this call.
    pub is_new: bool,
    /// The order of the device.
    pub order: Option<String>,
    /// The reason for its quarantine.
    pub reason: Option<String>,
    /// Whether the device is scrapped or replaced.
    pub is_retired: bool,
    /// The ID of the row.
    pub(crate) id: i64,
}

/// The progress of a station with a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClaimState {
    /// The device belongs to the board; nothing is written.
    Claimed,
    /// The images are in its flash.
    Flashed,
    /// The keys are burned.
    Keys,
    /// The eFuses are locked.
    Locked,
    /// The label is printed.
    Labelled,
    /// The board is done.
    Done,
    /// The board was given up: it may get another device, but its device goes to no other board.
    Quarantined,
}

impl ClaimState {
    /// All states: each follows the previous one, except the last.
    pub const ALL: [Self; 7] = [
        Self::Claimed,
        Self::Flashed,
        Self::Keys,
        Self::Locked,
        Self::Labelled,
        Self::Done,
        Self::Quarantined,
    ];

    /// Returns the name in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Flashed => "flashed",
            Self::Keys => "keys",
            Self::Locked => "locked",
            Self::Labelled => "labelled",
            Self::Done => "done",
            Self::Quarantined => "quarantined",
        }
    }

    /// Returns the next state; `None` for a final state.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Claimed => Some(Self::Flashed),
            Self::Flashed => Some(Self::Keys),
            Self::Keys => Some(Self::Locked),
            Self::Locked => Some(Self::Labelled),
            Self::Labelled => Some(Self::Done),
            Self::Done | Self::Quarantined => None,
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

impl fmt::Display for ClaimState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The MAC address of a board: 6 bytes, or 8 of an EUI-64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mac(MacBytes);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum MacBytes {
    Short([u8; 6]),
    Long([u8; 8]),
}

impl From<[u8; 6]> for Mac {
    fn from(bytes: [u8; 6]) -> Self {
        Self(MacBytes::Short(bytes))
    }
}

impl From<[u8; 8]> for Mac {
    fn from(bytes: [u8; 8]) -> Self {
        Self(MacBytes::Long(bytes))
    }
}

impl fmt::Display for Mac {
    /// Formats it as lower-case hexadecimal digits with colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: &[u8] = match &self.0 {
            MacBytes::Short(bytes) => bytes,
            MacBytes::Long(bytes) => bytes,
        };
        for (index, byte) in bytes.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for Mac {
    type Err = ParseError;

    /// Parses 6 or 8 bytes in hexadecimal digits with colons.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = ParseError::new("is not a MAC address such as 24:0a:c4:00:00:01");
        let byte = |part: &str| match part.len() {
            2 if part.bytes().all(|digit| digit.is_ascii_hexdigit()) => u8::from_str_radix(part, 16).ok(),
            _ => None,
        };
        let bytes = text.split(':').map(byte).collect::<Option<Vec<u8>>>().ok_or(refused)?;
        let short = <[u8; 6]>::try_from(bytes.as_slice()).map(Self::from);
        let long = || <[u8; 8]>::try_from(bytes.as_slice()).map(Self::from);
        short.or_else(|_| long()).map_err(|_| refused)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({self})")
    }
}

impl Ledger {
    /// Claims the next free device of an order for a board. A board that already has one gets the same device again, in its
    /// current state; concurrent stations get different devices.
    ///
    /// # Errors
    ///
    /// [`Error::OrderEmpty`] when the order has no free device; [`Error::OrderUnknown`]; [`Error::BoardTaken`] when the
    /// board has a device of another order; [`Error::Clock`]; [`Error::Unavailable`] and [`Error::Unusable`] when the
    /// ledger cannot be written.
    pub fn claim(&mut self, order: &str, mac: Mac, station: &str, slot: &str) -> Result<Claim, Error> {
        let now = now()?;
        self.write_rows(|statements| {
            let (id, uuid, serial) = match take(statements, order, mac)? {
                Taken::Before(claim) => return Ok(claim),
                Taken::Now(free) => free,
            };
            let state = ClaimState::Claimed;
            let values = [
                id.into(),
                mac.to_string().into(),
                state.name().into(),
                station.into(),
                slot.into(),
                (&now).into(),
                (&now).into(),
                Value::Null,
            ];
            let claim = CLAIM.insert_id(statements, &values)?;
            let event = [
                claim.into(),
                (&now).into(),
                state.name().into(),
                station.into(),
                slot.into(),
                Value::Null,
            ];
            CLAIM_EVENT.insert(statements, &event)?;
            let (station, slot) = (station.to_owned(), slot.to_owned());
            Ok(Claim {
                uuid,
                serial,
                mac,
                station,
                slot,
                state,
                is_new: true,
                order: Some(order.to_owned()),
                reason: None,
                is_retired: false,
                id: claim,
            })
        })
    }
}

enum Taken {
    Before(Claim),
    Now(Free),
}

/// ID, UUID and serial number of a device.
type Free = (i64, String, Option<String>);

/// Returns the device of a board, or a free one that stays free until the end of the transaction.
fn take(statements: &mut dyn Statements, order: &str, mac: Mac) -> Result<Taken, Fault> {
    let engine = statements.engine();
    loop {
        if let Some(claim) = before(statements, order, mac)? {
            return Ok(Taken::Before(claim));
        }
        let mut found = free(statements, order, engine.skip_locked())?;
        if found.is_none() {
            // Devices locked by others may become free again: some wait for the same board, and some fail.
            found = free(statements, order, engine.for_update())?;
        }
        let Some((id, uuid, serial)) = found else {
            // A device locked by others may have become this board's.
            if let Some(claim) = before(statements, order, mac)? {
                return Ok(Taken::Before(claim));
            }
            let known = statements.query_one("SELECT 1 FROM orders WHERE id = $1", &[order.into()])?;
            let id = order.to_owned();
            return Err(match known {
                Some(_) => Error::OrderEmpty { id },
                None => Error::OrderUnknown { id },
            }
            .into());
        };
        // The device was free when the statement began; another station may have claimed it and released the lock since.
        let taken = statements.query_one("SELECT 1 FROM claim WHERE device = $1", &[Value::Integer(id)])?;
        if taken.is_none() {
            return Ok(Taken::Now((id, uuid, serial)));
        }
    }
}

/// Returns the device of a board.
fn before(statements: &mut dyn Statements, order: &str, mac: Mac) -> Result<Option<Claim>, Fault> {
    let found = find(statements, mac)?.filter(|claim| claim.state != ClaimState::Quarantined);
    let Some(claim) = found else {
        return Ok(None);
    };
    if claim.order.as_deref() != Some(order) {
        let uuid = claim.uuid;
        return Err(Error::BoardTaken { mac, uuid }.into());
    }
    Ok(Some(claim))
}

/// The columns of [`known_claim`].
pub(crate) const CLAIMS: &str =
    "SELECT uuid, serial, station, slot, claim.state, run.order_id, claim.reason, device.state, claim.id, mac
    FROM claim JOIN device ON device.id = claim.device JOIN run ON run.id = device.run";

/// Returns the device of a board, or the last one that was quarantined with it.
pub(crate) fn find(statements: &mut dyn Statements, mac: Mac) -> Result<Option<Claim>, Fault> {
    let sql = format!(
        "{CLAIMS} WHERE mac = $1
         ORDER BY CASE WHEN claim.state = 'quarantined' THEN 1 ELSE 0 END, claim.id DESC LIMIT 1"
    );
    let row = statements.query_one(&sql, &[mac.to_string().into()])?;
    row.as_ref().map(known_claim).transpose()
}

/// Returns the first free device of an order: ID, UUID and serial number. Devices are sorted by creation.
fn free(statements: &mut dyn Statements, order: &str, lock: &str) -> Result<Option<Free>, Fault> {
    let sql = format!(
        "SELECT id, uuid, serial FROM device WHERE run IN (SELECT id FROM run WHERE order_id = $1)
         AND state = 'published' AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.device = device.id)
         ORDER BY id LIMIT 1{lock}"
    );
    let row = statements.query_one(&sql, &[order.into()])?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose()
}

pub(crate) fn known_claim(row: &Row) -> Result<Claim, Fault> {
    Ok(Claim {
        uuid: row.get(0)?,
        serial: row.get(1)?,
        mac: row.get::<String>(9)?.parse().map_err(|_| Fault::Cell(9))?,
        station: row.get(2)?,
        slot: row.get(3)?,
        state: ClaimState::of(&row.get::<String>(4)?).ok_or(Fault::Cell(4))?,
        is_new: false,
        order: row.get(5)?,
        reason: row.get(6)?,
        is_retired: row.get::<String>(7)? != "published",
        id: row.get(8)?,
    })
}
