//! The storage of a device's private key.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::certificate::Form;
use crate::layout::GCM_TAG;
use crate::{DsKey, EfuseKey, Error};

/// The storage of a device's private key.
///
/// Variants with a key outside the partition have no key bytes, so that none can be written by
/// mistake.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{EfuseKey, Image, KeyStorage, PartitionSize, RecordType, Subtype, Writer};
///
/// let mut buffer = [0; 128];
/// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
/// writer.push_key(Subtype::MIN, &KeyStorage::EfuseEcdsa(EfuseKey::new(1)?))?;
/// let image = Image::new(writer.finish());
/// let record = image.find(RecordType::PRIV_KEY, Subtype::MIN)?;
/// assert_eq!(record.map(|record| record.data().len()), Some(0));
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum KeyStorage<'a> {
    /// In the partition, in plain text. Only flash encryption protects it.
    Plain(PlainKey<'a>),
    /// In an eFuse block that the ECDSA peripheral reads: SEC_CFG has the block number, and
    /// PRIV_KEY has no data.
    EfuseEcdsa(EfuseKey),
    /// Derived by the HMAC peripheral from its key in the eFuses and a salt; PRIV_KEY has no data.
    HmacDerived(KeySalt<'a>),
    /// In the partition, encrypted with a key that the HMAC peripheral derives.
    HmacEncrypted(EncryptedKey<'a>),
    /// An RSA key encrypted for the digital signature peripheral; there is no PRIV_KEY.
    RsaDs(DsKey<'a>),
}

impl<'a> From<PlainKey<'a>> for KeyStorage<'a> {
    fn from(key: PlainKey<'a>) -> Self {
        Self::Plain(key)
    }
}

impl From<EfuseKey> for KeyStorage<'_> {
    fn from(key: EfuseKey) -> Self {
        Self::EfuseEcdsa(key)
    }
}

impl<'a> From<KeySalt<'a>> for KeyStorage<'a> {
    fn from(salt: KeySalt<'a>) -> Self {
        Self::HmacDerived(salt)
    }
}

impl<'a> From<EncryptedKey<'a>> for KeyStorage<'a> {
    fn from(key: EncryptedKey<'a>) -> Self {
        Self::HmacEncrypted(key)
    }
}

impl<'a> From<DsKey<'a>> for KeyStorage<'a> {
    fn from(key: DsKey<'a>) -> Self {
        Self::RsaDs(key)
    }
}

impl ConstantTimeEq for KeyStorage<'_> {
    /// Plain keys are compared in constant time; the other variants contain no secret.
    fn ct_eq(&self, other: &Self) -> Choice {
        let is_same = match (self, other) {
            (Self::Plain(one), Self::Plain(other)) => return one.ct_eq(other),
            (Self::EfuseEcdsa(one), Self::EfuseEcdsa(other)) => one == other,
            (Self::HmacDerived(one), Self::HmacDerived(other)) => one == other,
            (Self::HmacEncrypted(one), Self::HmacEncrypted(other)) => one == other,
            (Self::RsaDs(one), Self::RsaDs(other)) => one == other,
            _ => false,
        };
        Choice::from(u8::from(is_same))
    }
}

/// An elliptic curve private key in SEC 1 form (RFC 5915), DER or PEM.
///
/// It borrows the caller's secret, which the caller must zeroize. `Debug` elides it.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::PlainKey;
///
/// let der = [0x30, 0x07, 0x02, 0x01, 0x01, 0x04, 0x02, 0x12, 0x34];
/// let key = PlainKey::try_from(&der[..])?;
/// assert!(!key.is_for_matter());
/// assert_eq!(format!("{key:?}"), "PlainKey([elided])");
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct PlainKey<'a>(Form<'a>);

impl<'a> PlainKey<'a> {
    /// The length in bytes that firmware for Matter requires: P-256 in DER with the curve name and
    /// the public key.
    pub const MATTER_LEN: usize = 121;

    /// Creates a key from DER: a SEQUENCE with version 1 and an OCTET STRING, without trailing
    /// bytes.
    ///
    /// # Errors
    ///
    /// [`Error::KeyForm`] for any other form, including PKCS#8.
    pub fn sec1_der(bytes: &'a [u8]) -> Result<Self, Error> {
        let form = Form::der(bytes).ok_or(Error::KeyForm)?;
        let contents = match bytes {
            [_, 0x81, _, contents @ ..] | [_, 0x82, _, _, contents @ ..] | [_, _, contents @ ..] => contents,
            _ => return Err(Error::KeyForm),
        };
        if !contents.starts_with(&[0x02, 0x01, 0x01, 0x04]) {
            return Err(Error::KeyForm);
        }
        Ok(Self(form))
    }

