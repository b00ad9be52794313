use matter_ledger::{DeviceTrait, Ledger, RunId};

use super::{Run, output};
use crate::{Error, Field};

impl Run<'_> {
    /// Refuses faults that can be found before anything is written.
    pub(super) fn check_first(&self) -> Result<(), Error> {
        if let Some((what, first, second)) = self.plan.first_repeated(self.unique) {
            let reason = format!("devices {first} and {second} are given the same {what}");
            return Err(Error::field(Field::Unique, reason));
        }
        let inputs = self.inputs.iter().map(|(option, path)| (*option, path.as_path()));
        let ledger = self.ledger_file().map(|path| (Field::Ledger, path));
        output::check_inputs(&self.top, inputs.chain(ledger))?;
        self.check_ledger_name()?;
        let count = self.plan.count();
        let ledger = match &self.ledger {
            Some(place) => Ledger::open_to_look(place).map_err(|error| Error::from(error).at_ledger())?,
            None => None,
        };
        // A continued run has devices in the order and in the ledger already.
        match (&self.order, ledger) {
            _ if self.resume => Ok(()),
            (order, Some(mut ledger)) => {
                if let Some(order) = order {
                    ledger.check_order(order, count)?;
                }
                self.check_given(&mut ledger, 0, None)
            }
            (Some(order), None) => Ok(order.check_room(0, count)?),
            (None, None) => Ok(()),
        }
    }

    /// Refuses names that SQLite does not treat as files on disk.
    fn check_ledger_name(&self) -> Result<(), Error> {
        let Some(path) = self.ledger_file() else {
            return Ok(());
        };
        let bytes = path.as_os_str().as_encoded_bytes();
        let is_other =
            bytes == b":memory:" || bytes.starts_with(b"file:") && !path.starts_with(&self.plan.job().outdir);
        if is_other {
            let reason = "is a special name of SQLite, not a file on disk; put ./ before it";
            return Err(Error::file(Field::Ledger, path, reason));
        }
        Ok(())
    }

    /// Checks the given values of the devices from a row on: no device that the ledger lists, except those of the run
    /// `own`, may have them.
    pub(super) fn check_given(&self, ledger: &mut Ledger, from: u32, own: Option<RunId>) -> Result<(), Error> {
        for row in from..self.plan.given_rows() {
            let given = self.plan.given_traits(row);
            let Some((what, uuid)) = ledger.holder(self.unique, &given, own)? else {
                continue;
            };
            let number = row.saturating_add(1);
            let reason = format!("device {number}: device {uuid} in the ledger has the same {what}");
            return Err(
                match self.plan.origin_of_dac(row).filter(|_| given.key_sha256.is_some()) {
                    Some((option, path)) if what == DeviceTrait::Key => Error::file(option, path, reason),
                    _ => Error::field(Field::Unique, format_args!("{reason}; use another one")),
                },
            );
        }
        Ok(())
    }
}
