use crate::Tag;

/// One element as a [`Reader`](crate::Reader) found it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Element<'a> {
    /// The offset of the element's control octet.
    pub offset: usize,
    /// The tag; [`Tag::Anonymous`] at the end of a container.
    pub tag: Tag,
    /// The value, or the kind of container that starts or ends here.
    pub value: Value<'a>,
}

/// The value of an [`Element`] (Matter Core Specification A.7.1).
///
/// A number comes in one of four widths on the wire, which makes no difference to its value.
///
/// # Examples
///
/// ```
/// use matter_tlv::{Reader, Value};
///
/// let mut reader = Reader::new(&[0x04, 0x05]);
/// let value = reader.read()?.map(|element| element.value);
/// assert_eq!(value, Some(Value::Unsigned(5)));
/// assert_eq!(value.and_then(|value| value.as_unsigned()), Some(5));
/// assert_eq!(value.and_then(|value| value.as_str()), None);
/// # Ok::<(), matter_tlv::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// An unsigned number.
    Unsigned(u64),
    /// A signed number.
    Signed(i64),
    /// A truth value.
    Bool(bool),
    /// A floating-point number; one of single precision is widened.
    Float(f64),
    /// A character string.
    Utf8(&'a str),
    /// An octet string.
    Bytes(&'a [u8]),
    /// The absence of a value.
    Null,
    /// The start of a structure: members are tagged.
    Structure,
    /// The start of an array: members are anonymous.
    Array,
    /// The start of a list: members are tagged or anonymous.
    List,
    /// The end of the innermost open container.
    End,
}

impl<'a> Value<'a> {
    /// Returns the number; `None` for another type.
    #[must_use]
    pub const fn as_unsigned(&self) -> Option<u64> {
        match *self {
            Self::Unsigned(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the number; `None` for another type.
    #[must_use]
    pub const fn as_signed(&self) -> Option<i64> {
        match *self {
            Self::Signed(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the truth value; `None` for another type.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match *self {
            Self::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the character string; `None` for another type.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match *self {
            Self::Utf8(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the octet string; `None` for another type.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&'a [u8]> {
        match *self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Tells whether a container starts here.
    #[must_use]
    pub const fn is_container(&self) -> bool {
        matches!(self, Self::Structure | Self::Array | Self::List)
    }
}
