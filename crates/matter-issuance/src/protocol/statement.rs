use matter_attestation::{Error, PublicKey};
use sha2::{Digest, Sha256};

use super::{Mac, Nonce, Readback, SessionId, SignatureBytes};

/// Prefixes of the two statements, which keep them distinct from each other and from other signed data.
const POSSESSION_TAG: &[u8] = b"matter-mfg-csr-v1";
const PROOF_TAG: &[u8] = b"matter-mfg-proof-v1";

/// A statement that a device signs with its key, using ECDSA with SHA-256.
///
/// # Examples
///
/// ```
/// use matter_issuance::matter_attestation::PrivateKey;
/// use matter_issuance::protocol::{Mac, Nonce, SessionId, SignatureBytes, Statement};
/// use matter_issuance::matter_attestation::signature::Signer;
///
/// # let (id, nonce, mac) = (SessionId::new([1; 16]), Nonce::new([2; 32]), Mac::new([3; 6]));
/// let key = PrivateKey::from_scalar(&[7; 32])?;
/// let statement = Statement::possession(&id, &nonce, &mac, b"the request in DER");
/// let signature: p256::ecdsa::Signature = key.sign(statement.as_bytes());
/// let signature = SignatureBytes::new(signature.to_bytes().into());
///
/// statement.verify(&key.public_key(), &signature)?;
/// let elsewhere = Statement::possession(&SessionId::new([9; 16]), &nonce, &mac, b"the request in DER");
/// assert!(elsewhere.verify(&key.public_key(), &signature).is_err());
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement(Vec<u8>);

impl Statement {
    /// States that the sender of a request holds its key: tag, session id, nonce of `hello`, MAC, SHA-256 of the
    /// request.
    #[must_use]
    pub fn possession(session_id: &SessionId, nonce: &Nonce, mac: &Mac, pkcs10: &[u8]) -> Self {
        let request = Sha256::digest(pkcs10);
        Self(
            [
                POSSESSION_TAG,
                session_id.as_bytes(),
                nonce.as_bytes(),
                mac.as_bytes(),
                &request,
            ]
            .concat(),
        )
    }

    /// States that the holder of the key has stored the installation: tag, session id, nonce of `install`, hash of the
    /// data read back.
    #[must_use]
    pub fn proof(session_id: &SessionId, nonce: &Nonce, readback: &Readback) -> Self {
        Self([PROOF_TAG, session_id.as_bytes(), nonce.as_bytes(), readback.as_bytes()].concat())
    }

    /// Returns the bytes that are hashed with SHA-256 and signed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the hash, for keys that sign hashes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// Verifies a device's signature.
    ///
    /// # Errors
    ///
    /// [`Error::SignatureInvalid`] when it is not this key's signature of this statement.
    pub fn verify(&self, key: &PublicKey, signature: &SignatureBytes) -> Result<(), Error> {
        key.verify_raw(&self.0, signature.as_bytes())
    }
}
