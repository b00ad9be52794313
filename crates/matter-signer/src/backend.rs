use std::fmt;

use crate::Error;

/// A signature algorithm, named as in AWS KMS; a program receives this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, and a salt of 32 bytes.
    RsaPss,
}

impl Algorithm {
    /// Returns the length of the digest in bytes.
    #[must_use]
    const fn digest_len(self) -> usize {
        match self {
            Self::EcdsaP256 | Self::RsaPss => 32,
            Self::EcdsaP384 => 48,
        }
    }

    pub(crate) const fn check_digest(self, digest: &[u8]) -> Result<(), Error> {
        let (len, expected) = (digest.len(), self.digest_len());
        if len == expected {
            Ok(())
        } else {
            Err(Error::DigestLength { len, expected })
        }
    }
}

impl fmt::Display for Algorithm {
    /// Writes the name that a program receives.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EcdsaP256 => "ECDSA_SHA_256",
            Self::EcdsaP384 => "ECDSA_SHA_384",
            Self::RsaPss => "RSASSA_PSS_SHA_256",
        })
    }
}

/// A key outside of this process.
pub(crate) trait Backend: Send + Sync {
    /// Returns the unverified signature: r and s, or from a program also DER; for RSA the big-endian number.
    fn sign(&self, algorithm: Algorithm, digest: &[u8]) -> Result<Vec<u8>, Error>;
}
