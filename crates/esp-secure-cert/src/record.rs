use core::fmt;
use core::iter::FusedIterator;

use crate::crc::crc32;
use crate::layout::{ALIGNMENT, FOOTER, HEADER, LEGACY_RESERVED, MAGIC};
use crate::{Error, Flags, RecordType, Storage};

/// A record in an image. It copies nothing, and checks such as [`Record::crc_ok`] are separate
/// calls.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{Image, MatterData, PartitionSize, RecordType, Writer};
///
/// let mut buffer = [0; 64];
/// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
/// writer.push_matter(&MatterData::discriminator(3840)?)?;
/// for record in Image::new(writer.finish()).records() {
///     let record = record?;
///     assert!(record.crc_ok());
///     assert_eq!((record.kind(), record.subtype()), (RecordType::MATTER_1, 0));
///     assert_eq!(record.data(), 3840_u16.to_le_bytes());
/// }
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Record<'a> {
    offset: usize,
    header: &'a [u8; HEADER],
    data: &'a [u8],
    padding: &'a [u8],
    crc: u32,
}

impl<'a> Record<'a> {
    /// Reads the record at the start of `rest`; `None` if the magic is missing.
    fn read(rest: &'a [u8], offset: usize) -> Result<Option<Self>, Error> {
        if !rest.starts_with(&MAGIC.to_le_bytes()) {
            return Ok(None);
        }
        let available = rest.len();
        let truncated = |needed| Error::Truncated {
            offset,
            needed,
            available,
        };
        let (header, body) = rest.split_first_chunk::<HEADER>().ok_or(truncated(HEADER))?;
        let [.., low, high] = *header;
        let len = usize::from(u16::from_le_bytes([low, high]));
        let padded = len.next_multiple_of(ALIGNMENT);
        let read = || {
            let (data, body) = body.split_at_checked(len)?;
            let (padding, body) = body.split_at_checked(padded - len)?;
            Some((data, padding, body.first_chunk()?))
        };
        let (data, padding, crc) = read().ok_or(truncated(HEADER + padded + FOOTER))?;
        Ok(Some(Self {
            offset,
            header,
            data,
            padding,
            crc: u32::from_le_bytes(*crc),
        }))
    }

    /// Returns the offset of the record in the image, in bytes.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the end of the record in the image, in bytes.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.offset + HEADER + self.data.len() + self.padding.len() + FOOTER
    }

    /// Returns the flags.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        let [_, _, _, _, flags, ..] = *self.header;
        Flags::new(flags)
    }

    /// Returns the three reserved bytes.
    #[must_use]
    pub const fn reserved(&self) -> [u8; 3] {
        let [_, _, _, _, _, a, b, c, ..] = *self.header;
        [a, b, c]
    }

    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> RecordType {
        let [_, _, _, _, _, _, _, _, kind, ..] = *self.header;
        RecordType::new(kind)
    }

    /// Returns the stored subtype, including 254 and 255.
    #[must_use]
    pub const fn subtype(&self) -> u8 {
        let [_, _, _, _, _, _, _, _, _, subtype, ..] = *self.header;
        subtype
    }

    /// Returns the data without padding. It may be a private key.
    #[must_use]
    pub const fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Returns the bytes between data and checksum.
    #[must_use]
    pub const fn padding(&self) -> &'a [u8] {
        self.padding
    }

    /// Returns the stored checksum.
    #[must_use]
    pub const fn crc(&self) -> u32 {
        self.crc
    }

    /// Returns whether the checksum is correct.
    #[must_use]
    pub fn crc_ok(&self) -> bool {
        crc32(&[self.header, self.data, self.padding]) == self.crc
    }

    /// Returns whether the header is of the first version of the format: flags and reserved bytes
    /// all ones.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.flags().is_legacy() && self.reserved() == LEGACY_RESERVED
    }

    /// Returns the fields from which [`Writer::push_raw`](crate::Writer::push_raw) writes the same
    /// bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Crc`] if the checksum is wrong, because `push_raw` recomputes it.
    pub fn to_raw(&self) -> Result<RawRecord<'a>, Error> {
        self.checked()?;
        Ok(RawRecord {
            flags: self.flags(),
            reserved: self.reserved(),
            kind: self.kind(),
            subtype: self.subtype(),
            data: self.data,
            padding: self.padding,
        })
    }

    pub(crate) fn checked(self) -> Result<Self, Error> {
        if !self.crc_ok() {
            return Err(Error::Crc { offset: self.offset });
        }
        Ok(self)
    }
}

