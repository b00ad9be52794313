//! Offsets, sizes and codes of the partition format.
//!
//! Source: ESP-IDF `components/nvs_flash` (`nvs_page.hpp`, `nvs_types.hpp`) and the ESP-IDF Programming Guide,
//! "Non-Volatile Storage Library", section "Internals".
//!
//! ```text
//! page, 4096 bytes                         slot, 32 bytes
//! +--------------------+ 0                 +-------------------------+ 0
//! | header             |                   | namespace index         |
//! |  state         u32 | 0                 | type                    | 1
//! |  sequence      u32 | 4                 | span (slots with head)  | 2
//! |  version       u8  | 8                 | chunk index             | 3
//! |  0xFF x 19         | 9                 | CRC of 0..4 and 8..32   | 4
//! |  CRC of 4..28  u32 | 28                | key, NUL padded to 16   | 8
//! +--------------------+ 32                | data                    | 24
//! | state bitmap, 2 bit|                   +-------------------------+ 32
//! +--------------------+ 64
//! | slot 0             |                   data of a string, a v1 blob or a blob chunk:
//! | ...                |                     size u16, 0xFFFF, CRC of the payload u32
//! | slot 125           |                   data of a blob index:
//! +--------------------+ 4096                size u32, chunk count u8, chunk start u8, 0xFFFF
//! ```

/// Size of a page in bytes, the unit of erasing.
pub(crate) const PAGE_SIZE: usize = 4096;
/// Size of a slot in bytes, the unit of writing.
pub(crate) const SLOT_SIZE: usize = 32;
/// Number of slots in a page.
pub(crate) const SLOTS_PER_PAGE: usize = 126;
/// Slot-sized parts before slot 0: the header and the state bitmap.
pub(crate) const SLOTS_BEFORE_FIRST: usize = 2;
/// Offset of the state bitmap in a page.
pub(crate) const BITMAP_OFFSET: usize = 32;

/// Page states; each state follows from the previous one by clearing bits.
pub(crate) const PAGE_UNINITIALISED: u32 = 0xFFFF_FFFF;
pub(crate) const PAGE_ACTIVE: u32 = 0xFFFF_FFFE;
pub(crate) const PAGE_FULL: u32 = 0xFFFF_FFFC;
pub(crate) const PAGE_FREEING: u32 = 0xFFFF_FFF8;

/// Version byte of a page with blobs in chunks.
pub(crate) const VERSION_2: u8 = 0xFE;
/// Version byte of a page with blobs in one piece.
pub(crate) const VERSION_1: u8 = 0xFF;

/// Chunk index of entries that are not chunks.
pub(crate) const NO_CHUNK: u8 = 0xFF;
/// The first chunk index of the second half of the range: old and new value of a blob use the
/// halves alternately.
pub(crate) const SECOND_HALF: u8 = 0x80;
/// Namespace index of the table of namespaces itself.
pub(crate) const NAMESPACE_TABLE: u8 = 0;
/// Maximum index of a namespace; 255 means "any" in the firmware.
pub(crate) const MAX_NAMESPACES: usize = 254;
/// Size of a key field in bytes, including the NUL.
pub(crate) const KEY_FIELD: usize = 16;

/// Maximum length of a string that the firmware reads, including the NUL.
pub(crate) const MAX_STRING: usize = 4000;
/// Maximum length of a blob that the reference generator writes to a version 1 page.
pub(crate) const MAX_BLOB_V1: usize = 1984;
/// Maximum length of a blob in chunks: 127 chunks of 4000 bytes.
pub(crate) const MAX_BLOB_V2: usize = 508_000;
/// Maximum length of a chunk: all slots of a page but one.
#[cfg(feature = "alloc")]
pub(crate) const MAX_CHUNK: usize = 4000;
/// Maximum number of chunks of a blob; the other half of the index range is for its next
/// generation.
pub(crate) const MAX_CHUNKS: u8 = 127;
