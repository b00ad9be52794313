//! Character widths of Helvetica, one of the standard fonts of PDF.

/// Font weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// Widths of the characters 0x20 to 0x7E and 0xA0 to 0xFF, in thousandths of the font size (Adobe Core 14 font metrics,
/// Helvetica.afm and Helvetica-Bold.afm).
#[rustfmt::skip]
const REGULAR: [u16; 191] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778,
    722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278,
    278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, 278, 333, 556, 556, 556,
    556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333, 556, 537, 278, 333,
    333, 365, 556, 834, 834, 834, 611, 667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278,
    278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556,
    556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];
#[rustfmt::skip]
const BOLD: [u16; 191] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778,
    722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333,
    278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584, 278, 333, 556, 556, 556,
    556, 280, 556, 333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333, 611, 556, 278, 333,
    333, 365, 556, 834, 834, 834, 611, 722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278,
    278, 278, 278, 722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556,
    556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278, 278, 278, 278, 611, 611, 611, 611, 611,
    611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];
/// Widths of characters that Helvetica lacks, not narrower than in common fonts: full-width letters, and others.
const WIDE: u16 = 1000;
const OTHER: u16 = 850;
/// The first of the scripts with full-width letters.
const FIRST_WIDE: char = '\u{1100}';

/// Returns the width of a text relative to the letter size.
pub(crate) fn width(text: &str, weight: Weight) -> f64 {
    let letters = text.chars().map(|letter| u32::from(letter_width(letter, weight)));
    f64::from(letters.fold(0, u32::saturating_add)) / 1000.0
}

fn letter_width(letter: char, weight: Weight) -> u16 {
    let table = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    let index = match letter {
        ' '..='~' => u32::from(letter) - 0x20,
        '\u{A0}'..='\u{FF}' => u32::from(letter) - 0xA0 + 95,
        _ => return if letter >= FIRST_WIDE { WIDE } else { OTHER },
    };
    let width = usize::try_from(index).ok().and_then(|index| table.get(index));
    width.copied().unwrap_or(WIDE)
}

/// Returns whether the width of a text is exact: Helvetica has all its characters, those of Latin-1.
pub(crate) fn has(text: &str) -> bool {
    text.chars()
        .all(|letter| matches!(letter, ' '..='~' | '\u{A0}'..='\u{FF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_equally_wide_and_known_letters_have_their_widths() {
        for digit in '0'..='9' {
            assert_eq!(
                (letter_width(digit, Weight::Regular), letter_width(digit, Weight::Bold)),
                (556, 556)
            );
        }
        for (letter, regular, bold) in [
            (' ', 278, 278),
            ('W', 944, 944),
            ('i', 222, 278),
            ('~', 584, 584),
            ('ß', 611, 611),
            ('ÿ', 500, 556),
        ] {
            assert_eq!(
                (
                    letter_width(letter, Weight::Regular),
                    letter_width(letter, Weight::Bold)
                ),
                (regular, bold),
                "{letter}"
            );
        }
        assert!((width("S/N 1", Weight::Regular) - 2.501).abs() < 1e-9);
        assert!(has("Lämp ÿ") && !has("Лампа") && !has("\u{7f}"));
    }
}
