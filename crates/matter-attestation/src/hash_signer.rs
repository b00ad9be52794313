use alloc::boxed::Box;
use core::fmt;

use p256::ecdsa::{DerSignature, Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use signature::hazmat::PrehashSigner;
use signature::{Keypair, Signer};
use spki::{AlgorithmIdentifier, SignatureAlgorithmIdentifier};

use crate::{PrivateKey, PublicKey};

/// A [`CertificateSigner`](crate::CertificateSigner) made from a public key and a function that signs SHA-256 hashes
/// with a key in a token, an HSM or a key management service.
///
/// The function receives the hash of 32 bytes and returns the signature. [`HashSigner::fixed`] is for one that returns r
/// and s, 32 bytes each (PKCS#11 `CKM_ECDSA`, Azure Key Vault); [`Signature::from_der`] decodes DER (AWS KMS, Google Cloud
/// KMS). `?` accepts any error type; the error becomes the [`source`](core::error::Error::source) of
/// [`Error::SigningFailed`](crate::Error::SigningFailed).
///
/// # Examples
///
/// ```
/// # use matter_attestation::p256::ecdsa::Signature;
/// use matter_attestation::{DateTime, Error, HashSigner, PaaSubject, PublicKey, SerialNumber, Validity, issue_paa};
///
/// # #[derive(Debug)]
/// # struct SessionClosed;
/// # impl core::fmt::Display for SessionClosed {
/// #     fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
/// #         f.write_str("session closed")
/// #     }
/// # }
/// # impl core::error::Error for SessionClosed {}
/// # struct Session(matter_attestation::PrivateKey);
/// # impl Session {
/// #     fn public_point(&self) -> [u8; 65] {
/// #         *self.0.public_key().as_bytes()
/// #     }
/// #     fn sign(&self, hash: &[u8]) -> Result<Vec<u8>, SessionClosed> {
/// #         use matter_attestation::signature::hazmat::PrehashSigner;
/// #         let signature: Signature = self.0.sign_prehash(hash).map_err(|_| SessionClosed)?;
/// #         Ok(signature.to_bytes().to_vec())
/// #     }
/// # }
/// # let session = Session(matter_attestation::PrivateKey::from_scalar(&[7; 32])?);
/// // `session` is the HSM's: it has the public point and signs hashes.
/// let key = PublicKey::new(&session.public_point())?;
/// let signer = HashSigner::fixed(key, |hash| session.sign(hash));
///
/// let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
/// let (subject, serial) = (PaaSubject::new("Example PAA")?, SerialNumber::new(&[1])?);
/// let paa = issue_paa(&signer, &subject, validity, serial)?;
/// assert_eq!(paa.public_key(), key);
///
/// let closed = HashSigner::new(key, |_| Err("session closed".into()));
/// let error = issue_paa(&closed, &subject, validity, serial).expect_err("the signer fails");
/// let cause = core::error::Error::source(&error).map(ToString::to_string);
/// assert_eq!(cause.as_deref(), Some("session closed"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HashSigner<F> {
    public_key: PublicKey,
    sign: F,
}

/// Any error of the function.
type Cause = Box<dyn core::error::Error + Send + Sync>;

impl<F: Fn(&[u8; 32]) -> Result<Signature, Box<dyn core::error::Error + Send + Sync>>> HashSigner<F> {
    /// Combines a public key with a function that signs hashes with its private half.
    #[must_use]
    pub const fn new(public_key: PublicKey, sign: F) -> Self {
        Self { public_key, sign }
    }
}

impl HashSigner<()> {
    /// Combines a public key with a function that returns r and s of 32 bytes each, as PKCS#11 does.
    #[must_use]
    pub fn fixed<B: AsRef<[u8]>, E: Into<Box<dyn core::error::Error + Send + Sync>>>(
        public_key: PublicKey,
        sign: impl Fn(&[u8; 32]) -> Result<B, E>,
    ) -> HashSigner<impl Fn(&[u8; 32]) -> Result<Signature, Cause>> {
        HashSigner::new(public_key, move |hash| {
            Ok(Signature::from_slice(sign(hash).map_err(Into::into)?.as_ref())?)
        })
    }
}

impl<F> HashSigner<F> {
    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public_key
    }
}

impl<F: Fn(&[u8; 32]) -> Result<Signature, Cause>> Signer<Signature> for HashSigner<F> {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        (self.sign)(&Sha256::digest(message).into()).map_err(signature::Error::from_source)
    }
}

impl<F: Fn(&[u8; 32]) -> Result<Signature, Cause>> Signer<DerSignature> for HashSigner<F> {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
        Signer::<Signature>::try_sign(self, message).map(|signature| signature.to_der())
    }
}

impl<F: Fn(&[u8; 32]) -> Result<Signature, Cause>> PrehashSigner<Signature> for HashSigner<F> {
    /// # Errors
    ///
    /// For a hash that does not have 32 bytes, and the errors of the function.
    fn sign_prehash(&self, hash: &[u8]) -> Result<Signature, signature::Error> {
        let hash = hash.try_into().map_err(|_| signature::Error::new())?;
        (self.sign)(hash).map_err(signature::Error::from_source)
    }
}

impl<F> Keypair for HashSigner<F> {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.public_key.into()
    }
}

impl<F> SignatureAlgorithmIdentifier for HashSigner<F> {
    type Params = <PrivateKey as SignatureAlgorithmIdentifier>::Params;

    const SIGNATURE_ALGORITHM_IDENTIFIER: AlgorithmIdentifier<Self::Params> =
        PrivateKey::SIGNATURE_ALGORITHM_IDENTIFIER;
}

impl<F> fmt::Debug for HashSigner<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashSigner")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}
