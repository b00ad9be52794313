//! Builds a flash image and encrypts what a device encrypts: `cargo run --features alloc --example encrypt_flash`.

use esp_flash_image::rand_core::UnwrapErr;
use esp_flash_image::{EncryptionScheme, FlashKey, FlashMap, PartitionTable, TableOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let csv = "nvs, data, nvs, , 24K\nkeys, data, nvs_keys, , 4K\nfactory, app, factory, , 1M\n";
    let size = "4MB".parse()?;
    let table = PartitionTable::from_csv(csv, &TableOptions::new().with_flash_size(size))?;
    for partition in table.partitions() {
        println!("{partition}");
    }

    // Each device has its own key; the key file is burned into its eFuses.
    let key = FlashKey::generate(EncryptionScheme::Xts128, &mut UnwrapErr(getrandom::SysRng));
    let mut flash = FlashMap::new(Some(size));
    let mut encoded = table.encode();
    key.cipher().encrypt(table.offset(), &mut encoded)?;
    flash.add(table.offset(), encoded, "partition table")?;

    let keys = table.find("keys").ok_or("the table has keys")?;
    let mut bytes = vec![0xFF; 0x1000];
    if keys.is_encrypted_with_flash() {
        key.cipher().encrypt(keys.offset(), &mut bytes)?;
    }
    flash.add(keys.offset(), bytes, "keys")?;
    for piece in flash.pieces() {
        println!("{:#08x} {:#06x} {}", piece.offset(), piece.bytes().len(), piece.name());
    }
    println!("as one image: {:#x} bytes", flash.to_image(None)?.len());
    Ok(())
}
