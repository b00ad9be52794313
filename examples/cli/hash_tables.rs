//! The random key of `std`'s hash tables, which libraries use.

use std::hash::RandomState;
use std::panic;

use super::Failure;

/// Draws the key for the hash tables of this thread.
///
/// `std` panics if the system has no random bytes; here that is an ordinary error.
pub(crate) fn check_random_source() -> Result<(), Failure> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    #[expect(clippy::disallowed_methods, reason = "the panic is caught")]
    let drawn = panic::catch_unwind(RandomState::new);
    panic::set_hook(hook);
    match drawn {
        Ok(_) => Ok(()),
        Err(_) => Err(Failure::Work("the operating system provides no random numbers".into())),
    }
}
