//! Replays the fuzz corpora, with the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;

use esp_nvs_image::{
    BlobVersion, Entries, Entry, Error, Items, Key, Namespace, OwnedValue, PartitionSize, decode, encode_to_vec,
    recover,
};

/// Hands every file of a corpus over; there must be some.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the check fails.
        println!("{}", file.display());
        check(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
}

fn owned(entries: &[Entry<'_>]) -> Vec<(Namespace, Key, OwnedValue)> {
    entries
        .iter()
        .map(|e| (e.namespace, e.key, OwnedValue::from(&e.value)))
        .collect()
}

#[test]
fn accepted_images_encode_to_the_same_entries() {
    replay("esp_nvs_image_decode", |image| {
        assert!(Items::new(image).count() <= image.len() / 32 + 1);
        let read = recover(image);
        let entries = match decode(image) {
            Ok(entries) => entries,
            Err(error) => return assert_eq!(read.damage.first().copied().map(Error::Damaged), Some(error)),
        };
        let before = owned(&entries);
        assert!(read.damage.is_empty() && owned(&read.entries) == before);
        let walked = Entries::new(image).map(|entry| Entry::from(entry.unwrap()));
        assert_eq!(owned(&walked.collect::<Vec<_>>()), before);
        let size = PartitionSize::new(u32::try_from(image.len()).unwrap() + 8 * 4096).unwrap();
        let borrowed = before
            .iter()
            .map(|(namespace, key, value)| (*namespace, *key, value.as_value()));
        let again = encode_to_vec(size, BlobVersion::V2, borrowed).expect("accepted entries encode");
        assert_eq!(owned(&decode(&again).expect("our own image decodes")), before);
    });
}

#[cfg(feature = "encryption")]
#[test]
fn decryption_undoes_encryption() {
    use esp_nvs_image::{NvsKeys, decrypt, encrypt};
    replay("esp_nvs_image_crypt", |input| {
        let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
        let (plain, _) = input.split_at(input.len() / 4096 * 4096);
        let mut image = plain.to_vec();
        let encrypted = encrypt(&mut image, &keys);
        assert_eq!(decrypt(&mut image, &keys), encrypted);
        assert_eq!(image, plain);
    });
}
