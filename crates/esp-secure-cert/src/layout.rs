//! Offsets, sizes and codes of the partition format.
//!
//! Source: `espressif/esp_secure_cert_mgr` (`esp_secure_cert_tlv_private.h`, `esp_secure_cert_tlv_config.h`,
//! `esp_secure_cert_tlv_read.c`). The field order that its `docs/write_support.md` draws is not the one of the code.
//!
//! ```text
//! record                                   data of SIGNATURE_BLOCK
//! +----------------------------+ 0         +--------------------------------+ 0
//! | magic 0xBA5EBA11       u32 |           | version 1                   u8 |
//! | flags                   u8 | 4         | 0 x 3                          | 1
//! | reserved, 0 x 3            | 5         | offset of what is signed, 0 u32| 4
//! | type                    u8 | 8         | length of what is signed   u32 | 8
//! | subtype                 u8 | 9         | algorithm                   u8 | 12
//! | length of the data     u16 | 10        | 0 x 3                          | 13
//! +----------------------------+ 12        +--------------------------------+ 16
//! | data                       |           | ECDSA: curve u8, X, Y, r, s    |
//! | padding, 0, to 16 bytes    |           | RSA: a signature block of      |
//! +----------------------------+           |   secure boot version 2        |
//! | crc of all before      u32 |           +--------------------------------+
//! +----------------------------+
//! ```
//!
//! Integers, coordinates and signatures are little-endian.

/// The first word of a record.
pub(crate) const MAGIC: u32 = 0xBA5E_BA11;
/// Bytes before the data.
pub(crate) const HEADER: usize = 12;
/// Bytes behind the padding.
pub(crate) const FOOTER: usize = 4;
/// Data and padding take a multiple of this, the unit of writing to an encrypted partition.
pub(crate) const ALIGNMENT: usize = 16;
/// Longest data. The firmware keeps a record's size in 16 bits, so that of a longer one would come out as less than it is.
pub(crate) const MAX_DATA: usize = 0xFFFF - 15 - HEADER - FOOTER;
/// Where the last record ends at the latest, since the firmware keeps offsets in 16 bits too.
pub(crate) const MAX_END: usize = 0xFFF0;

/// What the vendor's tool writes behind the last record after appending.
pub(crate) const END_MARKER: [u8; 4] = [0xFF, 0xFF, 0x00, 0x00];
/// Flags and reserved bytes of the first version of the format, with a type of 16 bits.
pub(crate) const LEGACY_FLAGS: u8 = 0xFF;
pub(crate) const LEGACY_RESERVED: [u8; 3] = [0xFF; 3];

/// Bytes of SEC_CFG: a block number and room for more.
pub(crate) const SEC_CFG: usize = 40;
/// Blocks 0 to 3 of the eFuses hold no keys.
pub(crate) const FIRST_KEY_BLOCK: u8 = 4;
/// The tag behind data that is encrypted.
pub(crate) const GCM_TAG: usize = 16;

/// Bytes of INTEGRITY: a SHA-256.
pub(crate) const INTEGRITY: usize = 32;
/// The last subtype that INTEGRITY may have.
pub(crate) const INTEGRITY_LAST: u8 = 16;

/// The last subtype that the firmware looks for a SIGNATURE_BLOCK under.
#[cfg(any(feature = "alloc", feature = "ecdsa", feature = "rsa"))]
pub(crate) const SIGNATURE_LAST: u8 = 2;
/// Bytes of a SIGNATURE_BLOCK before what depends on the algorithm.
pub(crate) const SIGNATURE_HEADER: usize = 16;
pub(crate) const SIGNATURE_VERSION: u8 = 1;
/// Bytes of a signature block of secure boot version 2.
pub(crate) const RSA_BLOCK: usize = 1216;
/// Bytes of its modulus and of its signature.
pub(crate) const RSA_3072: usize = 384;
/// Its first two bytes: magic and version.
pub(crate) const RSA_BLOCK_START: [u8; 2] = [0xE7, 0x02];
/// What its checksum covers.
pub(crate) const RSA_BLOCK_CHECKED: usize = 1196;
