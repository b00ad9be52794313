//! Offsets and sizes of a signature sector and its blocks. Numbers are little-endian.
//!
//! Source: ESP-IDF Programming Guide, "Secure Boot v2", "Signature Block Format" and "Secure Padding".
//!
//! ```text
//! signed image                      block, RSA                        block, ECDSA P-192, P-256 (P-384)
//! +---------------------+ 0         +---------------------------+ 0    +-------------------------+ 0
//! | content, with 0xFF  |           | E7 02 00 00               |      | E7 03, SHA 0 (1), 00    |
//! | to a multiple of    |           | SHA-256                   | 4    | SHA-256 (SHA-384)       | 4
//! | 4096                |           | modulus n                 | 36   | curve 1, 2 (3)          | 36 (52)
//! +---------------------+ -4096     | exponent              u32 | 420  | X, Y, 0 to 64 bytes     | 37 (53)
//! | block 0             |           | 2^6144 mod n              | 424  | r, s, 0 to 64 bytes     | 101 (149)
//! | block 1 or 0xFF     | -2880     | -(n^-1) mod 2^32      u32 | 808  | 0                       | 165 (245)
//! | block 2 or 0xFF     | -1664     | signature                 | 812  |                         |
//! | 0xFF                | -448      | CRC-32 of 0..1196         | 1196 | CRC-32 of 0..1196       | 1196
//! +---------------------+           | 0 x 16                    | 1200 | 0 x 16                  | 1200
//!                                   +---------------------------+ 1216 +-------------------------+ 1216
//! ```

use core::ops::Range;

use crate::BootKeyKind;

/// Length in bytes of a signature sector; the content is a multiple of it.
pub const SECTOR: usize = 4096;

/// Maximum number of blocks in a signature sector. ESP32 and ESP32-C2 use only the first.
pub const MAX_BLOCKS: usize = 3;

pub(crate) const BLOCK: usize = 1216;
pub(crate) const MAGIC: u8 = 0xE7;
pub(crate) const VERSION_RSA: u8 = 2;
pub(crate) const VERSION_ECDSA: u8 = 3;
pub(crate) const DIGEST: usize = 4;
/// The offset of the checksum, equal to the number of bytes that it covers.
pub(crate) const CRC: usize = 1196;
/// The offset of the 16 zeros.
pub(crate) const TAIL: usize = 1200;
/// The offset of the 0xFF bytes after the last slot.
pub(crate) const REST: usize = MAX_BLOCKS * BLOCK;

impl BootKeyKind {
    /// The first four bytes of a block.
    #[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
    pub(crate) const fn start(self) -> [u8; 4] {
        match self {
            Self::Rsa3072 => [MAGIC, VERSION_RSA, 0, 0],
            Self::EcdsaP192 | Self::EcdsaP256 => [MAGIC, VERSION_ECDSA, 0, 0],
            Self::EcdsaP384 => [MAGIC, VERSION_ECDSA, 1, 0],
        }
    }

    /// The curve number in a block; unused for RSA.
    pub(crate) const fn curve(self) -> u8 {
        match self {
            Self::Rsa3072 => 0,
            Self::EcdsaP192 => 1,
            Self::EcdsaP256 => 2,
            Self::EcdsaP384 => 3,
        }
    }

    pub(crate) const fn digest(self) -> Range<usize> {
        DIGEST..DIGEST + self.digest_len()
    }

    /// The part of a block that the key digest covers.
    pub(crate) const fn key_area(self) -> Range<usize> {
        let from = DIGEST + self.digest_len();
        from..from + self.key_area_len()
    }

    pub(crate) const fn key_area_len(self) -> usize {
        match self {
            Self::Rsa3072 => KEY_AREA,
            // The fields are sized for P-256, even if the curve is P-192.
            Self::EcdsaP192 | Self::EcdsaP256 => 1 + 2 * 32,
            Self::EcdsaP384 => 1 + 2 * 48,
        }
    }

    pub(crate) const fn signature(self) -> Range<usize> {
        let from = self.key_area().end;
        from..from + self.signature_len()
    }

    pub(crate) const fn signature_len(self) -> usize {
        match self {
            Self::Rsa3072 => 384,
            _ => 2 * self.number_len(),
        }
    }
}

/// Length of the longest key area: modulus, exponent, 2^6144 mod n, -(n^-1) mod 2^32.
pub(crate) const KEY_AREA: usize = 384 + 4 + 384 + 4;
/// Length of the longest signature.
#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
pub(crate) const SIGNATURE: usize = 384;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_the_diagram() {
        let ends = BootKeyKind::ALL.map(|kind| (kind.key_area(), kind.signature()));
        assert_eq!(
            ends,
            [
                (36..812, 812..CRC),
                (36..101, 101..149),
                (36..101, 101..165),
                (52..149, 149..245),
            ]
        );
        assert_eq!((REST, SECTOR - REST), (3648, 448));
    }
}
