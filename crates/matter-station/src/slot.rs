use std::sync::{Mutex, MutexGuard, PoisonError};

use matter_ledger::{Error, Ledger, LedgerPlace};

/// A place for one board, with its own connection to the ledger.
#[derive(Debug)]
pub struct Slot {
    name: String,
    ledger: Mutex<Option<Ledger>>,
}

impl Slot {
    /// Makes a slot; the ledger records its name with each board.
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

    /// Runs work with the ledger, and reopens the connection after a server failure.
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
        // Transactions are atomic, so a panic leaves no partial state.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
