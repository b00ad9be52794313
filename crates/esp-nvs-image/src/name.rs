use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::item::Item;
use crate::item_type::ItemType;
use crate::items::PageItems;
use crate::layout::{KEY_FIELD, MAX_NAMESPACES, NAMESPACE_TABLE};
use crate::page::Page;

/// The bytes that keys and namespaces share: 1..=15 bytes of UTF-8 without NUL, padded with NUL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name([u8; KEY_FIELD]);

impl Name {
    /// Longest name in bytes.
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

    /// Reads a field as it stands in a slot. `None` when it is empty, not terminated, not padded with NUL or not UTF-8.
    fn from_field(field: [u8; KEY_FIELD]) -> Option<Self> {
        let len = field.iter().position(|&b| b == 0)?;
        let (text, padding) = field.split_at(len);
        let valid = len > 0 && core::str::from_utf8(text).is_ok() && padding.iter().all(|&b| b == 0);
        valid.then_some(Self(field))
    }

    /// What `==` says, at compile time.
    const fn is(&self, other: &Self) -> bool {
        u128::from_ne_bytes(self.0) == u128::from_ne_bytes(other.0)
    }

    fn as_str(&self) -> &str {
        let text = self.0.split(|&b| b == 0).next().unwrap_or_default();
        // Both doors let only UTF-8 in.
        core::str::from_utf8(text).unwrap_or_default()
    }
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
            /// The longest name in bytes (of UTF-8, not characters).
            pub const MAX_LEN: usize = Name::MAX_LEN;

            /// Accepts a name of 1..=15 bytes without NUL.
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
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::new(text)
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
    /// The name of a value within its namespace, 1..=15 bytes.
    Key, KeyEmpty, KeyHasNul, KeyTooLong
}
name_type! {
    /// The name of a namespace, 1..=15 bytes.
    Namespace, NamespaceEmpty, NamespaceHasNul, NamespaceTooLong
}

impl Namespace {
    /// The same bytes as a key: the table of namespaces stores names as keys.
    pub(crate) const fn as_key(&self) -> Key {
        Key(self.0)
    }
}

impl Key {
    /// The key within a namespace as one number: a key's field ends with a NUL, in whose place the namespace goes.
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

/// The namespaces of an image in the order of their indices 1, 2, ..
#[derive(Clone, Debug)]
pub(crate) struct NamespaceTable([Option<Namespace>; MAX_NAMESPACES]);

impl NamespaceTable {
    pub(crate) const fn new() -> Self {
        Self([None; MAX_NAMESPACES])
    }

    /// The index of a namespace, and whether it is still to be inserted.
    pub(crate) const fn index(&self, namespace: &Namespace) -> Result<(u8, bool), Error> {
        let mut rest = self.0.as_slice();
        let mut index = 1;
        while let [slot, behind @ ..] = rest {
            match slot {
                Some(known) if known.0.is(&namespace.0) => return Ok((index, false)),
                Some(_) => {}
                None => return Ok((index, true)),
            }
            // At most 254 of them.
            index += 1;
            rest = behind;
        }
        Err(Error::TooManyNamespaces)
    }

    /// The namespace of an index.
    pub(crate) fn get(&self, index: u8) -> Option<&Namespace> {
        self.0.get(usize::from(index).wrapping_sub(1))?.as_ref()
    }

    /// Inserts a namespace as it was read; refuses an index or a name that is taken, and the indices 0 and 255.
    pub(crate) fn register(&mut self, namespace: Namespace, index: u8) -> bool {
        let is_known = self.0.iter().flatten().any(|known| *known == namespace);
        match self.0.get_mut(usize::from(index).wrapping_sub(1)) {
            Some(slot @ None) if !is_known => {
                *slot = Some(namespace);
                true
            }
            _ => false,
        }
    }

    /// Adds the namespaces of a page, up to the first entry of the table that is none, as the firmware does.
    pub(crate) fn read_page<'a>(&mut self, page: &Page<'a>, mut is_erased: impl FnMut(&Item<'a>) -> bool) {
        for item in PageItems::mounted(*page).flatten() {
            if item.namespace_index() != NAMESPACE_TABLE || is_erased(&item) {
                continue;
            }
            if item.kind() != ItemType::U8 {
                return;
            }
            let [index, ..] = item.data();
            self.register(item.key().as_namespace(), index);
        }
    }

    /// Inserts a namespace under an index that [`NamespaceTable::index`] gave.
    pub(crate) const fn insert(&mut self, namespace: &Namespace, index: u8) {
        #[expect(clippy::as_conversions, reason = "u8 to usize loses nothing")]
        let (_, slots) = self.0.split_at_mut((index as usize).saturating_sub(1));
        if let [slot, ..] = slots {
            *slot = Some(*namespace);
        }
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
    fn field_is_padded_with_nul() {
        assert_eq!(&Key::new("ab").unwrap().field(), b"ab\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        assert!(Key::from_field(*b"ab\0\0\0\0\0\0\0\0\0\0\0\0\0x").is_none());
        assert!(Key::from_field([b'a'; 16]).is_none());
        assert!(Key::from_field([0; 16]).is_none());
    }
}
