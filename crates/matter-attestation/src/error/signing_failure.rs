#![cfg_attr(
    target_has_atomic = "ptr",
    expect(clippy::disallowed_types, reason = "only where there are atomic pointers")
)]

use core::error::Error;
use core::fmt;

#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc;

/// The cause of a signer's failure, if known.
///
/// All values compare equal, because causes cannot be compared. On targets without atomic pointers, which have no
/// [`Arc`](https://doc.rust-lang.org/alloc/sync/struct.Arc.html), the cause is lost.
#[derive(Clone)]
pub struct SigningFailure {
    #[cfg(target_has_atomic = "ptr")]
    error: Option<Arc<signature::Error>>,
}

impl SigningFailure {
    /// Returns the cause, which is the source of the signer's [`signature::Error`].
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        #[cfg(target_has_atomic = "ptr")]
        return self.error.as_deref()?.source();
        #[cfg(not(target_has_atomic = "ptr"))]
        None
    }
}

impl From<signature::Error> for SigningFailure {
    #[cfg(target_has_atomic = "ptr")]
    fn from(error: signature::Error) -> Self {
        Self {
            error: Some(Arc::new(error)),
        }
    }

    #[cfg(not(target_has_atomic = "ptr"))]
    fn from(_: signature::Error) -> Self {
        Self {}
    }
}

impl PartialEq for SigningFailure {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SigningFailure {}

impl fmt::Debug for SigningFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningFailure").field(&self.cause()).finish()
    }
}
