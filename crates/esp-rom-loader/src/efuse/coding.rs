//! The coding of block data before programming.

/// Returns the 12 check bytes of the Reed-Solomon code RS(44, 32) of a block.
///
/// The field has 256 elements with the polynomial x^8 + x^4 + x^3 + x^2 + 1; the roots of the generator are x^0 to x^11.
/// Source: technical reference manuals, "eFuse Controller", "Programming of Parameters"; the roots agree with the chips
/// that espefuse simulates.
pub(super) fn rs_check_bytes(block: &[u8; 32]) -> [u8; 12] {
    let generator = generator();
    let mut remainder = [0_u8; 12];
    for byte in block {
        let [first, rest @ ..] = remainder;
        let factor = first ^ byte;
        let mut next = [0_u8; 12];
        for (place, old) in next.iter_mut().zip(rest.into_iter().chain([0])) {
            *place = old;
        }
        for (place, coefficient) in next.iter_mut().zip(generator) {
            *place ^= multiply(factor, coefficient);
        }
        remainder = next;
    }
    remainder
}

/// The coefficients of the generator polynomial after its leading 1, the highest first.
fn generator() -> [u8; 12] {
    // The lowest coefficient is first while the polynomial grows.
    let mut polynomial = vec![1_u8];
    let mut root = 1_u8;
    for _ in 0..12 {
        // Times (x + root).
        let shifted = core::iter::once(&0).chain(&polynomial);
        let scaled = polynomial.iter().chain(core::iter::once(&0));
        polynomial = shifted
            .zip(scaled)
            .map(|(high, low)| high ^ multiply(*low, root))
            .collect();
        root = multiply(root, 2);
    }
    let mut coefficients = [0; 12];
    for (place, coefficient) in coefficients.iter_mut().zip(polynomial.iter().rev().skip(1)) {
        *place = *coefficient;
    }
    coefficients
}

/// Multiplies in the field of 256 elements, without branches on key bits.
fn multiply(a: u8, b: u8) -> u8 {
    let mut product = 0;
    let mut power = a;
    for bit in 0..8_u32 {
        product ^= power & (b.wrapping_shr(bit) & 1).wrapping_neg();
        let carry = power.wrapping_shr(7).wrapping_neg();
        power = power.wrapping_shl(1) ^ (0x1D & carry);
    }
    product
}

/// The coding of the ESP32's blocks 1 to 3: the field CODING_SCHEME.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Esp32Coding {
    None,
    ThreeQuarters,
    Repeat,
}

impl Esp32Coding {
    pub(super) const fn of(coding_scheme: u32) -> Self {
        match coding_scheme {
            1 => Self::ThreeQuarters,
            2 => Self::Repeat,
            // 3 also means "none".
            _ => Self::None,
        }
    }

    /// Returns the number of data bytes in a block.
    pub(super) const fn data_len(self) -> usize {
        match self {
            Self::None => 32,
            Self::ThreeQuarters => 24,
            Self::Repeat => 16,
        }
    }

    /// Encodes the data of a block; the first [`Esp32Coding::data_len`] bytes are used.
    pub(super) fn encode(self, data: &[u8; 32]) -> [u8; 32] {
        let mut coded = [0; 32];
        match self {
            Self::None => coded = *data,
            Self::ThreeQuarters => {
                // Six bytes, their XOR, and the sum of each byte's number of set bits times its position.
                for (group, six) in coded.chunks_exact_mut(8).zip(data.chunks_exact(6)) {
                    let xor = six.iter().fold(0, |sum, byte| sum ^ byte);
                    let count = (1_u32..).zip(six).fold(0_u32, |sum, (place, byte)| {
                        sum.wrapping_add(place.wrapping_mul(byte.count_ones()))
                    });
                    let [count, ..] = count.to_le_bytes();
                    let all = six.iter().copied().chain([xor, count]);
                    group.iter_mut().zip(all).for_each(|(place, byte)| *place = byte);
                }
            }
            Self::Repeat => {
                for half in coded.chunks_exact_mut(16) {
                    half.iter_mut().zip(data).for_each(|(place, byte)| *place = *byte);
                }
            }
        }
        coded
    }
}

