//! Encrypts an image, edits it, and decrypts it: `cargo run --features alloc,encryption --example encrypt_image`.

use esp_nvs_image::rand_core::UnwrapErr;
use esp_nvs_image::{BlobVersion, Editor, NvsKeys, decode, decrypt, encode_to_vec, encrypt};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut image = encode_to_vec(0x6000, BlobVersion::V2, [("wifi", "password", "correct horse")])?;
    let keys = NvsKeys::generate(&mut UnwrapErr(getrandom::SysRng))?;
    encrypt(&mut image, &keys)?;
    if let Err(error) = decode(&image) {
        println!("without keys: {error}");
    }

    // Edits without decrypting the image on disk.
    let mut editor = Editor::encrypted(&mut image, &keys);
    editor.set("wifi", "password", "battery staple")?;

    // A device also needs a partition with the keys.
    let mut partition = [0; NvsKeys::PARTITION_LEN];
    keys.encode_partition(&mut partition);

    decrypt(&mut image, &NvsKeys::decode(&partition)?)?;
    let entries = decode(&image)?;
    println!(
        "decrypted: {:?}",
        entries.get("wifi", "password").and_then(|value| value.as_str())
    );
    Ok(())
}
