use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;

use crate::Error;

/// The operating system's cryptographic random numbers.
pub(crate) type SystemRandom = UnwrapErr<SysRng>;

/// Opens the system's source, after one draw that shows that it answers.
///
/// A source that answered once does not fail later on any supported system (`getrandom(2)`: once initialised, small
/// reads neither block nor fail), which is why the generator behind it may treat a failure as impossible.
pub(crate) fn system() -> Result<SystemRandom, Error> {
    getrandom::u64().map_err(|_| Error::Random)?;
    Ok(UnwrapErr(SysRng))
}
