//! App and bootloader images.
//!
//! ```text
//! header   0 E9 | 1 segments | 2 SPI mode | 3 flash size, frequency: 4 bits each | 4 entry u32
//!          8 WP pin | 9 drive, 3 bytes | 12 chip id u16
//!         14 minimum revision, old | 15 minimum revision u16 | 17 maximum revision u16
//!         19 zeros, 4 bytes | 23 hash flag
//! segment  0 load address u32 | 4 length u32 | 8 data; up to 16 of them
//! end      zeros, then the checksum as the last byte of 16; SHA-256 of all of it if the flag is set
//! ```
//!
//! All numbers are little-endian. Source: ESP-IDF, "App Image Format" in the API guides.

mod app_description;
mod header;
mod secure_pad;
#[cfg(feature = "alloc")]
mod writer;

pub use app_description::AppDescription;
pub use header::{ImageHeader, SpiMode};
#[cfg(feature = "alloc")]
pub use secure_pad::secure_pad;
pub use secure_pad::{MmuPage, SecurePad};
use sha2::{Digest, Sha256};
#[cfg(feature = "alloc")]
pub use writer::ImageWriter;

use crate::Error;

const HASH_LEN: usize = 32;
const SEGMENT_HEADER_LEN: usize = 8;
/// The initial value of the checksum.
const CHECKSUM_SEED: u8 = 0xEF;
const MAX_SEGMENTS: usize = 16;
const MAX_SEGMENT_LEN: usize = 0x100_0000;

/// An app or bootloader image, with the bytes that follow it.
///
/// # Examples
///
/// ```
/// use esp_flash_image::{Chip, Image};
/// # #[cfg(feature = "alloc")] {
/// use esp_flash_image::{ImageHeader, ImageWriter};
///
/// let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_entry(0x4038_0000));
/// writer.push(0x4038_0000, b"machine code")?;
/// let bytes = writer.finish()?;
///
/// let image = Image::parse(&bytes)?;
/// assert_eq!(image.header().chip(), Some(Chip::Esp32c3));
/// assert_eq!(image.segments().next().map(|segment| segment.data), Some(&b"machine code"[..]));
/// assert!(image.trailing().is_empty());
/// # }
/// # Ok::<(), esp_flash_image::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image<'a> {
    header: ImageHeader,
    bytes: &'a [u8],
    trailing: &'a [u8],
}

/// A segment of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment<'a> {
    /// The address to which it is loaded or mapped.
    pub load_address: u32,
    /// The offset of its data in the image.
    pub offset: usize,
    /// Its data.
    pub data: &'a [u8],
}

