use core::fmt;

/// An encoding that cannot be read or written.
///
/// `offset` counts bytes from the start of the input or of the output buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The element does not fit into the rest of the output buffer.
    BufferTooSmall {
        /// The offset of the element.
        offset: usize,
    },
    /// More than [`MAX_DEPTH`](crate::MAX_DEPTH) containers are open.
    NestingTooDeep {
        /// The offset of the container that exceeds the limit.
        offset: usize,
    },
    /// A character string is not UTF-8.
    NotUtf8 {
        /// The offset of the element.
        offset: usize,
    },
    /// The control byte has an element type that the specification reserves.
    ReservedType {
        /// The offset of the element.
        offset: usize,
        /// The control byte.
        control: u8,
    },
    /// A member of a structure has no tag, a member of an array has one, or an outermost element has a context tag.
    TagNotAllowed {
        /// The offset of the element.
        offset: usize,
    },
    /// The input ends inside an element.
    Truncated {
        /// The offset of the element.
        offset: usize,
    },
    /// The input or the output ends while a container is open.
    UnclosedContainer {
        /// The offset of the end.
        offset: usize,
    },
    /// A container ends although none is open.
    UnexpectedEnd {
        /// The offset of the end-of-container element.
        offset: usize,
    },
}

impl Error {
    /// Returns the byte offset of the error.
    #[must_use]
    pub const fn offset(self) -> usize {
        match self {
            Self::BufferTooSmall { offset }
            | Self::NestingTooDeep { offset }
            | Self::NotUtf8 { offset }
            | Self::ReservedType { offset, .. }
            | Self::TagNotAllowed { offset }
            | Self::Truncated { offset }
            | Self::UnclosedContainer { offset }
            | Self::UnexpectedEnd { offset } => offset,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BufferTooSmall { offset } => write!(f, "buffer is too small for the element at offset {offset}"),
            Self::NestingTooDeep { offset } => {
                write!(
                    f,
                    "container at offset {offset} is nested too deeply; at most {} levels are allowed",
                    crate::MAX_DEPTH
                )
            }
            Self::NotUtf8 { offset } => write!(f, "string at offset {offset} is not UTF-8"),
            Self::ReservedType { offset, control } => {
                write!(f, "control byte {control:#04X} at offset {offset} is reserved")
            }
            Self::TagNotAllowed { offset } => write!(
                f,
                "tag of the element at offset {offset} is not allowed: members of a structure have a tag, members of an \
                 array have none, an outermost element has no context tag"
            ),
            Self::Truncated { offset } => write!(f, "input ends inside the element at offset {offset}"),
            Self::UnclosedContainer { offset } => write!(f, "input ends at offset {offset} with an open container"),
            Self::UnexpectedEnd { offset } => write!(f, "end of a container at offset {offset}, but none is open"),
        }
    }
}

impl core::error::Error for Error {}
