//! Where a device's private key is.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::certificate::Form;
use crate::layout::GCM_TAG;
use crate::{DsKey, EfuseKey, Error};

/// Where a device's private key is kept.
///
/// What keeps the key out of the partition holds no key bytes here either, so that none can be written by mistake.
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
    /// In the partition as it is. Only flash encryption protects it.
    Plain(PlainKey<'a>),
    /// In an eFuse block that the ECDSA peripheral reads: SEC_CFG names it, and PRIV_KEY has no data.
    EfuseEcdsa(EfuseKey),
    /// Derived by the HMAC peripheral from its key in the eFuses and a salt; PRIV_KEY has no data.
    HmacDerived(KeySalt<'a>),
    /// In the partition, encrypted under a key that the HMAC peripheral derives.
    HmacEncrypted(EncryptedKey<'a>),
    /// An RSA key, encrypted for the digital signature peripheral; there is no PRIV_KEY.
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
    /// Plain keys are compared in constant time; the rest is no secret.
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

/// An elliptic curve private key in the form of SEC 1 (RFC 5915), DER or PEM.
///
/// It borrows a secret of the caller, who wipes it. `Debug` does not show it.
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
    /// The length in bytes that firmware for Matter needs: P-256 with the curve's name and the public key, in DER.
    pub const MATTER_LEN: usize = 121;

    /// Accepts DER: a SEQUENCE of version 1 and an octet string, and nothing behind it.
    ///
    /// # Errors
    ///
    /// [`Error::KeyForm`], as for PKCS#8.
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

    /// Accepts PEM with the label `EC PRIVATE KEY`, with or without a NUL at its end.
    ///
    /// # Errors
    ///
    /// [`Error::KeyForm`].
    pub fn sec1_pem(text: &'a [u8]) -> Result<Self, Error> {
        Form::pem(text, "EC PRIVATE KEY").map(Self).ok_or(Error::KeyForm)
    }

    /// Tells whether firmware for Matter reads the key: it takes scalar and point from fixed places in 121 bytes.
    #[must_use]
    pub fn is_for_matter(&self) -> bool {
        self.0.bytes.len() == Self::MATTER_LEN && self.0.bytes.starts_with(&[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20])
    }

    /// Returns the key: the one way to read the secret.
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

    /// Accepts SEC 1 in DER or PEM.
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

/// The salt of a key that the HMAC peripheral derives: 16 to 64 bytes, of which the firmware itself draws 32.
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
    /// The fewest bytes.
    pub const MIN_LEN: usize = 16;
    /// The most bytes.
    pub const MAX_LEN: usize = 64;

    /// Accepts a salt.
    ///
    /// # Errors
    ///
    /// [`Error::KeySaltLength`] unless it has 16..=64 bytes.
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

/// A private key, encrypted with AES-256-GCM, with the tag behind it.
///
/// `HmacKey::encrypt` (feature `hmac`) makes one.
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
    /// The length in bytes of the tag.
    pub const TAG_LEN: usize = GCM_TAG;

    /// Accepts what was encrypted elsewhere, tag included. Nothing can tell whether it is.
    ///
    /// # Errors
    ///
    /// [`Error::EncryptedLength`] when there is nothing before the tag, and [`Error::KeyNotEncrypted`] for what is
    /// plainly a SEC 1 or PEM key.
    pub fn new(ciphertext: &'a [u8]) -> Result<Self, Error> {
        if ciphertext.len() <= GCM_TAG {
            return Err(Error::EncryptedLength { len: ciphertext.len() });
        }
        if looks_like_a_key(ciphertext) {
            return Err(Error::KeyNotEncrypted);
        }
        Ok(Self(ciphertext))
    }

    /// Returns the ciphertext and the tag behind it.
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

/// Tells whether bytes that should be encrypted begin as a key does. By chance one text in 2^40 would.
pub(crate) fn looks_like_a_key(bytes: &[u8]) -> bool {
    let after_head = match bytes {
        [0x30, 0x81, _, rest @ ..] | [0x30, 0x82, _, _, rest @ ..] | [0x30, _, rest @ ..] => rest,
        _ => return bytes.starts_with(b"-----BEGIN "),
    };
    // The version, 0 or 1, and the tag of what follows it.
    matches!(after_head, [0x02, 0x01, 0x00 | 0x01, 0x02 | 0x04 | 0x30, ..])
}