impl<'a> Image<'a> {
    /// Reads the image at the start of `bytes`; the bytes after it are returned by [`Image::trailing`].
    ///
    /// # Errors
    ///
    /// [`Error::ImageMagic`], [`Error::SegmentCount`], [`Error::SegmentLength`], [`Error::Truncated`], [`Error::Checksum`],
    /// [`Error::ImageHash`], [`Error::HashFlag`]; and [`Error::Reserved`] if a reserved byte is not zero.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let header = ImageHeader::decode(bytes)?;
        let mut offset = ImageHeader::LEN;
        let mut checksum = CHECKSUM_SEED;
        for _ in 0..header.segment_count() {
            let segment = read_segment(bytes, offset)?;
            checksum ^= xor(segment.data);
            offset = segment.offset.saturating_add(segment.data.len());
        }
        let at = checksum_offset(offset).ok_or(Error::Truncated {
            needed: usize::MAX,
            available: bytes.len(),
        })?;
        let padding = bytes.get(offset..at);
        let (Some(padding), Some(found)) = (padding, bytes.get(at).copied()) else {
            return Err(Error::Truncated {
                needed: at.saturating_add(1),
                available: bytes.len(),
            });
        };
        if let Some(index) = padding.iter().position(|byte| *byte != 0) {
            return Err(Error::Reserved {
                offset: offset.saturating_add(index),
            });
        }
        if found != checksum {
            return Err(Error::Checksum {
                offset: at,
                expected: checksum,
                found,
            });
        }
        // The byte at `at` exists.
        let hashed_len = at.saturating_add(1);
        let mut len = hashed_len;
        if header.has_hash() {
            len = hashed_len.saturating_add(HASH_LEN);
            let stored = bytes.get(hashed_len..len);
            let stored = stored.ok_or(Error::Truncated {
                needed: len,
                available: bytes.len(),
            })?;
            if Sha256::digest(bytes.get(..hashed_len).unwrap_or_default())[..] != *stored {
                return Err(Error::ImageHash { offset: hashed_len });
            }
        }
        let (bytes, trailing) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        Ok(Self {
            header,
            bytes,
            trailing,
        })
    }

    /// Returns the header.
    #[must_use]
    pub const fn header(&self) -> &ImageHeader {
        &self.header
    }

    /// Returns the segments in order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> {
        let bytes = self.bytes;
        let mut offset = ImageHeader::LEN;
        (0..self.header.segment_count()).map_while(move |_| {
            let segment = read_segment(bytes, offset).ok()?;
            offset = segment.offset.saturating_add(segment.data.len());
            Some(segment)
        })
    }

    /// Returns the length of the image in bytes, including checksum and hash.
    #[must_use]
    pub const fn image_len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the image, including checksum and hash.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns whether a SHA-256 is appended.
    #[must_use]
    pub const fn has_hash(&self) -> bool {
        self.header.has_hash()
    }

    /// Returns the appended SHA-256.
    #[must_use]
    pub fn hash(&self) -> Option<[u8; 32]> {
        self.bytes.last_chunk().copied().filter(|_| self.has_hash())
    }

    /// Returns the checksum: the XOR of 0xEF and all bytes of the segments.
    #[must_use]
    pub fn checksum(&self) -> u8 {
        let after = if self.has_hash() { HASH_LEN } else { 0 };
        let hashed = self
            .bytes
            .len()
            .checked_sub(after)
            .and_then(|len| self.bytes.get(..len));
        // `parse` has checked that it exists.
        hashed.and_then(<[u8]>::last).copied().unwrap_or(CHECKSUM_SEED)
    }

    /// Returns the app description at the start of the first segment; bootloaders and old apps have none.
    #[must_use]
    pub fn app_description(&self) -> Option<AppDescription<'a>> {
        AppDescription::find(self.segments().next()?.data)
    }

    /// Returns the bytes after the image, such as a signature or padding.
    #[must_use]
    pub const fn trailing(&self) -> &'a [u8] {
        self.trailing
    }

    /// Returns the offset at which the segments end.
    #[cfg(feature = "alloc")]
    fn segments_end(&self) -> usize {
        let last = self.segments().last();
        last.map_or(ImageHeader::LEN, |segment| {
            segment.offset.saturating_add(segment.data.len())
        })
    }
}

fn read_segment(bytes: &[u8], offset: usize) -> Result<Segment<'_>, Error> {
    let start = offset.saturating_add(SEGMENT_HEADER_LEN);
    let truncated = |needed| Error::Truncated {
        needed,
        available: bytes.len(),
    };
    let header = bytes.get(offset..start).ok_or(truncated(start))?;
    let ([load_address, len], _) = header
        .as_chunks::<4>()
        .0
        .split_first_chunk::<2>()
        .ok_or(truncated(start))?;
    let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
    if !len.is_multiple_of(4) || len >= MAX_SEGMENT_LEN {
        return Err(Error::SegmentLength { offset, len });
    }
    let end = start.saturating_add(len);
    let data = bytes.get(start..end).ok_or(truncated(end))?;
    Ok(Segment {
        load_address: u32::from_le_bytes(*load_address),
        offset: start,
        data,
    })
}

/// The offset of the checksum after segments that end at an offset: the last byte of a 16-byte block.
fn checksum_offset(end: usize) -> Option<usize> {
    end.checked_add(1)?.checked_next_multiple_of(16)?.checked_sub(1)
}

fn xor(data: &[u8]) -> u8 {
    // Words first: debug builds do not vectorize loops over bytes, and firmware has megabytes.
    let (words, rest) = data.as_chunks::<8>();
    let word = words.iter().fold(0, |sum, word| sum ^ u64::from_le_bytes(*word));
    let sum = word.to_le_bytes().iter().fold(0, |sum, byte| sum ^ byte);
    rest.iter().fold(sum, |sum, byte| sum ^ byte)
}
