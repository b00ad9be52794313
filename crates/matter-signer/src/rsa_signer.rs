use std::fmt;
use std::sync::Arc;

use getrandom::SysRng;
use rsa::pss::{Signature, SigningKey, VerifyingKey};
use rsa::rand_core::TryCryptoRng;
use rsa::sha2::{Digest, Sha256};
use rsa::{PrivateKey, PublicKey};
use signature::hazmat::{PrehashSigner, PrehashVerifier, RandomizedPrehashSigner};
use signature::{Keypair, RandomizedSigner};

use crate::Error;
use crate::backend::{Algorithm, Backend};

#[derive(Clone)]
enum Source {
    Software(Arc<SigningKey<Sha256>>),
    Remote {
        backend: Arc<dyn Backend>,
        public_key: Arc<VerifyingKey<Sha256>>,
    },
}

/// Signs SHA-256 digests with RSASSA-PSS and a random salt of 32 bytes, as ESP secure boot V2 requires.
#[derive(Clone)]
pub struct RsaSigner(Source);

impl RsaSigner {
    pub(crate) fn remote(backend: Arc<dyn Backend>, public_key: PublicKey) -> Self {
        let public_key = Arc::new(VerifyingKey::new(public_key));
        Self(Source::Remote { backend, public_key })
    }

    fn sign_remotely(
        backend: &dyn Backend,
        public_key: &VerifyingKey<Sha256>,
        digest: &[u8],
    ) -> Result<Signature, Error> {
        Algorithm::RsaPss.check_digest(digest)?;
        let bytes = backend.sign(Algorithm::RsaPss, digest)?;
        let signature = Signature::try_from(bytes.as_slice());
        let signature = signature.map_err(|_| Error::SignatureForm { len: bytes.len() })?;
        let verified = public_key.verify_prehash(digest, &signature);
        verified.map_err(|_| Error::SignatureMismatch)?;
        Ok(signature)
    }
}

impl From<PrivateKey> for RsaSigner {
    fn from(key: PrivateKey) -> Self {
        Self(Source::Software(Arc::new(SigningKey::new(key))))
    }
}

impl fmt::Debug for RsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaSigner([elided])")
    }
}

impl PrehashSigner<Signature> for RsaSigner {
    fn sign_prehash(&self, digest: &[u8]) -> Result<Signature, signature::Error> {
        match &self.0 {
            Source::Software(key) => key.sign_prehash_with_rng(&mut SysRng, digest),
            Source::Remote { backend, public_key } => {
                Self::sign_remotely(backend.as_ref(), public_key, digest).map_err(signature::Error::from_source)
            }
        }
    }
}

impl RandomizedSigner<Signature> for RsaSigner {
    /// Signs the SHA-256 of a message. The generator makes the salt for a key in memory; tokens and programs make their
    /// own.
    fn try_sign_with_rng<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        message: &[u8],
    ) -> Result<Signature, signature::Error> {
        match &self.0 {
            Source::Software(key) => key.try_sign_with_rng(rng, message),
            Source::Remote { .. } => self.sign_prehash(&Sha256::digest(message)),
        }
    }
}

impl Keypair for RsaSigner {
    type VerifyingKey = VerifyingKey<Sha256>;

    fn verifying_key(&self) -> Self::VerifyingKey {
        match &self.0 {
            Source::Software(key) => key.verifying_key(),
            Source::Remote { public_key, .. } => public_key.as_ref().clone(),
        }
    }
}
