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
