use crate::runs::RunId;
use crate::statements::{Fault, Statements};
use crate::{Error, Ledger};

/// An order of devices, possibly made by several runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its name.
    pub id: String,
    /// Number of devices that it is for.
    pub size: u32,
}

impl Order {
    /// Checks that the order has room for `count` devices in addition to the `made` ones.
    ///
    /// # Errors
    ///
    /// [`Error::OrderFull`].
    pub fn check_room(&self, made: u64, count: u32) -> Result<(), Error> {
        if made.saturating_add(count.into()) > self.size.into() {
            return Err(Error::OrderFull {
                id: self.id.clone(),
                size: self.size,
                made,
                count,
            });
        }
        Ok(())
    }

    /// Returns the order's number of devices in the ledger; `None` for a new order. Refuses a different number, and an
    /// order that is not open.
    pub(crate) fn known_size(&self, statements: &mut dyn Statements) -> Result<Option<u32>, Fault> {
        let lock = statements.for_update();
        let sql = format!("SELECT size, state FROM orders WHERE id = $1{lock}");
        let Some(row) = statements.query_one(&sql, &[(&self.id).into()])? else {
            return Ok(None);
        };
        let (known, state) = (row.get(0)?, row.get::<String>(1)?);
        let id = self.id.clone();
        if known != self.size {
            let size = self.size;
            return Err(Error::OrderSize { id, known, size }.into());
        }
        if state != OPEN {
            return Err(Error::OrderNotOpen { id, state }.into());
        }
        Ok(Some(known))
    }

    /// Returns the number of its devices in use or being certified by a desk.
    pub(crate) fn made(&self, statements: &mut dyn Statements) -> Result<u64, Fault> {
        made(statements, &self.id)
    }
}

impl Ledger {
    /// Refuses a run of `count` devices that do not fit into its order, before anything is written.
    ///
    /// # Errors
    ///
    /// [`Error::OrderFull`], [`Error::OrderNotOpen`], [`Error::OrderSize`]; [`Error::Unavailable`] and [`Error::Unusable`]
    /// when the ledger cannot be read.
    pub fn check_order(&mut self, order: &Order, count: u32) -> Result<(), Error> {
        self.read(|statements| {
            order.known_size(statements)?;
            Ok(order.check_room(order.made(statements)?, count)?)
        })
    }
}

/// The state of an order that accepts devices.
pub(crate) const OPEN: &str = "open";

/// Returns the number of devices of an order in use: those of runs, and those accepted by a desk.
pub(crate) fn made(statements: &mut dyn Statements, order: &str) -> Result<u64, Fault> {
    let runs = "SELECT count(*) FROM device JOIN run ON run.id = device.run \
                WHERE run.order_id = $1 AND device.state = 'published'";
    let desks = "SELECT count(*) FROM issuance WHERE order_id = $1 AND state <> 'RETIRED'";
    let made = statements.query_number(runs, &[order.into()])?;
    let accepted = statements.query_number(desks, &[order.into()])?;
    Ok(u64::try_from(made.saturating_add(accepted)).unwrap_or_default())
}

/// Checks a run's order again with `new` devices in the transaction: another run may have added devices in between.
pub(crate) fn check(statements: &mut dyn Statements, run: RunId, new: usize) -> Result<(), Fault> {
    let sql = "SELECT orders.id, orders.size FROM run JOIN orders ON orders.id = run.order_id WHERE run.id = $1";
    let lock = statements.for_update();
    let Some(row) = statements.query_one(&format!("{sql}{lock}"), &[run.0.into()])? else {
        return Ok(());
    };
    let (id, size) = (row.get(0)?, row.get(1)?);
    let order = Order { id, size };
    let new = u32::try_from(new).unwrap_or(u32::MAX);
    let before = order.made(statements)?.saturating_sub(new.into());
    Ok(order.check_room(before, new)?)
}
