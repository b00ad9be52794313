use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::layout::KEY_FIELD;

/// The bytes of a key or namespace: 1 to 15 bytes of UTF-8 without NUL, padded with NUL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name([u8; KEY_FIELD]);

impl Name {
    /// Maximum length of a name in bytes.
    const MAX_LEN: usize = KEY_FIELD - 1;

    const fn new(text: &str) -> Result<Self, NameFault> {
        let bytes = text.as_bytes();
        if bytes.is_empty() {
            return Err(NameFault::Empty);
        }
        if bytes.len() > Self::MAX_LEN {
            return Err(NameFault::TooLong { len: bytes.len() });
        }
        let mut field = [0; KEY_FIELD];
        let mut i = 0;
        while i < bytes.len() {
            #[expect(
                clippy::indexing_slicing,
                reason = "i is below bytes.len(), which is below KEY_FIELD"
            )]
            if bytes[i] == 0 {
                return Err(NameFault::HasNul);
            } else {
                field[i] = bytes[i];
            }
            i += 1;
        }
        Ok(Self(field))
    }

    /// Reads the field of a slot; `None` if it is empty, not terminated, not padded with NUL or not
    /// UTF-8.
    fn from_field(field: [u8; KEY_FIELD]) -> Option<Self> {
        const ONES: u128 = u128::from_ne_bytes([1; KEY_FIELD]);
        let bytes = u128::from_le_bytes(field);
        // The lowest of these bits is that of the first NUL.
        let nul = bytes.wrapping_sub(ONES) & !bytes & ONES << 7;
        let after = u128::MAX.checked_shl(nul.trailing_zeros())?;
        if nul & 0x80 != 0 || bytes & after != 0 {
            return None;
        }
        let is_ascii = bytes & ONES << 7 == 0;
        (is_ascii || core::str::from_utf8(&field).is_ok()).then_some(Self(field))
    }

    /// Returns whether the first or the last character is invisible.
    fn has_unseen_edge(&self) -> bool {
        let mut letters = self.as_str().chars();
        let first = letters.next();
        let last = letters.next_back();
        [first, last].into_iter().flatten().any(is_unseen)
    }

    fn as_str(&self) -> &str {
        let text = self.0.split(|&b| b == 0).next().unwrap_or_default();
        // Both constructors accept only UTF-8.
        core::str::from_utf8(text).unwrap_or_default()
    }
}

