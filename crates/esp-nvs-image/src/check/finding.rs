use core::fmt;

use super::kind::FindingKind;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Legal, but it takes room.
    Note,
    /// Nothing is lost, but neither the firmware nor a correct tool leaves an image like this for long.
    Warning,
    /// The firmware refuses the partition, or erases, drops or cannot find something in it.
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
/// `Display` is one sentence with the offset, what is wrong there and what the firmware makes of it. It names keys but
/// never a value, which may be a secret, and escapes what a terminal would take for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How much it matters; the same as [`FindingKind::severity`].
    pub severity: Severity,
    /// What it is.
    pub kind: FindingKind,
    /// Where it is, in bytes from the start of the image: a page, or the head of an entry. `None` for the whole image.
    pub offset: Option<usize>,
}

impl Finding {
    pub(super) const fn at(offset: usize, kind: FindingKind) -> Self {
        Self {
            severity: kind.severity(),
            kind,
            offset: Some(offset),
        }
    }

    pub(super) const fn of_image(kind: FindingKind) -> Self {
        Self {
            severity: kind.severity(),
            kind,
            offset: None,
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
