use std::collections::BTreeMap;

use crate::statements::{Fault, Row, Statements};
use crate::{ClaimState, Error, Ledger};

/// The boards of an order in the ledger.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LineListing {
    /// The order.
    pub order: String,
    /// The number of its devices and boards.
    pub counts: LineCounts,
    /// The device for the next board.
    pub next: Option<String>,
    /// The boards that have or had a device, sorted by claim.
    pub rows: Vec<LineRow>,
    /// The refused boards, sorted by time.
    pub refused: Vec<RefusedBoard>,
}

/// The number of devices and boards of an order in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineCounts {
    /// Number of devices that it is for.
    pub size: u32,
    /// Number of devices made and in use.
    pub made: u64,
    /// Number of devices without a board.
    pub free: u64,
    /// Number of boards that are neither done nor quarantined.
    pub in_work: u64,
    /// Number of finished boards.
    pub done: u64,
    /// Number of quarantined boards.
    pub quarantined: u64,
    /// Number of refused boards.
    pub refused: u64,
}

/// A board with its device.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LineRow {
    /// The device.
    pub uuid: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// The board.
    pub mac: String,
    /// Its last station.
    pub station: String,
    /// The slot of that station.
    pub slot: String,
    /// The state.
    pub state: ClaimState,
    /// The reason for its quarantine: a code.
    pub reason: Option<String>,
    /// The observation at that time.
    pub detail: Option<String>,
    /// The time of each state, or of `rework`, in UTC.
    pub times: Vec<(String, String)>,
    /// The facts recorded by stations, by name.
    pub facts: BTreeMap<String, String>,
    /// The vendor ID.
    pub vendor_id: u16,
    /// The product ID.
    pub product_id: u16,
    /// The discriminator.
    pub discriminator: u16,
    /// The serial number of the DAC.
    pub dac_serial: Option<Vec<u8>>,
    /// SHA-256 of the DAC's public key.
    pub key_sha256: Option<Vec<u8>>,
    /// Whether the device is scrapped or replaced.
    pub is_retired: bool,
}

/// A board that was refused before anything was written to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedBoard {
    /// The MAC address, if known.
    pub mac: Option<String>,
    /// The station.
    pub station: String,
    /// The slot.
    pub slot: String,
    /// The reason: a code.
    pub reason: String,
    /// The relevant values.
    pub detail: String,
    /// The time in UTC.
    pub time: String,
}

impl Ledger {
    /// Returns the boards of an order, as a consistent snapshot.
    ///
    /// # Errors
    ///
    /// [`Error::OrderUnknown`]; [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn line(&mut self, order: &str) -> Result<LineListing, Error> {
        self.read(|statements| read(statements, order))
    }

    /// Counts the devices and boards of an order without reading them, as a consistent snapshot.
    ///
    /// # Errors
    ///
    /// As [`Self::line`].
    pub fn line_counts(&mut self, order: &str) -> Result<LineCounts, Error> {
        self.read(|statements| count(statements, order))
    }
}

const DEVICES: &str =
    "FROM device JOIN run ON run.id = device.run WHERE run.order_id = $1 AND device.state = 'published'";
const FREE: &str = "AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.device = device.id)";

fn count(statements: &mut dyn Statements, order: &str) -> Result<LineCounts, Fault> {
    let Some(row) = statements.query_one("SELECT size FROM orders WHERE id = $1", &[order.into()])? else {
        let id = order.to_owned();
        return Err(Error::OrderUnknown { id }.into());
    };
    let mut number = |sql: &str| -> Result<u64, Fault> {
        let number = statements.query_number(sql, &[order.into()])?;
        Ok(u64::try_from(number).unwrap_or_default())
    };
    let mut counts = LineCounts {
        size: row.get(0)?,
        made: number(&format!("SELECT count(*) {DEVICES}"))?,
        free: number(&format!("SELECT count(*) {DEVICES} {FREE}"))?,
        refused: number("SELECT count(*) FROM refused_board WHERE order_id = $1")?,
        ..LineCounts::default()
    };
    let sql = "SELECT claim.state, count(*) FROM claim JOIN device ON device.id = claim.device
               JOIN run ON run.id = device.run WHERE run.order_id = $1 GROUP BY claim.state";
    for row in statements.query(sql, &[order.into()])? {
        let boards = u64::try_from(row.get::<i64>(1)?).unwrap_or_default();
        match ClaimState::of(&row.get::<String>(0)?).ok_or(Fault::Cell(0))? {
            ClaimState::Done => counts.done = boards,
            ClaimState::Quarantined => counts.quarantined = boards,
            _ => counts.in_work = counts.in_work.saturating_add(boards),
        }
    }
    Ok(counts)
}

