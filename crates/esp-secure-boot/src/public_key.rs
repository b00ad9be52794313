mod curve;
mod der;
mod modular;

use core::fmt;

use sha2::{Digest, Sha256};

use crate::digest::hex;
use crate::layout::KEY_AREA;
use crate::{BootKeyKind, Error};

/// A secure boot public key, as stored in a signature block.
///
/// A device trusts its [`BootPublicKey::key_digest`]. For secure boot version 1, a key of kind
/// [`BootKeyKind::EcdsaP256`] verifies apps.
#[derive(Clone, PartialEq, Eq)]
pub struct BootPublicKey {
    kind: BootKeyKind,
    /// Zeros after the area's length.
    area: [u8; KEY_AREA],
    digest: [u8; 32],
}

impl BootPublicKey {
    /// Reads a SubjectPublicKeyInfo in DER: an RSA key, or an uncompressed point on P-192, P-256 or P-384.
    ///
    /// # Errors
    ///
    /// [`Error::PublicKeyForm`] for another structure, [`Error::PublicKeyAlgorithm`] for another algorithm or curve, and
    /// the errors of [`BootPublicKey::from_rsa`] and [`BootPublicKey::from_ecdsa`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        der::decode(der)
    }

    /// Makes an RSA key from its big-endian modulus and exponent.
    ///
    /// # Errors
    ///
    /// [`Error::RsaKeySize`] unless the modulus has 3072 bits, [`Error::RsaModulusEven`], and [`Error::RsaExponent`]
    /// unless the exponent is 65537.
    pub fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, Error> {
        let modulus = without_zeros(modulus);
        let zeros = modulus.first().map_or(0, |byte| byte.leading_zeros());
        let bits = u32::try_from(modulus.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(8)
            .saturating_sub(zeros);
        let mut little: [u8; 384] = match modulus.try_into() {
            Ok(bytes) if bits == 3072 => bytes,
            _ => return Err(Error::RsaKeySize { bits }),
        };
        let exponent = without_zeros(exponent);
        if exponent != [1, 0, 1] {
            let shift = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
            let exponent = (exponent.len() <= 8).then(|| exponent.iter().fold(0, shift));
            return Err(Error::RsaExponent { exponent });
        }
        little.reverse();
        Self::from_rsa_little(&little)
    }

    /// Makes an RSA key from the modulus of a block, with exponent 65537.
    pub(crate) fn from_rsa_little(modulus: &[u8; 384]) -> Result<Self, Error> {
        match modulus {
            [first, ..] if first & 1 == 0 => return Err(Error::RsaModulusEven),
            [.., last] if last.leading_zeros() != 0 => return Err(Error::RsaKeySize { bits: bits(modulus) }),
            _ => {}
        }
        let lowest = modulus.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let factor = factor(modulus);
        let parts = [
            modulus.as_slice(),
            &EXPONENT.to_le_bytes(),
            factor.as_flattened(),
            &minus_inverse(lowest).to_le_bytes(),
        ];
        Ok(Self::from_parts(BootKeyKind::Rsa3072, &parts))
    }

    /// Makes a key from the big-endian coordinates of a point, of 24, 32 or 48 bytes each.
    ///
    /// # Errors
    ///
    /// [`Error::PublicKeyLength`] for coordinates of another length or a kind without coordinates, and
    /// [`Error::PublicKeyPoint`] when the point is not on the curve.
    pub fn from_ecdsa(kind: BootKeyKind, x: &[u8], y: &[u8]) -> Result<Self, Error> {
        let len = kind.number_len();
        if kind == BootKeyKind::Rsa3072 || x.len() != len || y.len() != len {
            let len = if x.len() == len { y.len() } else { x.len() };
            return Err(Error::PublicKeyLength { kind, len });
        }
        let mut little = [0; 96];
        let reversed = x.iter().rev().chain(y.iter().rev());
        little.iter_mut().zip(reversed).for_each(|(to, from)| *to = *from);
        let (x, rest) = little.split_at_checked(len).unwrap_or_default();
        Self::from_ecdsa_little(kind, x, rest.get(..len).unwrap_or_default())
    }

    /// Makes a key from the coordinates of a block.
    pub(crate) fn from_ecdsa_little(kind: BootKeyKind, x: &[u8], y: &[u8]) -> Result<Self, Error> {
        if !curve::has_point(kind, x, y) {
            return Err(Error::PublicKeyPoint { kind });
        }
        Ok(Self::from_parts(kind, &[&[kind.curve()], x, y]))
    }

    fn from_parts(kind: BootKeyKind, parts: &[&[u8]]) -> Self {
        let mut key = Self {
            kind,
            area: [0; KEY_AREA],
            digest: [0; 32],
        };
        let bytes = parts.iter().copied().flatten();
        key.area.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        key.digest = Sha256::digest(key.area()).into();
        key
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> BootKeyKind {
        self.kind
    }

    /// Returns the SHA-256 to burn into the eFuses, in this byte order.
    #[must_use]
    pub const fn key_digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Returns the part of a block that the digest covers.
    pub(crate) fn area(&self) -> &[u8] {
        self.area.get(..self.kind.key_area_len()).unwrap_or_default()
    }

    /// Returns the modulus, or X and Y, little-endian.
    #[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
    pub(crate) fn numbers(&self) -> &[u8] {
        let range = match self.kind {
            BootKeyKind::Rsa3072 => 0..384,
            kind => 1..1 + 2 * kind.number_len(),
        };
        self.area.get(range).unwrap_or_default()
    }
}

impl fmt::Debug for BootPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BootPublicKey({}, digest ", self.kind)?;
        hex(f, &self.digest)?;
        f.write_str(")")
    }
}

