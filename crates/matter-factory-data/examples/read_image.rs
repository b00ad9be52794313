//! Prints the content of a device's NVS factory partition, without its secrets.

use matter_factory_data::{Artifacts, DeviceRecord, audit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("the image of a factory partition is required")?;
    let image = std::fs::read(path)?;
    // Print the findings even if the image does not decode.
    for finding in audit(&Artifacts::new().with_nvs(&image)).findings() {
        println!("{finding}");
    }
    let record = DeviceRecord::decode_nvs(&image)?;
    println!("vendor {}, product {}", record.vendor_id(), record.product_id());
    println!("discriminator {}", record.discriminator().get());
    println!("{} iterations", record.parameters().iterations.get());
    if let Some(serial) = &record.product.serial_number {
        println!("serial number {serial}");
    }
    if let Some(credentials) = record.credentials() {
        print!("{}{}", credentials.dac().to_pem(), credentials.pai().to_pem());
    }
    for entry in record.entries() {
        println!("{}/{} is a vendor entry", entry.namespace.as_str(), entry.key.as_str());
    }
    Ok(())
}