/// Returns whether a character is invisible: whitespace, a control character, or one of Unicode's
/// `Default_Ignorable_Code_Point`, such as the byte order mark and zero-width spaces.
fn is_unseen(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

enum NameFault {
    Empty,
    HasNul,
    TooLong { len: usize },
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $empty:ident, $nul:ident, $long:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Name);

        impl $name {
            /// The maximum length of a name in bytes (of UTF-8, not characters).
            pub const MAX_LEN: usize = Name::MAX_LEN;

            /// Creates a name of 1 to 15 bytes without NUL.
            ///
            /// # Errors
            ///
            #[doc = concat!("[`Error::", stringify!($empty), "`], [`Error::", stringify!($long), "`] or [`Error::", stringify!($nul), "`].")]
            pub const fn new(text: &str) -> Result<Self, Error> {
                match Name::new(text) {
                    Ok(name) => Ok(Self(name)),
                    Err(NameFault::Empty) => Err(Error::$empty),
                    Err(NameFault::HasNul) => Err(Error::$nul),
                    Err(NameFault::TooLong { len }) => Err(Error::$long { len }),
                }
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// Returns whether the name starts or ends with an invisible character: whitespace, a
            /// control character, a byte order mark, a zero-width space. Such a name is legal, but
            /// probably not the one that the firmware looks up.
            #[must_use]
            pub fn has_unseen_edge(&self) -> bool {
                self.0.has_unseen_edge()
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Error;

            fn try_from(text: &str) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        #[cfg(feature = "alloc")]
        impl TryFrom<&alloc::string::String> for $name {
            type Error = Error;

            fn try_from(text: &alloc::string::String) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        #[cfg(feature = "alloc")]
        impl TryFrom<alloc::string::String> for $name {
            type Error = Error;

            fn try_from(text: alloc::string::String) -> Result<Self, Error> {
                Self::new(&text)
            }
        }

        impl From<&Self> for $name {
            fn from(name: &Self) -> Self {
                *name
            }
        }

        #[cfg(feature = "alloc")]
        impl From<$name> for alloc::string::String {
            fn from(name: $name) -> Self {
                name.as_str().into()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, text: &str) -> bool {
                self.as_str() == text
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, text: &&str) -> bool {
                self.as_str() == *text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.as_str()).finish()
            }
        }
    };
}

name_type! {
    /// The name of a value in its namespace, 1 to 15 bytes.
    Key, KeyEmpty, KeyHasNul, KeyTooLong
}
name_type! {
    /// The name of a namespace, 1 to 15 bytes.
    Namespace, NamespaceEmpty, NamespaceHasNul, NamespaceTooLong
}

impl Namespace {
    /// Returns the same bytes as a key: the table of namespaces stores names as keys.
    pub(crate) const fn as_key(&self) -> Key {
        Key(self.0)
    }

    /// `==` in a `const fn`.
    pub(crate) const fn is(&self, other: &Self) -> bool {
        u128::from_ne_bytes(self.0.0) == u128::from_ne_bytes(other.0.0)
    }
}

impl Key {
    /// Returns the key in a namespace as one number: the namespace replaces the NUL at the end of
    /// the key field.
    #[cfg(feature = "alloc")]
    pub(crate) const fn within(&self, namespace: u8) -> u128 {
        #[expect(clippy::as_conversions, reason = "u8 to u128 loses nothing")]
        let namespace = namespace as u128;
        u128::from_be_bytes(self.field()) | namespace
    }

    pub(crate) fn from_field(field: [u8; KEY_FIELD]) -> Option<Self> {
        Name::from_field(field).map(Self)
    }

    pub(crate) const fn field(&self) -> [u8; KEY_FIELD] {
        self.0.0
    }

    pub(crate) const fn as_namespace(&self) -> Namespace {
        Namespace(self.0)
    }
}

/// The 16 bytes of a stored key or namespace, which need not be legal.
///
/// `Display` shows the bytes before the first NUL; control characters and invalid UTF-8 are
/// escaped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredKey([u8; KEY_FIELD]);

impl StoredKey {
    pub(crate) const fn new(field: [u8; KEY_FIELD]) -> Self {
        Self(field)
    }

    pub(crate) const fn field(&self) -> &[u8; KEY_FIELD] {
        &self.0
    }

    /// Returns the key, or `None` if it is not 1 to 15 bytes of UTF-8 padded with NUL.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Key::from_field(self.0)
    }

    /// Returns the key of a valid entry; it is legal.
    pub(crate) const fn sound(&self) -> Key {
        Key(Name(self.0))
    }

    /// Returns the bytes before the first NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.split(|&b| b == 0).next().unwrap_or_default()
    }

    /// Returns whether the text ends with a NUL and only NULs follow, as the firmware's search
    /// requires.
    pub(crate) fn is_padded(&self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_bytes() {
        assert_eq!(Key::new("exactly15bytes!").unwrap().as_str(), "exactly15bytes!");
        assert_eq!(Key::new("sixteen bytes...").unwrap_err(), Error::KeyTooLong { len: 16 });
        assert_eq!(
            Key::new("aaaaaaaaaaaaaa\u{e9}").unwrap_err(),
            Error::KeyTooLong { len: 16 }
        );
        assert_eq!(Key::new("").unwrap_err(), Error::KeyEmpty);
        assert_eq!(Namespace::new("a\0b").unwrap_err(), Error::NamespaceHasNul);
    }

    #[test]
    fn invisible_edges_are_found() {
        for text in [
            " a",
            "a ",
            "a\t",
            "\na",
            "a\u{a0}",
            "\u{feff}a",
            "a\u{200b}",
            "\u{200d}a",
            "a\u{3000}",
            "a\u{ad}",
            "\u{1}a",
            "a\u{7f}",
            " ",
            "\u{2060}a",
        ] {
            assert!(Key::new(text).unwrap().has_unseen_edge(), "{text:?}");
            assert!(Namespace::new(text).unwrap().has_unseen_edge(), "{text:?}");
        }
        for text in ["a", "a b", "a\u{200d}b", "_a.", "\u{e9}", "\u{4e2d}"] {
            assert!(!Key::new(text).unwrap().has_unseen_edge(), "{text:?}");
        }
    }

    #[test]
    fn field_is_padded_with_nul() {
        assert_eq!(&Key::new("ab").unwrap().field(), b"ab\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        assert!(Key::from_field(*b"ab\0\0\0\0\0\0\0\0\0\0\0\0\0x").is_none());
        assert!(Key::from_field([b'a'; 16]).is_none());
        assert!(Key::from_field([0; 16]).is_none());
    }
}
