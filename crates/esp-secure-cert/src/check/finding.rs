use core::fmt;

use super::kind::FindingKind;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Legal, but rarely intended.
    Note,
    /// The firmware reads everything, but protection or later changes are weaker than they seem.
    Warning,
    /// A secret leaks, or the firmware rejects, ignores or misreads a part.
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

/// A result of [`check`](crate::check).
///
/// `Display` is one sentence with the offset, the fault and its consequence; it never contains
/// data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The severity; the same as [`FindingKind::severity`].
    pub severity: Severity,
    /// The kind of finding.
    pub kind: FindingKind,
    /// The offset of the record in bytes from the start of the image; `None` for the whole image.
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
