//! Legibility of images: plain, blank, damaged, encrypted, decrypted with other keys.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_nvs_image::{
    BlobVersion, Editor, Key, Legibility, Namespace, NvsKeys, PartitionSize, Value, decrypt, encode_to_vec, encrypt,
};
use proptest::prelude::*;

fn keys(seed: u8) -> NvsKeys {
    NvsKeys::new([seed; 32], [!seed; 32]).unwrap()
}

fn image(values: &[Value<'_>]) -> Vec<u8> {
    let namespace = Namespace::new("ns").unwrap();
    let entries = values
        .iter()
        .enumerate()
        .map(|(n, value)| (namespace, Key::new(&format!("k{n}")).unwrap(), *value));
    encode_to_vec(PartitionSize::new(0x5000).unwrap(), BlobVersion::V2, entries).unwrap()
}

#[test]
fn images_without_entries_are_blank() {
    let mut torn = vec![0xFF; 0x3000];
    torn[..8].copy_from_slice(&[0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
    for mut image in [image(&[]), vec![0xFF; 0x3000], torn, Vec::new()] {
        assert_eq!(Legibility::of(&image), Legibility::Blank);
        if !image.is_empty() {
            encrypt(&mut image, &keys(1)).unwrap();
            assert_eq!(Legibility::of(&image), Legibility::Blank);
        }
    }
}

#[test]
fn entries_that_were_erased_leave_the_namespace_to_read() {
    let mut image = image(&[Value::from(1_u8)]);
    Editor::new(&mut image)
        .remove(&Namespace::new("ns").unwrap(), &Key::new("k0").unwrap())
        .unwrap();
    assert_eq!(Legibility::of(&image), Legibility::Legible);
    encrypt(&mut image, &keys(1)).unwrap();
    assert_ne!(Legibility::of(&image), Legibility::Legible);
}

#[test]
fn damaged_entries_are_not_reported_as_encrypted() {
    let mut image = image(&[Value::from(1_u8), Value::from(70_000_u32), Value::Str("a text")]);
    image[64 + 24] ^= 1;
    assert_eq!(Legibility::of(&image), Legibility::Legible, "others can be read");
    for slot in 0..6 {
        image[64 + 32 * slot + 5] ^= 1;
    }
    assert_eq!(Legibility::of(&image), Legibility::Damaged);
    assert_eq!(Legibility::of(&[0x55; 0x2000]), Legibility::Damaged, "no page at all");
}

#[test]
fn random_bytes_without_a_page_may_be_encrypted() {
    let mut state = 1_u32;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    assert_eq!(
        Legibility::of(&bytes.take(0x3000).collect::<Vec<_>>()),
        Legibility::Encrypted
    );
}

proptest! {
    #[test]
    fn encrypted_images_are_recognized(
        numbers in proptest::collection::vec(any::<u32>(), 2..20),
        blob in proptest::collection::vec(any::<u8>(), 0..5000),
        text in "[ -~]{0,400}",
        seed in any::<u8>(),
    ) {
        let mut values = numbers.iter().map(|n| Value::from(*n)).collect::<Vec<_>>();
        values.extend([Value::Blob(&blob), Value::Str(&text)]);
        let plain = image(&values);
        prop_assert_eq!(Legibility::of(&plain), Legibility::Legible);
        let mut other = plain.clone();
        encrypt(&mut other, &keys(seed)).unwrap();
        prop_assert_eq!(Legibility::of(&other), Legibility::Encrypted);
        decrypt(&mut other, &keys(seed.wrapping_add(1))).unwrap();
        prop_assert_eq!(Legibility::of(&other), Legibility::Encrypted);
        let mut decrypted = plain;
        decrypt(&mut decrypted, &keys(seed)).unwrap();
        prop_assert_eq!(Legibility::of(&decrypted), Legibility::Encrypted);
    }
}
