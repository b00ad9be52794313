use core::fmt;

use crate::layout::KEY_FIELD;
use crate::name::Key;

/// The 16 bytes of a stored key or namespace, which need not be a legal one.
///
/// `Display` shows the bytes before the first NUL, with control characters and what is not UTF-8 escaped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredKey([u8; KEY_FIELD]);

impl StoredKey {
    pub(super) const fn new(field: [u8; KEY_FIELD]) -> Self {
        Self(field)
    }

    /// Returns the key; `None` unless it is 1..=15 bytes of UTF-8 padded with NUL.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Key::from_field(self.0)
    }

    /// Returns the bytes before the first NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.split(|&b| b == 0).next().unwrap_or_default()
    }

    /// Tells whether a NUL ends the text and nothing but NUL follows, as the firmware's search expects.
    pub(super) fn is_padded(&self) -> bool {
        let len = self.as_bytes().len();
        len < KEY_FIELD && self.0.iter().skip(len).all(|&b| b == 0)
    }
}

impl fmt::Display for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            write!(f, "{}", chunk.valid().escape_debug())?;
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        Ok(())
    }
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredKey(\"{self}\")")
    }
}
