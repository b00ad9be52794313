use core::fmt;

use crate::config::BlobVersion;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::item::ItemType;
use crate::layout::{MAX_BLOB_V1, MAX_BLOB_V2, MAX_STRING};

/// A value to encode.
///
/// `Debug` shows the type and the size only: factory partitions hold private keys.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Value<'a> {
    /// An unsigned 8-bit integer.
    U8(u8),
    /// A signed 8-bit integer.
    I8(i8),
    /// An unsigned 16-bit integer.
    U16(u16),
    /// A signed 16-bit integer.
    I16(i16),
    /// An unsigned 32-bit integer.
    U32(u32),
    /// A signed 32-bit integer.
    I32(i32),
    /// An unsigned 64-bit integer.
    U64(u64),
    /// A signed 64-bit integer.
    I64(i64),
    /// A 32-bit IEEE 754 number, which ESP-IDF reads from its development version of 2026 on.
    Float(f32),
    /// A 64-bit IEEE 754 number, likewise.
    Double(f64),
    /// A text of at most 3999 bytes; its terminating NUL is added by the encoder.
    Str(&'a str),
    /// Bytes: at most 508,000 in chunks ([`crate::BlobVersion::V2`]), 1984 in one piece ([`crate::BlobVersion::V1`]).
    Blob(&'a [u8]),
}

impl Value<'_> {
    /// Type code and data field of a value that needs no payload slots.
    pub(crate) fn fixed(&self) -> Option<(ItemType, [u8; 8])> {
        Some(match *self {
            Self::U8(v) => (ItemType::U8, padded(v.to_le_bytes())),
            Self::I8(v) => (ItemType::I8, padded(v.to_le_bytes())),
            Self::U16(v) => (ItemType::U16, padded(v.to_le_bytes())),
            Self::I16(v) => (ItemType::I16, padded(v.to_le_bytes())),
            Self::U32(v) => (ItemType::U32, padded(v.to_le_bytes())),
            Self::I32(v) => (ItemType::I32, padded(v.to_le_bytes())),
            Self::U64(v) => (ItemType::U64, v.to_le_bytes()),
            Self::I64(v) => (ItemType::I64, v.to_le_bytes()),
            Self::Float(v) => (ItemType::Float, padded(v.to_le_bytes())),
            Self::Double(v) => (ItemType::Double, v.to_le_bytes()),
            Self::Str(_) | Self::Blob(_) => return None,
        })
    }
}

impl Value<'_> {
    /// Checks the limits that hold in every image.
    #[cfg(feature = "alloc")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Str(text) => check_text(text),
            Self::Blob(bytes) => check_len(bytes, MAX_BLOB_V2),
            _ => Ok(()),
        }
    }

    /// Moves a cursor over the slots that the value takes.
    pub(crate) const fn lay_out(&self, version: BlobVersion, cursor: &mut Cursor) -> Result<(), Error> {
        let run = match (self, version) {
            (Self::Str(text), _) => {
                if let Err(error) = check_text(text) {
                    return Err(error);
                }
                cursor.contiguous(text.len() + 1)
            }
            (Self::Blob(bytes), BlobVersion::V1) => {
                if let Err(error) = check_len(bytes, MAX_BLOB_V1) {
                    return Err(error);
                }
                cursor.contiguous(bytes.len())
            }
            (Self::Blob(bytes), BlobVersion::V2) => return lay_out_chunks(bytes, cursor),
            _ => cursor.fixed(),
        };
        match run {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

const fn check_text(text: &str) -> Result<(), Error> {
    if text.len() >= MAX_STRING {
        Err(Error::StringTooLong { len: text.len() })
    } else if has_nul(text) {
        Err(Error::StringHasNul)
    } else {
        Ok(())
    }
}

const fn lay_out_chunks(bytes: &[u8], cursor: &mut Cursor) -> Result<(), Error> {
    if let Err(error) = check_len(bytes, MAX_BLOB_V2) {
        return Err(error);
    }
    let mut blob = match cursor.blob(bytes.len()) {
        Ok(blob) => blob,
        Err(error) => return Err(error),
    };
    loop {
        match blob.next_piece() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

const fn has_nul(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        if *first == 0 {
            return true;
        }
        rest = behind;
    }
    false
}

const fn check_len(blob: &[u8], max: usize) -> Result<(), Error> {
    if blob.len() > max {
        Err(Error::BlobTooLong { len: blob.len(), max })
    } else {
        Ok(())
    }
}

impl PartialEq for Value<'_> {
    /// Values are equal when they are stored alike: a float that is no number equals itself, and 0 is not -0.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Str(ours), Self::Str(theirs)) => ours == theirs,
            (Self::Blob(ours), Self::Blob(theirs)) => ours == theirs,
            _ => self.fixed().is_some() && self.fixed() == other.fixed(),
        }
    }
}

impl Eq for Value<'_> {}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => write!(f, "Str([{} bytes])", text.len()),
            Self::Blob(bytes) => write!(f, "Blob([{} bytes])", bytes.len()),
            fixed => match fixed.fixed() {
                Some((kind, _)) => write!(f, "{kind:?}([elided])"),
                None => Ok(()),
            },
        }
    }
}

/// Fills the rest of a data field with the erased flash's 0xFF.
fn padded<const N: usize>(bytes: [u8; N]) -> [u8; 8] {
    let mut field = [0xFF; 8];
    for (to, from) in field.iter_mut().zip(bytes) {
        *to = from;
    }
    field
}
