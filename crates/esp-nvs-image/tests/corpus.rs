//! Replays the fuzz corpora, with the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

#[cfg(feature = "encryption")]
#[path = "properties/crypt.rs"]
mod crypt;
#[path = "properties/decode.rs"]
mod decode;
#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn accepted_images_encode_to_the_same_entries() {
    replay("esp_nvs_image_decode", decode::property);
}

#[cfg(feature = "encryption")]
#[test]
fn decryption_undoes_encryption() {
    replay("esp_nvs_image_crypt", crypt::property);
}