    /// Creates a key from PEM with the label `EC PRIVATE KEY`; a NUL at the end is optional.
    ///
    /// # Errors
    ///
    /// [`Error::KeyForm`] for any other form.
    pub fn sec1_pem(text: &'a [u8]) -> Result<Self, Error> {
        Form::pem(text, "EC PRIVATE KEY").map(Self).ok_or(Error::KeyForm)
    }

    /// Returns whether firmware for Matter can read the key: it takes scalar and point from fixed
    /// offsets in 121 bytes.
    #[must_use]
    pub fn is_for_matter(&self) -> bool {
        self.0.bytes.len() == Self::MATTER_LEN && self.0.bytes.starts_with(&[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20])
    }

    /// Returns the key. This is the only way to read the secret.
    #[must_use]
    pub const fn expose(&self) -> &'a [u8] {
        self.0.bytes
    }

    pub(crate) const fn parts(&self) -> [&'a [u8]; 2] {
        [self.0.bytes, self.0.terminator]
    }
}

impl<'a> TryFrom<&'a [u8]> for PlainKey<'a> {
    type Error = Error;

    /// Creates a key from SEC 1 in DER or PEM.
    fn try_from(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::sec1_der(bytes).or_else(|_| Self::sec1_pem(bytes))
    }
}

impl ConstantTimeEq for PlainKey<'_> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.bytes.ct_eq(other.0.bytes) & self.0.terminator.ct_eq(other.0.terminator)
    }
}

impl fmt::Debug for PlainKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey([elided])")
    }
}

/// The salt of a key that the HMAC peripheral derives: 16 to 64 bytes. The firmware itself draws
/// 32.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{KeySalt, KeyStorage};
///
/// let salt = [7; 32];
/// let key = KeyStorage::from(KeySalt::new(&salt)?);
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySalt<'a>(&'a [u8]);

impl<'a> KeySalt<'a> {
    /// The minimum length in bytes.
    pub const MIN_LEN: usize = 16;
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = 64;

    /// Creates a salt.
    ///
    /// # Errors
    ///
    /// [`Error::KeySaltLength`] if the length is outside 16 to 64 bytes.
    pub const fn new(salt: &'a [u8]) -> Result<Self, Error> {
        if salt.len() < Self::MIN_LEN || salt.len() > Self::MAX_LEN {
            return Err(Error::KeySaltLength { len: salt.len() });
        }
        Ok(Self(salt))
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> TryFrom<&'a [u8]> for KeySalt<'a> {
    type Error = Error;

    fn try_from(salt: &'a [u8]) -> Result<Self, Error> {
        Self::new(salt)
    }
}

/// A private key encrypted with AES-256-GCM, followed by the tag.
///
/// Made by `HmacKey::encrypt` (feature `hmac`) or elsewhere.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::EncryptedKey;
///
/// let ciphertext = [0xA5; 121 + EncryptedKey::TAG_LEN];
/// assert_eq!(EncryptedKey::new(&ciphertext)?.as_bytes().len(), 137);
/// assert!(EncryptedKey::new(b"-----BEGIN EC PRIVATE KEY-----").is_err());
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncryptedKey<'a>(&'a [u8]);

impl<'a> EncryptedKey<'a> {
    /// The length of the tag in bytes.
    pub const TAG_LEN: usize = GCM_TAG;

    /// Creates an encrypted key from ciphertext and tag. The encryption itself cannot be checked.
    ///
    /// # Errors
    ///
    /// [`Error::EncryptedLength`] if there is nothing before the tag, and
    /// [`Error::KeyNotEncrypted`] if the bytes start like a SEC 1 or PEM key.
    pub fn new(ciphertext: &'a [u8]) -> Result<Self, Error> {
        if ciphertext.len() <= GCM_TAG {
            return Err(Error::EncryptedLength { len: ciphertext.len() });
        }
        if looks_like_a_key(ciphertext) {
            return Err(Error::KeyNotEncrypted);
        }
        Ok(Self(ciphertext))
    }

    /// Returns the ciphertext followed by the tag.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> TryFrom<&'a [u8]> for EncryptedKey<'a> {
    type Error = Error;

    fn try_from(ciphertext: &'a [u8]) -> Result<Self, Error> {
        Self::new(ciphertext)
    }
}

impl fmt::Debug for EncryptedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedKey({} bytes)", self.0.len())
    }
}

/// Returns whether bytes start like a plain key. A random ciphertext does with probability 2^-40.
pub(crate) fn looks_like_a_key(bytes: &[u8]) -> bool {
    let after_head = match bytes {
        [0x30, 0x81, _, rest @ ..] | [0x30, 0x82, _, _, rest @ ..] | [0x30, _, rest @ ..] => rest,
        _ => return bytes.starts_with(b"-----BEGIN "),
    };
    // The version, 0 or 1, and the tag of the next element.
    matches!(after_head, [0x02, 0x01, 0x00 | 0x01, 0x02 | 0x04 | 0x30, ..])
}
