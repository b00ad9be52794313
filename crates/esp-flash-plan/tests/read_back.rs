//! Devices are read back: a change under the encryption, or a part of another device, is reported.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/parts.rs"]
mod parts;

use esp_flash_image::{Chip, FlashKey};
use esp_flash_plan::{DeviceImage, DeviceKeys, DeviceParts, EncryptionMode, NvsEncryption};
use parts::Case;

#[test]
fn device_reads_back_with_its_own_parts_and_key_only() {
    for chip in [Chip::Esp32, Chip::Esp32c2, Chip::Esp32c3, Chip::Esp32s3] {
        let mut case = Case::open(chip).encrypted(EncryptionMode::Release);
        case.profile = case.profile.with_nvs_encryption(NvsEncryption::NvsKeys);
        let plan = case.shared_plan().unwrap();
        let key = case.flash_key.clone().unwrap();
        let (nvs, nvs_keys) = (vec![0x11; 0x6000], vec![0x22; 0x1000]);
        let parts = |nvs| {
            let keys = DeviceImage::new("nvs_keys", &nvs_keys);
            DeviceParts::new()
                .with_image(DeviceImage::new("nvs", nvs))
                .with_image(keys)
        };
        let keys = DeviceKeys::new().with_flash_key(&key, "key.bin");
        let device = plan.device(&parts(&nvs), &keys).unwrap();
        assert_eq!(plan.first_difference(&device, &parts(&nvs), &keys), Ok(None), "{chip}");

        let mut other = nvs.clone();
        other[0x5FFF] ^= 1;
        let found = plan.first_difference(&device, &parts(&other), &keys);
        assert_eq!(found.unwrap().as_deref(), Some("nvs"), "{chip}");
        let mut bytes = key.expose_bytes().to_vec();
        bytes[0] ^= 1;
        let other = FlashKey::new(key.scheme(), &bytes).unwrap();
        let found = plan.first_difference(
            &device,
            &parts(&nvs),
            &DeviceKeys::new().with_flash_key(&other, "key.bin"),
        );
        assert_eq!(found.unwrap().as_deref(), Some("bootloader"), "{chip}");

        // The plan with another app.
        let mut changed = Case::open(chip).encrypted(EncryptionMode::Release);
        changed.profile = changed.profile.with_nvs_encryption(NvsEncryption::NvsKeys);
        changed.apps[0].1 = parts::image(parts::Header::of(chip), 0x8010);
        let found = changed
            .shared_plan()
            .unwrap()
            .first_difference(&device, &parts(&nvs), &keys);
        assert_eq!(found.unwrap().as_deref(), Some("ota_0"), "{chip}");
    }
}
