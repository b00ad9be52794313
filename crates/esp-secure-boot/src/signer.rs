use core::fmt;

#[cfg(any(feature = "p256", feature = "p384"))]
use crate::SigningFailure;
use crate::layout::SIGNATURE;
#[cfg(any(feature = "p256", feature = "p384"))]
use crate::verify::swap_order;
use crate::{BootKeyKind, BootPublicKey, Error};

use signature::hazmat::PrehashSigner;

/// A signer of digests: a key in memory, or one that never leaves its hardware.
///
/// The signing keys of `p256` and `p384` can be used directly; [`PssSigner`](crate::PssSigner) wraps an RSA key.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum BootSigner<'a> {
    /// Signs with ECDSA on P-256.
    #[cfg(feature = "p256")]
    P256(&'a dyn PrehashSigner<p256::ecdsa::Signature>),
    /// Signs with ECDSA on P-384.
    #[cfg(feature = "p384")]
    P384(&'a dyn PrehashSigner<p384::ecdsa::Signature>),
    /// Signs with RSASSA-PSS, a 3072-bit key, SHA-256 and a random 32-byte salt.
    #[cfg(feature = "rsa")]
    Rsa3072(&'a dyn PrehashSigner<rsa::pss::Signature>),
}

impl BootSigner<'_> {
    /// Returns the kind of its signatures.
    #[must_use]
    pub const fn kind(&self) -> BootKeyKind {
        match self {
            #[cfg(feature = "p256")]
            Self::P256(_) => BootKeyKind::EcdsaP256,
            #[cfg(feature = "p384")]
            Self::P384(_) => BootKeyKind::EcdsaP384,
            #[cfg(feature = "rsa")]
            Self::Rsa3072(_) => BootKeyKind::Rsa3072,
        }
    }

    /// Signs a digest and verifies the signature, which is little-endian as in a block.
    pub(crate) fn sign(&self, key: &BootPublicKey, digest: &[u8]) -> Result<LittleSignature, Error> {
        if key.kind() != self.kind() {
            return Err(Error::KeyKind {
                wanted: self.kind(),
                found: key.kind(),
            });
        }
        let mut out = LittleSignature {
            bytes: [0; SIGNATURE],
            len: key.kind().signature_len(),
        };
        match self {
            #[cfg(feature = "p256")]
            Self::P256(signer) => {
                let made = signer.sign_prehash(digest).map_err(failed)?;
                out.put(&swap_order::<64>(&made.to_bytes()).ok_or(Error::SigningFailed(SigningFailure::UNKNOWN))?);
            }
            #[cfg(feature = "p384")]
            Self::P384(signer) => {
                let made = signer.sign_prehash(digest).map_err(failed)?;
                out.put(&swap_order::<96>(&made.to_bytes()).ok_or(Error::SigningFailed(SigningFailure::UNKNOWN))?);
            }
            #[cfg(feature = "rsa")]
            Self::Rsa3072(signer) => {
                use signature::SignatureEncoding;

                let made = signer.sign_prehash(digest).map_err(failed)?;
                let bytes = made.to_bytes();
                let mut bytes: [u8; SIGNATURE] = bytes.as_ref().try_into().map_err(|_| Error::SigningKeyDiffers)?;
                bytes.reverse();
                out.put(&bytes);
            }
        }
        if crate::verify::verify(key, digest, out.as_bytes())? {
            Ok(out)
        } else {
            Err(Error::SigningKeyDiffers)
        }
    }
}

#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
fn failed(error: signature::Error) -> Error {
    Error::SigningFailed(error.into())
}

impl fmt::Debug for BootSigner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BootSigner({})", self.kind())
    }
}

/// A signature in the little-endian form of a block.
pub(crate) struct LittleSignature {
    bytes: [u8; SIGNATURE],
    len: usize,
}

impl LittleSignature {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
}

/// An RSA key in memory with the random number generator for its salts.
///
/// # Examples
///
/// ```no_run
/// use esp_secure_boot::{BootPublicKey, BootSigner, PssSigner, sign_v2};
///
/// # fn example(private: rsa::PrivateKey, rng: impl rsa::rand_core::TryCryptoRng) -> Result<(), esp_secure_boot::Error> {
/// let public = BootPublicKey::try_from(&private.to_public_key())?;
/// let signer = PssSigner::new(private, rng);
/// let signed = sign_v2(&[0xE9; 1000], &public, BootSigner::Rsa3072(&signer))?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "rsa")]
pub struct PssSigner<R> {
    key: rsa::pss::SigningKey<sha2::Sha256>,
    rng: core::cell::RefCell<R>,
}

#[cfg(feature = "rsa")]
impl<R: rsa::rand_core::TryCryptoRng> PssSigner<R> {
    /// Makes a signer from a key, which is zeroized on drop, and a generator.
    #[must_use]
    pub fn new(key: rsa::PrivateKey, rng: R) -> Self {
        Self {
            key: rsa::pss::SigningKey::new(key),
            rng: core::cell::RefCell::new(rng),
        }
    }
}

#[cfg(feature = "rsa")]
impl<R: rsa::rand_core::TryCryptoRng> PrehashSigner<rsa::pss::Signature> for PssSigner<R> {
    fn sign_prehash(&self, prehash: &[u8]) -> Result<rsa::pss::Signature, signature::Error> {
        use signature::hazmat::RandomizedPrehashSigner;

        let mut rng = self.rng.try_borrow_mut().map_err(|_| signature::Error::new())?;
        self.key.sign_prehash_with_rng(&mut *rng, prehash)
    }
}

#[cfg(feature = "rsa")]
impl<R> fmt::Debug for PssSigner<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PssSigner([elided])")
    }
}
