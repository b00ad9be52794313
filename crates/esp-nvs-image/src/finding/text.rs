use core::fmt;

use super::kind::{FindingKind, Kept};

/// Formats the fault and the firmware's reaction, to follow an offset.
impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_fault(f)?;
        f.write_str(": ")?;
        self.write_effect(f)
    }
}

impl FindingKind {
    fn write_fault(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ActivePageNotLast => f.write_str("the page is active but not the newest"),
            Self::BlankPartition => f.write_str("no page of the image contains entries"),
            Self::BlobChunks { key, stated, found } => write!(
                f,
                "the index of blob '{key}' states {} but there are {found}",
                Count(stated, "chunk")
            ),
            Self::BlobIndexSize { key, size, .. } => write!(
                f,
                "the index of blob '{key}' states {size} bytes, more than the 508000 allowed"
            ),
            Self::BlobSize { key, stated, found } => write!(
                f,
                "the index of blob '{key}' states {stated} bytes but its chunks contain {found}"
            ),
            Self::ChunkErased { key, chunk, last } => write!(
                f,
                "chunk {chunk} of blob '{key}' precedes one at offset {last:#x} that ends the active page"
            ),
            Self::ChunkIndex { key, chunk, .. } => {
                write!(f, "the chunk index {chunk:#04x} of '{key}' does not match its type")
            }
            Self::ChunkStart { key, start } => write!(
                f,
                "the chunks of blob '{key}' start at index {start:#04x} instead of 0x00 or 0x80"
            ),
            Self::DataPadding { key } => write!(f, "the unused bytes of the head of '{key}' are not 0xff"),
            Self::DuplicateChunk {
                key, chunk, earlier, ..
            } => write!(
                f,
                "duplicate chunk {chunk} of blob '{key}'; the first is at offset {earlier:#x}"
            ),
            Self::DuplicateKey { key, earlier, .. } => {
                write!(f, "duplicate key '{key}'; the first is at offset {earlier:#x}")
            }
            Self::EmptyChunk { key } => write!(f, "a chunk of blob '{key}' is empty"),
            Self::EmptySlotNotBlank { slots, .. } => {
                write!(f, "there are bytes in {} marked as empty", Count(slots, "slot"))
            }
            Self::EntryCrc { .. } => f.write_str("the checksum of the entry is wrong"),
            Self::EntryIncomplete { key } => write!(f, "a slot of '{key}' is not marked as written"),
            Self::ErasedSlots { slots } => write!(f, "a part of the page is erased ({} of 126)", Count(slots, "slot")),
            Self::ImageSize { len } => write!(f, "the image length of {len} bytes is not a positive multiple of 4096"),
            Self::InterruptedMove { .. } => f.write_str("the page was being moved when power failed"),
            Self::KeyEmpty => f.write_str("the key is empty"),
            Self::KeyNotUtf8 { key } => write!(f, "key '{key}' is not UTF-8"),
            Self::KeyUnreadable { key } => {
                write!(f, "the key field of '{key}' is not a text padded with NUL to 16 bytes")
            }
            Self::LostInMove { key } => write!(
                f,
                "'{key}' is on the target page of an interrupted move but not on its source"
            ),
            Self::NamespaceIndexGap { index } => write!(
                f,
                "the namespace has index {index} although {} is free",
                index.saturating_sub(1)
            ),
            Self::NamespaceIndexReserved { name, index } => {
                write!(f, "namespace '{name}' has the reserved index {index}")
            }
            Self::NamespaceIndexTwice { name, index, earlier } => write!(
                f,
                "namespace '{name}' has the same index {index} as the one at offset {earlier:#x}"
            ),
            Self::NamespaceTableType { key } => write!(f, "'{key}' has no namespace and is not of type u8"),
            Self::NamespaceTwice { name, earlier, .. } => {
                write!(f, "duplicate namespace '{name}'; the first is at offset {earlier:#x}")
            }
            Self::NamespaceWithoutKeys { name } => write!(f, "namespace '{name}' has no keys"),
            Self::NoActivePage => f.write_str("no page is active"),
            Self::NoEmptyPage { pages } => write!(f, "no page of the image is empty ({pages} pages)"),
            Self::OrphanChunks { key, chunks } => write!(f, "there are chunks of '{key}' without an index ({chunks})"),
            Self::PageHeaderCrc => f.write_str("the checksum of the page header is wrong"),
            Self::PageMostlyErased { slots } => {
                write!(f, "most of the page is erased ({} of 126)", Count(slots, "slot"))
            }
            Self::PageNotBlank => f.write_str("the page is marked as empty but contains bytes"),
            Self::PageSequence { sequence, earlier } => write!(
                f,
                "the page has the same sequence number {sequence} as the one at offset {earlier:#x}"
            ),
            Self::PageState { state } => write!(f, "the page state {state:#010x} is invalid"),
            Self::PageVersion { version } => {
                write!(f, "the version byte {version:#04x} of the page is not 0xfe or 0xff")
            }
            Self::PayloadCrc { key } => write!(f, "the checksum of the data of '{key}' is wrong"),
            Self::SlotState { slots } => write!(f, "the bitmap has the invalid state 01 for {}", Count(slots, "slot")),
            Self::Span { key, span, .. } => write!(
                f,
                "the span of '{key}', {}, does not match its size or exceeds its page",
                Count(span, "slot")
            ),
            Self::StrayChunkIndex { key, chunk } => write!(f, "'{key}' has the chunk index {chunk} but is not a chunk"),
            Self::StringNotUtf8 { key } => write!(f, "string '{key}' is not UTF-8"),
            Self::StringTerminator { key } => write!(f, "string '{key}' does not end with its first NUL"),
            Self::UnknownNamespace { index, entries } => write!(
                f,
                "there are entries ({entries}) in namespace {index}, which has no name"
            ),
            Self::UnknownType { code, .. } => write!(f, "the type {code:#04x} of the entry is unknown"),
            Self::Version1Blob { key } => write!(f, "blob '{key}' is stored in the version 1 format"),
            Self::Version1Page => f.write_str("the page has version 1, others have version 2"),
            Self::WrittenBehindEmpty { slots, .. } => {
                write!(f, "{} written after an empty one", Count(slots, "slot"))
            }
        }
    }

    fn write_effect(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::ActivePageNotLast => {
                "the firmware does not write to it, and its empty slots are lost until it is moved"
            }
            Self::BlankPartition => "the firmware starts with an empty store",
            Self::BlobChunks { .. } | Self::BlobSize { .. } => "the firmware drops the blob at mount",
            Self::BlobIndexSize { slots, .. }
            | Self::ChunkIndex { slots, .. }
            | Self::EntryCrc { slots }
            | Self::Span { slots, .. }
            | Self::UnknownType { slots, .. } => {
                return write!(f, "the firmware erases the entry at mount{}", More(slots));
            }
            Self::ChunkErased { .. } => "the firmware erases it at mount, and its value is lost",
            Self::ChunkStart { .. } => "the firmware reads the blob but cannot overwrite it",
            Self::DataPadding { .. } => "the firmware reads the entry but never writes such an entry",
            Self::DuplicateChunk { kept, .. } | Self::DuplicateKey { kept, .. } => {
                return write!(f, "the firmware keeps {kept}");
            }
            Self::EmptyChunk { .. } | Self::NamespaceWithoutKeys { .. } => "it wastes a slot",
            Self::EmptySlotNotBlank { hidden: true, .. } => "the firmware does not read them",
            Self::EmptySlotNotBlank { hidden: false, .. } => {
                "entries that the firmware writes there are damaged, unless it skips the slot"
            }
            Self::EntryIncomplete { .. } | Self::LostInMove { .. } => "the firmware erases the entry at mount",
            Self::ErasedSlots { .. } | Self::PageMostlyErased { .. } => {
                "they become free when the firmware moves the page"
            }
            Self::ImageSize { .. } => "it is not a whole partition",
            Self::InterruptedMove { erased: Some(erased) } => {
                return write!(
                    f,
                    "the firmware erases the page at offset {erased:#x} and restarts the move"
                );
            }
            Self::InterruptedMove { erased: None } => "the firmware moves its entries to another page at mount",
            Self::KeyEmpty => "the firmware reads the entry but never writes such an entry",
            Self::KeyNotUtf8 { .. } => "the firmware compares bytes and finds it, but most tools do not",
            Self::KeyUnreadable { .. } => "the firmware cannot find the entry",
            Self::NamespaceIndexGap { .. } => "the firmware leaves no gap, so this may be a value without a namespace",
            Self::NamespaceIndexReserved { .. } => "the firmware confuses its keys with those of other namespaces",
            Self::NamespaceIndexTwice { .. } => "the firmware finds the keys of both in either",
            Self::NamespaceTableType { .. } => "the firmware ignores the namespaces after it on its page",
            Self::NamespaceTwice { kept, .. } => {
                return write!(f, "the firmware keeps {kept}, and keys with another index are lost");
            }
            Self::NoActivePage => "the firmware continues in an empty page",
            Self::NoEmptyPage { .. } => "the firmware rejects the partition unless it is read-only",
            Self::OrphanChunks { .. } => "the firmware erases them at mount",
            Self::PageHeaderCrc | Self::PageNotBlank | Self::PageState { .. } => {
                "the firmware treats it as an empty page and erases it when it needs one"
            }
            Self::PageSequence { .. } => "the firmware cannot determine which is newer and uses their order in flash",
            Self::PageVersion { .. } => "the firmware rejects the whole partition",
            Self::PayloadCrc { .. } => "the firmware erases the entry when it is first read",
            Self::SlotState { .. } => "the firmware erases or ignores the entries in them",
            Self::StrayChunkIndex { .. } => "the firmware cannot find it by its key",
            Self::StringNotUtf8 { .. } => "the firmware returns it unchanged",
            Self::StringTerminator { .. } => "the firmware returns it unchanged, and its reader misses the end",
            Self::UnknownNamespace { .. } => "the firmware cannot find them",
            Self::Version1Blob { .. } => "the firmware changes that at the next write",
            Self::Version1Page => "the firmware changes that when it moves the page",
            Self::WrittenBehindEmpty { hidden: true, .. } => "the firmware does not read them and overwrites them",
            Self::WrittenBehindEmpty { hidden: false, .. } => "the firmware reads them but never skips a slot",
        })
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Both => "both, each under its own type",
            Self::Earlier => "the earlier",
            Self::Later => "the later",
            Self::Neither => "neither",
        })
    }
}

/// A number with its noun.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number, noun) = self;
        write!(f, "{number} {noun}{}", if *number == 1 { "" } else { "s" })
    }
}

/// The slots after a damaged head, if any.
struct More(usize);

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.saturating_sub(1) {
            0 => Ok(()),
            more => write!(f, ", and {} after it", Count(more, "damaged slot")),
        }
    }
}
