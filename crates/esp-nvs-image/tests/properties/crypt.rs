//! Any image and any keys: decryption is the inverse of encryption and vice versa, only written
//! slots change, and a rejected image stays unchanged. The keys are the bytes after the last
//! complete page.

use esp_nvs_image::{NvsKeys, decrypt, encrypt};

const PAGE: usize = 4096;
const SLOT: usize = 32;

fn keys(tail: &[u8]) -> NvsKeys {
    let mut raw: [u8; NvsKeys::RAW_LEN] = std::array::from_fn(|i| u8::try_from(i).unwrap());
    raw.iter_mut().zip(tail).for_each(|(byte, mask)| *byte ^= mask);
    // The tail can make both keys equal, which is rejected.
    NvsKeys::from_raw(&raw).unwrap_or_else(|_| NvsKeys::new([1; 32], [2; 32]).unwrap())
}

/// The two bits of a slot; the header and the bitmap itself, slots -2 and -1, count as empty.
fn is_written(page: &[u8], piece: usize) -> bool {
    piece
        .checked_sub(2)
        .is_some_and(|slot| page[32 + slot / 4] >> (2 * (slot % 4)) & 3 == 0b10)
}

pub(crate) fn property(input: &[u8]) {
    let (plain, tail) = input.split_at(input.len() / PAGE * PAGE);
    let keys = keys(tail);
    let mut image = input.to_vec();
    if !tail.is_empty() {
        assert!(encrypt(&mut image, &keys).is_err());
        assert!(decrypt(&mut image, &keys).is_err());
        assert_eq!(image, input);
    }
    let mut image = plain.to_vec();
    if let Err(error) = encrypt(&mut image, &keys) {
        assert_eq!(decrypt(&mut image, &keys), Err(error));
        assert_eq!(image, plain);
        return;
    }
    for (page, before) in image.chunks(PAGE).zip(plain.chunks(PAGE)) {
        let changed = page.chunks(SLOT).zip(before.chunks(SLOT)).map(|(a, b)| a != b);
        let changed = changed.collect::<Vec<_>>();
        // Either the page is intact and all its written slots are encrypted, or none is.
        let expected = (0..PAGE / SLOT)
            .map(|piece| is_written(before, piece))
            .collect::<Vec<_>>();
        assert!(changed == expected || !changed.contains(&true));
    }
    decrypt(&mut image, &keys).unwrap();
    assert_eq!(image, plain);
    decrypt(&mut image, &keys).unwrap();
    encrypt(&mut image, &keys).unwrap();
    assert_eq!(image, plain);
}