/// A key of the curve's crate is always a point on the curve.
macro_rules! from_verifying_key {
    ($curve:ident, $feature:literal, $kind:ident) => {
        #[cfg(feature = $feature)]
        impl From<&$curve::ecdsa::VerifyingKey> for BootPublicKey {
            fn from(key: &$curve::ecdsa::VerifyingKey) -> Self {
                let kind = BootKeyKind::$kind;
                let mut numbers = [0; 2 * BootKeyKind::$kind.number_len()];
                let point = key.to_sec1_point(false);
                let bytes = point.as_bytes().iter().skip(1);
                numbers.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                numbers
                    .chunks_exact_mut(kind.number_len())
                    .for_each(<[u8]>::reverse);
                Self::from_parts(kind, &[&[kind.curve()], &numbers])
            }
        }

        #[cfg(feature = $feature)]
        impl From<$curve::ecdsa::VerifyingKey> for BootPublicKey {
            fn from(key: $curve::ecdsa::VerifyingKey) -> Self {
                (&key).into()
            }
        }
    };
}

from_verifying_key!(p256, "p256", EcdsaP256);
from_verifying_key!(p384, "p384", EcdsaP384);

#[cfg(feature = "rsa")]
impl TryFrom<rsa::PublicKey> for BootPublicKey {
    type Error = Error;

    fn try_from(key: rsa::PublicKey) -> Result<Self, Error> {
        (&key).try_into()
    }
}

#[cfg(feature = "rsa")]
impl TryFrom<&rsa::PublicKey> for BootPublicKey {
    type Error = Error;

    fn try_from(key: &rsa::PublicKey) -> Result<Self, Error> {
        use rsa::traits::PublicKeyParts;

        Self::from_rsa(&key.n().to_be_bytes(), &key.e().to_be_bytes())
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn bits(little: &[u8; 384]) -> u32 {
    let zeros = little.iter().rev().take_while(|byte| **byte == 0).count();
    let top = little.iter().rev().nth(zeros).map_or(8, |byte| byte.leading_zeros());
    let whole = 3072_usize.saturating_sub(zeros.saturating_mul(8));
    u32::try_from(whole)
        .unwrap_or(0)
        .saturating_sub(if zeros == 384 { 0 } else { top })
}

/// Computes 2^6144 mod n for an odd 3072-bit n, a constant of the RSA peripheral's Montgomery multiplication.
fn factor(modulus: &[u8; 384]) -> [[u8; 8]; WORDS] {
    let n = modular::from_le_bytes::<WORDS>(modulus);
    // 2^3072 - n is less than n, whose highest bit is set.
    let start = modular::wrapping_sub(&[0; WORDS], &n);
    let factor = (0..3072).fold(start, |power, _| modular::add(&power, &power, &n));
    factor.map(u64::to_le_bytes)
}

/// Computes -(n^-1) mod 2^32 for an odd n. Each step of Newton's iteration doubles the number of correct bits; an odd
/// number is its own inverse modulo 2^3.
fn minus_inverse(n: u32) -> u32 {
    let step = |inverse: u32| inverse.wrapping_mul(2_u32.wrapping_sub(n.wrapping_mul(inverse)));
    (0..4).fold(n, |inverse, _| step(inverse)).wrapping_neg()
}

const EXPONENT: u32 = 65537;
const WORDS: usize = 3072 / 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_inverse_times_number_is_minus_one() {
        for n in [1, 3, 5, 0x7FFF_FFFF, 0x8000_0001, 0xDEAD_BEEF, u32::MAX] {
            assert_eq!(n.wrapping_mul(minus_inverse(n)), u32::MAX, "{n:#x}");
        }
    }

    #[test]
    fn bits_are_counted_from_the_highest_that_is_set() {
        let mut number = [0; 384];
        assert_eq!(bits(&number), 0);
        number[1] = 1;
        assert_eq!(bits(&number), 9);
        number[383] = 0x40;
        assert_eq!(bits(&number), 3071);
    }
}
