//! Multiples of a point of the curve: of the base point, for new keys and signatures, or of a public key that verifies
//! many signatures.
//!
//! The scalar is split into 43 windows of 6 bits, each converted to a digit from -31 to 32. For each window the table
//! has 1 to 32 times 64^window times the point, so one addition per window is enough: 43, where p256's own table of the
//! base point takes 66 and four doublings. Every entry of a window is read and the addition is made for any digit, so
//! time and memory accesses do not depend on the scalar.

use alloc::vec::Vec;

use p256::elliptic_curve::group::{Curve, Group};
use p256::elliptic_curve::subtle::{ConditionallySelectable, ConstantTimeEq};
use p256::elliptic_curve::zeroize::Zeroizing;
use p256::{AffinePoint, NonZeroScalar, ProjectivePoint, Scalar};

const WINDOW_BITS: usize = 6;
const ENTRIES: usize = 32;
const WINDOWS: usize = 43;

/// The table of one point: 99 KiB.
#[derive(Clone)]
pub(crate) struct Multiples(Vec<AffinePoint>);

impl Multiples {
    /// Builds the table, which takes as long as about ten multiplications without one.
    pub(crate) fn new(point: ProjectivePoint) -> Self {
        let mut base = point;
        let mut multiples = Vec::with_capacity(WINDOWS * ENTRIES);
        for _ in 0..WINDOWS {
            let mut multiple = ProjectivePoint::IDENTITY;
            for _ in 0..ENTRIES {
                multiple += base;
                multiples.push(multiple);
            }
            // 32 times the base, doubled.
            base = multiple.double();
        }
        let mut table = alloc::vec![AffinePoint::IDENTITY; multiples.len()];
        ProjectivePoint::batch_normalize(&multiples, &mut table);
        Self(table)
    }

    /// Multiplies the point in constant time.
    pub(crate) fn multiply(&self, scalar: &Scalar) -> ProjectivePoint {
        let digits = Zeroizing::new(digits(scalar));
        let mut sum = ProjectivePoint::IDENTITY;
        for (window, &(negative, magnitude)) in self.0.chunks_exact(ENTRIES).zip(digits.iter()) {
            let mut entry = AffinePoint::IDENTITY;
            for (value, multiple) in (1u8..).zip(window) {
                entry.conditional_assign(multiple, magnitude.ct_eq(&value));
            }
            entry.conditional_assign(&-entry, negative.ct_eq(&1));
            sum += entry;
        }
        sum
    }
}

/// Returns the point of a private key or a nonce: the scalar times the base point, in constant time.
pub(crate) fn base_multiple(scalar: &NonZeroScalar) -> AffinePoint {
    #[cfg(feature = "aws-lc-rs")]
    if let Some(point) = crate::aws_lc::base_multiple(scalar) {
        return point;
    }
    multiply_base(scalar).to_affine()
}

/// Multiplies the base point in constant time.
#[cfg(feature = "std")]
pub(crate) fn multiply_base(scalar: &Scalar) -> ProjectivePoint {
    static TABLE: std::sync::OnceLock<Multiples> = std::sync::OnceLock::new();
    TABLE
        .get_or_init(|| Multiples::new(ProjectivePoint::GENERATOR))
        .multiply(scalar)
}

/// Multiplies the base point in constant time.
#[cfg(not(feature = "std"))]
pub(crate) fn multiply_base(scalar: &Scalar) -> ProjectivePoint {
    ProjectivePoint::mul_by_generator(scalar)
}

/// Returns for each window the sign (1 if negative) and the magnitude of its digit.
fn digits(scalar: &Scalar) -> [(u8, u8); WINDOWS] {
    let bytes = Zeroizing::new(<[u8; 32]>::from(scalar.to_bytes()));
    let bit = |at: usize| {
        let byte = bytes.get(31usize.wrapping_sub(at / 8)).copied().unwrap_or(0);
        byte >> (at % 8) & 1
    };
    let mut carry = 0u8;
    core::array::from_fn(|window| {
        let bits = (0..WINDOW_BITS).fold(0, |bits, at| bits | bit(window * WINDOW_BITS + at) << at);
        // From 0 to 64; values above 32 are reduced by 64, with a carry to the next window.
        let value = bits + carry;
        carry = (value + 31) >> 6;
        let mask = 0u8.wrapping_sub(carry);
        // 64 - value for a negative digit, otherwise value.
        let magnitude = (value ^ mask).wrapping_add(carry).wrapping_add(carry << 6);
        (carry, magnitude)
    })
}

#[cfg(test)]
mod tests {
    use p256::elliptic_curve::PrimeField;
    use proptest::prelude::*;

    use super::*;

    fn check(scalar: Scalar) {
        let base = ProjectivePoint::GENERATOR;
        assert_eq!(multiply_base(&scalar), base * scalar, "{scalar:?}");
        if let Some(scalar) = NonZeroScalar::new(scalar).into_option() {
            assert_eq!(base_multiple(&scalar), (base * *scalar).to_affine(), "{scalar:?}");
        }
    }

    #[test]
    fn agrees_at_the_ends_and_where_windows_carry() {
        for small in 0..200u64 {
            check(Scalar::from(small));
            check(-Scalar::from(small));
        }
        for shift in 0..256usize {
            let mut power = Scalar::ONE;
            for _ in 0..shift {
                power = power.double();
            }
            check(power);
            check(power - Scalar::ONE);
            check(power * Scalar::from(33u64));
            check(power * Scalar::from(32u64));
        }
    }

    #[test]
    fn other_points_have_tables_too() {
        let point = ProjectivePoint::GENERATOR * Scalar::from(0x1234_5678_9abc_def0u64);
        let table = Multiples::new(point);
        let mut scalar = Scalar::from(3u64);
        for _ in 0..50 {
            assert_eq!(table.multiply(&scalar), point * scalar, "{scalar:?}");
            scalar = scalar.square();
        }
        assert_eq!(
            Multiples::new(ProjectivePoint::IDENTITY).multiply(&scalar),
            ProjectivePoint::IDENTITY
        );
    }

    proptest! {
        #[test]
        fn agrees_with_p256(bytes in any::<[u8; 32]>()) {
            if let Some(scalar) = Scalar::from_repr(bytes.into()).into_option() {
                check(scalar);
            }
        }
    }
}