impl fmt::Debug for Record<'_> {
    /// Omits the data, which may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("offset", &self.offset)
            .field("flags", &self.flags())
            .field("kind", &self.kind())
            .field("subtype", &self.subtype())
            .field("len", &self.data.len())
            .finish_non_exhaustive()
    }
}

impl Record<'_> {
    /// Returns whether the data is a plain key.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        let is_key = matches!(self.kind(), RecordType::PRIV_KEY | RecordType::TEE_SEC_STORAGE_KEY);
        is_key && !self.data.is_empty() && self.flags().storage() != Storage::HmacEncrypted
    }
}

/// The fields of a record, for records that the typed methods of [`Writer`](crate::Writer) do not
/// write.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{Image, PartitionSize, RawRecord, RecordType, Writer};
///
/// let mut buffer = [0; 64];
/// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
/// writer.push_raw(&RawRecord::new(RecordType::new(99), 255, b"of a later version"))?;
/// assert_eq!(Image::new(writer.finish()).records().count(), 1);
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct RawRecord<'a> {
    /// The flags.
    pub flags: Flags,
    /// The reserved bytes, normally 0.
    pub reserved: [u8; 3],
    /// The type.
    pub kind: RecordType,
    /// The subtype; 254 and 255 cannot be looked up.
    pub subtype: u8,
    /// The data, at most 65504 bytes.
    pub data: &'a [u8],
    /// Fills the data up to a multiple of 16 bytes: zero-extended if too short, cut if too long.
    pub padding: &'a [u8],
}

impl<'a> RawRecord<'a> {
    /// Creates a plain record with all other fields zero.
    #[must_use]
    pub const fn new(kind: RecordType, subtype: u8, data: &'a [u8]) -> Self {
        Self {
            flags: Flags::PLAIN,
            reserved: [0; 3],
            kind,
            subtype,
            data,
            padding: &[],
        }
    }

    /// Sets the flags.
    #[must_use]
    pub const fn with_flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }
}

impl fmt::Debug for RawRecord<'_> {
    /// Omits the data, which may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRecord")
            .field("flags", &self.flags)
            .field("kind", &self.kind)
            .field("subtype", &self.subtype)
            .field("len", &self.data.len())
            .finish_non_exhaustive()
    }
}

/// An iterator over the records of an image, up to the first word that is not the magic. It does
/// not allocate.
///
/// Records with a wrong checksum are returned like any other. A record that exceeds the image is
/// the only `Err`, and the last item.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::Records;
///
/// // Erased flash contains no records.
/// assert_eq!(Records::new(&[0xFF; 0x1000]).count(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    image: &'a [u8],
    offset: usize,
    broken: bool,
}

impl<'a> Records<'a> {
    /// Starts at the first byte of an image.
    #[must_use]
    pub const fn new(image: &'a [u8]) -> Self {
        Self {
            image,
            offset: 0,
            broken: false,
        }
    }

    /// Returns the current offset; after the last record, the end of the records.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let rest = self.image.get(self.offset..)?;
        let read = Record::read(rest, self.offset).transpose()?;
        match &read {
            Ok(record) => self.offset = record.end(),
            Err(_) => self.broken = true,
        }
        Some(read)
    }
}

impl FusedIterator for Records<'_> {}
