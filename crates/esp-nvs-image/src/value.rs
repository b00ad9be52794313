use core::fmt;

use crate::config::BlobVersion;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::layout::{MAX_BLOB_V1, MAX_BLOB_V2, MAX_STRING};
use crate::number::{Number, from_numbers, number_getters};

/// A value to encode.
///
/// `From` converts numbers, strings and bytes. An integer literal without a suffix is an `i32`:
/// write `Value::from(6_u8)`.
///
/// `Debug` shows only type and size, because factory partitions contain private keys.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::Value;
///
/// assert_eq!(Value::from(6_u8).as_u8(), Some(6));
/// assert_eq!(Value::from("factory"), Value::Str("factory"));
/// assert_eq!(Value::from(&[1, 2, 3]), Value::Blob(&[1, 2, 3]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A number.
    Number(Number),
    /// A string of at most 3999 bytes; the encoder adds the terminating NUL.
    Str(&'a str),
    /// Bytes: at most 508,000 in chunks ([`crate::BlobVersion::V2`]), 1984 in one piece ([`crate::BlobVersion::V1`]).
    Blob(&'a [u8]),
}

impl Value<'_> {
    /// Checks the limits that apply to every image.
    #[cfg(feature = "alloc")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Str(text) => check_text(text),
            Self::Blob(bytes) => check_len(bytes, MAX_BLOB_V2),
            Self::Number(_) => Ok(()),
        }
    }

    /// Advances a cursor over the slots of the value.
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
            (Self::Number(_), _) => cursor.fixed(),
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
    while let [first, after @ ..] = rest {
        if *first == 0 {
            return true;
        }
        rest = after;
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

number_getters!(Value<'_>);

impl<'a> Value<'a> {
    /// Returns the string, or `None` for another type.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match *self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the bytes of a blob, or `None` for another type.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&'a [u8]> {
        match *self {
            Self::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}

from_numbers!(Value<'_>);

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Str(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Blob(bytes)
    }
}

#[cfg(feature = "alloc")]
impl<'a> From<&'a alloc::string::String> for Value<'a> {
    fn from(text: &'a alloc::string::String) -> Self {
        Self::Str(text)
    }
}

#[cfg(feature = "alloc")]
impl<'a> From<&'a alloc::vec::Vec<u8>> for Value<'a> {
    fn from(bytes: &'a alloc::vec::Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Str(text) => write!(f, "Str([{} bytes])", text.len()),
            Self::Blob(bytes) => write!(f, "Blob([{} bytes])", bytes.len()),
        }
    }
}
