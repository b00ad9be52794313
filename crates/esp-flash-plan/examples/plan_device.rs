//! Plans flash and eFuses of one device, and prints the commands: `cargo run --example plan_device`.

use esp_flash_plan::esp_flash_image::{
    Chip, EncryptionScheme, FlashKey, ImageHeader, ImageWriter, PartitionTable, TableOptions,
};
use esp_flash_plan::{
    DeviceImage, DeviceKeys, DeviceParts, EncryptionMode, FlashEncryption, FlashPlan, NvsEncryption, SecurityProfile,
    SharedParts,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let csv =
        "nvs, data, nvs, 0x9000, 0x6000\nnvs_keys, data, nvs_keys, 0xf000, 0x1000\nfactory, app, factory, 0x10000, 1M";
    let table = PartitionTable::from_csv(csv, &TableOptions::new())?;
    // Placeholders for the output of a firmware build.
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
    writer.push(0x4038_0000, b"machine code")?;
    let bootloader = writer.finish()?;
    let app = bootloader.clone();

    // Once for all devices.
    let profile = SecurityProfile::new(Chip::Esp32c3, "4MB".parse()?, table)
        .with_flash_encryption(FlashEncryption::new(EncryptionMode::Release))
        .with_nvs_encryption(NvsEncryption::NvsKeys);
    let plan = FlashPlan::new(profile, &SharedParts::new(&bootloader).with_app("factory", &app))?;

    // For each device, with its own key from a CSPRNG.
    let key = FlashKey::new(EncryptionScheme::Xts128, &[7; 32])?;
    let parts = DeviceParts::new()
        .with_image(DeviceImage::new("nvs", &[0xFF; 0x6000]))
        .with_image(DeviceImage::new("nvs_keys", &[0xFF; 0x1000]));
    let device = plan.device(&parts, &DeviceKeys::new().with_flash_key(&key, "flash-key.bin"))?;
    device.commands().iter().for_each(|command| println!("{command}"));
    device
        .warnings()
        .iter()
        .for_each(|warning| println!("warning: {warning}"));
    Ok(())
}
