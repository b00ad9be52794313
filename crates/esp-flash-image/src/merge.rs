//! Pieces of flash content and their addresses.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::FlashSize;

/// Non-overlapping pieces of flash content, sorted by address.
///
/// # Examples
///
/// ```
/// use esp_flash_image::FlashMap;
///
/// let mut map = FlashMap::new(Some("4MB".parse()?));
/// map.add(0x1_0000, &b"app"[..], "app")?;
/// map.add(0x8000, &b"table"[..], "partition table")?;
/// assert_eq!(map.pieces().map(|piece| piece.offset()).collect::<Vec<_>>(), [0x8000, 0x1_0000]);
/// assert_eq!(map.add(0x8004, &b"!"[..], "other").unwrap_err().to_string(),
///     "other at 0x8004 to 0x8005 overlaps partition table at 0x8000 to 0x8005");
/// let image = map.to_image(None)?;
/// assert_eq!((image.len(), image[0]), (0x1_0003, 0xFF));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FlashMap<'a> {
    pieces: BTreeMap<u32, FlashPiece<'a>>,
    size: Option<FlashSize>,
}

/// Bytes with their flash address.
#[derive(Clone, PartialEq, Eq)]
pub struct FlashPiece<'a> {
    offset: u32,
    bytes: Cow<'a, [u8]>,
    name: Cow<'a, str>,
}

impl FlashPiece<'_> {
    /// Returns the flash address.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the flash address after the last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        end(self.offset, self.bytes.len())
    }

    fn place(&self) -> PiecePlace {
        PiecePlace {
            name: self.name.as_ref().into(),
            offset: self.offset,
            end: self.end(),
        }
    }
}

/// Omits the bytes, which may contain keys.
impl fmt::Debug for FlashPiece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FlashPiece({})", self.place())
    }
}

impl<'a> FlashMap<'a> {
    /// Makes an empty map of a flash; without a size, pieces may be anywhere below 4 GiB.
    #[must_use]
    pub const fn new(size: Option<FlashSize>) -> Self {
        Self {
            pieces: BTreeMap::new(),
            size,
        }
    }

    /// Adds a piece.
    ///
    /// # Errors
    ///
    /// [`MapError::Empty`] without bytes, [`MapError::DoesNotFit`] when it ends after the flash, [`MapError::Overlap`].
    /// On error, the map is unchanged.
    pub fn add(
        &mut self,
        offset: u32,
        bytes: impl Into<Cow<'a, [u8]>>,
        name: impl Into<Cow<'a, str>>,
    ) -> Result<(), MapError> {
        let piece = FlashPiece {
            offset,
            bytes: bytes.into(),
            name: name.into(),
        };
        let end = piece.end();
        if piece.bytes.is_empty() {
            return Err(MapError::Empty {
                name: piece.name.into_owned(),
            });
        }
        let limit = self.size.map_or(1 << 32, |size| u64::from(size.get()));
        if end > limit {
            return Err(MapError::DoesNotFit {
                piece: piece.place(),
                limit,
            });
        }
        let before = self
            .pieces
            .range(..=offset)
            .next_back()
            .filter(|(_, before)| before.end() > offset.into());
        let after = self
            .pieces
            .range(offset..)
            .next()
            .filter(|(after, _)| u64::from(**after) < end);
        if let Some((_, other)) = before.or(after) {
            return Err(MapError::Overlap {
                piece: piece.place(),
                other: other.place(),
            });
        }
        self.pieces.insert(offset, piece);
        Ok(())
    }

    /// Returns the pieces, sorted by address.
    pub fn pieces(&self) -> impl Iterator<Item = &FlashPiece<'a>> {
        self.pieces.values()
    }

    /// Returns the flash address after the last piece.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.pieces.values().next_back().map_or(0, FlashPiece::end)
    }

    /// Writes the flash from address 0 to the end of the last piece, or to a size, with 0xFF in the gaps.
    ///
    /// **Writing such an image to a device erases the content of the gaps**, such as its NVS partition. To keep it,
    /// write the [`FlashMap::pieces`] one by one.
    ///
    /// # Errors
    ///
    /// [`MapError::ImageSize`] when the size is less than the end of the last piece, or memory is insufficient.
    pub fn to_image(&self, size: Option<u32>) -> Result<Vec<u8>, MapError> {
        let end = self.end();
        let size = size.map_or(end, u64::from);
        let wrong = MapError::ImageSize { size, end };
        let len = usize::try_from(size)
            .ok()
            .filter(|_| size >= end)
            .ok_or(wrong.clone())?;
        let mut image = Vec::new();
        image.try_reserve_exact(len).map_err(|_| wrong.clone())?;
        for piece in self.pieces.values() {
            let offset = usize::try_from(piece.offset).map_err(|_| wrong.clone())?;
            image.resize(offset, 0xFF);
            image.extend_from_slice(&piece.bytes);
        }
        image.resize(len, 0xFF);
        Ok(image)
    }
}

fn end(offset: u32, len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX).saturating_add(offset.into())
}

/// The place of a piece, for an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PiecePlace {
    /// Its name.
    pub name: String,
    /// Its flash address.
    pub offset: u32,
    /// The flash address after its last byte.
    pub end: u64,
}

impl fmt::Display for PiecePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:#x} to {:#x}", self.name, self.offset, self.end)
    }
}

/// An error from adding a piece to a [`FlashMap`], or from making an image of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapError {
    /// A piece ends after the end of the flash.
    DoesNotFit {
        /// The piece.
        piece: PiecePlace,
        /// Size of the flash in bytes.
        limit: u64,
    },
    /// A piece has no bytes.
    Empty {
        /// Its name.
        name: String,
    },
    /// An image is too small for its content, or too large for the memory.
    ImageSize {
        /// Its size in bytes.
        size: u64,
        /// The end of the last piece.
        end: u64,
    },
    /// Two pieces overlap.
    Overlap {
        /// The piece to add.
        piece: PiecePlace,
        /// The piece already in the map.
        other: PiecePlace,
    },
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoesNotFit { piece, limit } => write!(f, "{piece} does not fit a flash of {limit:#x} bytes"),
            Self::Empty { name } => write!(f, "{name} has no bytes"),
            Self::ImageSize { size, end } if size < end => {
                write!(
                    f,
                    "image size of {size:#x} bytes is too small: the last piece ends at {end:#x}"
                )
            }
            Self::ImageSize { size, .. } => write!(f, "out of memory for an image of {size:#x} bytes"),
            Self::Overlap { piece, other } => write!(f, "{piece} overlaps {other}"),
        }
    }
}

impl core::error::Error for MapError {}
