use crate::name::StoredKey;

/// What a finding is, with the figures that belong to it. Offsets are bytes from the start of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// A page is active although a newer one follows.
    ActivePageNotLast,
    /// No page holds entries.
    BlankPartition,
    /// A blob's index and the number of its chunks do not fit.
    BlobChunks {
        /// The blob's key.
        key: StoredKey,
        /// The chunks that the index states.
        stated: usize,
        /// The chunks that are there.
        found: usize,
    },
    /// A blob's index states more than 508,000 bytes.
    BlobIndexSize {
        /// The blob's key.
        key: StoredKey,
        /// The size that the index states, in bytes.
        size: u32,
        /// The slots that the firmware erases, with damaged ones that follow.
        slots: usize,
    },
    /// A blob's index and the sizes of its chunks do not fit.
    BlobSize {
        /// The blob's key.
        key: StoredKey,
        /// The size that the index states, in bytes.
        stated: u32,
        /// The bytes in the chunks.
        found: usize,
    },
    /// A chunk lies before another of its key that ends an active page, as when power failed before the blob's new index was
    /// written.
    ChunkErased {
        /// The blob's key.
        key: StoredKey,
        /// The chunk index.
        chunk: u8,
        /// Where the chunk lies that ends the page.
        last: usize,
    },
    /// A chunk has no chunk index, or a blob's index has one.
    ChunkIndex {
        /// The key.
        key: StoredKey,
        /// The chunk index.
        chunk: u8,
        /// The slots that the firmware erases, with damaged ones that follow.
        slots: usize,
    },
    /// A blob's chunks begin at another index than 0x00 or 0x80.
    ChunkStart {
        /// The blob's key.
        key: StoredKey,
        /// The chunk index of its first chunk.
        start: u8,
    },
    /// Bytes of an entry's data field that hold nothing are not 0xFF.
    DataPadding {
        /// The key.
        key: StoredKey,
    },
    /// A chunk of a blob stands twice.
    DuplicateChunk {
        /// The blob's key.
        key: StoredKey,
        /// The chunk index.
        chunk: u8,
        /// Where the earlier chunk lies.
        earlier: usize,
        /// Which of the two the firmware keeps.
        kept: Kept,
    },
    /// A key stands twice in one namespace.
    DuplicateKey {
        /// The key.
        key: StoredKey,
        /// Where the earlier entry lies.
        earlier: usize,
        /// Which of the two the firmware keeps.
        kept: Kept,
    },
    /// A chunk of a blob that is not empty holds nothing.
    EmptyChunk {
        /// The blob's key.
        key: StoredKey,
    },
    /// Slots that the bitmap calls empty hold bytes: on an active page as when power failed in a write, which is a warning; on
    /// any other an error.
    EmptySlotNotBlank {
        /// How many slots in a row.
        slots: usize,
        /// Whether the page is not active, so that what the slots held is lost.
        hidden: bool,
    },
    /// An entry's checksum is wrong.
    EntryCrc {
        /// The slots that the firmware erases: the head's and damaged ones that follow.
        slots: usize,
    },
    /// The bitmap marks a slot of an entry as not written.
    EntryIncomplete {
        /// The key.
        key: StoredKey,
    },
    /// Slots of a page are erased, at most half of them.
    ErasedSlots {
        /// How many of the page's 126 slots.
        slots: usize,
    },
    /// The image is empty, or not a multiple of 4096 bytes.
    ImageSize {
        /// Its bytes.
        len: usize,
    },
    /// A page was being moved to another when power failed.
    InterruptedMove {
        /// The page that the firmware erases to begin again, if entries were moved already.
        erased: Option<usize>,
    },
    /// A key is empty.
    KeyEmpty,
    /// A key is not UTF-8.
    KeyNotUtf8 {
        /// The key.
        key: StoredKey,
    },
    /// A key field has no NUL at its end, or other bytes behind one.
    KeyUnreadable {
        /// What stands before the first NUL.
        key: StoredKey,
    },
    /// An entry lies only on the page that the firmware erases to begin an interrupted move again.
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
    /// Two namespaces have one index.
    NamespaceIndexTwice {
        /// The later namespace.
        name: StoredKey,
        /// The index.
        index: u8,
        /// Where the earlier namespace lies.
        earlier: usize,
    },
    /// An entry of the table of namespaces is no namespace.
    NamespaceTableType {
        /// The key.
        key: StoredKey,
    },
    /// A namespace stands twice in the table.
    NamespaceTwice {
        /// The namespace.
        name: StoredKey,
        /// Where its earlier entry lies.
        earlier: usize,
        /// Which of the two the firmware keeps.
        kept: Kept,
    },
    /// A namespace has no keys.
    NamespaceWithoutKeys {
        /// The namespace.
        name: StoredKey,
    },
    /// Pages hold entries, but none is active.
    NoActivePage,
    /// No page is empty. An error from three pages on; a smaller partition can only be read anyway.
    NoEmptyPage {
        /// The pages of the image.
        pages: usize,
    },
    /// Chunks belong to no blob.
    OrphanChunks {
        /// The key.
        key: StoredKey,
        /// How many chunks of this key; the offset is that of the first in the image.
        chunks: usize,
    },
    /// A page header's checksum is wrong.
    PageHeaderCrc,
    /// More than half of the slots of a page are erased.
    PageMostlyErased {
        /// How many of the page's 126 slots.
        slots: usize,
    },
    /// A page is marked as never written but is not all 0xFF.
    PageNotBlank,
    /// Two pages have one sequence number.
    PageSequence {
        /// The sequence number.
        sequence: u32,
        /// Where the other page starts.
        earlier: usize,
    },
    /// The page state is invalid.
    PageState {
        /// The state word.
        state: u32,
    },
    /// A page is of a version later than 2.
    PageVersion {
        /// The version byte.
        version: u8,
    },
    /// The checksum of a string's or blob's bytes is wrong.
    PayloadCrc {
        /// The key.
        key: StoredKey,
    },
    /// The bitmap has the illegal state 01.
    SlotState {
        /// How many slots in a row.
        slots: usize,
    },
    /// An entry's span does not fit its size, or runs over its page.
    Span {
        /// The key.
        key: StoredKey,
        /// The slots that the entry states.
        span: usize,
        /// The slots that the firmware erases, with damaged ones that follow.
        slots: usize,
    },
    /// An entry that is no chunk has a chunk index.
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
        /// How many entries and chunks; the offset is that of the first in the image.
        entries: usize,
    },
    /// An entry's type is not known.
    UnknownType {
        /// The type code.
        code: u8,
        /// The slots that the firmware erases, with damaged ones that follow.
        slots: usize,
    },
    /// A blob is stored in one piece in a partition that has pages of version 2.
    Version1Blob {
        /// The key.
        key: StoredKey,
    },
    /// A page is of version 1 in a partition that has pages of version 2.
    Version1Page,
    /// Written slots follow an empty one. An error on an active page, elsewhere a warning.
    WrittenBehindEmpty {
        /// How many slots of the page.
        slots: usize,
        /// Whether the page is active, so that the firmware stops at the empty slot.
        hidden: bool,
    },
}

impl FindingKind {
    /// Returns the name of the kind, which stays the same over versions of this crate.
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

/// Which of two entries with one key the firmware keeps, or finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kept {
    /// Both: they are of different types on different pages, and each is found by its own type.
    Both,
    /// The earlier: a search over several pages, or in a full one, ends there.
    Earlier,
    /// The later: the earlier one is erased at mount, because both are on one active page, or the later one is the
    /// last entry of all.
    Later,
    /// Neither: the chunks of two blobs do not add up to either.
    Neither,
}
