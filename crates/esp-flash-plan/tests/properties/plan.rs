//! A plan is refused with a reason, or it is safe: the written flash decrypts to its parts, and the steps are in order.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use esp_flash_image::{
    BootScheme, Chip, ChipRevision, EncryptionScheme, FlashKey, FlashSize, ImageHeader, ImageWriter, PartitionTable,
    TableOptions,
};
use esp_flash_plan::{
    DeviceImage, DeviceKeys, DeviceParts, DevicePlan, DownloadMode, EncryptionMode, FlashEncryption, FlashPlan, KeyUse,
    NvsEncryption, Phase, SecureBoot, SecurityProfile, SharedParts,
};
use esp_secure_boot::BootloaderKeyV1;

/// Choices from the start of the input; zeros after its end.
struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn len(&mut self) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()]) % 0x3000)
    }
}

/// Rows that do not overlap, or arbitrary bytes.
fn table(choices: &mut Choices<'_>) -> Option<PartitionTable> {
    let options = TableOptions::new().with_offset([0x8000, 0xF000][choices.below(2)]);
    if choices.below(8) == 7 {
        let len = choices.len();
        return PartitionTable::read(choices.take(len), &options).ok();
    }
    let mut csv = String::from("nvs, data, nvs, 0x10000, 0x4000\n");
    for index in 0..choices.below(6) {
        let kind = choices.byte();
        let flag = if choices.flag() { "encrypted" } else { "" };
        let size = (1 + choices.below(4)) * 0x1000;
        csv += &match kind % 5 {
            0 => format!("part{index}, data, 0x40, , {size}, {flag}\n"),
            1 => "otadata, data, ota, , 0x2000\n".into(),
            2 => format!("keys{index}, data, nvs_keys, , {size}, {flag}\n"),
            3 => format!("store{index}, data, nvs, , 0x3000, {flag}\n"),
            _ => format!("app{index}, app, ota_{index}, , {}, {flag}\n", size * 4),
        };
    }
    csv += "app, app, factory, , 0x8000\n";
    PartitionTable::from_csv(&csv, &options).ok()
}

fn image(choices: &mut Choices<'_>, chip: Chip, size: u8) -> Vec<u8> {
    let kind = choices.byte();
    let len = choices.len();
    if kind % 16 == 15 {
        return choices.take(len).to_vec();
    }
    let chip = if kind % 16 == 14 { Chip::Esp32c6 } else { chip };
    let size = if kind % 16 == 13 { choices.byte() % 8 } else { size };
    let header = ImageHeader::new(chip).with_flash_codes(size, 0);
    let mut writer = ImageWriter::new(header);
    writer.push(0x4038_0000, &vec![kind; len & !3]).unwrap();
    writer.finish().unwrap_or_default()
}

fn profile(choices: &mut Choices<'_>, chip: Chip, size: u8, table: PartitionTable) -> SecurityProfile {
    let size = FlashSize::new(0x10_0000 << size).unwrap();
    let mut profile = SecurityProfile::new(chip, size, table).with_fill_gaps(choices.flag());
    if choices.flag() {
        profile = profile.with_revision(ChipRevision::new(choices.below(4) as u16, choices.below(3) as u16).unwrap());
    }
    let mode = [EncryptionMode::Development, EncryptionMode::Release][choices.below(2)];
    let encryption = FlashEncryption::new(mode).with_whole_apps(choices.flag());
    profile = match choices.below(4) {
        0 => profile,
        1 => profile.with_flash_encryption(encryption.with_scheme(EncryptionScheme::ALL[choices.below(4)])),
        _ => profile.with_flash_encryption(encryption),
    };
    if choices.below(4) == 3 {
        let scheme = [BootScheme::V1, BootScheme::V2Rsa, BootScheme::V2Ecdsa][choices.below(3)];
        let keys = choices.below(5) as u8;
        let digest = |it: SecureBoot, byte| it.with_key_digest([byte; 32]);
        profile = profile.with_secure_boot((0..keys).fold(SecureBoot::new(scheme), digest));
    }
    profile = profile
        .with_nvs_encryption([NvsEncryption::Off, NvsEncryption::NvsKeys, NvsEncryption::Hmac][choices.below(3)]);
    if choices.below(4) == 3 {
        let keys = [KeyUse::FlashEncryption, KeyUse::NvsHmac, KeyUse::SecureBootDigest(0)];
        profile = profile.with_key_block(keys[choices.below(3)], choices.below(8));
        profile = profile.with_reserved_block(choices.below(8));
    }
    if choices.below(4) == 3 {
        let modes = [DownloadMode::Full, DownloadMode::Secure, DownloadMode::Off];
        profile = profile.with_download_mode(modes[choices.below(3)]);
    }
    profile
}

/// Returns whether a plan was made.
pub(crate) fn property(bytes: &[u8]) -> bool {
    device(bytes).is_some()
}

