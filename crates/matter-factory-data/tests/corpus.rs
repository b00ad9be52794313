//! Replays the fuzz corpora of images with the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "properties/audit.rs"]
mod audit;
#[path = "properties/decode.rs"]
mod decode;
#[path = "properties/find_keys.rs"]
mod find_keys;
#[path = "properties/replay.rs"]
mod replay;
#[path = "properties/secure_cert.rs"]
mod secure_cert;

use matter_factory_data::DeviceRecord;
use replay::replay;

#[test]
fn accepted_records_encode_to_the_same_record() {
    replay("matter_factory_data_decode", decode::property);
}

#[test]
fn accepted_secure_cert_partitions_encode_to_the_same_record() {
    let mut accepted = 0;
    let seeds = replay("matter_factory_data_secure_cert", |image| {
        secure_cert::property(image);
        accepted += usize::from(DeviceRecord::decode(&secure_cert::NVS, Some(image)).is_ok());
    });
    assert!(seeds == 0 || accepted >= 4, "{accepted} accepted");
}

#[test]
fn auditing_never_panics_and_clean_images_decode() {
    replay("matter_factory_data_audit", audit::property);
}

#[test]
fn known_key_is_found_among_any_bytes() {
    replay("matter_factory_data_find_keys", find_keys::property);
}
