#![cfg_attr(
    all(feature = "alloc", target_has_atomic = "ptr"),
    expect(clippy::disallowed_types, reason = "only where there are atomic pointers")
)]

use core::error::Error;
use core::fmt;

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use alloc::sync::Arc;

/// The failure of a signer, with its cause if known.
///
/// All values are equal, because causes cannot be compared. The cause is kept with the feature `alloc`, on targets with
/// atomic pointers.
#[derive(Clone)]
pub struct SigningFailure {
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    error: Option<Arc<dyn Error + Send + Sync>>,
}

impl SigningFailure {
    #[cfg_attr(
        not(any(feature = "p256", feature = "p384", feature = "rsa")),
        expect(dead_code, reason = "nothing signs")
    )]
    /// A failure without a cause: the signer's output is not a signature.
    pub(crate) const UNKNOWN: Self = Self {
        #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
        error: None,
    };

    /// Returns the signer's error, which is the source of its `signature::Error`.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
        return self.error.as_deref()?.source();
        #[cfg(not(all(feature = "alloc", target_has_atomic = "ptr")))]
        None
    }
}

#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
impl From<signature::Error> for SigningFailure {
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    fn from(error: signature::Error) -> Self {
        Self {
            error: Some(Arc::new(error)),
        }
    }

    #[cfg(not(all(feature = "alloc", target_has_atomic = "ptr")))]
    fn from(_: signature::Error) -> Self {
        Self::UNKNOWN
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