pub(super) fn words_of(bytes: &[u8; 32]) -> [u32; 8] {
    let mut words = [0; 8];
    for (word, four) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*four);
    }
    words
}

pub(super) fn bytes_of(words: &[u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().zip(words.iter().flat_map(|word| word.to_le_bytes())) {
        *place = byte;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The register values that espefuse 5.6.0 wrote on a virtual chip: see `tests/data/README.md`.
    const RS_VECTORS: [([u32; 8], [u32; 3]); 3] = [
        ([u32::MAX; 8], [0x9262_A313, 0x2504_7459, 0xAAE0_7573]),
        (
            [
                0x0302_0100,
                0x0706_0504,
                0x0B0A_0908,
                0x0F0E_0D0C,
                0x1312_1110,
                0x1716_1514,
                0x1B1A_1918,
                0x1F1E_1D1C,
            ],
            [0x0D47_4CA0, 0x03B2_FC3F, 0x13F4_E9DA],
        ),
        (
            [
                0x2265_B1F5,
                0x91B7_584A,
                0xD8F1_6ADF,
                0xCD61_3E30,
                0xC386_BBC4,
                0x1027_C4D1,
                0x414C_343C,
                0x1E2F_EB89,
            ],
            [0x3C5E_C44F, 0xCCF1_0C0D, 0xC24E_0F11],
        ),
    ];

    #[test]
    fn reed_solomon_check_bytes_are_those_of_espefuse() {
        for (words, check) in RS_VECTORS {
            let bytes = rs_check_bytes(&bytes_of(&words));
            let found: Vec<u32> = bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|four| u32::from_le_bytes(*four))
                .collect();
            assert_eq!(found, check, "{words:08x?}");
        }
        assert_eq!(rs_check_bytes(&[0; 32]), [0; 12]);
    }

    #[test]
    fn three_quarters_coding_is_that_of_espefuse() {
        let mut data = [0; 32];
        let key = [
            0x7B, 0xD5, 0xD4, 0x7E, 0x44, 0x6F, 0xCE, 0xC2, 0xA3, 0xD8, 0x11, 0x73, 0x61, 0x10, 0xE5, 0x78, 0x1B, 0xCC,
            0xCE, 0xA6, 0x96, 0x76, 0x2E, 0x61,
        ];
        data[..24].copy_from_slice(&key);
        let coded = words_of(&Esp32Coding::ThreeQuarters.encode(&data));
        let expected = [
            0x7ED4_D57B,
            0x622F_6F44,
            0xD8A3_C2CE,
            0x4F15_7311,
            0x78E5_1061,
            0x503B_CC1B,
            0x7696_A6CE,
            0x53C7_612E,
        ];
        assert_eq!(coded, expected, "{coded:08x?}");
    }

    #[test]
    fn repeat_coding_duplicates_the_data() {
        let mut data = [0; 32];
        data[..16].copy_from_slice(&[7; 16]);
        assert_eq!(Esp32Coding::Repeat.encode(&data), [7; 32]);
        assert_eq!(Esp32Coding::None.encode(&data), data);
    }

    #[test]
    fn multiplication_is_that_of_a_naive_one() {
        let naive = |a: u8, b: u8| {
            let mut product = (0..8)
                .filter(|bit| b >> bit & 1 == 1)
                .fold(0_u16, |sum, bit| sum ^ u16::from(a) << bit);
            for bit in (8..16).rev() {
                if product >> bit & 1 == 1 {
                    product ^= 0x11D << (bit - 8);
                }
            }
            u8::try_from(product).unwrap()
        };
        for a in 0..=u8::MAX {
            for b in 0..=u8::MAX {
                assert_eq!(multiply(a, b), naive(a, b), "{a} {b}");
            }
        }
    }
}
