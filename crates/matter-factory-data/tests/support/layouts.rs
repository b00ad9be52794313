//! Layouts, with matching records and images.

use esp_secure_cert::{EfuseKey, KeySalt};
use matter_factory_data::{DacKeyStorage, DeviceRecord, Error, Images, Place, SecureCertNumbers, StorageLayout};

use crate::records::{full, size};

pub const SALT: &[u8] = &[0x5A; 32];

pub fn keys() -> [DacKeyStorage<'static>; 3] {
    [
        DacKeyStorage::Plain,
        DacKeyStorage::EfuseEcdsa(EfuseKey::new(3).unwrap()),
        DacKeyStorage::HmacDerived(KeySalt::new(SALT).unwrap()),
    ]
}

/// All layouts.
pub fn layouts() -> Vec<StorageLayout<'static>> {
    let mut layouts = vec![StorageLayout::NVS];
    for key in keys() {
        for others in [Place::Nvs, Place::SecureCert] {
            layouts.push(StorageLayout::new(Place::SecureCert, others, others, key).unwrap());
        }
    }
    layouts
}

pub fn layout(others: Place, key: DacKeyStorage<'static>) -> StorageLayout<'static> {
    StorageLayout::new(Place::SecureCert, others, others, key).unwrap()
}

/// The full record, with the vendor's numbers if the layout stores them.
pub fn record(layout: &StorageLayout<'_>) -> DeviceRecord {
    let mut record = full();
    if layout.commissionable_data() == Place::SecureCert {
        record.secure_cert_numbers = Some(SecureCertNumbers::new([[1; 32], [2; 32]]));
    }
    record
}

pub fn encode(layout: &StorageLayout<'_>) -> Images {
    record(layout).encode(size(), layout).unwrap()
}

pub fn decode(nvs: &[u8], secure_cert: &[u8]) -> Result<(), Error> {
    DeviceRecord::decode(nvs, Some(secure_cert)).map(|_| ())
}
