//! A line that makes ESP32-C3 devices with 4 MiB of flash and 1.5 MiB of content.

#![allow(clippy::expect_used, dead_code, reason = "benchmark; not both programs use all")]

use esp_flash_image::{
    Chip, EncryptionScheme, FlashKey, FlashSize, ImageHeader, ImageWriter, PartitionTable, TableOptions,
};
use esp_flash_plan::{
    DeviceImage, DeviceKeys, DeviceParts, DevicePlan, EncryptionMode, FlashEncryption, FlashPlan, NvsEncryption,
    SecurityProfile, SharedParts,
};
use md5::Md5;
use sha2::{Digest, Sha256};

const CSV: &str = "\
nvs,      data, nvs,      0x9000,   0x6000
nvs_keys, data, nvs_keys, 0xf000,   0x1000
otadata,  data, ota,      0x10000,  0x2000
ota_0,    app,  ota_0,    0x20000,  0x170000
ota_1,    app,  ota_1,    0x190000, 0x170000
";

pub(crate) struct Line {
    bootloader: Vec<u8>,
    app: Vec<u8>,
    nvs: Vec<u8>,
    nvs_keys: Vec<u8>,
    plan: FlashPlan,
}

/// A range of flash before encryption.
pub(crate) struct Plain {
    offset: u32,
    encrypted: bool,
    bytes: Vec<u8>,
}

impl Line {
    pub(crate) fn new() -> Self {
        let bootloader = image(0x5800);
        let app = image(0x16_F000);
        let plan = make(&bootloader, &app);
        Self {
            bootloader,
            app,
            nvs: vec![0x5A; 0x6000],
            nvs_keys: vec![0xA5; 0x1000],
            plan,
        }
    }

    /// Checks the shared parts again.
    pub(crate) fn plan(&self) -> FlashPlan {
        make(&self.bootloader, &self.app)
    }

    pub(crate) fn device(&self, buffer: Vec<u8>, number: u32) -> DevicePlan {
        let key = key(number);
        let parts = DeviceParts::new()
            .with_image(DeviceImage::new("nvs", &self.nvs))
            .with_image(DeviceImage::new("nvs_keys", &self.nvs_keys));
        let keys = DeviceKeys::new().with_flash_key(&key, "flash-key.bin");
        self.plan.device_in(buffer, &parts, &keys).expect("a sound plan")
    }

    /// Returns the same ranges, unencrypted.
    pub(crate) fn plain(&self) -> Vec<Plain> {
        let device = self.device(Vec::new(), 0);
        let cipher = key(0).cipher();
        let regions = device.regions().iter().enumerate();
        let plain = |(index, region): (usize, &esp_flash_plan::Region)| {
            let mut bytes = device.region_bytes(index).expect("a region").to_vec();
            if region.is_encrypted() {
                cipher.decrypt(region.offset(), &mut bytes).expect("aligned");
            }
            Plain {
                offset: region.offset(),
                encrypted: region.is_encrypted(),
                bytes,
            }
        };
        regions.map(plain).collect()
    }

    /// Returns the bytes of flash that a device gets.
    pub(crate) fn content(&self) -> u64 {
        self.device(Vec::new(), 0)
            .regions()
            .iter()
            .map(|region| u64::from(region.length()))
            .sum()
    }
}

/// Computes only XTS, MD5 and SHA-256, in place.
pub(crate) fn bare(regions: &mut [Plain], number: u32) -> Vec<([u8; 16], [u8; 32])> {
    let cipher = key(number).cipher();
    let mut sums = Vec::with_capacity(regions.len());
    for region in regions {
        if region.encrypted {
            cipher.encrypt(region.offset, &mut region.bytes).expect("aligned");
        }
        sums.push((Md5::digest(&region.bytes).into(), Sha256::digest(&region.bytes).into()));
    }
    sums
}

fn key(number: u32) -> FlashKey {
    let bytes = number.to_le_bytes().repeat(8);
    FlashKey::new(EncryptionScheme::Xts128, &bytes).expect("32 bytes")
}

fn image(len: usize) -> Vec<u8> {
    let data: Vec<u8> = (0_u32..)
        .map(|index| index.wrapping_mul(0x9E37_79B1).to_le_bytes()[3])
        .take(len)
        .collect();
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
    writer.push(0x4038_0000, &data).expect("a segment");
    writer.finish().expect("an image")
}

fn make(bootloader: &[u8], app: &[u8]) -> FlashPlan {
    let table = PartitionTable::from_csv(CSV, &TableOptions::new()).expect("a table");
    let profile = SecurityProfile::new(Chip::Esp32c3, FlashSize::new(0x40_0000).expect("4 MiB"), table)
        .with_flash_encryption(FlashEncryption::new(EncryptionMode::Release))
        .with_nvs_encryption(NvsEncryption::NvsKeys);
    FlashPlan::new(profile, &SharedParts::new(bootloader).with_app("ota_0", app)).expect("sound parts")
}
