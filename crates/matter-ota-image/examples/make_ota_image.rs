//! Makes an OTA file from a payload, reads it back, and checks whether it applies to a device: `cargo run --example
//! make_ota_image`.

use matter_ota_image::matter_types::{ProductId, VendorId};
use matter_ota_image::{
    DigestType, HeaderReader, OtaHeader, PayloadHasher, PayloadReader, Requestor, SoftwareVersion,
    SoftwareVersionString,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let payload = b"firmware";
    let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
    let version = SoftwareVersionString::new("1.0")?;

    // The payload is processed in pieces: it need not be in memory.
    let mut hasher = PayloadHasher::new(DigestType::Sha256);
    payload.chunks(4).for_each(|piece| hasher.update(piece));
    let header = OtaHeader::new(vendor, product, SoftwareVersion::new(2), version, hasher.finish())?;
    let mut buffer = [0; OtaHeader::MAX_ENCODED_LEN];
    let file = [header.encode(&mut buffer)?, payload].concat();
    println!("{} bytes, of them {} of the header", file.len(), header.encoded_len());

    let mut reader = HeaderReader::new();
    let start = reader.push(&file)?;
    let found = reader.header()?;
    let mut read = PayloadReader::new(&found);
    read.push(file.get(start..).unwrap_or_default());
    for deviation in reader.deviations()?.chain(read.finish()) {
        println!("wrong: {deviation}");
    }

    for current in [1, 2] {
        let device = Requestor::new(vendor, product, SoftwareVersion::new(current));
        match device.obstacles(&found.to_header()?).next() {
            None => println!("a device with version {current} takes it"),
            Some(obstacle) => println!("a device with version {current} does not: {obstacle}"),
        }
    }
    Ok(())
}
