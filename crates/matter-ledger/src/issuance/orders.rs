use crate::Error;
use crate::issuance::Issuing;
use crate::order::made;
use crate::statements::{Fault, Row, Value};
use crate::tables::ORDERS;

/// Whether an order accepts devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderState {
    /// It waits for approval by a second operator.
    Proposed,
    /// It accepts devices.
    Open,
    /// It accepts no more devices.
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
    /// Its name.
    pub id: String,
    /// Number of devices that it is for.
    pub size: u32,
    /// The vendor; `None` for an order of runs only.
    pub vendor_id: Option<u16>,
    /// The product; `None` for an order of runs only.
    pub product_id: Option<u16>,
    /// Whether it accepts devices.
    pub state: OrderState,
    /// The operator who opened it.
    pub opened_by: Option<String>,
    /// The operator who approved it.
    pub approved_by: Option<String>,
}

/// A new order for certificates.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Its name.
    pub id: String,
    /// Number of devices that it is for.
    pub size: u32,
    /// The vendor of the devices.
    pub vendor_id: u16,
    /// The product.
    pub product_id: u16,
    /// The operator who opens it.
    pub operator: String,
    /// Whether a second operator must approve it.
    pub needs_approval: bool,
}

const COLUMNS: &str = "id, size, vendor_id, product_id, state, opened_by, approved_by";

impl Issuing<'_> {
    /// Returns an order, and locks it until the end of the transaction.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn order(&mut self, id: &str) -> Result<Option<IssuingOrder>, Error> {
        self.run(|statements| {
            let lock = statements.for_update();
            let sql = format!("SELECT {COLUMNS} FROM orders WHERE id = $1{lock}");
            let row = statements.query_one(&sql, &[id.into()])?;
            row.as_ref().map(order).transpose()
        })
    }

    /// Returns all orders, sorted by name.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn orders(&mut self) -> Result<Vec<IssuingOrder>, Error> {
        self.run(|statements| {
            let rows = statements.query(&format!("SELECT {COLUMNS} FROM orders ORDER BY id"), &[])?;
            rows.iter().map(order).collect()
        })
    }

    /// Opens an order; returns `false` if the name is already used.
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
            (&new.id).into(),
            new.size.into(),
            new.vendor_id.into(),
            new.product_id.into(),
            state.name().into(),
            (&new.operator).into(),
            Value::Null,
        ];
        self.run(|statements| ORDERS.insert(statements, &values))?;
        Ok(true)
    }

    /// Opens a proposed order with the approval of a second operator.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn approve_order(&mut self, id: &str, operator: &str) -> Result<(), Error> {
        let set = [
            ("state", OrderState::Open.name().into()),
            ("approved_by", operator.into()),
        ];
        self.run(|statements| ORDERS.update(statements, &set, &[("id", id.into())]).map(drop))
    }

    /// Closes an order.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn close_order(&mut self, id: &str) -> Result<(), Error> {
        let set = [("state", OrderState::Closed.name().into())];
        self.run(|statements| ORDERS.update(statements, &set, &[("id", id.into())]).map(drop))
    }

    /// Returns the number of devices of an order: published ones of runs, and active keys.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn devices_of_order(&mut self, id: &str) -> Result<u64, Error> {
        self.run(|statements| made(statements, id))
    }

    /// Returns the number of keys of an order in each state, by state name.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`](crate::Ledger::issuing).
    pub fn states_of_order(&mut self, id: &str) -> Result<Vec<(String, u64)>, Error> {
        let sql = "SELECT state, count(*) FROM issuance WHERE order_id = $1 GROUP BY state ORDER BY state";
        self.run(|statements| {
            let rows = statements.query(sql, &[id.into()])?;
            rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
        })
    }
}

fn order(row: &Row) -> Result<IssuingOrder, Fault> {
    let state: String = row.get(4)?;
    Ok(IssuingOrder {
        id: row.get(0)?,
        size: row.get(1)?,
        vendor_id: row.get(2)?,
        product_id: row.get(3)?,
        state: OrderState::of(&state).ok_or(Fault::Cell(4))?,
        opened_by: row.get(5)?,
        approved_by: row.get(6)?,
    })
}
