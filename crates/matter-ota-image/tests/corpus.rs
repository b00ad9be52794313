//! Replays the fuzz corpora with the properties of the fuzz targets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "support/judged.rs"]
mod judged;
#[path = "support/naive.rs"]
mod naive;
#[path = "properties/read.rs"]
mod read;
#[path = "properties/replay.rs"]
mod replay;
#[path = "properties/write.rs"]
mod write;

use replay::replay;

#[test]
fn files_are_read_as_the_second_reader_does() {
    replay("matter_ota_image_read", read::property);
}

#[test]
fn accepted_values_are_read_back() {
    replay("matter_ota_image_write", write::property);
}
