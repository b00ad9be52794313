use core::fmt;

use crate::config::BlobVersion;
use crate::cursor::Cursor;
use crate::error::Error;
use crate::layout::{MAX_BLOB_V1, MAX_BLOB_V2, MAX_STRING};
use crate::number::Number;

/// A value to encode.
///
/// `Debug` shows the type and the size only: factory partitions hold private keys.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A number.
    Number(Number),
    /// A text of at most 3999 bytes; its terminating NUL is added by the encoder.
    Str(&'a str),
    /// Bytes: at most 508,000 in chunks ([`crate::BlobVersion::V2`]), 1984 in one piece ([`crate::BlobVersion::V1`]).
    Blob(&'a [u8]),
}

impl Value<'_> {
    /// Checks the limits that hold in every image.
    #[cfg(feature = "alloc")]
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Str(text) => check_text(text),
            Self::Blob(bytes) => check_len(bytes, MAX_BLOB_V2),
            Self::Number(_) => Ok(()),
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

impl<N: Into<Number>> From<N> for Value<'_> {
    fn from(number: N) -> Self {
        Self::Number(number.into())
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
