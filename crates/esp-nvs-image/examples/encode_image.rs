//! Encodes a factory partition and reads it back: `cargo run --features alloc --example
//! encode_image`.

use esp_nvs_image::{BlobVersion, Value, decode, encode_to_vec};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let image = encode_to_vec(
        0x6000,
        BlobVersion::V2,
        [
            ("chip-factory", "discriminator", Value::from(3840_u32)),
            ("chip-factory", "vendor-id", Value::from(0xFFF1_u16)),
            ("chip-factory", "serial-num", Value::from("SN-0001")),
            ("chip-factory", "salt", Value::from(&[7; 16])),
            ("wifi", "channel", Value::from(6_u8)),
        ],
    )?;
    let path = std::env::temp_dir().join("factory.bin");
    std::fs::write(&path, &image)?;
    println!("{} has {} bytes", path.display(), image.len());

    let entries = decode(&image)?;
    for entry in &entries {
        // `Debug` of a value omits it: factory partitions contain secrets.
        println!(
            "{:12} {:13} {:?}",
            entry.namespace.as_str(),
            entry.key.as_str(),
            entry.value
        );
    }
    let serial = entries
        .get("chip-factory", "serial-num")
        .and_then(|value| value.as_str());
    println!("serial number: {}", serial.unwrap_or("none"));
    Ok(())
}
