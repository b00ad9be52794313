use core::fmt;

use super::kind::FindingKind;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Legal, but seldom meant.
    Note,
    /// The firmware reads everything, but less is protected, or less can be done later, than it seems.
    Warning,
    /// A secret leaks, or the firmware refuses, overlooks or misreads something.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that [`check`](crate::check) found.
///
/// `Display` is one sentence with the offset, what is wrong there and what follows from it; never with data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters; the same as [`FindingKind::severity`].
    pub severity: Severity,
    /// What it is.
    pub kind: FindingKind,
    /// Where the record starts, in bytes from the start of the image. `None` for the whole image.
    pub offset: Option<usize>,
}

impl Finding {
    pub(super) const fn new(offset: Option<usize>, kind: FindingKind) -> Self {
        Self {
            severity: kind.severity(),
            kind,
            offset,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "at offset {offset:#x}, {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}
