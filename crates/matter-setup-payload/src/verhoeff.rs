//! The check digit of manual codes (Verhoeff's dihedral scheme, Matter Core Specification 5.1.4.1.5).

/// Product in the dihedral group of order ten: 0 to 4 are rotations, 5 to 9 reflections.
const fn multiply(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// The permutation applied to a digit once per place from the right.
const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

fn permute(digit: u8, times: usize) -> u8 {
    (0..times % 8).fold(digit, |digit, _| {
        PERMUTATION.get(usize::from(digit)).copied().unwrap_or_default()
    })
}

/// Returns the check digit for digits with values 0 to 9.
pub(crate) fn check_digit(digits: impl DoubleEndedIterator<Item = u8>) -> u8 {
    let sum = digits
        .rev()
        .enumerate()
        .fold(0, |sum, (place, digit)| multiply(sum, permute(digit, place + 1)));
    // The digit that makes the sum 0: the inverse of a rotation, or the reflection itself.
    if sum < 5 { (5 - sum) % 5 } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> u8 {
        check_digit(text.bytes().map(|b| b - b'0'))
    }

    #[test]
    fn group_table_equals_verhoeff_s() {
        // Rows of the multiplication table in Verhoeff, "Error Detecting Decimal Codes", 1969.
        for (a, row) in [(1, [1, 2, 3, 4, 0, 6, 7, 8, 9, 5]), (5, [5, 9, 8, 7, 6, 0, 4, 3, 2, 1])] {
            for (b, expected) in (0..).zip(row) {
                assert_eq!(multiply(a, b), expected, "{a} * {b}");
            }
        }
        assert_eq!(multiply(9, 1), 8);
    }

    #[test]
    fn known_check_digits() {
        assert_eq!(check("236"), 3);
        assert_eq!(check("3497011233"), 2);
        assert_eq!(check("70287126450438700018"), 7);
    }

    #[test]
    fn every_substitution_and_neighbour_swap_is_noticed() {
        let digits = [3u8, 4, 9, 7, 0, 1, 1, 2, 3, 3];
        let good = check_digit(digits.into_iter());
        for i in 0..10 {
            for other in (0..10).filter(|d| *d != digits[i]) {
                let mut changed = digits;
                changed[i] = other;
                assert_ne!(check_digit(changed.into_iter()), good);
            }
            if i > 0 && digits[i] != digits[i - 1] {
                let mut changed = digits;
                changed.swap(i, i - 1);
                assert_ne!(check_digit(changed.into_iter()), good);
            }
        }
    }
}
