//! Any bytes: walking and decoding never panic, and items are bounded by slots; what is accepted encodes into a
//! partition with room, and that decodes to the same entries.
#![no_main]

use esp_nvs_image::{BlobVersion, Items, OwnedValue, PartitionSize, decode, encode_to_vec};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_nvs_image(data, size, max_size, seed)
});

fuzz_target!(|image: &[u8]| {
    assert!(Items::new(image).count() <= image.len() / 32 + 1);
    let Ok(entries) = decode(image) else { return };
    let owned = |entries: &[esp_nvs_image::Entry<'_>]| {
        let triple = |e: &esp_nvs_image::Entry<'_>| (e.namespace, e.key, OwnedValue::from(&e.value));
        entries.iter().map(triple).collect::<Vec<_>>()
    };
    let before = owned(&entries);
    let size = PartitionSize::new(u32::try_from(image.len()).unwrap() + 8 * 4096).unwrap();
    let borrowed = before
        .iter()
        .map(|(namespace, key, value)| (*namespace, *key, value.as_value()));
    let again = encode_to_vec(size, BlobVersion::V2, borrowed).expect("accepted entries encode");
    assert_eq!(owned(&decode(&again).expect("our own image decodes")), before);
});
