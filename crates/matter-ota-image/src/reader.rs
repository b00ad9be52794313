use core::iter::FusedIterator;

use crate::layout::{FILE_IDENTIFIER, FIXED_HEADER_LEN, MAX_HEADER_LEN};
use crate::{Error, PayloadHasher, RawHeader};

/// The fixed part of a header, before the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FixedHeader {
    /// The size of the whole file in bytes, which the SDK ignores.
    pub total_size: u64,
    /// The size of the structure in bytes.
    pub header_size: u32,
}

impl FixedHeader {
    /// Reads the fixed part like the SDK.
    ///
    /// # Errors
    ///
    /// [`Error::FileIdentifier`], [`Error::HeaderTooLong`].
    pub fn decode(bytes: &[u8; FIXED_HEADER_LEN]) -> Result<Self, Error> {
        let [i0, i1, i2, i3, t0, t1, t2, t3, t4, t5, t6, t7, h0, h1, h2, h3] = *bytes;
        let found = u32::from_le_bytes([i0, i1, i2, i3]);
        if found != FILE_IDENTIFIER {
            return Err(Error::FileIdentifier { found });
        }
        let header_size = u32::from_le_bytes([h0, h1, h2, h3]);
        if usize::try_from(header_size).map_or(true, |size| size > MAX_HEADER_LEN) {
            return Err(Error::HeaderTooLong { len: header_size });
        }
        Ok(Self {
            total_size: u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            header_size,
        })
    }

    /// Checks the total size against the header and the payload's size.
    ///
    /// # Errors
    ///
    /// [`Error::TotalSize`].
    pub(crate) fn check_total(&self, payload_size: u64) -> Result<(), Error> {
        let expected = payload_size.saturating_add(u64::from(self.header_size) + 16);
        if self.total_size == expected {
            Ok(())
        } else {
            Err(Error::TotalSize {
                found: self.total_size,
                expected,
            })
        }
    }
}

/// Reads a header in pieces, using a fixed buffer of 1040 bytes regardless of the header.
///
/// # Examples
///
/// ```
/// use matter_ota_image::HeaderReader;
///
/// # fn file() -> [u8; 39] { hex_literal::hex!("1ef1ee1b270000000000000017000000152400002401002402002c030024040024080130090018") }
/// let file = file();
/// let mut rest = &file[..];
/// let mut reader = HeaderReader::new();
/// while reader.needed()? > 0 {
///     let piece = &rest[..rest.len().min(10)];
///     rest = &rest[reader.push(piece)?..];
/// }
/// let header = reader.header()?;
/// assert_eq!(header.payload_size, 0);
/// // The SDK's parser accepts IDs of 0, and empty texts and digests.
/// assert_eq!(header.deviations().count(), 4);
/// # Ok::<(), matter_ota_image::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeaderReader {
    buffer: [u8; FIXED_HEADER_LEN + MAX_HEADER_LEN],
    len: usize,
}

impl HeaderReader {
    /// Makes a reader without any bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: [0; FIXED_HEADER_LEN + MAX_HEADER_LEN],
            len: 0,
        }
    }

    fn read(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }

    /// Returns the fixed part once it is complete.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`], [`Error::FileIdentifier`], [`Error::HeaderTooLong`].
    pub fn fixed(&self) -> Result<FixedHeader, Error> {
        let incomplete = Error::Incomplete {
            needed: FIXED_HEADER_LEN.saturating_sub(self.len),
        };
        FixedHeader::decode(self.read().first_chunk().ok_or(incomplete)?)
    }

    /// Returns the number of bytes known to be needed; 0 when the header is complete.
    ///
    /// # Errors
    ///
    /// [`Error::FileIdentifier`], [`Error::HeaderTooLong`].
    pub fn needed(&self) -> Result<usize, Error> {
        match self.fixed() {
            Ok(fixed) => {
                let size = usize::try_from(fixed.header_size).unwrap_or(MAX_HEADER_LEN);
                Ok((FIXED_HEADER_LEN + size).saturating_sub(self.len))
            }
            Err(Error::Incomplete { needed }) => Ok(needed),
            Err(error) => Err(error),
        }
    }

    /// Adds bytes, at most those of the header, and returns their number: the payload starts after them.
    ///
    /// # Errors
    ///
    /// As [`HeaderReader::needed`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let mut rest = bytes;
        loop {
            let needed = self.needed()?.min(rest.len());
            let (taken, after) = rest.split_at_checked(needed).unwrap_or((rest, &[]));
            if taken.is_empty() {
                return Ok(bytes.len() - rest.len());
            }
            let room = self.buffer.iter_mut().skip(self.len);
            room.zip(taken).for_each(|(to, from)| *to = *from);
            self.len += taken.len();
            rest = after;
        }
    }

    /// Returns the parsed header.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] while [`HeaderReader::needed`] is not 0, and the errors of [`RawHeader::decode`].
    pub fn header(&self) -> Result<RawHeader<'_>, Error> {
        match self.needed()? {
            0 => RawHeader::decode(self.read().get(FIXED_HEADER_LEN..).unwrap_or_default()),
            needed => Err(Error::Incomplete { needed }),
        }
    }

    /// Returns the defects of the header that the SDK's parser accepts.
    ///
    /// # Errors
    ///
    /// As [`HeaderReader::header`].
    pub fn deviations(&self) -> Result<impl FusedIterator<Item = Error> + use<>, Error> {
        let header = self.header()?;
        let total = self.fixed()?.check_total(header.payload_size).err();
        Ok(total.into_iter().chain(header.deviations()).fuse())
    }
}

impl Default for HeaderReader {
    fn default() -> Self {
        Self::new()
    }
}

/// Checks a payload in pieces against its header.
#[derive(Clone, Debug)]
pub struct PayloadReader {
    hasher: Option<PayloadHasher>,
    digest: Option<crate::Digest>,
    size: u64,
    left: u64,
    after: u64,
}

impl PayloadReader {
    /// Starts after a header. A digest of an unknown type or wrong length is not checked:
    /// [`RawHeader::deviations`] already reports it.
    #[must_use]
    pub fn new(header: &RawHeader<'_>) -> Self {
        let digest = header.digest().ok();
        Self {
            hasher: digest.map(|digest| PayloadHasher::new(digest.kind())),
            digest,
            size: header.payload_size,
            left: header.payload_size,
            after: 0,
        }
    }

    /// Returns the number of payload bytes still to come.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Adds the next bytes of the file and returns those that belong to the payload.
    pub fn push<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(piece.len());
        let (payload, after) = piece.split_at_checked(len).unwrap_or((piece, &[]));
        let count = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(count(payload));
        self.after = self.after.saturating_add(count(after));
        if let Some(hasher) = &mut self.hasher {
            hasher.update(payload);
        }
        payload
    }

    /// Ends the file and returns its defects: a truncated payload, a wrong digest, or trailing bytes.
    pub fn finish(self) -> impl FusedIterator<Item = Error> + use<> {
        let found = self.hasher.map(|hasher| hasher.finish().digest);
        let wrong = if self.left > 0 {
            Some(Error::PayloadTruncated {
                expected: self.size,
                found: self.size.saturating_sub(self.left),
            })
        } else {
            (found != self.digest).then_some(Error::DigestMismatch)
        };
        let after = (self.after > 0).then_some(Error::TrailingBytes { count: self.after });
        wrong.into_iter().chain(after).fuse()
    }
}
