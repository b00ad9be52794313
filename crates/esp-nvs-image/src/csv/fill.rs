use alloc::vec::Vec;

use crate::layout::MAX_BLOB_V2;

/// The encodings `blob_fill(LEN;0xPP)`, which pads the value to LEN bytes with the byte PP, and
/// `blob_sz_fill(LEN;0xPP)`, which also prefixes the value's length as a 32-bit little-endian
/// integer.
pub(super) struct Fill {
    with_size: bool,
    len: usize,
    byte: u8,
}

impl Fill {
    /// Returns `None` for another encoding, and `Some(None)` for a malformed fill encoding.
    pub(super) fn parse(encoding: &str) -> Option<Option<Self>> {
        let (with_size, arguments) = match encoding.strip_prefix("blob_sz_fill") {
            Some(arguments) => (true, arguments),
            None => (false, encoding.strip_prefix("blob_fill")?),
        };
        Some(Self::arguments(with_size, arguments))
    }

    fn arguments(with_size: bool, arguments: &str) -> Option<Self> {
        let (len, byte) = arguments.strip_prefix('(')?.strip_suffix(')')?.split_once(';')?;
        let digits = byte.strip_prefix("0x").filter(|digits| digits.len() == 2)?;
        let number = |text: &str, radix| u32::from_str_radix(text, radix).ok().filter(|_| !text.starts_with('+'));
        let len = usize::try_from(number(len, 10)?)
            .ok()
            .filter(|len| *len <= MAX_BLOB_V2)?;
        Some(Self {
            with_size,
            len,
            byte: u8::try_from(number(digits, 16)?).ok()?,
        })
    }

    /// Returns the padded value, or `None` if the value is too long.
    pub(super) fn apply(&self, value: &[u8]) -> Option<Vec<u8>> {
        if value.len() > self.len {
            return None;
        }
        let mut blob = Vec::with_capacity(self.len + 4);
        if self.with_size {
            blob.extend(u32::try_from(value.len()).ok()?.to_le_bytes());
        }
        blob.extend(value);
        blob.resize(blob.len() + self.len - value.len(), self.byte);
        Some(blob)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_filled_up() {
        let fill = |encoding: &str, value: &[u8]| Fill::parse(encoding).unwrap().unwrap().apply(value);
        assert_eq!(fill("blob_fill(5;0xAA)", b"abc").as_deref(), Some(&b"abc\xAA\xAA"[..]));
        assert_eq!(
            fill("blob_sz_fill(5;0x00)", b"abc").as_deref(),
            Some(&b"\x03\0\0\0abc\0\0"[..])
        );
        assert_eq!(fill("blob_fill(0;0x11)", b"").as_deref(), Some(&b""[..]));
        assert_eq!(fill("blob_fill(2;0x11)", b"abc"), None);
    }

    #[test]
    fn other_forms_are_refused() {
        for encoding in [
            "blob_fill",
            "blob_fill(5)",
            "blob_fill(5;AA)",
            "blob_fill(5;0xA)",
            "blob_fill(-1;0x00)",
            "blob_fill(+1;0x00)",
            "blob_sz_fill(508001;0x00)",
            "blob_fill(5;0x0g)",
            "blob_fill(5;0x+1)",
        ] {
            assert!(matches!(Fill::parse(encoding), Some(None)), "{encoding}");
        }
        assert!(Fill::parse("hex2bin").is_none());
    }
}
