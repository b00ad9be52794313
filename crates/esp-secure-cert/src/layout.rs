//! Offsets, sizes and codes of the partition format.
//!
//! Source: `espressif/esp_secure_cert_mgr` (`esp_secure_cert_tlv_private.h`,
//! `esp_secure_cert_tlv_config.h`, `esp_secure_cert_tlv_read.c`). The field order drawn in its
//! `docs/write_support.md` differs from the code.
//!
//! ```text
//! record                                   data of SIGNATURE_BLOCK
//! +----------------------------+ 0         +--------------------------------+ 0
//! | magic 0xBA5EBA11       u32 |           | version 1                   u8 |
//! | flags                   u8 | 4         | 0 x 3                          | 1
//! | reserved, 0 x 3            | 5         | offset of signed data, 0   u32 | 4
//! | type                    u8 | 8         | length of signed data      u32 | 8
//! | subtype                 u8 | 9         | algorithm                   u8 | 12
//! | length of the data     u16 | 10        | 0 x 3                          | 13
//! +----------------------------+ 12        +--------------------------------+ 16
//! | data                       |           | ECDSA: curve u8, X, Y, r, s    |
//! | padding, 0, to 16 bytes    |           | RSA: a signature block of      |
//! +----------------------------+           |   secure boot version 2        |
//! | CRC of all before      u32 |           +--------------------------------+
//! +----------------------------+
//! ```
//!
//! Integers, coordinates and signatures are little-endian.

/// The first word of a record.
pub(crate) const MAGIC: u32 = 0xBA5E_BA11;
/// Length of the header before the data.
pub(crate) const HEADER: usize = 12;
/// Length of the checksum after the padding.
pub(crate) const FOOTER: usize = 4;
/// Alignment of data and padding: the write unit of an encrypted partition.
pub(crate) const ALIGNMENT: usize = 16;
/// Maximum data length. The firmware keeps a record's size in 16 bits, which a longer record would
/// overflow.
pub(crate) const MAX_DATA: usize = 0xFFFF - 15 - HEADER - FOOTER;
/// Maximum end of the last record, because the firmware also keeps offsets in 16 bits.
pub(crate) const MAX_END: usize = 0xFFF0;

/// The marker that the vendor's tool writes after the last record when it appends.
pub(crate) const END_MARKER: [u8; 4] = [0xFF, 0xFF, 0x00, 0x00];
/// Flags and reserved bytes of the first version of the format, which had a 16-bit type.
pub(crate) const LEGACY_FLAGS: u8 = 0xFF;
pub(crate) const LEGACY_RESERVED: [u8; 3] = [0xFF; 3];

/// Length of SEC_CFG: a block number and reserved bytes.
pub(crate) const SEC_CFG: usize = 40;
/// The first eFuse block with a key; blocks 0 to 3 have none.
pub(crate) const FIRST_KEY_BLOCK: u8 = 4;
/// Length of the tag after encrypted data.
pub(crate) const GCM_TAG: usize = 16;

/// Length of INTEGRITY: a SHA-256.
pub(crate) const INTEGRITY: usize = 32;
/// The maximum subtype of INTEGRITY.
pub(crate) const INTEGRITY_LAST: u8 = 16;

/// The maximum subtype of a SIGNATURE_BLOCK that the firmware looks up.
#[cfg(any(feature = "alloc", feature = "ecdsa", feature = "rsa"))]
pub(crate) const SIGNATURE_LAST: u8 = 2;
/// Length of a SIGNATURE_BLOCK before the part that depends on the algorithm.
pub(crate) const SIGNATURE_HEADER: usize = 16;
pub(crate) const SIGNATURE_VERSION: u8 = 1;
/// Length of a signature block of secure boot version 2.
pub(crate) const RSA_BLOCK: usize = 1216;
/// Length of its modulus and of its signature.
pub(crate) const RSA_3072: usize = 384;
/// Its first two bytes: magic and version.
pub(crate) const RSA_BLOCK_START: [u8; 2] = [0xE7, 0x02];
/// Length of the part that its checksum covers.
pub(crate) const RSA_BLOCK_CHECKED: usize = 1196;
