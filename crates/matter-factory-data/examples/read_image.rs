//! Shows what is in the NVS factory partition of a device, without its secrets.

use matter_factory_data::{Artifacts, DeviceRecord, audit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("the image of a factory partition is needed")?;
    let image = std::fs::read(path)?;
    // What is found is told whether or not the whole is a record.
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
        println!(
            "{}/{} is the vendor's own",
            entry.namespace.as_str(),
            entry.key.as_str()
        );
    }
    Ok(())
}
