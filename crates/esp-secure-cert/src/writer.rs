use core::fmt;

use crate::crc::crc32;
use crate::image::integrity_digest;
use crate::layout::{ALIGNMENT, FOOTER, HEADER, INTEGRITY_LAST, MAGIC, MAX_DATA, SEC_CFG};
use crate::{
    Certificate, Error, Flags, Image, KeyStorage, MatterData, PartitionSize, RawRecord, RecordType, Records, Storage,
    Subtype, Tail,
};

/// Writes records one by one into a caller's buffer.
///
/// A method that fails changes nothing. Dropping the writer leaves the written bytes in the buffer,
/// possibly with a private key, which the caller must zeroize.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{Image, MatterData, PartitionSize, Subtype, Writer};
///
/// let mut buffer = [0; 256];
/// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
/// writer.push_matter(&MatterData::discriminator(3840)?)?;
/// writer.push_integrity()?;
/// let image = writer.finish();
/// assert_eq!(image.len(), 32 + 48);
/// assert!(Image::new(image).verify_integrity()?);
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    len: usize,
    size: PartitionSize,
}

impl<'b> Writer<'b> {
    /// Starts an image. The buffer may be shorter than the partition.
    #[must_use]
    pub const fn new(buffer: &'b mut [u8], size: PartitionSize) -> Self {
        Self { buffer, len: 0, size }
    }

    /// Continues after the records of the image in the first `image_len` bytes of the buffer.
    ///
    /// An end marker and erased flash after the records are overwritten.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`] if the buffer is shorter than `image_len`, [`Error::Crc`] and
    /// [`Error::Truncated`] for a damaged record, [`Error::Tail`] if there are other bytes after
    /// the records, [`Error::PartitionFull`] if the records are longer than the partition.
    pub fn append(buffer: &'b mut [u8], image_len: usize, size: PartitionSize) -> Result<Self, Error> {
        let available = buffer.len();
        let image = Image::new(buffer.get(..image_len).ok_or(Error::BufferTooSmall {
            needed: image_len,
            available,
        })?);
        for record in image.records() {
            record?.checked()?;
        }
        let len = image.record_bytes().len();
        if image.tail() == Tail::Other {
            return Err(Error::Tail { offset: len });
        }
        if len > size.capacity() {
            return Err(Error::PartitionFull {
                needed: len,
                capacity: size.capacity(),
            });
        }
        Ok(Self { buffer, len, size })
    }

    /// Returns the records written so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }

