use core::fmt;

use sha2::{Digest, Sha256};

/// Hash of the messages before the exchange (Matter Core Specification 4.14.1.2).
///
/// If the messages were modified on the way, the hashes differ and the exchange fails on both sides.
///
/// # Examples
///
/// ```
/// use matter_spake2p::Context;
///
/// let context = Context::new(b"request as sent", b"response as sent");
/// assert_ne!(context, Context::new(b"another request", b"response as sent"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Context([u8; 32]);

impl Context {
    /// Hashes the messages `PBKDFParamRequest` and `PBKDFParamResponse` as they were sent.
    #[must_use]
    pub fn new(request: &[u8], response: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(b"CHIP PAKE V1 Commissioning")
            .chain_update(request)
            .chain_update(response);
        Self(hash.finalize().into())
    }

    /// Returns the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").finish_non_exhaustive()
    }
}
