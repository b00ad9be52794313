mod kind;
mod text;

use core::fmt;

pub use kind::{FindingKind, Kept};

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

/// One fault of an image: what a strict reader refuses it for, and what a tolerant one reports.
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
    pub(crate) const fn at(offset: usize, kind: FindingKind) -> Self {
        Self {
            severity: kind.severity(),
            kind,
            offset: Some(offset),
        }
    }

    pub(crate) const fn of_image(kind: FindingKind) -> Self {
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

impl FindingKind {
    /// Tells whether the readers that give values refuse or report it: something is lost, or is not text as this crate's types
    /// have it.
    pub(crate) const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::KeyEmpty | Self::KeyNotUtf8 { .. } | Self::StringNotUtf8 { .. } | Self::StringTerminator { .. }
        ) || matches!(self.severity(), Severity::Error)
    }

    /// Returns how much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::NoEmptyPage { pages } if *pages < 3 => Severity::Warning,
            Self::EmptySlotNotBlank { hidden, .. } | Self::WrittenBehindEmpty { hidden, .. } => {
                if *hidden {
                    Severity::Error
                } else {
                    Severity::Warning
                }
            }
            Self::BlankPartition
            | Self::EmptyChunk { .. }
            | Self::ErasedSlots { .. }
            | Self::NamespaceWithoutKeys { .. }
            | Self::PageMostlyErased { .. }
            | Self::Version1Blob { .. }
            | Self::Version1Page => Severity::Note,
            Self::ActivePageNotLast
            | Self::ChunkStart { .. }
            | Self::DataPadding { .. }
            | Self::InterruptedMove { .. }
            | Self::KeyEmpty
            | Self::KeyNotUtf8 { .. }
            | Self::NamespaceIndexGap { .. }
            | Self::NoActivePage
            | Self::PageSequence { .. }
            | Self::StringNotUtf8 { .. }
            | Self::StringTerminator { .. } => Severity::Warning,
            Self::BlobChunks { .. }
            | Self::BlobIndexSize { .. }
            | Self::BlobSize { .. }
            | Self::ChunkErased { .. }
            | Self::ChunkIndex { .. }
            | Self::DuplicateChunk { .. }
            | Self::DuplicateKey { .. }
            | Self::EntryCrc { .. }
            | Self::EntryIncomplete { .. }
            | Self::ImageSize { .. }
            | Self::KeyUnreadable { .. }
            | Self::LostInMove { .. }
            | Self::NamespaceIndexReserved { .. }
            | Self::NamespaceIndexTwice { .. }
            | Self::NamespaceTableType { .. }
            | Self::NamespaceTwice { .. }
            | Self::NoEmptyPage { .. }
            | Self::OrphanChunks { .. }
            | Self::PageHeaderCrc
            | Self::PageNotBlank
            | Self::PageState { .. }
            | Self::PageVersion { .. }
            | Self::PayloadCrc { .. }
            | Self::SlotState { .. }
            | Self::Span { .. }
            | Self::StrayChunkIndex { .. }
            | Self::UnknownNamespace { .. }
            | Self::UnknownType { .. } => Severity::Error,
        }
    }
}
