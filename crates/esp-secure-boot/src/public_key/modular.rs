//! Arithmetic modulo a public number, not in constant time: for the RSA peripheral's constants and the check that a point
//! is on its curve. Numbers are arrays of words, the lowest first.

/// Reads a little-endian number; bytes after the last word are ignored.
pub(super) fn from_le_bytes<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    }
    words
}

/// Returns whether a number is below another.
pub(super) fn is_below<const N: usize>(a: &[u64; N], b: &[u64; N]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// Returns a - b mod 2^64N.
pub(super) fn wrapping_sub<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let mut out = *a;
    let mut borrow = false;
    for (out, b) in out.iter_mut().zip(b) {
        let (difference, first) = out.overflowing_sub(*b);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        *out = difference;
        borrow = first | second;
    }
    out
}

/// Returns a + b mod m, for a and b below m.
pub(super) fn add<const N: usize>(a: &[u64; N], b: &[u64; N], m: &[u64; N]) -> [u64; N] {
    let mut out = *a;
    let mut carry = false;
    for (out, b) in out.iter_mut().zip(b) {
        let (sum, first) = out.overflowing_add(*b);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        *out = sum;
        carry = first | second;
    }
    if carry || !is_below(&out, m) {
        wrapping_sub(&out, m)
    } else {
        out
    }
}

/// Returns a * b mod m, for a below m.
pub(super) fn multiply<const N: usize>(a: &[u64; N], b: &[u64; N], m: &[u64; N]) -> [u64; N] {
    let mut out = [0; N];
    for word in b.iter().rev() {
        for bit in (0..u64::BITS).rev() {
            out = add(&out, &out, m);
            if (word >> bit) & 1 == 1 {
                out = add(&out, a, m);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_machine_words() {
        let m = u64::MAX - 58;
        for (a, b) in [
            (0, 7),
            (1, m - 1),
            (m - 1, m - 1),
            (0x1234_5678_9ABC_DEF0, 0xFEDC_BA98_7654_3210),
        ] {
            let wanted = u128::from(a) * u128::from(b) % u128::from(m);
            assert_eq!(u128::from(multiply(&[a], &[b], &[m])[0]), wanted);
        }
    }
}