fn read(statements: &mut dyn Statements, order: &str) -> Result<LineListing, Fault> {
    let mut listed = LineListing {
        order: order.into(),
        counts: count(statements, order)?,
        ..LineListing::default()
    };
    let sql = format!("SELECT uuid {DEVICES} {FREE} ORDER BY device.id LIMIT 1");
    let next = statements.query_one(&sql, &[order.into()])?;
    listed.next = next.map(|row| row.get(0)).transpose()?;
    let (ids, rows) = rows(statements, order)?;
    listed.rows = rows;
    events(statements, order, &ids, &mut listed.rows)?;
    facts(statements, order, &ids, &mut listed.rows)?;
    let sql = "SELECT mac, station, slot, reason, detail, time FROM refused_board WHERE order_id = $1 ORDER BY id";
    for row in statements.query(sql, &[order.into()])? {
        listed.refused.push(refused(&row)?);
    }
    Ok(listed)
}

/// Returns the rows, and the IDs of their claims.
fn rows(statements: &mut dyn Statements, order: &str) -> Result<(Vec<i64>, Vec<LineRow>), Fault> {
    let sql = "SELECT claim.id, uuid, serial, mac, station, slot, claim.state, claim.reason, vendor_id, product_id,
               discriminator, dac_serial, key_sha256, device.state
               FROM claim JOIN device ON device.id = claim.device JOIN run ON run.id = device.run
               WHERE run.order_id = $1 ORDER BY claim.id";
    let (mut ids, mut rows) = (Vec::new(), Vec::new());
    statements.each(sql, &[order.into()], &mut |row| {
        ids.push(row.get(0)?);
        rows.push(LineRow {
            uuid: row.get(1)?,
            serial: row.get(2)?,
            mac: row.get(3)?,
            station: row.get(4)?,
            slot: row.get(5)?,
            state: ClaimState::of(&row.get::<String>(6)?).ok_or(Fault::Cell(6))?,
            reason: row.get(7)?,
            detail: None,
            times: Vec::new(),
            facts: BTreeMap::new(),
            vendor_id: row.get(8)?,
            product_id: row.get(9)?,
            discriminator: row.get(10)?,
            dac_serial: row.get(11)?,
            key_sha256: row.get(12)?,
            is_retired: row.get::<String>(13)? != "published",
        });
        Ok(())
    })?;
    Ok((ids, rows))
}

/// Events are sorted by claim, so one query is enough for all.
fn events(statements: &mut dyn Statements, order: &str, ids: &[i64], rows: &mut [LineRow]) -> Result<(), Fault> {
    let sql = "SELECT claim_event.claim, time, claim_event.state, claim_event.station, claim_event.slot, detail
               FROM claim_event JOIN claim ON claim.id = claim_event.claim JOIN device ON device.id = claim.device
               JOIN run ON run.id = device.run WHERE run.order_id = $1 ORDER BY claim_event.claim, claim_event.id";
    let mut places = ids.iter().zip(rows).peekable();
    statements.each(sql, &[order.into()], &mut |row| {
        let id = row.get::<i64>(0)?;
        while places.next_if(|(other, _)| **other < id).is_some() {}
        if let Some((_, listed)) = places.peek_mut() {
            listed.times.push((row.get(2)?, row.get(1)?));
            (listed.station, listed.slot) = (row.get(3)?, row.get(4)?);
            listed.detail = row.get(5)?;
        }
        Ok(())
    })
}

fn facts(statements: &mut dyn Statements, order: &str, ids: &[i64], rows: &mut [LineRow]) -> Result<(), Fault> {
    let sql = "SELECT claim_fact.claim, name, value
               FROM claim_fact JOIN claim ON claim.id = claim_fact.claim JOIN device ON device.id = claim.device
               JOIN run ON run.id = device.run WHERE run.order_id = $1 ORDER BY claim_fact.claim, name";
    let mut places = ids.iter().zip(rows).peekable();
    statements.each(sql, &[order.into()], &mut |row| {
        let id = row.get::<i64>(0)?;
        while places.next_if(|(other, _)| **other < id).is_some() {}
        if let Some((_, listed)) = places.peek_mut() {
            listed.facts.insert(row.get(1)?, row.get(2)?);
        }
        Ok(())
    })
}

fn refused(row: &Row) -> Result<RefusedBoard, Fault> {
    Ok(RefusedBoard {
        mac: row.get(0)?,
        station: row.get(1)?,
        slot: row.get(2)?,
        reason: row.get(3)?,
        detail: row.get(4)?,
        time: row.get(5)?,
    })
}
