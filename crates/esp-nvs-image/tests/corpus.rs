//! Replays the fuzz corpora against the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

#[path = "properties/content.rs"]
mod content;
#[cfg(feature = "encryption")]
#[path = "properties/crypt.rs"]
mod crypt;
#[path = "properties/decode.rs"]
mod decode;
#[cfg(feature = "encryption")]
#[path = "properties/edit.rs"]
mod edit;
#[path = "properties/encode.rs"]
mod encode;
#[path = "properties/replay.rs"]
mod replay;

use arbitrary::{Arbitrary, Unstructured};
use replay::replay;

/// Creates the input of a fuzz target from a seed, as the target does.
fn input<'a, T: Arbitrary<'a>>(bytes: &'a [u8]) -> T {
    T::arbitrary_take_rest(Unstructured::new(bytes)).unwrap()
}

#[test]
fn accepted_images_encode_to_the_same_entries() {
    replay("esp_nvs_image_decode", decode::property);
}

#[cfg(feature = "encryption")]
#[test]
fn decryption_undoes_encryption() {
    replay("esp_nvs_image_crypt", crypt::property);
}

#[test]
fn encoded_entries_decode_to_a_plain_map() {
    replay("esp_nvs_image_encode", |bytes| encode::property(input(bytes)));
}

#[cfg(feature = "encryption")]
#[test]
fn edits_are_those_of_a_plain_map() {
    replay("esp_nvs_image_edit", |bytes| edit::property(input(bytes)));
}
