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
//! |  0xFF x 19         | 9                 | crc of 0..4 and 8..32   | 4
//! |  crc of 4..28  u32 | 28                | key, NUL padded to 16   | 8
//! +--------------------+ 32                | data                    | 24
//! | state bitmap, 2 bit|                   +-------------------------+ 32
//! +--------------------+ 64
//! | slot 0             |                   data of a string, a v1 blob or a blob chunk:
//! | ...                |                     size u16, 0xFFFF, crc of the payload u32
//! | slot 125           |                   data of a blob index:
//! +--------------------+ 4096                size u32, chunk count u8, chunk start u8, 0xFFFF
//! ```

/// Bytes of a page, the unit of erasing.
pub(crate) const PAGE_SIZE: usize = 4096;
/// Bytes of a slot, the unit of writing.
pub(crate) const SLOT_SIZE: usize = 32;
/// Slots of a page.
pub(crate) const SLOTS_PER_PAGE: usize = 126;
/// Slot-sized pieces before slot 0: the header and the state bitmap.
pub(crate) const SLOTS_BEFORE_FIRST: usize = 2;
/// Offset of the state bitmap in a page.
pub(crate) const BITMAP_OFFSET: usize = 32;

/// Page states; a state follows from the one before by clearing bits.
pub(crate) const PAGE_UNINITIALISED: u32 = 0xFFFF_FFFF;
pub(crate) const PAGE_ACTIVE: u32 = 0xFFFF_FFFE;
pub(crate) const PAGE_FULL: u32 = 0xFFFF_FFFC;
pub(crate) const PAGE_FREEING: u32 = 0xFFFF_FFF8;

/// Version byte of a page that holds blobs in chunks.
pub(crate) const VERSION_2: u8 = 0xFE;
/// Version byte of a page that holds each blob in one piece.
pub(crate) const VERSION_1: u8 = 0xFF;

/// Chunk index of everything that is not a chunk.
pub(crate) const NO_CHUNK: u8 = 0xFF;
/// The first chunk index of the second half of their range: the halves serve the old and the new value of a blob in turn.
pub(crate) const SECOND_HALF: u8 = 0x80;
/// Namespace index of the table of namespaces itself.
pub(crate) const NAMESPACE_TABLE: u8 = 0;
/// Largest index of a namespace; 255 means "any" in the firmware.
pub(crate) const MAX_NAMESPACES: usize = 254;
/// Bytes of a key field, NUL included.
pub(crate) const KEY_FIELD: usize = 16;

/// Longest string, NUL included, that the firmware reads.
pub(crate) const MAX_STRING: usize = 4000;
/// Longest blob in a version 1 page that the reference generator writes.
pub(crate) const MAX_BLOB_V1: usize = 1984;
/// Longest blob in chunks: 127 chunks of 4000 bytes.
pub(crate) const MAX_BLOB_V2: usize = 508_000;
/// Longest chunk of a blob: a page but for one slot.
#[cfg(feature = "alloc")]
pub(crate) const MAX_CHUNK: usize = 4000;
/// Most chunks of one blob; the other half of the index range is for its next generation.
pub(crate) const MAX_CHUNKS: u8 = 127;
