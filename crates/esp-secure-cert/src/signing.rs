//! Signing with the traits of the `signature` crate, and verification.

#[cfg(feature = "ecdsa")]
mod ecdsa;
#[cfg(feature = "rsa")]
mod rsa;

use crate::layout::{SIGNATURE_HEADER, SIGNATURE_LAST};
use crate::{Error, Flags, Image, RecordType, SignatureAlgorithm, SignatureBlock, SigningFailure, Subtype, Writer};

/// The signer returned bytes that are not a signature by its public key.
const NO_SIGNATURE: Error = Error::SigningFailed(SigningFailure::UNKNOWN);

/// A public key that verifies signatures of a partition. The key of a device is a `matter_attestation::PublicKey`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// ECDSA on P-256.
    #[cfg(feature = "ecdsa")]
    P256(p256::ecdsa::VerifyingKey),
    /// ECDSA on P-384.
    #[cfg(feature = "ecdsa")]
    P384(p384::ecdsa::VerifyingKey),
    /// RSASSA-PSS with 3072 bits.
    #[cfg(feature = "rsa")]
    Rsa3072(::rsa::PublicKey),
}

impl PublicKey {
    /// Returns whether a block contains this key.
    #[must_use]
    pub fn is_in(&self, block: &SignatureBlock<'_>) -> bool {
        match self {
            #[cfg(feature = "ecdsa")]
            Self::P256(key) => ecdsa::is_p256_in(key, block),
            #[cfg(feature = "ecdsa")]
            Self::P384(key) => ecdsa::is_p384_in(key, block),
            #[cfg(feature = "rsa")]
            Self::Rsa3072(key) => rsa::is_in(key, block),
        }
    }

    fn verify(&self, signed: &[u8], block: &SignatureBlock<'_>) -> Result<(), Error> {
        match self {
            #[cfg(feature = "ecdsa")]
            Self::P256(key) => ecdsa::verify_p256(key, signed, block),
            #[cfg(feature = "ecdsa")]
            Self::P384(key) => ecdsa::verify_p384(key, signed, block),
            #[cfg(feature = "rsa")]
            Self::Rsa3072(key) => rsa::verify(key, signed, block),
        }
    }
}

#[cfg(feature = "ecdsa")]
impl From<p256::ecdsa::VerifyingKey> for PublicKey {
    fn from(key: p256::ecdsa::VerifyingKey) -> Self {
        Self::P256(key)
    }
}

#[cfg(feature = "ecdsa")]
impl From<p384::ecdsa::VerifyingKey> for PublicKey {
    fn from(key: p384::ecdsa::VerifyingKey) -> Self {
        Self::P384(key)
    }
}

#[cfg(feature = "rsa")]
impl From<::rsa::PublicKey> for PublicKey {
    fn from(key: ::rsa::PublicKey) -> Self {
        Self::Rsa3072(key)
    }
}

impl<'a> Image<'a> {
    /// Verifies the signature by a key and returns its block.
    ///
    /// As on a device, the verified bytes are everything before the first SIGNATURE_BLOCK. Records
    /// after it are not covered; `check` (feature `alloc`) reports them.
    ///
    /// # Errors
    ///
    /// [`Error::SignatureMissing`] if no block contains the key, [`Error::SignatureRange`] if its
    /// block states another range or no bytes are signed, [`Error::SignatureInvalid`], and for
    /// damaged records [`Error::SignatureBlock`], [`Error::Crc`] and [`Error::Truncated`].
    pub fn verify_signature(&self, key: &PublicKey) -> Result<SignatureBlock<'a>, Error> {
        let signed = self.signed_bytes()?;
        for record in self.records() {
            let record = record?;
            if record.kind() != RecordType::SIGNATURE_BLOCK {
                continue;
            }
            let block = SignatureBlock::decode(record.checked()?.data())?;
            if !key.is_in(&block) {
                continue;
            }
            if signed.is_empty() || !block.covers(signed.len()) {
                return Err(Error::SignatureRange);
            }
            key.verify(signed, &block)?;
            return Ok(block);
        }
        Err(Error::SignatureMissing)
    }
}

impl Writer<'_> {
    /// Returns the bytes to sign and the subtype of the next signature.
    fn to_sign(&self, key: &PublicKey) -> Result<(&[u8], Subtype), Error> {
        let image = Image::new(self.as_bytes());
        let signed = image.signed_bytes()?;
        if signed.is_empty() {
            return Err(Error::NoRecords);
        }
        let mut next = 0;
        for record in image.records() {
            let record = record?;
            match record.kind() {
                RecordType::SIGNATURE_BLOCK => {
                    if record.subtype() >= SIGNATURE_LAST {
                        return Err(Error::TooManySignatures);
                    }
                    if key.is_in(&SignatureBlock::decode(record.data())?) {
                        return Err(Error::SignedAlready);
                    }
                    next = next.max(record.subtype() + 1);
                }
                // A digest covers the bytes before it and must be rewritten after a new signature.
                RecordType::INTEGRITY => {}
                _ if record.offset() >= signed.len() => {
                    return Err(Error::Unsigned {
                        offset: record.offset(),
                    });
                }
                _ => {}
            }
        }
        Ok((signed, Subtype::new(next)?))
    }

    /// Writes a block and verifies it as a reader does; a block that does not verify is removed.
    fn push_signature(&mut self, subtype: Subtype, data: &[&[u8]], key: &PublicKey) -> Result<(), Error> {
        let before = self.as_bytes().len();
        self.push_new(RecordType::SIGNATURE_BLOCK, subtype, Flags::PLAIN, data)?;
        if Image::new(self.as_bytes()).verify_signature(key).is_err() {
            self.truncate(before);
            return Err(NO_SIGNATURE);
        }
        Ok(())
    }
}

/// Returns the header of a block.
fn header(algorithm: SignatureAlgorithm, signed: &[u8]) -> Result<[u8; SIGNATURE_HEADER], Error> {
    let len = signed.len();
    let stated = u32::try_from(len).map_err(|_| Error::DataTooLong { len })?;
    Ok(SignatureBlock::header(algorithm, stated))
}
