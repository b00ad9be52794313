//! Signs a partition and verifies it: `cargo run --features ecdsa --example sign_partition`.

use esp_secure_cert::p256::ecdsa::SigningKey;
use esp_secure_cert::{Image, PartitionSize, PublicKey, RecordType, Subtype, Writer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `sign_p256` takes any signer: this key in memory, or your own type with the traits of
    // `signature`.
    let key = SigningKey::from_slice(&[7; 32])?;

    let mut buffer = [0; 0x1000];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    writer.push_user_data(RecordType::USER_DATA_1, Subtype::MIN, b"of the application")?;
    writer.sign_p256(&key)?;
    writer.push_integrity()?;

    let image = Image::new(writer.finish());
    let block = image.verify_signature(&PublicKey::from(*key.verifying_key()))?;
    println!(
        "{} signature of the first {} bytes verifies",
        block.algorithm(),
        block.signed_len()
    );
    Ok(())
}
