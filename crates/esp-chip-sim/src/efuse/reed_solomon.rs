//! The code of eFuse blocks: 32 bytes of data and 12 check bytes over GF(256).
//!
//! Source: chip technical reference manuals, chapter "eFuse Controller", RS (44, 32).

pub(super) const DATA: usize = 32;
pub(super) const CHECK: usize = 12;

/// x^8 + x^4 + x^3 + x^2 + 1 without its highest term.
const POLYNOMIAL: u8 = 0x1D;

/// Multiplies by x.
const fn double(element: u8) -> u8 {
    let shifted = element << 1;
    if element & 0x80 == 0 {
        shifted
    } else {
        shifted ^ POLYNOMIAL
    }
}

const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 != 0 {
            product ^= a;
        }
        a = double(a);
        b >>= 1;
    }
    product
}

/// Returns whether data and check bytes match: every root of the generator is a root of the word.
pub(super) fn is_codeword(data: &[u8; DATA], check: &[u8; CHECK]) -> bool {
    let mut root = 1;
    for _ in 0..CHECK {
        let word = data.iter().chain(check);
        if word.fold(0, |value, byte| multiply(value, root) ^ byte) != 0 {
            return false;
        }
        root = double(root);
    }
    true
}

/// Returns the check bytes of factory-programmed data.
pub(super) fn check_bytes(data: &[u8; DATA]) -> [u8; CHECK] {
    let generator = generator();
    let mut check = [0; CHECK];
    for byte in data {
        let [first, ..] = check;
        let factor = first ^ byte;
        check.rotate_left(1);
        if let Some(last) = check.last_mut() {
            *last = 0;
        }
        for (cell, term) in check.iter_mut().zip(generator) {
            *cell ^= multiply(factor, term);
        }
    }
    check
}

/// The product of x - 2^i for i from 0 to 11, without its highest term, in descending order.
fn generator() -> [u8; CHECK] {
    let mut terms = [0_u8; CHECK];
    let mut root = 1;
    for degree in 0..CHECK {
        // Multiplies x^degree + terms by x + root.
        let mut carry = 1;
        for term in terms.iter_mut().take(degree.saturating_add(1)) {
            let old = *term;
            *term = old ^ multiply(carry, root);
            carry = old;
        }
        root = double(root);
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_bytes_are_those_of_another_encoder() {
        // reedsolo 1.7.0: RSCodec(12).encode(bytes(range(32)))[32:]
        let data = core::array::from_fn(|index| u8::try_from(index).unwrap());
        let check = check_bytes(&data);
        assert_eq!(check, REEDSOLO);
        assert!(is_codeword(&data, &check));
    }

    #[test]
    fn a_changed_byte_is_no_codeword() {
        let data = [0x5A; DATA];
        let check = check_bytes(&data);
        for index in 0..DATA {
            let mut changed = data;
            changed[index] ^= 1;
            assert!(!is_codeword(&changed, &check));
        }
        assert!(is_codeword(&[0; DATA], &[0; CHECK]));
    }

    const REEDSOLO: [u8; CHECK] = [0xA0, 0x4C, 0x47, 0x0D, 0x3F, 0xFC, 0xB2, 0x03, 0xDA, 0xE9, 0xF4, 0x13];
}
