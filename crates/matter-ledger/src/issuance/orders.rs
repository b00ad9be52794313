use crate::Error;
use crate::issuance::{Issuing, insert, malformed, sum_again};
use crate::statements::{Engine, Row, Value};

/// Whether an order takes devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderState {
    /// It waits for a second operator.
    Proposed,
    /// It takes devices.
    Open,
    /// It takes no more.
    Closed,
}

impl OrderState {
    /// Returns the name in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::Proposed, Self::Open, Self::Closed]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// An order for which certificates are issued.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuingOrder {
    /// What it is called.
    pub id: String,
    /// How many devices it is for.
    pub size: u32,
    /// The vendor; `None` for an order of runs alone.
    pub vendor_id: Option<u16>,
    /// The product; `None` for an order of runs alone.
    pub product_id: Option<u16>,
    /// Whether it takes devices.
    pub state: OrderState,
    /// Who opened it.
    pub opened_by: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// An order that is opened for certificates.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// What it is called.
    pub id: String,
    /// How many devices it is for.
    pub size: u32,
    /// The vendor of the devices.
    pub vendor_id: u16,
    /// The product.
    pub product_id: u16,
    /// Who opens it.
    pub operator: String,
    /// Whether a second operator has to approve it.
    pub needs_approval: bool,
}

const COLUMNS: &str = "id, size, vendor_id, product_id, state, opened_by, approved_by";

impl Issuing<'_> {
    /// Looks an order up, and locks it until the end of the transaction.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn order(&mut self, id: &str) -> Result<Option<IssuingOrder>, Error> {
        let lock = match self.statements.engine() {
            Engine::Sqlite => "",
            #[cfg(feature = "postgres")]
            Engine::Postgres => " FOR UPDATE",
        };
        let sql = format!("SELECT {COLUMNS} FROM orders WHERE id = $1{lock}");
        let rows = self.statements.query(&sql, &[id.into()])?;
        rows.first().map(order).transpose()
    }

    /// Returns all orders, by their names.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn orders(&mut self) -> Result<Vec<IssuingOrder>, Error> {
        let rows = self
            .statements
            .query(&format!("SELECT {COLUMNS} FROM orders ORDER BY id"), &[])?;
        rows.iter().map(order).collect()
    }

    /// Opens an order; tells whether there was none of this name.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn open_order(&mut self, new: &NewOrder) -> Result<bool, Error> {
        if self.order(&new.id)?.is_some() {
            return Ok(false);
        }
        let state = if new.needs_approval {
            OrderState::Proposed
        } else {
            OrderState::Open
        };
        let values = [
            new.id.as_str().into(),
            i64::from(new.size).into(),
            i64::from(new.vendor_id).into(),
            i64::from(new.product_id).into(),
            state.name().into(),
            new.operator.as_str().into(),
            Value::Null,
        ];
        insert(self.statements, "orders", COLUMNS, &values)?;
        Ok(true)
    }

    /// Opens a proposed order on the word of a second operator.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn approve_order(&mut self, id: &str, operator: &str) -> Result<(), Error> {
        let sql = "UPDATE orders SET state = 'open', approved_by = $1 WHERE id = $2";
        self.change_order(sql, &[operator.into(), id.into()], id)
    }

    /// Closes an order.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn close_order(&mut self, id: &str) -> Result<(), Error> {
        self.change_order("UPDATE orders SET state = 'closed' WHERE id = $1", &[id.into()], id)
    }

    /// Returns how many devices an order has: published ones of runs, and keys that are in use.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn devices_of_order(&mut self, id: &str) -> Result<u64, Error> {
        let count = "SELECT (SELECT count(*) FROM device JOIN run ON run.id = device.run \
                     WHERE run.order_id = $1 AND device.state = 'published') + \
                     (SELECT count(*) FROM issuance WHERE order_id = $2 AND state <> 'RETIRED')";
        let rows = self.statements.query(count, &[id.into(), id.into()])?;
        let count: i64 = rows.first().ok_or_else(|| malformed("count"))?.get(0)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Returns how many keys of an order are in each state, by the states' names.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn states_of_order(&mut self, id: &str) -> Result<Vec<(String, u64)>, Error> {
        let sql = "SELECT state, count(*) FROM issuance WHERE order_id = $1 GROUP BY state ORDER BY state";
        let rows = self.statements.query(sql, &[id.into()])?;
        let states = rows.iter().map(|row| {
            let count: i64 = row.get(1)?;
            Ok((row.get(0)?, u64::try_from(count).unwrap_or_default()))
        });
        states.collect()
    }

    fn change_order(&mut self, sql: &str, values: &[Value], id: &str) -> Result<(), Error> {
        self.statements.execute(sql, values)?;
        sum_again(self.statements, "orders", "id = $1", &[id.into()])
    }
}

fn order(row: &Row) -> Result<IssuingOrder, Error> {
    let (size, state): (i64, String) = (row.get(1)?, row.get(4)?);
    let id = |index| {
        let id: Option<i64> = row.get(index)?;
        let id = id.map(u16::try_from).transpose();
        id.map_err(|_| malformed("vendor or product id of an order"))
    };
    Ok(IssuingOrder {
        id: row.get(0)?,
        size: u32::try_from(size).map_err(|_| malformed("size of an order"))?,
        vendor_id: id(2)?,
        product_id: id(3)?,
        state: OrderState::of(&state).ok_or_else(|| malformed("state of an order"))?,
        opened_by: row.get(5)?,
        approved_by: row.get(6)?,
    })
}
