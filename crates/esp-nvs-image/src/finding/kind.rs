use crate::name::StoredKey;

/// The kind of a finding with its values. Offsets are bytes from the start of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// A page is active although a newer one follows.
    ActivePageNotLast,
    /// No page contains entries.
    BlankPartition,
    /// The chunk count of a blob index does not match the chunks.
    BlobChunks {
        /// The blob's key.
        key: StoredKey,
        /// The chunk count in the index.
        stated: usize,
        /// The number of chunks found.
        found: usize,
    },
    /// A blob index states more than 508,000 bytes.
    BlobIndexSize {
        /// The blob's key.
        key: StoredKey,
        /// The size in the index, in bytes.
        size: u32,
        /// The slots that the firmware erases, including damaged ones that follow.
        slots: usize,
    },
    /// The size in a blob index does not match the chunks.
    BlobSize {
        /// The blob's key.
        key: StoredKey,
        /// The size in the index, in bytes.
        stated: u32,
        /// The number of bytes in the chunks.
        found: usize,
    },
    /// A chunk precedes another of its key that ends an active page, as when power failed before
    /// the blob's new index was written.
    ChunkErased {
        /// The blob's key.
        key: StoredKey,
        /// The chunk index.
        chunk: u8,
        /// The offset of the chunk that ends the page.
        last: usize,
    },
    /// A chunk has no chunk index, or a blob index has one.
    ChunkIndex {
        /// The key.
        key: StoredKey,
        /// The chunk index.
        chunk: u8,
        /// The slots that the firmware erases, including damaged ones that follow.
        slots: usize,
    },
    /// The chunk indices of a blob do not start at 0x00 or 0x80.
    ChunkStart {
        /// The blob's key.
        key: StoredKey,
        /// The chunk index of its first chunk.
        start: u8,
    },
    /// Unused bytes of an entry's data field are not 0xFF.
    DataPadding {
        /// The key.
        key: StoredKey,
    },
    /// A chunk of a blob is a duplicate.
    DuplicateChunk {
        /// The blob's key.
        key: StoredKey,
        /// The chunk index.
        chunk: u8,
        /// The offset of the earlier chunk.
        earlier: usize,
        /// The one that the firmware keeps.
        kept: Kept,
    },
    /// A key is a duplicate in its namespace.
    DuplicateKey {
        /// The key.
        key: StoredKey,
        /// The offset of the earlier entry.
        earlier: usize,
        /// The one that the firmware keeps.
        kept: Kept,
    },
    /// A chunk of a nonempty blob is empty.
    EmptyChunk {
        /// The blob's key.
        key: StoredKey,
    },
    /// Slots marked as empty contain bytes: on an active page as when power failed in a write,
    /// which is a warning; on any other page an error.
    EmptySlotNotBlank {
        /// The number of adjacent slots.
        slots: usize,
        /// Whether the page is not active, so that the contents of the slots are lost.
        hidden: bool,
    },
    /// An entry's checksum is wrong.
    EntryCrc {
        /// The slots that the firmware erases: the head and damaged ones that follow.
        slots: usize,
    },
    /// The bitmap does not mark a slot of an entry as written.
    EntryIncomplete {
        /// The key.
        key: StoredKey,
    },
    /// Slots of a page are erased, at most half of them.
    ErasedSlots {
        /// The number of slots, of 126.
        slots: usize,
    },
    /// The image is empty, or not a multiple of 4096 bytes.
    ImageSize {
        /// The length in bytes.
        len: usize,
    },
    /// A page was being moved to another when power failed.
    InterruptedMove {
        /// The page that the firmware erases to restart the move, if entries were already moved.
        erased: Option<usize>,
    },
    /// A key is empty.
    KeyEmpty,
    /// A key is not UTF-8.
    KeyNotUtf8 {
        /// The key.
        key: StoredKey,
    },
    /// A key field has no NUL at its end, or other bytes after a NUL.
    KeyUnreadable {
        /// The bytes before the first NUL.
        key: StoredKey,
    },
    /// An entry exists only on the page that the firmware erases to restart an interrupted move.
    LostInMove {
        /// The key.
        key: StoredKey,
    },
    /// A namespace has an index although the one below it is free.
    NamespaceIndexGap {
        /// The index.
        index: u8,
    },
    /// A namespace has index 0 or 255.
    NamespaceIndexReserved {
        /// The namespace.
        name: StoredKey,
        /// The index, 0 or 255.
        index: u8,
    },
    /// Two namespaces have the same index.
    NamespaceIndexTwice {
        /// The later namespace.
        name: StoredKey,
        /// The index.
        index: u8,
        /// The offset of the earlier namespace.
        earlier: usize,
    },
    /// An entry of the table of namespaces is not a namespace.
    NamespaceTableType {
        /// The key.
        key: StoredKey,
    },
    /// A namespace is a duplicate in the table.
    NamespaceTwice {
        /// The namespace.
        name: StoredKey,
        /// The offset of its earlier entry.
        earlier: usize,
        /// The one that the firmware keeps.
        kept: Kept,
    },
    /// A namespace has no keys.
    NamespaceWithoutKeys {
        /// The namespace.
        name: StoredKey,
    },
    /// Pages contain entries, but none is active.
    NoActivePage,
    /// No page is empty. An error from three pages on; a smaller partition is always read-only.
    NoEmptyPage {
        /// The number of pages.
        pages: usize,
    },
    /// Chunks have no blob index.
    OrphanChunks {
        /// The key.
        key: StoredKey,
        /// The number of chunks of this key; the finding has the offset of the first in the image.
        chunks: usize,
    },
    /// The checksum of a page header is wrong.
    PageHeaderCrc,
    /// More than half of the slots of a page are erased.
    PageMostlyErased {
        /// The number of slots, of 126.
        slots: usize,
    },
    /// A page is marked as empty but is not all 0xFF.
    PageNotBlank,
    /// Two pages have the same sequence number.
    PageSequence {
        /// The sequence number.
        sequence: u32,
        /// The offset of the other page.
        earlier: usize,
    },
    /// The page state is invalid.
    PageState {
        /// The state word.
        state: u32,
    },
    /// The version of a page is later than 2.
    PageVersion {
        /// The version byte.
        version: u8,
    },
    /// The checksum of the bytes of a string or blob is wrong.
    PayloadCrc {
        /// The key.
        key: StoredKey,
    },
    /// The bitmap has the invalid state 01.
    SlotState {
        /// The number of adjacent slots.
        slots: usize,
    },
    /// The span of an entry does not match its size, or exceeds its page.
    Span {
        /// The key.
        key: StoredKey,
        /// The span in the entry.
        span: usize,
        /// The slots that the firmware erases, including damaged ones that follow.
        slots: usize,
    },
    /// An entry that is not a chunk has a chunk index.
    StrayChunkIndex {
        /// The key.
        key: StoredKey,
        /// The chunk index.
        chunk: u8,
    },
    /// A string is not UTF-8.
    StringNotUtf8 {
        /// The key.
        key: StoredKey,
    },
    /// A string does not end with its first NUL.
    StringTerminator {
        /// The key.
        key: StoredKey,
    },
    /// Entries are in a namespace that cannot be opened.
    UnknownNamespace {
        /// The index.
        index: u8,
        /// The number of entries and chunks; the finding has the offset of the first in the image.
        entries: usize,
    },
    /// The type of an entry is unknown.
    UnknownType {
        /// The type code.
        code: u8,
        /// The slots that the firmware erases, including damaged ones that follow.
        slots: usize,
    },
    /// A blob is stored in one piece in a partition with pages of version 2.
    Version1Blob {
        /// The key.
        key: StoredKey,
    },
    /// A page has version 1 in a partition with pages of version 2.
    Version1Page,
    /// Written slots follow an empty one. An error on an active page, elsewhere a warning.
    WrittenBehindEmpty {
        /// The number of slots.
        slots: usize,
        /// Whether the page is active, so that the firmware stops at the empty slot.
        hidden: bool,
    },
}

