use core::fmt;

/// Why an encoding cannot be read or written.
///
/// `offset` counts octets from the start of the input or of the output buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The element does not fit into what is left of the output buffer.
    BufferTooSmall {
        /// Where the element would start.
        offset: usize,
    },
    /// More than [`MAX_DEPTH`](crate::MAX_DEPTH) containers are open.
    NestingTooDeep {
        /// Where the container starts that is one too many.
        offset: usize,
    },
    /// A character string is not UTF-8.
    NotUtf8 {
        /// Where the element starts.
        offset: usize,
    },
    /// The control octet names an element type that the specification reserves.
    ReservedType {
        /// Where the element starts.
        offset: usize,
        /// The control octet.
        control: u8,
    },
    /// A member of a structure has no tag, a member of an array has one, or an outermost element has a context tag.
    TagNotAllowed {
        /// Where the element starts.
        offset: usize,
    },
    /// The input ends inside of an element.
    Truncated {
        /// Where the element starts.
        offset: usize,
    },
    /// The input or the output ends while a container is open.
    UnclosedContainer {
        /// Where the end is.
        offset: usize,
    },
    /// A container ends but none is open.
    UnexpectedEnd {
        /// Where the end-of-container is.
        offset: usize,
    },
}

impl Error {
    /// Returns the offset in octets at which the error was found.
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
            Self::BufferTooSmall { offset } => write!(f, "buffer is too small for the element at {offset}"),
            Self::NestingTooDeep { offset } => {
                write!(f, "container at {offset} is nested more than {} deep", crate::MAX_DEPTH)
            }
            Self::NotUtf8 { offset } => write!(f, "character string at {offset} is not UTF-8"),
            Self::ReservedType { offset, control } => {
                write!(f, "control octet {control:#04X} at {offset} is reserved")
            }
            Self::TagNotAllowed { offset } => write!(
                f,
                "tag of the element at {offset} is not allowed there: members of a structure have a tag, members of an \
                 array have none, an outermost element has no context tag"
            ),
            Self::Truncated { offset } => write!(f, "input ends inside of the element at {offset}"),
            Self::UnclosedContainer { offset } => write!(f, "a container is still open at the end, {offset}"),
            Self::UnexpectedEnd { offset } => write!(f, "end of a container at {offset}, but none is open"),
        }
    }
}

impl core::error::Error for Error {}
