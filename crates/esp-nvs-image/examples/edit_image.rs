//! Changes an image in two ways: `cargo run --features alloc --example edit_image`.
//!
//! `Editor` appends to the image as the firmware does; `decode`, `set` and `encode_to_vec` create a
//! new image without old values.

use esp_nvs_image::{BlobVersion, Editor, Value, decode, encode_to_vec};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let entries = [
        ("wifi", "ssid", Value::from("factory")),
        ("wifi", "channel", Value::from(6_u8)),
    ];
    let mut image = encode_to_vec(0x6000, BlobVersion::V2, entries)?;

    // A new image.
    let mut entries = decode(&image)?;
    entries.set("wifi", "ssid", "repair shop")?;
    entries.remove("wifi", "channel");
    let fresh = encode_to_vec(0x6000, BlobVersion::V2, &entries)?;
    println!(
        "new image: {:?}",
        decode(&fresh)?.get("wifi", "ssid").and_then(|value| value.as_str())
    );

    // The same image: replaced values are marked as erased, and their bytes remain.
    let mut editor = Editor::new(&mut image);
    editor.set("wifi", "ssid", "repair shop")?;
    editor.remove("wifi", "channel")?;
    let ssid = editor.get("wifi", "ssid")?;
    println!("edited image: {:?}", ssid.as_ref().and_then(|value| value.as_str()));
    Ok(())
}
