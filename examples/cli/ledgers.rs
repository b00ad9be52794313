use std::path::Path;

use matter_ledger::LedgerPlace;

use crate::Failure;

/// Parses `--ledger` and `--ledger-key`; `None` if no ledger is given.
///
/// # Errors
///
/// [`Failure::Input`] if it is invalid, or if the key of a ledger on a server is missing.
pub fn ledger_place(ledger: Option<&Path>, key: Option<&Path>) -> Result<Option<LedgerPlace>, Failure> {
    let Some(ledger) = ledger else {
        return match key {
            Some(_) => Err(Failure::option("--ledger-key", "requires --ledger")),
            None => Ok(None),
        };
    };
    let place = ledger_place_to_list(ledger)?;
    match key {
        Some(key) => Ok(Some(place.with_key_file(key.into()))),
        None if place.file().is_none() => {
            let reason = "is required for a --ledger on a server: the file with the key of its passcodes";
            Err(Failure::option("--ledger-key", reason))
        }
        None => Ok(Some(place)),
    }
}

/// Parses `--ledger` of a command that only lists it, without its key.
///
/// # Errors
///
/// [`Failure::Input`] if it is invalid.
pub fn ledger_place_to_list(ledger: &Path) -> Result<LedgerPlace, Failure> {
    LedgerPlace::from_argument(ledger.as_os_str()).map_err(|error| Failure::option("--ledger", error))
}