    /// Returns the image.
    #[must_use]
    pub fn finish(self) -> &'b mut [u8] {
        self.buffer.get_mut(..self.len).unwrap_or_default()
    }

    /// Writes the certificate of the issuer; for Matter the PAI.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`], [`Error::DataTooLong`], [`Error::PartitionFull`] and
    /// [`Error::BufferTooSmall`], as for all methods that write records.
    pub fn push_ca_certificate(&mut self, subtype: Subtype, certificate: &Certificate<'_>) -> Result<(), Error> {
        self.push_new(RecordType::CA_CERT, subtype, Flags::PLAIN, &certificate.parts())
    }

    /// Writes the device's certificate; for Matter the DAC.
    ///
    /// # Errors
    ///
    /// As [`Writer::push_ca_certificate`].
    pub fn push_device_certificate(&mut self, subtype: Subtype, certificate: &Certificate<'_>) -> Result<(), Error> {
        self.push_new(RecordType::DEV_CERT, subtype, Flags::PLAIN, &certificate.parts())
    }

    /// Writes the storage of the private key, and the key itself if it is plain or encrypted.
    ///
    /// The other records that the key needs (SEC_CFG, the salt, DS_CONTEXT) are included.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::push_ca_certificate`], and [`Error::SecondEncrypted`] for a second
    /// encrypted record in an image: the initialization vector depends only on the eFuse key, and
    /// AES-GCM is broken if it is used for two plaintexts.
    pub fn push_key(&mut self, subtype: Subtype, key: &KeyStorage<'_>) -> Result<(), Error> {
        self.all_or_none(|writer| {
            writer.push_beside_key(subtype, key)?;
            writer.push_key_alone(subtype, key)
        })
    }

    /// Writes the device's certificate, the issuer's certificate and the key in the order of
    /// `esp-matter-mfg-tool` 1.0.29: the other records that the key needs come first.
    ///
    /// `configure_esp_secure_cert.py` of `esp-secure-cert-tool` 2.6.1 writes the certificates in
    /// the opposite order. For its order with a plain key call [`Writer::push_ca_certificate`],
    /// [`Writer::push_device_certificate`] and [`Writer::push_key`].
    ///
    /// # Errors
    ///
    /// Those of [`Writer::push_key`].
    pub fn push_identity(
        &mut self,
        subtype: Subtype,
        device: &Certificate<'_>,
        ca: &Certificate<'_>,
        key: &KeyStorage<'_>,
    ) -> Result<(), Error> {
        self.all_or_none(|writer| {
            writer.push_beside_key(subtype, key)?;
            writer.push_device_certificate(subtype, device)?;
            writer.push_ca_certificate(subtype, ca)?;
            writer.push_key_alone(subtype, key)
        })
    }

    /// Removes the records of a sequence that failed.
    fn all_or_none(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        let before = self.len;
        let done = write(self);
        if done.is_err() {
            self.len = before;
        }
        done
    }

    fn push_beside_key(&mut self, subtype: Subtype, key: &KeyStorage<'_>) -> Result<(), Error> {
        let mut put = |kind, data: &[&[u8]]| self.push_new(kind, subtype, Flags::PLAIN, data);
        match key {
            KeyStorage::Plain(_) | KeyStorage::HmacEncrypted(_) => Ok(()),
            KeyStorage::EfuseEcdsa(key) => put(RecordType::SEC_CFG, &[&[key.block()], &[0; SEC_CFG - 1]]),
            KeyStorage::HmacDerived(salt) => put(RecordType::HMAC_ECDSA_KEY_SALT, &[salt.as_bytes()]),
            KeyStorage::RsaDs(key) => {
                put(RecordType::DS_DATA, &[&key.words()[..], key.iv(), key.ciphertext()])?;
                put(RecordType::DS_CONTEXT, &[&key.context()])
            }
        }
    }

    fn push_key_alone(&mut self, subtype: Subtype, key: &KeyStorage<'_>) -> Result<(), Error> {
        let kind = RecordType::PRIV_KEY;
        match key {
            KeyStorage::Plain(key) => self.push_new(kind, subtype, Flags::PLAIN, &key.parts()),
            KeyStorage::EfuseEcdsa(_) => self.push_new(kind, subtype, Flags::EFUSE_ECDSA, &[]),
            KeyStorage::HmacDerived(_) => self.push_new(kind, subtype, Flags::HMAC_DERIVED, &[]),
            KeyStorage::HmacEncrypted(key) => {
                let encrypted = |storage| storage == Storage::HmacEncrypted;
                let mut others = Records::new(self.as_bytes()).flatten();
                if let Some(other) = others.find(|record| encrypted(record.flags().storage())) {
                    return Err(Error::SecondEncrypted { offset: other.offset() });
                }
                self.push_new(kind, subtype, Flags::HMAC_ENCRYPTED, &[key.as_bytes()])
            }
            KeyStorage::RsaDs(_) => Ok(()),
        }
    }

    /// Writes data of the application.
    ///
    /// # Errors
    ///
    /// [`Error::NotUserData`] if the type is not one of `USER_DATA_1` to `USER_DATA_5`, and the
    /// errors of [`Writer::push_ca_certificate`].
    pub fn push_user_data(&mut self, kind: RecordType, subtype: Subtype, data: &[u8]) -> Result<(), Error> {
        if !(RecordType::USER_DATA_1..=RecordType::USER_DATA_5).contains(&kind) {
            return Err(Error::NotUserData { kind });
        }
        self.push_new(kind, subtype, Flags::PLAIN, &[data])
    }

    /// Writes an item of Matter's commissionable data.
    ///
    /// # Errors
    ///
    /// As [`Writer::push_ca_certificate`].
    pub fn push_matter(&mut self, data: &MatterData<'_>) -> Result<(), Error> {
        self.push_new(RecordType::MATTER_1, data.subtype(), Flags::PLAIN, &[data.as_bytes()])
    }

    /// Writes the SHA-256 of all records so far, with the next subtype.
    ///
    /// # Errors
    ///
    /// [`Error::NoRecords`] if there are none, [`Error::TooManyIntegrity`] if subtype 16 is used,
    /// and the errors of [`Writer::push_ca_certificate`].
    pub fn push_integrity(&mut self) -> Result<(), Error> {
        if self.len == 0 {
            return Err(Error::NoRecords);
        }
        let records = Records::new(self.as_bytes()).flatten();
        let others = records.filter(|record| record.kind() == RecordType::INTEGRITY);
        let next = match others.map(|record| record.subtype()).max() {
            None => 0,
            Some(last) if last < INTEGRITY_LAST => last + 1,
            Some(_) => return Err(Error::TooManyIntegrity),
        };
        let digest = integrity_digest(self.as_bytes());
        self.push_new(RecordType::INTEGRITY, Subtype::new(next)?, Flags::PLAIN, &[&digest])
    }

    /// Writes any record, including those that the firmware cannot read: a key in a keyless record,
    /// a duplicate subtype. Only the checksum is computed. `check` (feature `alloc`) reports such
    /// records.
    ///
    /// # Errors
    ///
    /// [`Error::DataTooLong`], [`Error::PartitionFull`] and [`Error::BufferTooSmall`].
    pub fn push_raw(&mut self, record: &RawRecord<'_>) -> Result<(), Error> {
        self.put(record, &[record.data])
    }

    /// Writes a plain record whose type and subtype must be unused.
    pub(crate) fn push_new(
        &mut self,
        kind: RecordType,
        subtype: Subtype,
        flags: Flags,
        data: &[&[u8]],
    ) -> Result<(), Error> {
        let mut records = Records::new(self.as_bytes()).flatten();
        if let Some(other) = records.find(|other| other.kind() == kind && other.subtype() == subtype.get()) {
            return Err(Error::Duplicate {
                kind,
                subtype: subtype.get(),
                offset: other.offset(),
            });
        }
        self.put(&RawRecord::new(kind, subtype.get(), &[]).with_flags(flags), data)
    }

    /// Writes a record whose data is given in pieces instead of `record.data`.
    fn put(&mut self, record: &RawRecord<'_>, data: &[&[u8]]) -> Result<(), Error> {
        let len = data.iter().fold(0_usize, |len, piece| len.saturating_add(piece.len()));
        let stored_len = u16::try_from(len).ok().filter(|_| len <= MAX_DATA);
        let [low, high] = stored_len.ok_or(Error::DataTooLong { len })?.to_le_bytes();
        let padded = len.next_multiple_of(ALIGNMENT);
        let end = self.room_for(HEADER + padded + FOOTER)?;

        let [a, b, c] = record.reserved;
        let header = [
            record.flags.bits(),
            a,
            b,
            c,
            record.kind.code(),
            record.subtype,
            low,
            high,
        ];
        let place = self.buffer.get_mut(self.len..end).unwrap_or_default();
        let Some((covered, footer)) = place.split_last_chunk_mut::<FOOTER>() else {
            return Ok(());
        };
        let magic = MAGIC.to_le_bytes();
        let mut rest = &mut *covered;
        for piece in [&magic[..], &header].iter().chain(data) {
            let Some((to, after)) = rest.split_at_mut_checked(piece.len()) else {
                return Ok(());
            };
            to.copy_from_slice(piece);
            rest = after;
        }
        let padding = record.padding.iter().copied().chain(core::iter::repeat(0));
        rest.iter_mut().zip(padding).for_each(|(to, from)| *to = from);
        *footer = crc32(&[covered]).to_le_bytes();
        self.len = end;
        Ok(())
    }

    /// Removes records from the end.
    #[cfg(any(feature = "ecdsa", feature = "rsa", feature = "serde"))]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Returns the end of `more` additional bytes.
    fn room_for(&self, more: usize) -> Result<usize, Error> {
        let needed = self.len + more;
        let capacity = self.size.capacity();
        if needed > capacity {
            return Err(Error::PartitionFull { needed, capacity });
        }
        let available = self.buffer.len();
        if needed > available {
            return Err(Error::BufferTooSmall { needed, available });
        }
        Ok(needed)
    }
}

impl AsRef<[u8]> for Writer<'_> {
    /// The records written so far.
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Writer<'_> {
    /// Omits the bytes, which may contain a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("len", &self.len)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
