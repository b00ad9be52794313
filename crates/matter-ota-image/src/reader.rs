use core::iter::FusedIterator;

use crate::layout::{FILE_IDENTIFIER, FIXED_HEADER_LEN, MAX_HEADER_LEN};
use crate::{Error, PayloadHasher, RawHeader};

/// The fixed part of a header, before the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FixedHeader {
    /// The size of the whole file in bytes, which the SDK does not look at.
    pub total_size: u64,
    /// The size of the structure in bytes.
    pub header_size: u32,
}

impl FixedHeader {
    /// Reads the fixed part as the SDK does.
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
    pub fn check_total(&self, payload_size: u64) -> Result<(), Error> {
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

/// Reads a header that comes in pieces, in memory of its own: 1040 bytes, whatever the header says.
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
/// // The SDK's parser accepts ids of 0, and texts and digests of no bytes.
/// assert_eq!(header.deviations().count(), 4);
/// # Ok::<(), matter_ota_image::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeaderReader {
    buffer: [u8; FIXED_HEADER_LEN + MAX_HEADER_LEN],
    len: usize,
}

impl HeaderReader {
    /// Starts with no bytes.
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

    /// Returns the fixed part once it is there.
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

    /// Returns how many bytes are known to be needed; 0 when the header is there.
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

    /// Takes bytes, no more than the header has, and returns how many: the payload starts behind them.
    ///
    /// # Errors
    ///
    /// As [`HeaderReader::needed`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let mut rest = bytes;
        loop {
            let needed = self.needed()?.min(rest.len());
            let (taken, behind) = rest.split_at_checked(needed).unwrap_or((rest, &[]));
            if taken.is_empty() {
                return Ok(bytes.len() - rest.len());
            }
            let room = self.buffer.iter_mut().skip(self.len);
            room.zip(taken).for_each(|(to, from)| *to = *from);
            self.len += taken.len();
            rest = behind;
        }
    }

    /// Returns what the header says.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] while [`HeaderReader::needed`] is not 0, and those of [`RawHeader::decode`].
    pub fn header(&self) -> Result<RawHeader<'_>, Error> {
        match self.needed()? {
            0 => RawHeader::decode(self.read().get(FIXED_HEADER_LEN..).unwrap_or_default()),
            needed => Err(Error::Incomplete { needed }),
        }
    }

    /// Returns what is wrong with the header although the SDK's parser accepts it.
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

/// Checks a payload that comes in pieces against its header.
#[derive(Clone, Debug)]
pub struct PayloadReader {
    hasher: Option<PayloadHasher>,
    digest: Option<crate::Digest>,
    size: u64,
    left: u64,
    behind: u64,
}

impl PayloadReader {
    /// Starts behind a header. A digest of an unknown type, or of another length than its type has, is not checked:
    /// [`RawHeader::deviations`] has it already.
    #[must_use]
    pub fn new(header: &RawHeader<'_>) -> Self {
        let digest = header.digest().ok();
        Self {
            hasher: digest.map(|digest| PayloadHasher::new(digest.kind())),
            digest,
            size: header.payload_size,
            left: header.payload_size,
            behind: 0,
        }
    }

    /// Returns how many bytes of the payload are still to come.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Takes the next bytes of the file and returns those that belong to the payload.
    pub fn push<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(piece.len());
        let (payload, behind) = piece.split_at_checked(len).unwrap_or((piece, &[]));
        let count = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(count(payload));
        self.behind = self.behind.saturating_add(count(behind));
        if let Some(hasher) = &mut self.hasher {
            hasher.update(payload);
        }
        payload
    }

    /// Ends the file and returns what is wrong: the payload is cut, its digest is another one, bytes are behind it.
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
        let behind = (self.behind > 0).then_some(Error::TrailingBytes { count: self.behind });
        wrong.into_iter().chain(behind).fuse()
    }
}
