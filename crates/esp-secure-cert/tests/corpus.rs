//! Replays the fuzz corpora against the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "properties/build.rs"]
mod build;
#[path = "properties/read.rs"]
mod read;
#[path = "properties/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn whole_records_are_written_to_the_same_bytes() {
    replay("esp_secure_cert_read", read::property);
}

#[test]
fn accepted_calls_make_images_without_errors() {
    replay("esp_secure_cert_build", build::property);
}