/// Makes the plan and checks it.
pub(crate) fn device(bytes: &[u8]) -> Option<DevicePlan> {
    let mut choices = Choices(bytes);
    let chip = Chip::ALL[choices.below(Chip::ALL.len())];
    let table = table(&mut choices)?;
    // 1 MB to 32 MB.
    let size = choices.byte() % 6;
    let bootloader = image(&mut choices, chip, size);
    let app = image(&mut choices, chip, size);
    let profile = profile(&mut choices, chip, size, table);
    let labels: Vec<_> = profile
        .table()
        .partitions()
        .iter()
        .map(|it| it.label().to_owned())
        .collect();
    let label = |choices: &mut Choices<'_>| labels[choices.below(labels.len())].clone();
    let app_label = if choices.below(8) == 7 {
        label(&mut choices)
    } else {
        "app".into()
    };
    let mut images: Vec<(String, Vec<u8>, bool)> = Vec::new();
    for _ in 0..choices.below(4) {
        let image = vec![choices.byte(); choices.len()];
        images.push((label(&mut choices), image, choices.flag()));
    }
    let scheme = if choices.below(8) == 7 {
        Some(EncryptionScheme::ALL[choices.below(4)])
    } else {
        profile.encryption_scheme()
    };
    let key_bytes: Vec<u8> = (0..64).map(|_| choices.byte()).collect();
    let key = scheme.map(|scheme| FlashKey::new(scheme, &key_bytes[..scheme.key_len()]).unwrap());
    let boot_key = BootloaderKeyV1::new(&key_bytes[..32]).unwrap();

    let shared = SharedParts::new(&bootloader).with_app(&app_label, &app);
    let plan = match FlashPlan::new(profile.clone(), &shared) {
        Ok(plan) => plan,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    let mut parts = DeviceParts::new();
    for (label, image, holds_plain_key) in &images {
        parts = parts.with_image(DeviceImage::new(label, image).with_plain_key(*holds_plain_key));
    }
    let mut keys = DeviceKeys::new();
    if let Some(key) = &key {
        keys = keys.with_flash_key(key, "flash key");
    }
    if choices.flag() || profile.download_mode() != DownloadMode::Full {
        keys = keys.with_hmac_file("hmac");
    }
    if profile.boot_scheme() == Some(BootScheme::V1) {
        keys = keys.with_bootloader_key(&boot_key, "boot key", &[7; 128]);
    }
    let device = match plan
        .device(&parts, &keys)
        .or_else(|_| plan.device(&parts, &keys_without_hmac(&key)))
    {
        Ok(device) => device,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return None;
        }
    };
    let mut given = vec![
        (chip.facts().bootloader_offset, bootloader),
        (profile.table().offset(), profile.table().encode()),
    ];
    let offset = |label: &str| profile.table().find(label).unwrap().offset();
    given.push((offset(&app_label), app));
    given.extend(images.iter().map(|(label, image, _)| (offset(label), image.clone())));
    check_flash(&device, &profile, key.as_ref(), &given);
    check_steps(&device);
    Some(device)
}

fn keys_without_hmac(key: &Option<FlashKey>) -> DeviceKeys<'_> {
    key.iter()
        .fold(DeviceKeys::new(), |keys, key| keys.with_flash_key(key, "flash key"))
}

fn check_flash(device: &DevicePlan, profile: &SecurityProfile, key: Option<&FlashKey>, given: &[(u32, Vec<u8>)]) {
    let mut end = 0;
    let mut found = 0;
    for (index, region) in device.regions().iter().enumerate() {
        assert!(region.offset() >= end && region.length() > 0);
        assert!(region.offset() % 4096 == 0 && region.length() % 4096 == 0);
        end = region.end();
        assert!(end <= profile.flash_size().get());
        let mut bytes = device.region_bytes(index).unwrap().to_vec();
        assert_eq!(bytes.len(), region.length() as usize);
        if region.is_encrypted() {
            key.unwrap().cipher().decrypt(region.offset(), &mut bytes).unwrap();
        }
        let part = given.iter().find(|(offset, _)| *offset == region.offset());
        let part = part.map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        found += usize::from(!part.is_empty());
        assert_eq!(&bytes[..part.len()], part, "{}", region.source());
        assert!(
            bytes[part.len()..].iter().all(|byte| *byte == 0xFF),
            "{}",
            region.source()
        );
        // NVS is never covered by flash encryption.
        let partition = profile.table().find(region.source());
        assert!(!(region.is_encrypted() && partition.is_some_and(|partition| partition.is_nvs())));
    }
    assert_eq!(found, given.len());
    let files: usize = device.files().map(|file| file.bytes().len()).sum();
    let regions: u32 = device.regions().iter().map(|region| region.length()).sum();
    assert_eq!(files, regions as usize);
}

fn check_steps(device: &DevicePlan) {
    let steps = device.steps();
    assert!(steps.is_sorted_by_key(|step| step.phase()));
    let place = |wanted: &dyn Fn(&esp_flash_plan::Step) -> bool| steps.iter().position(wanted);
    let first_efuse = place(&|step| step.is_efuse()).unwrap_or(steps.len());
    assert!(first_efuse >= 2);
    let secrets = steps
        .iter()
        .rposition(|step| step.purpose().is_some_and(|purpose| purpose.is_secret()));
    let closed = place(&|step| step.phase() == Phase::CloseReadProtection);
    assert!(secrets.unwrap_or(0) < closed.unwrap_or(usize::MAX));
    let last = place(&|step| step.phase() == Phase::DownloadMode);
    assert!(last.is_none_or(|last| last + 1 == steps.len()));
    for command in device.commands() {
        assert!(command.starts_with("esptool ") || command.starts_with("espefuse "));
        assert!(!command.chars().any(char::is_control));
    }
}
