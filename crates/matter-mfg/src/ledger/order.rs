use rusqlite::{Connection, OptionalExtension, Transaction};

use super::{Ledger, wrong};
use crate::Error;

impl Ledger {
    /// Refuses a run whose order has no room for it, before anything is written.
    pub(crate) fn check_order(&self, (id, size): &(String, u32), count: u32) -> Result<(), Error> {
        let failed = |error: rusqlite::Error| wrong(&self.path, error);
        let sql = "SELECT size FROM orders WHERE id = ?1";
        let known = self.connection.query_row(sql, [id], |row| row.get::<_, u32>(0));
        check_size(id, *size, known.optional().map_err(failed)?)?;
        check_room(id, *size, made_for(&self.connection, id).map_err(failed)?, count)
    }
}

/// How many devices of an order are in use.
pub(super) fn made_for(connection: &Connection, order: &str) -> Result<u64, rusqlite::Error> {
    let sql = "SELECT count(*) FROM device JOIN run ON run.id = device.run \
               WHERE run.order_id = ?1 AND device.state = 'published'";
    let made = connection.query_row(sql, [order], |row| row.get::<_, i64>(0))?;
    Ok(u64::try_from(made).unwrap_or_default())
}

/// Checks a run's order again with `new` devices in the transaction: another run may have worked on it at the same time.
pub(super) fn check(transaction: &Transaction<'_>, run: i64, new: usize) -> Result<Result<(), Error>, rusqlite::Error> {
    let sql = "SELECT orders.id, orders.size FROM run JOIN orders ON orders.id = run.order_id WHERE run.id = ?1";
    let order = transaction.query_row(sql, [run], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)));
    let Some((id, size)) = order.optional()? else {
        return Ok(Ok(()));
    };
    let new = u32::try_from(new).unwrap_or(u32::MAX);
    let before = made_for(transaction, &id)?.saturating_sub(new.into());
    Ok(check_room(&id, size, before, new))
}

pub(super) fn check_size(id: &str, size: u32, known: Option<u32>) -> Result<(), Error> {
    match known {
        Some(known) if known != size => {
            let reason = format!("order {id} is for {known} devices in the ledger, not for {size}");
            Err(Error::option("--order-size", reason))
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_room(id: &str, size: u32, made: u64, count: u32) -> Result<(), Error> {
    if made + u64::from(count) > u64::from(size) {
        let reason = format!("order {id} is for {size} devices; {made} are made, and {count} more are too many");
        return Err(Error::option("--order", reason));
    }
    Ok(())
}
