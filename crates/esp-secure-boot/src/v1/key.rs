use core::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Error;

/// The secret in an ESP32's eFuses that keys the digest of its bootloader.
///
/// It is zeroized on drop, `Debug` elides it, and it is read only through [`BootloaderKeyV1::expose_bytes`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BootloaderKeyV1 {
    key: [u8; 32],
    len: usize,
}

impl BootloaderKeyV1 {
    /// Makes a key from a key file: 32 bytes, or 24 for a chip with 3/4 coding, which reads the third 8-byte block twice.
    ///
    /// # Errors
    ///
    /// [`Error::BootloaderKeyLength`] for another length.
    pub fn new(file: &[u8]) -> Result<Self, Error> {
        let len = file.len();
        let again = match len {
            32 => &[],
            24 => file.get(8..16).unwrap_or_default(),
            _ => return Err(Error::BootloaderKeyLength { len }),
        };
        let mut out = Self { key: [0; 32], len };
        let bytes = file.iter().chain(again);
        out.key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(out)
    }

    /// Returns the bytes to burn, as in a key file.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        self.key.get(..self.len).unwrap_or_default()
    }

    /// Returns the key used for the digest.
    pub(super) const fn cipher_key(&self) -> &[u8; 32] {
        &self.key
    }
}

impl ConstantTimeEq for BootloaderKeyV1 {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.expose_bytes().ct_eq(other.expose_bytes())
    }
}

impl fmt::Debug for BootloaderKeyV1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BootloaderKeyV1([elided])")
    }
}

/// Derives the bootloader key of the reflashable mode: the SHA-256 of the private key that signs apps.
///
/// For a chip with 3/4 coding, the key file is its first 24 bytes.
///
/// # Errors
///
/// [`Error::Scalar`] unless the big-endian scalar is between 1 and the order of P-256.
pub fn reflashable_key_v1(private_scalar: &[u8; 32]) -> Result<BootloaderKeyV1, Error> {
    if !is_scalar(private_scalar) {
        return Err(Error::Scalar);
    }
    let digest: Zeroizing<[u8; 32]> = Zeroizing::new(Sha256::digest(private_scalar).into());
    BootloaderKeyV1::new(digest.as_slice())
}

/// Returns whether a number is neither 0 nor at least the order, in constant time.
fn is_scalar(number: &[u8; 32]) -> bool {
    let bits = number.iter().fold(0, |bits, byte| bits | byte);
    let below = number.iter().zip(&ORDER).rev().fold(0_u16, |borrow, (byte, order)| {
        // The highest bit is set if the difference is negative.
        u16::from(*byte).wrapping_sub(u16::from(*order)).wrapping_sub(borrow) >> 15
    });
    (bits != 0) & (below == 1)
}

/// The order n of P-256; FIPS 186-4, D.1.2.3.
const ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
    0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_from_1_to_the_order_less_1() {
        let mut one = [0; 32];
        one[31] = 1;
        let mut last = ORDER;
        last[31] -= 1;
        let mut after = ORDER;
        after[31] += 1;
        let mut small = ORDER;
        small[0] = 0;
        for (number, wanted) in [
            ([0; 32], false),
            (one, true),
            (last, true),
            (small, true),
            (ORDER, false),
            (after, false),
            ([0xFF; 32], false),
        ] {
            assert_eq!(is_scalar(&number), wanted, "{number:02x?}");
        }
    }
}
