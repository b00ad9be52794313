use std::fmt;

/// Returns the text of a file, without a byte order mark.
///
/// # Errors
///
/// [`NotUtf8`]
pub fn utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    let text = std::str::from_utf8(bytes).map_err(|error| NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
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
        assert_eq!(utf8(b"ab\xFF"), Err(NotUtf8 { offset: 2 }));
    }
}
