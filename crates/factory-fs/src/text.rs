use std::fmt;

/// Returns the bytes of a text in UTF-8 without the byte order mark that some programs write in front of it.
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
    std::str::from_utf8(text).map_err(|error| NotUtf8 {
        offset: bytes.len() - text.len() + error.valid_up_to(),
    })
}

/// A file that is not text in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotUtf8 {
    /// The first byte that is wrong, from 0.
    pub offset: usize,
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        assert_eq!(utf8(b"\xEF\xBB\xBFab\xFF"), Err(NotUtf8 { offset: 5 }));
    }
}
