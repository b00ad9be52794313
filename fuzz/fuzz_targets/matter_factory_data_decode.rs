//! Any bytes: reading a record never panics; a record that is accepted encodes, and its image reads as the same record.
#![no_main]

use esp_nvs_image::PartitionSize;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use matter_factory_data::DeviceRecord;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_nvs_image(data, size, max_size, seed)
});

fuzz_target!(|image: &[u8]| {
    let Ok(record) = DeviceRecord::decode_nvs(image) else {
        return;
    };
    let size = PartitionSize::new(u32::try_from(image.len()).unwrap() + 8 * 4096).unwrap();
    let again = record.encode_nvs(size).expect("an accepted record encodes");
    let read = DeviceRecord::decode_nvs(&again).expect("our own image is read");
    assert_eq!(record.first_difference(&read), None);
});
