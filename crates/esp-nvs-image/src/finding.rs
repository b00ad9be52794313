mod kind;
mod text;

use core::fmt;

pub use kind::{FindingKind, Kept};

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Legal, but wasteful.
    Note,
    /// Nothing is lost, but neither the firmware nor a correct tool leaves an image in this state.
    Warning,
    /// The firmware rejects the partition, or erases, drops or does not find a part of it.
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

/// A fault of an image, for which a strict reader rejects it and which a tolerant one reports.
///
/// `Display` is one sentence with the offset, the fault and the firmware's reaction. It contains
/// keys, with control characters escaped, but never a value, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The severity; the same as [`FindingKind::severity`].
    pub severity: Severity,
    /// The kind of finding.
    pub kind: FindingKind,
    /// The offset in bytes from the start of the image: of a page, or of the head of an entry.
    /// `None` for the whole image.
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
    /// Returns whether the readers of values reject or report it: something is lost, or is not text
    /// as this crate's types require.
    pub(crate) const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::KeyEmpty | Self::KeyNotUtf8 { .. } | Self::StringNotUtf8 { .. } | Self::StringTerminator { .. }
        ) || matches!(self.severity(), Severity::Error)
    }

    /// Returns the severity.
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
