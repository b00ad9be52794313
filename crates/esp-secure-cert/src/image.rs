use sha2::{Digest, Sha256};

use crate::layout::{END_MARKER, INTEGRITY, SEC_CFG};
use crate::{
    DsKey, EfuseKey, EncryptedKey, Error, KeySalt, KeyStorage, PlainKey, Record, RecordType, Records, Storage, Subtype,
};

/// An image with the firmware's rules of look-up. It borrows the bytes and copies nothing.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{Image, PartitionSize, RecordType, Subtype, Tail, Writer};
///
/// let mut buffer = [0; 64];
/// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
/// writer.push_user_data(RecordType::USER_DATA_1, Subtype::MIN, b"one")?;
/// writer.push_user_data(RecordType::USER_DATA_1, Subtype::new(1)?, b"two")?;
/// let image = Image::new(writer.finish());
///
/// assert_eq!(image.records().count(), 2);
/// let last = image.find_last(RecordType::USER_DATA_1)?;
/// assert_eq!(last.map(|record| record.data()), Some(&b"two"[..]));
/// assert_eq!(image.tail(), Tail::Nothing);
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Image<'a>(&'a [u8]);

impl<'a> Image<'a> {
    /// Creates an image from the bytes of a partition, with or without the erased rest.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns all bytes of the image.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Returns an iterator over the records.
    #[must_use]
    pub const fn records(&self) -> Records<'a> {
        Records::new(self.0)
    }

    /// Returns the bytes of all complete records.
    #[must_use]
    pub fn record_bytes(&self) -> &'a [u8] {
        let mut records = self.records();
        records.by_ref().for_each(drop);
        self.0.get(..records.offset()).unwrap_or_default()
    }

    /// Returns the kind of bytes after the last complete record.
    #[must_use]
    pub fn tail(&self) -> Tail {
        let end = self.record_bytes().len();
        let rest = self.0.get(end..).unwrap_or_default();
        let (marker, erased) = match rest.strip_prefix(&END_MARKER) {
            Some(erased) => (true, erased),
            None => (false, rest),
        };
        match (marker, erased) {
            (_, erased) if erased.iter().any(|byte| *byte != 0xFF) => Tail::Other,
            (true, _) => Tail::Marker,
            (false, []) => Tail::Nothing,
            (false, _) => Tail::Erased,
        }
    }

    /// Looks up a record as the firmware does: the first with its type and subtype, if its checksum
    /// is correct.
    ///
    /// # Errors
    ///
    /// [`Error::Crc`] for the found record, and [`Error::Truncated`] if a record before it exceeds
    /// the image.
    pub fn find(&self, kind: RecordType, subtype: Subtype) -> Result<Option<Record<'a>>, Error> {
        for record in self.records() {
            let record = record?;
            if record.kind() == kind && record.subtype() == subtype.get() {
                return record.checked().map(Some);
            }
        }
        Ok(None)
    }

    /// Looks up the last record of a type, as the firmware does for subtype 254.
    ///
    /// # Errors
    ///
    /// As [`Image::find`], for all records.
    pub fn find_last(&self, kind: RecordType) -> Result<Option<Record<'a>>, Error> {
        let mut last = None;
        for record in self.records() {
            let record = record?;
            if record.kind() == kind {
                last = Some(record);
            }
        }
        last.map(Record::checked).transpose()
    }

    /// Returns the storage of a private key, or `None` if the partition has no key with this
    /// subtype.
    ///
    /// # Errors
    ///
    /// [`Error::KeyNotKeyless`] if a record contains key bytes although its key is stored
    /// elsewhere, [`Error::KeyRecord`] if a record that the key needs is missing, the errors of the
    /// types in [`KeyStorage`], and those of [`Image::find`].
    pub fn key(&self, subtype: Subtype) -> Result<Option<KeyStorage<'a>>, Error> {
        let needed =
            |kind| -> Result<Record<'a>, Error> { self.find(kind, subtype)?.ok_or(Error::KeyRecord { missing: kind }) };
        let Some(key) = self.find(RecordType::PRIV_KEY, subtype)? else {
            let Some(data) = self.find(RecordType::DS_DATA, subtype)? else {
                return Ok(None);
            };
            let context = needed(RecordType::DS_CONTEXT)?;
            return DsKey::decode(data.data(), context.data())
                .map(KeyStorage::RsaDs)
                .map(Some);
        };
        let storage = key.flags().storage();
        if storage.is_keyless() && !key.data().is_empty() {
            return Err(Error::KeyNotKeyless { offset: key.offset() });
        }
        Ok(Some(match storage {
            Storage::Plain => {
                let plain = PlainKey::sec1_der(key.data()).or_else(|_| PlainKey::sec1_pem(key.data()))?;
                KeyStorage::Plain(plain)
            }
            Storage::EfuseEcdsa => {
                let configuration = needed(RecordType::SEC_CFG)?;
                let block = configuration
                    .data()
                    .first()
                    .filter(|_| configuration.data().len() == SEC_CFG);
                let key = block.and_then(|block| EfuseKey::from_block(*block));
                KeyStorage::EfuseEcdsa(key.ok_or(Error::SecCfg {
                    offset: configuration.offset(),
                    len: configuration.data().len(),
                    block: configuration.data().first().copied(),
                })?)
            }
            Storage::HmacDerived => {
                let salt = needed(RecordType::HMAC_ECDSA_KEY_SALT)?;
                KeyStorage::HmacDerived(KeySalt::new(salt.data())?)
            }
            Storage::HmacEncrypted => KeyStorage::HmacEncrypted(EncryptedKey::new(key.data())?),
        }))
    }

    /// Verifies the last INTEGRITY record, as the firmware does. Returns `false` if there is none.
    ///
    /// INTEGRITY detects damage, not tampering: anyone who changes the image can recompute it.
    ///
    /// # Errors
    ///
    /// [`Error::Integrity`] if it does not match, and the errors of [`Image::find_last`].
    pub fn verify_integrity(&self) -> Result<bool, Error> {
        let Some(record) = self.find_last(RecordType::INTEGRITY)? else {
            return Ok(false);
        };
        let before = self.0.get(..record.offset()).unwrap_or_default();
        if record.data() == integrity_digest(before) {
            Ok(true)
        } else {
            Err(Error::Integrity {
                offset: record.offset(),
            })
        }
    }

    /// Returns the bytes that signatures cover: everything before the first SIGNATURE_BLOCK, or all
    /// records if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if a record exceeds the image.
    pub fn signed_bytes(&self) -> Result<&'a [u8], Error> {
        let mut end = 0;
        for record in self.records() {
            let record = record?;
            if record.kind() == RecordType::SIGNATURE_BLOCK {
                break;
            }
            end = record.end();
        }
        Ok(self.0.get(..end).unwrap_or_default())
    }
}

impl core::fmt::Debug for Image<'_> {
    /// Omits the bytes, which may contain a private key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Image({} bytes)", self.0.len())
    }
}

/// The kind of bytes after the last complete record of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tail {
    /// The image ends there.
    Nothing,
    /// Erased flash.
    Erased,
    /// The end marker that the vendor's tool writes after appending, followed by nothing or erased
    /// flash.
    Marker,
    /// Anything else, including a truncated record.
    Other,
}

/// Computes the data of an INTEGRITY record: the SHA-256 of the bytes before it.
pub(crate) fn integrity_digest(before: &[u8]) -> [u8; INTEGRITY] {
    Sha256::digest(before).into()
}
