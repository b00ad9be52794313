use crc32fast::Hasher;

/// Computes the checksum of records: CRC-32 with the reflected polynomial 0xEDB88320, initial
/// register 0, final XOR with all ones.
///
/// The ROM function `esp_rom_crc32_le(0xffffffff, ..)` inverts its first argument, so that the
/// register starts at 0, unlike in the common CRC-32.
pub(crate) fn crc32(parts: &[&[u8]]) -> u32 {
    let mut hasher = Hasher::new_with_initial(0xFFFF_FFFF);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bitwise computation from the definition.
    fn naive(data: &[u8]) -> u32 {
        let mut register = 0u32;
        for byte in data {
            register ^= u32::from(*byte);
            for _ in 0..8 {
                register = if register & 1 == 1 {
                    (register >> 1) ^ 0xEDB8_8320
                } else {
                    register >> 1
                };
            }
        }
        !register
    }

    #[test]
    fn agrees_with_python_zlib_and_with_the_definition() {
        // zlib.crc32(b"123456789", 0xFFFFFFFF) and zlib.crc32(b"", 0xFFFFFFFF)
        assert_eq!(crc32(&[b"123456789"]), 0xD202_D277);
        assert_eq!(crc32(&[]), 0xFFFF_FFFF);
        let data: [u8; 300] = core::array::from_fn(|i| u8::try_from(i * 7 % 251).unwrap());
        for split in [0, 1, 4, 31, 299, 300] {
            let (a, b) = data.split_at(split);
            assert_eq!(crc32(&[a, b]), naive(&data));
        }
    }
}
