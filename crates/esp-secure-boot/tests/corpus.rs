//! Replays the fuzz corpora with the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "properties/read.rs"]
mod read;
#[path = "properties/replay.rs"]
mod replay;
#[path = "properties/sign.rs"]
mod sign;

use replay::replay;

#[test]
fn reading_any_bytes_never_panics() {
    replay("esp_secure_boot_read", read::property);
}

#[test]
fn signed_images_verify_and_changed_ones_do_not() {
    replay("esp_secure_boot_sign", sign::property);
}
