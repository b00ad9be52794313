use std::fmt;
use std::sync::Arc;

use matter_attestation::PrivateKey;
use sha2::{Digest, Sha256};
use signature::hazmat::{PrehashSigner, PrehashVerifier};
use signature::{Keypair, Signer};
use spki::{AlgorithmIdentifier, SignatureAlgorithmIdentifier};

use crate::backend::{Algorithm, Backend};
use crate::{Error, VerifyingKey};

/// A key in a token or a program, with its public key.
#[derive(Clone)]
struct Remote<K> {
    backend: Arc<dyn Backend>,
    public_key: K,
}

/// Implements signing with a remote key of one curve; the signature is verified.
macro_rules! remote {
    ($curve:ident, $algorithm:expr, $len:literal) => {
        impl Remote<$curve::ecdsa::VerifyingKey> {
            fn sign(&self, digest: &[u8]) -> Result<$curve::ecdsa::Signature, Error> {
                $algorithm.check_digest(digest)?;
                let bytes = self.backend.sign($algorithm, digest)?;
                let raw = $curve::ecdsa::Signature::from_slice(&bytes);
                let signature = raw.or_else(|_| $curve::ecdsa::Signature::from_der(&bytes));
                let signature = signature.map_err(|_| Error::SignatureForm { len: bytes.len() })?;
                let verified = self.public_key.verify_prehash(digest, &signature);
                verified.map_err(|_| Error::SignatureMismatch)?;
                Ok(signature)
            }
        }
    };
}

remote!(p256, Algorithm::EcdsaP256, 64);
remote!(p384, Algorithm::EcdsaP384, 96);

#[derive(Clone)]
enum P256Source {
    Software(PrivateKey),
    Remote(Remote<p256::ecdsa::VerifyingKey>),
}

/// Signs with ECDSA on P-256 and SHA-256, with a key in memory, in a token or in a program.
///
/// Clones share the sessions of a token. Implements [`CertificateSigner`](matter_attestation::CertificateSigner).
///
/// # Examples
///
/// ```
/// use matter_signer::matter_attestation::PrivateKey;
/// use matter_signer::P256Signer;
/// use matter_signer::p256::ecdsa::Signature;
/// use matter_signer::signature::{Keypair, Signer, Verifier};
///
/// let signer = P256Signer::from(PrivateKey::from_scalar(&[7; 32])?);
/// let signature: Signature = signer.try_sign(b"message")?;
/// signer.verifying_key().verify(b"message", &signature)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct P256Signer(P256Source);

impl P256Signer {
    pub(crate) fn remote(backend: Arc<dyn Backend>, public_key: p256::ecdsa::VerifyingKey) -> Self {
        Self(P256Source::Remote(Remote { backend, public_key }))
    }

    /// Returns the public key in the form used in certificates.
    #[must_use]
    pub fn public_key(&self) -> matter_attestation::PublicKey {
        match &self.0 {
            P256Source::Software(key) => key.public_key(),
            P256Source::Remote(remote) => (&remote.public_key).into(),
        }
    }

    /// Returns the private key if it is in memory.
    #[must_use]
    pub const fn private_key(&self) -> Option<&PrivateKey> {
        match &self.0 {
            P256Source::Software(key) => Some(key),
            P256Source::Remote(_) => None,
        }
    }

    /// Signs a SHA-256 digest.
    ///
    /// # Errors
    ///
    /// [`Error::DigestLength`], and errors of the token or the program.
    pub fn sign_digest(&self, digest: &[u8]) -> Result<p256::ecdsa::Signature, Error> {
        match &self.0 {
            P256Source::Software(key) => {
                Algorithm::EcdsaP256.check_digest(digest)?;
                key.sign_prehash(digest).map_err(|_| Error::SignatureMismatch)
            }
            P256Source::Remote(remote) => remote.sign(digest),
        }
    }
}

impl From<PrivateKey> for P256Signer {
    fn from(key: PrivateKey) -> Self {
        Self(P256Source::Software(key))
    }
}

impl fmt::Debug for P256Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P256Signer([elided])")
    }
}

