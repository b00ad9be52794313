//! Replays the fuzz corpora with the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

#[path = "properties/crypt.rs"]
mod crypt;
#[path = "properties/image.rs"]
mod image;
#[path = "properties/otadata.rs"]
mod otadata;
#[path = "properties/replay.rs"]
mod replay;
#[path = "properties/table_binary.rs"]
mod table_binary;
#[path = "properties/table_csv.rs"]
mod table_csv;

use replay::replay;

#[test]
fn images_are_written_to_the_same_bytes() {
    replay("esp_flash_image_image", image::property);
}

#[test]
fn texts_are_the_same_table_in_either_form() {
    replay("esp_flash_image_table_csv", table_csv::property);
}

#[test]
fn tables_are_written_to_the_same_bytes() {
    replay("esp_flash_image_table_binary", table_binary::property);
}

#[test]
fn pieces_come_back_from_decryption() {
    replay("esp_flash_image_crypt", crypt::property);
}

#[test]
fn otadata_is_written_to_the_same_bytes() {
    replay("esp_flash_image_otadata", otadata::property);
}
