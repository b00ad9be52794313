//! Builds a partition and reads it back: `cargo run --features hmac --example build_partition`.
//!
//! The device derives its private key from a key in its eFuses, so that the partition contains
//! none.

use esp_secure_cert::rand_core::UnwrapErr;
use esp_secure_cert::{Certificate, HmacKey, Image, KeySalt, KeyStorage, MatterData, PartitionSize, Subtype, Writer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let efuse_key = HmacKey::generate(&mut UnwrapErr(getrandom::SysRng))?;
    let salt = [7; 32];
    let salt = KeySalt::new(&salt)?;
    println!(
        "public key for the certificate: {:02x?}..",
        &efuse_key.derive(&salt)?.public_key()[..4]
    );
    // Placeholders for the certificate issued for this public key, and for the issuer's
    // certificate.
    let (dac, pai) = ([0x30, 0x00], [0x30, 0x00]);

    let mut buffer = [0; 0x2000];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    let (dac, pai) = (Certificate::der(&dac)?, Certificate::der(&pai)?);
    writer.push_identity(Subtype::MIN, &dac, &pai, &KeyStorage::from(salt))?;
    writer.push_matter(&MatterData::discriminator(3840)?)?;
    writer.push_integrity()?;

    let image = Image::new(writer.finish());
    for record in image.records() {
        let record = record?;
        println!("{:20} {:4} bytes", record.kind().to_string(), record.data().len());
    }
    println!("digest verifies: {}", image.verify_integrity()?);
    Ok(())
}
