use std::path::Path;

use matter_ledger::LedgerPlace;

use crate::Failure;

/// Understands `--ledger` and `--ledger-key`; `None` where no ledger is named.
///
/// # Errors
///
/// [`Failure::Input`] when it is no place, or the key of one on a server is not named.
pub fn ledger_place(ledger: Option<&Path>, key: Option<&Path>) -> Result<Option<LedgerPlace>, Failure> {
    let Some(ledger) = ledger else {
        return match key {
            Some(_) => Err(Failure::option("--ledger-key", "needs --ledger beside it")),
            None => Ok(None),
        };
    };
    let place = ledger_place_to_list(ledger)?;
    match key {
        Some(key) => Ok(Some(place.with_key_file(key.into()))),
        None if place.file().is_none() => {
            let reason = "is needed beside a --ledger on a server: the file of the key of its passcodes";
            Err(Failure::option("--ledger-key", reason))
        }
        None => Ok(Some(place)),
    }
}

/// Understands `--ledger` of a command that only lists it, without its key.
///
/// # Errors
///
/// [`Failure::Input`] when it is no place.
pub fn ledger_place_to_list(ledger: &Path) -> Result<LedgerPlace, Failure> {
    LedgerPlace::from_argument(ledger.as_os_str()).map_err(|error| Failure::option("--ledger", error))
}