impl PrehashSigner<p256::ecdsa::Signature> for P256Signer {
    fn sign_prehash(&self, digest: &[u8]) -> Result<p256::ecdsa::Signature, signature::Error> {
        self.sign_digest(digest).map_err(signature::Error::from_source)
    }
}

impl PrehashSigner<p256::ecdsa::DerSignature> for P256Signer {
    fn sign_prehash(&self, digest: &[u8]) -> Result<p256::ecdsa::DerSignature, signature::Error> {
        let signature = self.sign_digest(digest).map_err(signature::Error::from_source)?;
        Ok(signature.to_der())
    }
}

impl Signer<p256::ecdsa::Signature> for P256Signer {
    fn try_sign(&self, message: &[u8]) -> Result<p256::ecdsa::Signature, signature::Error> {
        match &self.0 {
            P256Source::Software(key) => key.try_sign(message),
            P256Source::Remote(remote) => {
                let digest = Sha256::digest(message);
                remote.sign(&digest).map_err(signature::Error::from_source)
            }
        }
    }
}

impl Signer<p256::ecdsa::DerSignature> for P256Signer {
    fn try_sign(&self, message: &[u8]) -> Result<p256::ecdsa::DerSignature, signature::Error> {
        let signature: p256::ecdsa::Signature = self.try_sign(message)?;
        Ok(signature.to_der())
    }
}

impl Keypair for P256Signer {
    type VerifyingKey = p256::ecdsa::VerifyingKey;

    fn verifying_key(&self) -> Self::VerifyingKey {
        match &self.0 {
            P256Source::Software(key) => key.verifying_key(),
            P256Source::Remote(remote) => remote.public_key,
        }
    }
}

impl SignatureAlgorithmIdentifier for P256Signer {
    type Params = <PrivateKey as SignatureAlgorithmIdentifier>::Params;

    const SIGNATURE_ALGORITHM_IDENTIFIER: AlgorithmIdentifier<Self::Params> =
        PrivateKey::SIGNATURE_ALGORITHM_IDENTIFIER;
}

#[derive(Clone)]
enum P384Source {
    Software(p384::ecdsa::SigningKey),
    Remote(Remote<p384::ecdsa::VerifyingKey>),
}

/// Signs SHA-384 digests with ECDSA on P-384, as secure boot of some chips requires.
#[derive(Clone)]
pub struct P384Signer(P384Source);

impl P384Signer {
    pub(crate) fn remote(backend: Arc<dyn Backend>, public_key: p384::ecdsa::VerifyingKey) -> Self {
        Self(P384Source::Remote(Remote { backend, public_key }))
    }
}

impl From<p384::ecdsa::SigningKey> for P384Signer {
    fn from(key: p384::ecdsa::SigningKey) -> Self {
        Self(P384Source::Software(key))
    }
}

impl fmt::Debug for P384Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P384Signer([elided])")
    }
}

impl PrehashSigner<p384::ecdsa::Signature> for P384Signer {
    fn sign_prehash(&self, digest: &[u8]) -> Result<p384::ecdsa::Signature, signature::Error> {
        match &self.0 {
            P384Source::Software(key) => key.sign_prehash(digest),
            P384Source::Remote(remote) => remote.sign(digest).map_err(signature::Error::from_source),
        }
    }
}

impl Signer<p384::ecdsa::Signature> for P384Signer {
    fn try_sign(&self, message: &[u8]) -> Result<p384::ecdsa::Signature, signature::Error> {
        self.sign_prehash(&sha2::Sha384::digest(message))
    }
}

impl Keypair for P384Signer {
    type VerifyingKey = p384::ecdsa::VerifyingKey;

    fn verifying_key(&self) -> Self::VerifyingKey {
        match &self.0 {
            P384Source::Software(key) => *key.verifying_key(),
            P384Source::Remote(remote) => remote.public_key,
        }
    }
}

impl From<&P256Signer> for VerifyingKey {
    fn from(signer: &P256Signer) -> Self {
        Self::P256(signer.verifying_key())
    }
}
