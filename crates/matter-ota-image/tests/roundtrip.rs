//! Random headers are written, read back, and checked by the second reader.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

#[path = "support/judged.rs"]
mod judged;
#[path = "support/naive.rs"]
mod naive;
#[path = "support/random.rs"]
mod random;
#[path = "properties/read.rs"]
mod read;
#[path = "properties/write.rs"]
mod write;

use proptest::prelude::*;
use random::Random;

#[test]
fn three_hundred_random_headers_are_read_by_both_readers() {
    let mut random = Random::new(0x0018);
    for number in 0..300 {
        let (file, start) = random.file();
        let fields = naive::judge(&file).unwrap_or_else(|code| panic!("{number}: {code:#X}"));
        assert_eq!(judged::strict(&file), Ok(fields), "{number}");
        assert!(start <= matter_ota_image::OtaHeader::MAX_ENCODED_LEN);
    }
    println!("300 headers");
}

proptest! {
    #[test]
    fn any_bytes_are_read_by_both_readers_alike(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        read::property(&file);
    }

    /// After a complete fixed part, with the control bytes of the header's elements.
    #[test]
    fn any_elements_are_read_by_both_readers_alike(
        elements in proptest::collection::vec((any::<u8>(), 0u8..11, proptest::collection::vec(any::<u8>(), 0..9)), 0..14),
        regular in any::<bool>(),
    ) {
        let mut structure = vec![0x15];
        for (index, (control, tag, value)) in elements.iter().enumerate() {
            let kinds = [4, 5, 6, 0x0C, 4, 6, 6, 0x0C, 4, 0x10, 0x18];
            let tag = if regular { u8::try_from(index).unwrap() } else { *tag };
            match kinds.get(usize::from(tag)) {
                Some(kind) if regular || control % 4 > 0 => {
                    let len = u8::try_from(value.len()).unwrap();
                    structure.extend([0x20 | kind, tag]);
                    match kind {
                        0x0C | 0x10 => {
                            structure.push(len);
                            structure.extend(value);
                        }
                        0x18 => {}
                        _ => structure.extend([len, 1, 2, 3].iter().take(1 << (kind % 4))),
                    }
                }
                _ => {
                    structure.push(*control);
                    structure.extend(value);
                }
            }
        }
        structure.push(0x18);
        let mut file = vec![0x1E, 0xF1, 0xEE, 0x1B, 0, 0, 0, 0, 0, 0, 0, 0];
        file.extend(u32::try_from(structure.len()).unwrap().to_le_bytes());
        file.extend(structure);
        read::property(&file);
    }

    #[test]
    fn any_accepted_values_are_read_back(input in proptest::collection::vec(any::<u8>(), 20..400)) {
        let mut input = input;
        // Most other values would be refused immediately.
        input[17] %= 13;
        input[18] %= 70;
        for byte in input.iter_mut().skip(20) {
            *byte &= 0x7F;
        }
        write::property(&input);
    }
}
