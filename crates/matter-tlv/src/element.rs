use crate::Tag;

/// An element read by a [`Reader`](crate::Reader).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Element<'a> {
    /// The offset of the element's control byte.
    pub offset: usize,
    /// The tag; [`Tag::Anonymous`] at the end of a container.
    pub tag: Tag,
    /// The value, or the kind of container that starts or ends here.
    pub value: Value<'a>,
}

/// The value of an [`Element`] (Matter Core Specification A.7.1).
///
/// Integers of all four encoded widths have the same type here.
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
    /// An unsigned integer.
    Unsigned(u64),
    /// A signed integer.
    Signed(i64),
    /// A boolean.
    Bool(bool),
    /// A floating-point number; single precision is widened to double.
    Float(f64),
    /// A UTF-8 string.
    Utf8(&'a str),
    /// A byte string (the specification's octet string).
    Bytes(&'a [u8]),
    /// The null value.
    Null,
    /// The start of a structure, whose members are tagged.
    Structure,
    /// The start of an array, whose members are anonymous.
    Array,
    /// The start of a list, whose members are tagged or anonymous.
    List,
    /// The end of the innermost open container.
    End,
}

impl<'a> Value<'a> {
    /// Returns the unsigned integer, or `None` for another type.
    #[must_use]
    pub const fn as_unsigned(&self) -> Option<u64> {
        match *self {
            Self::Unsigned(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the signed integer, or `None` for another type.
    #[must_use]
    pub const fn as_signed(&self) -> Option<i64> {
        match *self {
            Self::Signed(number) => Some(number),
            _ => None,
        }
    }

    /// Returns the boolean, or `None` for another type.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match *self {
            Self::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the UTF-8 string, or `None` for another type.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match *self {
            Self::Utf8(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the byte string, or `None` for another type.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&'a [u8]> {
        match *self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns whether the element starts a container.
    #[must_use]
    pub const fn is_container(&self) -> bool {
        matches!(self, Self::Structure | Self::Array | Self::List)
    }
}
