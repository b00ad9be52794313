use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::{CHECKSUM_SEED, ImageHeader, MAX_SEGMENT_LEN, MAX_SEGMENTS, checksum_offset, xor};
use crate::Error;

/// Writes an image segment by segment; the bytes equal esptool's.
#[derive(Clone, Debug)]
pub struct ImageWriter {
    header: ImageHeader,
    /// The header, completed at the end, and the segments.
    bytes: Vec<u8>,
    count: u8,
    checksum: u8,
}

impl ImageWriter {
    /// Starts an image with a header; its number of segments is set later.
    #[must_use]
    pub fn new(header: ImageHeader) -> Self {
        Self {
            header,
            bytes: alloc::vec![0; ImageHeader::LEN],
            count: 0,
            checksum: CHECKSUM_SEED,
        }
    }

    /// Adds a segment. Its data are padded with zeros to a multiple of 4.
    ///
    /// # Errors
    ///
    /// [`Error::SegmentCount`] after 16 segments; [`Error::SegmentLength`] for 16 MiB or more.
    pub fn push(&mut self, load_address: u32, data: &[u8]) -> Result<(), Error> {
        let count = self.count.saturating_add(1);
        if usize::from(count) > MAX_SEGMENTS {
            return Err(Error::SegmentCount { count: count.into() });
        }
        let (offset, len) = (self.bytes.len(), data.len());
        let wrong = Error::SegmentLength { offset, len };
        let padded = len
            .checked_next_multiple_of(4)
            .filter(|padded| *padded < MAX_SEGMENT_LEN)
            .ok_or(wrong)?;
        self.bytes.extend(load_address.to_le_bytes());
        self.bytes
            .extend(u32::try_from(padded).map_err(|_| wrong)?.to_le_bytes());
        self.bytes.extend(data);
        let zeros = padded.saturating_sub(len);
        self.bytes.extend(core::iter::repeat_n(0, zeros));
        self.checksum ^= xor(data);
        self.count = count;
        Ok(())
    }

    /// Writes header, checksum and hash.
    ///
    /// # Errors
    ///
    /// [`Error::SegmentCount`] without segments.
    pub fn finish(mut self) -> Result<Vec<u8>, Error> {
        if self.count == 0 {
            return Err(Error::SegmentCount { count: 0 });
        }
        let header = self.header.with_segment_count(self.count).encode();
        self.bytes.iter_mut().zip(header).for_each(|(to, from)| *to = from);
        close(&mut self.bytes, self.checksum, self.header.has_hash());
        Ok(self.bytes)
    }
}

/// Appends checksum and hash to header and segments.
pub(super) fn close(bytes: &mut Vec<u8>, checksum: u8, has_hash: bool) {
    // The length of a vector does not overflow.
    let end = checksum_offset(bytes.len()).unwrap_or(bytes.len());
    bytes.resize(end, 0);
    bytes.push(checksum);
    if has_hash {
        let hash = Sha256::digest(&bytes);
        bytes.extend(hash);
    }
}
