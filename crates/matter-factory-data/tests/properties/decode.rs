//! Decoding any bytes as a record never panics; an accepted record round-trips.

use esp_nvs_image::PartitionSize;
use matter_factory_data::DeviceRecord;

pub(crate) fn property(image: &[u8]) {
    let Ok(record) = DeviceRecord::decode_nvs(image) else {
        return;
    };
    let size = PartitionSize::new(u32::try_from(image.len()).unwrap() + 8 * 4096).unwrap();
    let again = record.encode_nvs(size).expect("an accepted record encodes");
    let read = DeviceRecord::decode_nvs(&again).expect("our own image is read");
    assert_eq!(record.first_difference(&read), None);
}
