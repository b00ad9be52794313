//! Values of entries, shared by the properties of encoding and of editing.

use arbitrary::Arbitrary;
use esp_nvs_image::OwnedValue;

/// A compact description of a value.
#[derive(Arbitrary, Debug)]
pub(crate) enum Content {
    /// Unsigned, 8 bits.
    U8(u8),
    /// Signed, 16 bits.
    I16(i16),
    /// Unsigned, 32 bits.
    U32(u32),
    /// Signed, 64 bits.
    I64(i64),
    /// The length of a string and its repeated part.
    Str(u16, u8),
    /// The length of a blob and its first byte; each byte is one more than the last.
    Blob(u16, u8),
}

impl Content {
    /// Returns the value.
    pub(crate) fn value(&self) -> OwnedValue {
        match *self {
            Self::U8(v) => OwnedValue::from(v),
            Self::I16(v) => OwnedValue::from(v),
            Self::U32(v) => OwnedValue::from(v),
            Self::I64(v) => OwnedValue::from(v),
            Self::Str(len, v) => {
                OwnedValue::Str(["a", "\u{e9}", "\u{20ac}", "\0"][usize::from(v % 4)].repeat(len.into()))
            }
            Self::Blob(len, v) => {
                let counted = (0..251).cycle().map(|i| v.wrapping_add(i));
                OwnedValue::Blob(counted.take(len.into()).collect())
            }
        }
    }
}
