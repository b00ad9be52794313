//! Decoding any bytes as the esp_secure_cert partition, with a valid NVS partition, never panics; an accepted record
//! round-trips in the detected layout.

use std::sync::LazyLock;

use esp_nvs_image::PartitionSize;
use matter_factory_data::DeviceRecord;
use matter_spake2p::{Iterations, PbkdfParameters, Salt};
use matter_types::{Discriminator, ProductId, VendorId};

const SIZE: u32 = 0x6000;

/// The NVS partition. A fuzz seed that has the same fields must have the same values, or decoding fails early.
pub(crate) static NVS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let parameters = PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(&[7; 32]).unwrap(),
    };
    let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    let record = DeviceRecord::with_dynamic_passcode(vendor, product, Discriminator::new(3840).unwrap(), parameters);
    record.encode_nvs(PartitionSize::new(SIZE).unwrap()).unwrap().to_vec()
});

pub(crate) fn property(image: &[u8]) {
    let Ok((record, layout)) = DeviceRecord::decode(&NVS, Some(image)) else {
        return;
    };
    let images = record
        .encode(PartitionSize::new(SIZE).unwrap(), &layout)
        .expect("an accepted record encodes");
    let (read, found) = DeviceRecord::decode(images.nvs(), images.secure_cert()).expect("our own images are read");
    assert_eq!(found, layout);
    assert_eq!(record.first_difference(&read), None);
}
