use core::fmt;

use crate::crc::crc32;
use crate::image::integrity_digest;
use crate::layout::{ALIGNMENT, FOOTER, HEADER, INTEGRITY_LAST, MAGIC, MAX_DATA, SEC_CFG};
use crate::{
    Certificate, Error, Flags, Image, KeyStorage, MatterData, PartitionSize, RawRecord, RecordType, Records, Storage,
    Subtype, Tail,
};

/// Writes records into a caller's buffer, one after the other.
///
/// A method that fails changes nothing. When the writer is dropped, the buffer still holds what was written, also a
/// private key; wiping it is the caller's job.
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

    /// Goes on behind the records of the image that the first `image_len` bytes of the buffer hold.
    ///
    /// An end marker and erased flash behind them are written over.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`] when the buffer is shorter than that, [`Error::Crc`] and [`Error::Truncated`] for a
    /// damaged record, [`Error::Tail`] when there is anything else behind the records, [`Error::PartitionFull`] when
    /// they are longer than the partition.
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

    /// Returns the records that were written so far.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }

    /// Returns the image.
    #[must_use]
    pub fn finish(self) -> &'b mut [u8] {
        self.buffer.get_mut(..self.len).unwrap_or_default()
    }

    /// Writes the certificate that signed the device's; for Matter the PAI.
    ///
    /// # Errors
    ///
    /// [`Error::Duplicate`], [`Error::DataTooLong`], [`Error::PartitionFull`] and [`Error::BufferTooSmall`], as of all
    /// methods that write records.
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

    /// Writes where the private key is, and the key itself if it is plain or encrypted.
    ///
    /// What the key needs beside it (SEC_CFG, the salt, DS_CONTEXT) is written with it.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::push_ca_certificate`], and [`Error::SecondEncrypted`] for a second encrypted record in an
    /// image: the initialisation vector depends on the eFuse key alone, and with two texts under one of them AES-GCM
    /// protects neither.
    pub fn push_key(&mut self, subtype: Subtype, key: &KeyStorage<'_>) -> Result<(), Error> {
        self.all_or_none(|writer| {
            writer.push_beside_key(subtype, key)?;
            writer.push_key_alone(subtype, key)
        })
    }

    /// Writes the device's certificate, the one that signed it, and its key, in the order of `esp-matter-mfg-tool`
    /// 1.0.29: what the key needs beside it comes first.
    ///
    /// `configure_esp_secure_cert.py` of `esp-secure-cert-tool` 2.6.1 puts the certificates the other way round. For
    /// its order with a plain key call [`Writer::push_ca_certificate`], [`Writer::push_device_certificate`] and
    /// [`Writer::push_key`].
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

    /// Takes back what was written before something failed.
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
    /// [`Error::NotUserData`] unless the type is one of `USER_DATA_1` to `USER_DATA_5`, and those of
    /// [`Writer::push_ca_certificate`].
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

    /// Writes the SHA-256 of all records before, under the next subtype.
    ///
    /// # Errors
    ///
    /// [`Error::NoRecords`] when there are none, [`Error::TooManyIntegrity`] when subtype 16 is taken, and those of
    /// [`Writer::push_ca_certificate`].
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

    /// Writes any record, also what the firmware cannot read: a key where none belongs, a subtype that is taken. Only
    /// the checksum is computed. `check` (feature `alloc`) tells what the firmware makes of it.
    ///
    /// # Errors
    ///
    /// [`Error::DataTooLong`], [`Error::PartitionFull`] and [`Error::BufferTooSmall`].
    pub fn push_raw(&mut self, record: &RawRecord<'_>) -> Result<(), Error> {
        self.put(record, &[record.data])
    }

    /// Writes a plain record whose type and subtype must be new.
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

    /// Writes a record whose data is in pieces, and not in the record that is given.
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
            let Some((to, behind)) = rest.split_at_mut_checked(piece.len()) else {
                return Ok(());
            };
            to.copy_from_slice(piece);
            rest = behind;
        }
        let padding = record.padding.iter().copied().chain(core::iter::repeat(0));
        rest.iter_mut().zip(padding).for_each(|(to, from)| *to = from);
        *footer = crc32(&[covered]).to_le_bytes();
        self.len = end;
        Ok(())
    }

    /// Takes the last records back.
    #[cfg(any(feature = "ecdsa", feature = "rsa", feature = "serde"))]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Returns where so many more bytes end.
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
    /// The records that were written so far.
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Debug for Writer<'_> {
    /// Leaves out the bytes, which may hold a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("len", &self.len)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
