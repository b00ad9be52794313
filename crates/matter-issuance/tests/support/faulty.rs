//! Signers that fail on demand: an absent token, and a process that dies before its commit.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use matter_attestation::PrivateKey;
use matter_issuance::LogSigner;
use p256::ecdsa::{DerSignature, VerifyingKey};
use signature::hazmat::PrehashSigner;
use signature::{Keypair, Signer};
use spki::{AlgorithmIdentifier, SignatureAlgorithmIdentifier};

/// Number of signatures before one fails; negative for unlimited.
#[derive(Clone, Debug)]
pub(crate) struct Fuse(Arc<AtomicI32>);

impl Fuse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI32::new(-1)))
    }

    /// Fails every signature after the next `count`, until [`Fuse::mend`].
    pub(crate) fn fail_after(&self, count: i32) {
        self.0.store(count, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.0.store(-1, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), signature::Error> {
        let left = self.0.load(Ordering::SeqCst);
        if left == 0 {
            return Err(signature::Error::new());
        }
        if left > 0 {
            self.0.store(left - 1, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// A key that fails with its fuse.
#[derive(Clone)]
pub(crate) struct Faulty {
    pub(crate) key: PrivateKey,
    pub(crate) fuse: Fuse,
}

impl Faulty {
    pub(crate) fn log_signer(self) -> LogSigner {
        LogSigner::new(self)
    }
}

impl Signer<DerSignature> for Faulty {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
        self.fuse.check()?;
        self.key.try_sign(message)
    }
}

impl PrehashSigner<DerSignature> for Faulty {
    fn sign_prehash(&self, hash: &[u8]) -> Result<DerSignature, signature::Error> {
        self.fuse.check()?;
        self.key.sign_prehash(hash)
    }
}

impl Keypair for Faulty {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }
}

impl SignatureAlgorithmIdentifier for Faulty {
    type Params = <PrivateKey as SignatureAlgorithmIdentifier>::Params;

    const SIGNATURE_ALGORITHM_IDENTIFIER: AlgorithmIdentifier<Self::Params> =
        PrivateKey::SIGNATURE_ALGORITHM_IDENTIFIER;
}
