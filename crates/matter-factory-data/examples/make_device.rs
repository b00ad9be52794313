//! Creates the record of a device, encodes its partition, decodes it again and audits it.

use getrandom::SysRng;
use matter_factory_data::matter_attestation::rand_core::UnwrapErr;
use matter_factory_data::matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_factory_data::matter_types::{Discriminator, Passcode, ProductId, VendorId};
use matter_factory_data::{Artifacts, DeviceRecord, Expected, RotatingId, StorageLayout, audit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rng = &mut UnwrapErr(SysRng);
    let (iterations, salt) = (Iterations::MIN, Salt::generate(rng));
    let pase = PaseCredential::derive(Passcode::generate(rng), PbkdfParameters { iterations, salt })?;
    let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
    let mut record = DeviceRecord::new(vendor, product, Discriminator::generate(rng), &pase);
    record.product.vendor_name = Some("Example".parse()?);
    record.product.serial_number = Some("SN-0001".parse()?);
    record.rotating_id = Some(RotatingId::generate(rng));

    let images = record.encode("0x6000".parse()?, &StorageLayout::NVS)?;
    let read = DeviceRecord::decode_nvs(images.nvs())?;
    println!(
        "{} bytes, first difference: {:?}",
        images.nvs().len(),
        record.first_difference(&read)
    );

    let label = record.setup_payload().ok_or("the record has no passcode")?;
    let (qr, manual) = (label.qr_text(), label.manual_code());
    let expected = Expected::new().with_product(vendor, product).without_attestation();
    let artifacts = Artifacts::new()
        .with_images(&images)
        .with_qr(&qr)
        .with_manual(&manual)
        .with_expected(&expected);
    for finding in audit(&artifacts).findings() {
        println!("{finding}");
    }
    Ok(())
}