impl FindingKind {
    /// Returns the name of the kind, which is stable between versions of this crate.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::ActivePageNotLast => "active-page-not-last",
            Self::BlankPartition => "blank-partition",
            Self::BlobChunks { .. } => "blob-chunks",
            Self::BlobIndexSize { .. } => "blob-index-size",
            Self::BlobSize { .. } => "blob-size",
            Self::ChunkErased { .. } => "chunk-erased",
            Self::ChunkIndex { .. } => "chunk-index",
            Self::ChunkStart { .. } => "chunk-start",
            Self::DataPadding { .. } => "data-padding",
            Self::DuplicateChunk { .. } => "duplicate-chunk",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::EmptyChunk { .. } => "empty-chunk",
            Self::EmptySlotNotBlank { .. } => "empty-slot-not-blank",
            Self::EntryCrc { .. } => "entry-crc",
            Self::EntryIncomplete { .. } => "entry-incomplete",
            Self::ErasedSlots { .. } => "erased-slots",
            Self::ImageSize { .. } => "image-size",
            Self::InterruptedMove { .. } => "interrupted-move",
            Self::KeyEmpty => "key-empty",
            Self::KeyNotUtf8 { .. } => "key-not-utf8",
            Self::KeyUnreadable { .. } => "key-unreadable",
            Self::LostInMove { .. } => "lost-in-move",
            Self::NamespaceIndexGap { .. } => "namespace-index-gap",
            Self::NamespaceIndexReserved { .. } => "namespace-index-reserved",
            Self::NamespaceIndexTwice { .. } => "namespace-index-twice",
            Self::NamespaceTableType { .. } => "namespace-table-type",
            Self::NamespaceTwice { .. } => "namespace-twice",
            Self::NamespaceWithoutKeys { .. } => "namespace-without-keys",
            Self::NoActivePage => "no-active-page",
            Self::NoEmptyPage { .. } => "no-empty-page",
            Self::OrphanChunks { .. } => "orphan-chunks",
            Self::PageHeaderCrc => "page-header-crc",
            Self::PageMostlyErased { .. } => "page-mostly-erased",
            Self::PageNotBlank => "page-not-blank",
            Self::PageSequence { .. } => "page-sequence",
            Self::PageState { .. } => "page-state",
            Self::PageVersion { .. } => "page-version",
            Self::PayloadCrc { .. } => "payload-crc",
            Self::SlotState { .. } => "slot-state",
            Self::Span { .. } => "span",
            Self::StrayChunkIndex { .. } => "stray-chunk-index",
            Self::StringNotUtf8 { .. } => "string-not-utf8",
            Self::StringTerminator { .. } => "string-terminator",
            Self::UnknownNamespace { .. } => "unknown-namespace",
            Self::UnknownType { .. } => "unknown-type",
            Self::Version1Blob { .. } => "version-1-blob",
            Self::Version1Page => "version-1-page",
            Self::WrittenBehindEmpty { .. } => "written-behind-empty",
        }
    }
}

/// The entry of two with the same key that the firmware keeps or finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kept {
    /// Both: they have different types and are on different pages, and each is found by its own
    /// type.
    Both,
    /// The earlier one: a search over several pages, or on a full one, ends there.
    Earlier,
    /// The later one: the earlier one is erased at mount, because both are on one active page, or
    /// the later one is the last entry of all.
    Later,
    /// Neither: the chunks of two blobs do not form either.
    Neither,
}
