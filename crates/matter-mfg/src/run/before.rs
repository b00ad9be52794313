use super::Run;
use crate::Error;
use crate::ledger::{Ledger, check_room};

impl Run<'_> {
    /// Refuses what can be refused before anything is written.
    pub(super) fn check_first(&self) -> Result<(), Error> {
        if let Some((what, first, second)) = self.plan.first_repeated(self.unique) {
            let reason = format!("devices {first} and {second} are given the same {what}");
            return Err(Error::option("--unique", reason));
        }
        let count = self.plan.count();
        let ledger = match &self.ledger {
            Some(path) if path.exists() => Some(Ledger::open_existing(path).map_err(|error| match error {
                Error::Ledger { path, reason } => Error::file("--ledger", &path, reason),
                error => error,
            })?),
            _ => None,
        };
        // What is continued has devices in the order already.
        match (&self.order, ledger) {
            (Some(order), Some(ledger)) if !self.resume => ledger.check_order(order, count),
            (Some((id, size)), None) => check_room(id, *size, 0, count),
            _ => Ok(()),
        }
    }
}
