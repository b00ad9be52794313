use std::fmt;

/// Returns the bytes of a UTF-8 text without the byte order mark that some programs write.
#[must_use]
pub fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Returns the text of a file, without a byte order mark.
///
/// # Errors
///
/// [`NotUtf8`]
pub fn utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    let text = without_bom(bytes);
    if let Some(error) = utf16(bytes) {
        return Err(error);
    }
    std::str::from_utf8(text).map_err(|error| NotUtf8 {
        offset: bytes.len() - text.len() + error.valid_up_to(),
        is_utf16: false,
    })
}

/// Returns the error for UTF-16 text where other bytes than UTF-8 are accepted.
#[must_use]
pub fn utf16(bytes: &[u8]) -> Option<NotUtf8> {
    is_utf16(bytes).then_some(NotUtf8 {
        offset: 0,
        is_utf16: true,
    })
}

/// Returns whether a text begins with a UTF-16 byte order mark or with an ASCII character of two bytes. The latter
/// would be UTF-8 too, but text has no NUL there.
fn is_utf16(bytes: &[u8]) -> bool {
    // An active page of an NVS image, whose state is not followed by a character.
    if bytes.starts_with(&[0xFE, 0xFF, 0xFF, 0xFF]) {
        return false;
    }
    matches!(
        bytes,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, 1..=0x7F, ..] | [1..=0x7F, 0, ..]
    )
}

/// Error when a file is not UTF-8 text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotUtf8 {
    /// The first invalid byte, from 0.
    pub offset: usize,
    /// Whether the file is UTF-16 text.
    pub is_utf16: bool,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_utf16 {
            return f.write_str("is UTF-16 text, as PowerShell and some editors on Windows write it; save it as UTF-8");
        }
        write!(f, "byte {} is not UTF-8", self.offset)
    }
}

impl std::error::Error for NotUtf8 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(utf8(b"\xEF\xBB\xBFa\xEF\xBB\xBF"), Ok("a\u{feff}"));
        assert_eq!(
            utf8(b"\xEF\xBB\xBFab\xFF"),
            Err(NotUtf8 {
                offset: 5,
                is_utf16: false
            })
        );
    }

    #[test]
    fn utf_16_is_named() {
        for bytes in [
            &b"\xFF\xFEk\0e\0"[..],
            b"\xFE\xFF\0k\0e",
            b"k\0e\0",
            b"\0k\0e",
            b"\xFF\xFE",
        ] {
            let error = utf8(bytes).unwrap_err();
            assert!(error.is_utf16 && error.to_string().contains("UTF-16"), "{bytes:?}");
        }
        for bytes in [&b"ke\0y"[..], b"", b"\0\0", b"k"] {
            assert!(utf8(bytes).is_ok(), "{bytes:?}");
        }
        // The first bytes of an NVS image.
        let image = utf8(b"\xFE\xFF\xFF\xFF\0\0\0\0").unwrap_err();
        assert_eq!(image.to_string(), "byte 0 is not UTF-8");
    }
}
