use std::fmt;
use std::sync::Arc;

use matter_attestation::PublicKey;
use p256::ecdsa::{DerSignature, Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use signature::Keypair;
use signature::hazmat::PrehashSigner;

use crate::{Error, KeyHash};

/// The P-256 key that signs the head of the log: the key of a station or service, or a dedicated one.
///
/// # Examples
///
/// ```
/// use matter_issuance::matter_attestation::PrivateKey;
/// use matter_issuance::LogSigner;
///
/// let key = PrivateKey::from_scalar(&[7; 32])?;
/// let signer = LogSigner::new(key.clone());
/// assert_eq!(signer.public_key(), key.public_key());
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone)]
pub struct LogSigner {
    signer: Arc<dyn PrehashSigner<DerSignature> + Send + Sync>,
    public_key: PublicKey,
}

impl LogSigner {
    /// Wraps a signer: a private key, or a key in a token.
    pub fn new<S>(signer: S) -> Self
    where
        S: PrehashSigner<DerSignature> + Keypair<VerifyingKey = VerifyingKey> + Send + Sync + 'static,
    {
        let public_key = PublicKey::from(&signer.verifying_key());
        Self {
            signer: Arc::new(signer),
            public_key,
        }
    }

    /// Returns the public key that verifies the log.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public_key
    }

    pub(crate) fn key(&self) -> KeyHash {
        KeyHash::of(&self.public_key)
    }

    /// Signs the SHA-256 of a message; returns r and s.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |error| Error::LogSigner(Arc::new(error));
        let signature = self.signer.sign_prehash(&Sha256::digest(message)).map_err(failed)?;
        let signature = Signature::try_from(signature).map_err(failed)?;
        let bytes = signature.to_bytes().to_vec();
        // Verify the signature, because a token may return anything.
        match self.public_key.verify_raw(message, &bytes) {
            Ok(()) => Ok(bytes),
            Err(_) => Err(failed(signature::Error::new())),
        }
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSigner")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}
