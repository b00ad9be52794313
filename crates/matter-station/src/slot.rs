use std::sync::{Mutex, MutexGuard, PoisonError};

use matter_ledger::{Error, Ledger, LedgerPlace};

/// A place for one board, with a connection to the ledger of its own.
#[derive(Debug)]
pub struct Slot {
    name: String,
    ledger: Mutex<Option<Ledger>>,
}

impl Slot {
    /// Makes a slot; its name is in the ledger beside each board.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ledger: Mutex::new(None),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Works with the ledger. One whose server went away is opened anew.
    pub(crate) fn with_ledger<T>(
        &self,
        place: &LedgerPlace,
        work: impl FnOnce(&mut Ledger) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut ledger = self.lock();
        let opened = match ledger.take() {
            Some(opened) => opened,
            None => Ledger::open_existing(place)?,
        };
        let opened = ledger.insert(opened);
        let done = work(opened);
        if matches!(done, Err(Error::Unavailable { .. })) {
            *ledger = None;
        }
        done
    }

    fn lock(&self) -> MutexGuard<'_, Option<Ledger>> {
        // Its transactions are done or not done, whatever a panic has interrupted.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
