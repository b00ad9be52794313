use core::fmt;

use p256::ecdsa::{DerSignature, Signature, VerifyingKey};
use sha1::{Digest, Sha1};
use signature::Verifier;
use spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};

use crate::{Error, KeyId, oid};

/// A P-256 public key, the only type in Matter device attestation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    point: [u8; Self::LEN],
    key: VerifyingKey,
}

impl PublicKey {
    /// The length of an uncompressed point in bytes.
    pub const LEN: usize = 65;

    /// Accepts an uncompressed point: 0x04, then x and y, 32 bytes each (SEC 1, 2.3.3).
    ///
    /// # Errors
    ///
    /// [`Error::KeyNotP256`] when it is not an uncompressed point on the curve.
    pub fn new(point: &[u8]) -> Result<Self, Error> {
        let point = <[u8; Self::LEN]>::try_from(point).map_err(|_| Error::KeyNotP256)?;
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| Error::KeyNotP256)?;
        Ok(Self { point, key })
    }

    /// Decodes a compressed point: 0x02 or 0x03, then x (SEC 1, 2.3.3).
    pub(crate) fn of_compressed(point: &[u8]) -> Option<Self> {
        let (&(0x02 | 0x03), _) = point.split_first()? else {
            return None;
        };
        let key = VerifyingKey::from_sec1_bytes(point).ok()?;
        Self::new(key.to_sec1_point(false).as_bytes()).ok()
    }

    /// Decodes a SubjectPublicKeyInfo in DER, as returned by key management services and `openssl pkey -pubout`.
    ///
    /// # Errors
    ///
    /// [`Error::KeyMalformed`] when it is not a SubjectPublicKeyInfo, [`Error::KeyNotP256`] for other key types and
    /// compressed points.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, Error> {
        let spki = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| Error::KeyMalformed)?;
        Self::from_spki(spki)
    }

    /// Returns the uncompressed point.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 65] {
        &self.point
    }

    /// Returns the SHA-1 of the point, which is the subject key identifier of new certificates (RFC 5280, 4.2.1.2).
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId::new(Sha1::digest(self.point).into())
    }

    /// Verifies an ECDSA signature of the SHA-256 of `message`, given as DER.
    ///
    /// # Errors
    ///
    /// [`Error::SignatureInvalid`] when it is not DER or does not verify.
    pub fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let signature = DerSignature::from_bytes(signature).map_err(|_| Error::SignatureInvalid)?;
        self.key
            .verify(message, &signature)
            .map_err(|_| Error::SignatureInvalid)
    }

    /// Verifies an ECDSA signature of the SHA-256 of `message`, given as r and s, 32 bytes each.
    ///
    /// # Errors
    ///
    /// [`Error::SignatureInvalid`] when it does not have 64 bytes or does not verify.
    pub fn verify_raw(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let signature = Signature::from_slice(signature).map_err(|_| Error::SignatureInvalid)?;
        self.key
            .verify(message, &signature)
            .map_err(|_| Error::SignatureInvalid)
    }

    pub(crate) const fn verifying_key(&self) -> VerifyingKey {
        self.key
    }

    pub(crate) fn from_spki(spki: SubjectPublicKeyInfoRef<'_>) -> Result<Self, Error> {
        spki.algorithm
            .assert_oids(oid::EC_PUBLIC_KEY, oid::P256)
            .map_err(|_| Error::KeyNotP256)?;
        Self::new(spki.subject_public_key.as_bytes().ok_or(Error::KeyNotP256)?)
    }

    pub(crate) fn to_spki(self) -> Result<SubjectPublicKeyInfoOwned, Error> {
        SubjectPublicKeyInfoOwned::from_key(&self.key).map_err(|_| Error::EncodingFailed)
    }
}

impl From<VerifyingKey> for PublicKey {
    fn from(key: VerifyingKey) -> Self {
        Self::from(&key)
    }
}

impl From<PublicKey> for VerifyingKey {
    fn from(key: PublicKey) -> Self {
        key.key
    }
}

impl From<&VerifyingKey> for PublicKey {
    fn from(key: &VerifyingKey) -> Self {
        let mut point = [0; Self::LEN];
        let encoded = key.to_sec1_point(false);
        for (target, byte) in point.iter_mut().zip(encoded.as_bytes()) {
            *target = *byte;
        }
        Self { point, key: *key }
    }
}

impl fmt::Debug for PublicKey {
    /// Writes the point in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(")?;
        self.point.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}
