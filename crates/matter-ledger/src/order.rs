use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::runs::RunId;
use crate::{Error, Ledger};

/// An order of devices, which several runs may work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What it is called.
    pub id: String,
    /// How many devices it is for.
    pub size: u32,
}

impl Order {
    /// Refuses `count` devices more than the `made` ones if the order is for fewer.
    ///
    /// # Errors
    ///
    /// [`Error::OrderFull`].
    pub fn check_room(&self, made: u64, count: u32) -> Result<(), Error> {
        if made + u64::from(count) > u64::from(self.size) {
            return Err(Error::OrderFull {
                id: self.id.clone(),
                size: self.size,
                made,
                count,
            });
        }
        Ok(())
    }

    /// Looks up how many devices the ledger has it for; `None` for a new order. Another number is refused.
    pub(crate) fn known_size(&self, connection: &Connection) -> Result<Result<Option<u32>, Error>, rusqlite::Error> {
        let sql = "SELECT size FROM orders WHERE id = ?1";
        let known = connection
            .query_row(sql, [&self.id], |row| row.get::<_, u32>(0))
            .optional()?;
        Ok(match known {
            Some(known) if known != self.size => Err(Error::OrderSize {
                id: self.id.clone(),
                known,
                size: self.size,
            }),
            known => Ok(known),
        })
    }

    /// How many of its devices are in use.
    pub(crate) fn made(&self, connection: &Connection) -> Result<u64, rusqlite::Error> {
        let sql = "SELECT count(*) FROM device JOIN run ON run.id = device.run \
                   WHERE run.order_id = ?1 AND device.state = 'published'";
        let made = connection.query_row(sql, [&self.id], |row| row.get::<_, i64>(0))?;
        Ok(u64::try_from(made).unwrap_or_default())
    }
}

impl Ledger {
    /// Refuses a run of `count` devices whose order has no room for it, before anything is written.
    ///
    /// # Errors
    ///
    /// [`Error::OrderFull`], [`Error::OrderSize`]; [`Error::Unusable`] when the ledger cannot be read.
    pub fn check_order(&self, order: &Order, count: u32) -> Result<(), Error> {
        let failed = |error: rusqlite::Error| Error::unusable(&self.path, error);
        order.known_size(&self.connection).map_err(failed)??;
        order.check_room(order.made(&self.connection).map_err(failed)?, count)
    }
}

/// Checks a run's order again with `new` devices in the transaction: another run may have worked on it at the same time.
pub(crate) fn check(
    transaction: &Transaction<'_>,
    run: RunId,
    new: usize,
) -> Result<Result<(), Error>, rusqlite::Error> {
    let sql = "SELECT orders.id, orders.size FROM run JOIN orders ON orders.id = run.order_id WHERE run.id = ?1";
    let order = transaction.query_row(sql, [run.0], |row| {
        Ok(Order {
            id: row.get(0)?,
            size: row.get(1)?,
        })
    });
    let Some(order) = order.optional()? else {
        return Ok(Ok(()));
    };
    let new = u32::try_from(new).unwrap_or(u32::MAX);
    let before = order.made(transaction)?.saturating_sub(new.into());
    Ok(order.check_room(before, new))
}
