//! Devices from finished folders: read as they were made, and refused with a message when they were changed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

use esp_flash_image::{Chip, EncryptionScheme, FlashKey, ImageHeader, ImageWriter, PartitionTable, TableOptions};
use esp_flash_plan::{
    DeviceImage, DeviceKeys, DeviceParts, DevicePlan, EncryptionMode, FlashEncryption, FlashPlan, NvsEncryption,
    PlanDocument, SecurityProfile, SharedParts,
};
use matter_setup_payload::SetupPayload;
use matter_station::{DeviceFolders, DeviceSource, Error, StationDevice};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use md5::Md5;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const ONE: &str = "00000000-0000-4000-8000-000000000001";
const TWO: &str = "00000000-0000-4000-8000-000000000002";
const THREE: &str = "00000000-0000-4000-8000-000000000003";

fn profile() -> FlashPlan {
    profile_of(EncryptionMode::Release)
}

fn profile_of(mode: EncryptionMode) -> FlashPlan {
    let csv = "nvs,data,nvs,0x10000,0x3000\nfactory,app,factory,0x20000,0x10000\nlast,data,nvs,0x40000,0x3000";
    let table = PartitionTable::from_csv(csv, &TableOptions::new()).unwrap();
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
    writer.push(0x4038_0000, b"machine code").unwrap();
    let image = writer.finish().unwrap();
    let profile = SecurityProfile::new(Chip::Esp32c3, "4MB".parse().unwrap(), table)
        .with_flash_encryption(FlashEncryption::new(mode))
        .with_nvs_encryption(NvsEncryption::Hmac);
    FlashPlan::new(profile, &SharedParts::new(&image).with_app("factory", &image)).unwrap()
}

struct Made {
    folder: TempDir,
}

impl Made {
    /// Two devices as written by a run.
    fn new() -> Self {
        let made = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(made.root().join("keys")).unwrap();
        made.device(ONE, 1);
        made.device(TWO, 2);
        made
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn at(&self, uuid: &str, suffix: &str) -> PathBuf {
        let folder = self.root().join("out/fff1_8000").join(uuid);
        folder.join(format!("{uuid}{suffix}"))
    }

    fn key(&self, uuid: &str, suffix: &str) -> PathBuf {
        self.root().join("keys").join(format!("{uuid}{suffix}"))
    }

    fn plan(&self, uuid: &str, number: u8) -> DevicePlan {
        let path = |suffix| self.key(uuid, suffix).to_str().unwrap().to_owned();
        let (flash, hmac) = (path("-flash-key.bin"), path("-nvs-hmac-key.bin"));
        let key = FlashKey::new(EncryptionScheme::Xts128, &[number; 32]).unwrap();
        let nvs = [number; 0x3000];
        let parts = DeviceParts::new().with_image(DeviceImage::new("last", &nvs));
        let keys = DeviceKeys::new().with_flash_key(&key, &flash).with_hmac_file(&hmac);
        profile().device(&parts, &keys).unwrap()
    }

    fn device(&self, uuid: &str, number: u8) {
        let plan = self.plan(uuid, number);
        fs::create_dir_all(self.at(uuid, "").parent().unwrap()).unwrap();
        let merged = format!("{uuid}-flash.bin");
        let document = PlanDocument::new(&plan, uuid).with_merged_file(&merged);
        fs::write(
            self.at(uuid, "-flash-plan.json"),
            serde_json::to_vec(&document).unwrap(),
        )
        .unwrap();
        fs::write(self.at(uuid, "-flash.bin"), plan.merged()).unwrap();
        fs::write(self.at(uuid, "-onb_codes.csv"), codes(number)).unwrap();
        write_key(&self.key(uuid, "-flash-key.bin"), &[number; 32]);
        write_key(&self.key(uuid, "-nvs-hmac-key.bin"), &[number | 0x80; 32]);
    }

    fn open(&self) -> DeviceFolders {
        DeviceFolders::open(&self.root().join("out"), Some(profile())).unwrap()
    }

    fn refusal(&self, uuid: &str) -> String {
        match self.open().device(uuid) {
            Err(error @ Error::Device { .. }) => error.to_string(),
            Err(error) => panic!("{error:?}"),
            Ok(_) => panic!("accepted"),
        }
    }
}

fn write_key(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    close(path, 0o600);
}

fn close(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let _ = (path, mode);
}

fn codes(number: u8) -> String {
    let payload = SetupPayload::new(
        VendorId::new(0xFFF1).unwrap(),
        ProductId::new(0x8000).unwrap(),
        Discriminator::new(0x100 * u16::from(number)).unwrap(),
        Passcode::new(20_202_020 + u32::from(number)).unwrap(),
    );
    format!(
        "qrcode,manualcode,discriminator,passcode\n{},{},{},{}\n",
        payload.qr_text().as_str(),
        payload.manual_code().grouped().as_str(),
        payload.discriminator().get(),
        payload.passcode().expose()
    )
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn check(device: &StationDevice, made: &Made) {
    assert_eq!(device.uuid, ONE);
    let plan = made.plan(ONE, 1);
    let planned: Vec<_> = plan.efuse_steps().collect();
    assert_eq!(device.target.steps.iter().collect::<Vec<_>>(), planned);
    assert_eq!(
        (device.target.chip, device.target.flash_size),
        (Chip::Esp32c3, 0x40_0000)
    );
    assert_eq!(device.parts.len(), 1);
    assert!(device.parts[0].offset == 0 && device.parts[0].bytes == plan.merged());
    // Everything that is written is compared.
    let mut end = 0;
    let mut planned = plan.regions().iter();
    for region in &device.regions {
        assert_eq!(region.offset, end);
        end += region.length;
        let (from, to) = (usize::try_from(region.offset).unwrap(), usize::try_from(end).unwrap());
        let bytes = &device.parts[0].bytes[from..to];
        assert_eq!(region.md5.as_slice(), Md5::digest(bytes).as_slice());
        assert_eq!(region.sha256.as_slice(), Sha256::digest(bytes).as_slice());
        if region.source == "gap" {
            assert!(bytes.iter().all(|byte| *byte == 0xFF));
            continue;
        }
        let planned = planned.next().unwrap();
        assert_eq!((region.offset, region.md5), (planned.offset(), *planned.md5()));
        assert_eq!(region.encrypted, planned.is_encrypted());
    }
    assert!(planned.next().is_none() && device.parts[0].bytes.len() == usize::try_from(end).unwrap());
    let key_bytes = |name: &str| device.keys.expose_key(name).unwrap().to_vec();
    let key = |suffix| key_bytes(made.key(ONE, suffix).to_str().unwrap());
    assert_eq!(key("-flash-key.bin"), [1; 32]);
    assert_eq!(key("-nvs-hmac-key.bin"), [0x81; 32]);
    assert_eq!((device.label.vendor_id, device.label.product_id), (0xFFF1, 0x8000));
    assert_eq!(device.label.discriminator, 0x100);
    assert!(device.label.qr.starts_with("MT:"));
    assert_eq!(device.commands, plan.commands_of_merged(&format!("{ONE}-flash.bin")));
}

#[test]
fn device_is_what_was_made() {
    let made = Made::new();
    let folders = made.open();
    assert_eq!(folders.len(), 2);
    check(&folders.device(ONE).unwrap(), &made);
    assert_eq!(folders.device(TWO).unwrap().label.discriminator, 0x200);
    // Without a profile, and with the folder of the product or the device.
    for below in ["out", "out/fff1_8000", &format!("out/fff1_8000/{ONE}")] {
        let folders = DeviceFolders::open(&made.root().join(below), None).unwrap();
        check(&folders.device(ONE).unwrap(), &made);
        let steps = made.plan(ONE, 1).efuse_steps().count();
        assert_eq!(folders.target().steps.len(), steps);
    }
    let shown = format!("{:?}", folders.device(ONE).unwrap());
    assert!(!shown.contains("MT:") && !shown.contains("129, 129, 129"));
    assert!(shown.len() < 0x3000, "bytes of the flash are shown");
}

#[test]
fn devices_that_come_later_are_found() {
    let made = Made::new();
    let folders = made.open();
    assert!(!folders.contains(THREE).unwrap());
    let message = folders.device(THREE).unwrap_err().to_string();
    assert!(message.contains("no folder with this name"), "{message}");
    made.device(THREE, 3);
    assert!(folders.contains(THREE).unwrap());
    assert_eq!(folders.device(THREE).unwrap().uuid, THREE);
    assert_eq!(folders.len(), 3);
}

#[test]
fn folders_of_an_earlier_layout_are_read() {
    let made = Made::new();
    let plans = made.root().join("out/plans").join(ONE);
    fs::create_dir_all(&plans).unwrap();
    fs::rename(made.at(ONE, "-flash-plan.json"), plans.join("plan.json")).unwrap();
    fs::rename(made.at(ONE, "-flash.bin"), plans.join(format!("{ONE}-flash.bin"))).unwrap();
    check(&made.open().device(ONE).unwrap(), &made);
}

#[test]
fn keys_that_have_moved_are_found_in_their_folder() {
    let made = Made::new();
    fs::rename(made.root().join("keys"), made.root().join("moved")).unwrap();
    assert!(made.refusal(ONE).contains("keys"), "{}", made.refusal(ONE));
    let folders = made.open().with_keys_dir(Some(made.root().join("moved")));
    check(&folders.device(ONE).unwrap(), &made);
}

type Damage = fn(&Made);

const PLAN: &str = "-flash-plan.json";
const FLASH: &str = "-flash.bin";
const CODES: &str = "-onb_codes.csv";
const FLASH_KEY: &str = "-flash-key.bin";

/// Changes to the folder of the first device, with the expected messages.
const DAMAGES: &[(Damage, &str)] = &[
    (|made| fs::remove_file(made.at(ONE, FLASH)).unwrap(), "-flash.bin: "),
    (
        |made| fs::remove_file(made.at(ONE, PLAN)).unwrap(),
        "make the device with --flash-plan",
    ),
    (
        |made| fs::remove_file(made.at(ONE, CODES)).unwrap(),
        "the label table, is missing",
    ),
    (
        |made| copy(&made.at(TWO, PLAN), &made.at(ONE, PLAN)),
        "belongs to another device, 00000000-0000-4000-8000-000000000002",
    ),
    (
        |made| copy(&made.at(TWO, FLASH), &made.at(ONE, FLASH)),
        "MD5 or SHA-256 differ",
    ),
    (
        |made| change(&made.at(ONE, FLASH), |bytes| bytes[0x2_0000] ^= 1),
        "'factory' in ",
    ),
    (
        |made| change(&made.at(ONE, FLASH), |bytes| bytes[0x1_0000] = 0),
        "is not erased before",
    ),
    (
        |made| change(&made.at(ONE, FLASH), |bytes| bytes.truncate(0x4_0000)),
        "but its plan ends at",
    ),
    (|made| change(&made.at(ONE, FLASH), |bytes| bytes.push(0xFF)), "at most"),
    (
        |made| change(&made.at(ONE, PLAN), |bytes| bytes.truncate(99)),
        "is not a plan",
    ),
    (
        |made| replace(&made.at(ONE, PLAN), "\"4MB\"", "\"8MB\""),
        "'flash_size' of the plan does not match the profile",
    ),
    (
        |made| replace(&made.at(ONE, CODES), ",20202021", ",20202022"),
        "do not match each other",
    ),
    (
        |made| replace(&made.at(ONE, CODES), "MT:", "MT:0"),
        "QR code of its label is invalid",
    ),
    (
        |made| replace(&made.at(ONE, CODES), "qrcode", "code"),
        "not one row after the header",
    ),
    (|made| fs::write(made.at(ONE, CODES), [0xFF]).unwrap(), "not UTF-8"),
    (
        |made| fs::remove_file(made.key(ONE, FLASH_KEY)).unwrap(),
        "-flash-key.bin: ",
    ),
    (
        |made| write_key(&made.key(ONE, FLASH_KEY), &[1; 31]),
        "31 bytes does not fit",
    ),
    (|made| write_key(&made.key(ONE, FLASH_KEY), &[1; 5000]), "at most 4096"),
    (
        |made| {
            let (own, other) = ("000000000001-flash-key", "000000000002-flash-key");
            replace(&made.at(ONE, PLAN), own, other);
        },
        "is not the key of this device",
    ),
    (
        |made| {
            let (key, outside) = (made.key(ONE, FLASH_KEY), format!("../{ONE}{FLASH_KEY}"));
            replace(&made.at(ONE, PLAN), key.to_str().unwrap(), &outside);
        },
        "which is not in its folder",
    ),
];

fn check_refusal(damage: impl Fn(&Made), reason: &str) {
    let made = Made::new();
    damage(&made);
    let message = made.refusal(ONE);
    assert!(message.starts_with(&format!("device {ONE}: ")), "{message}");
    assert!(message.contains(reason), "{message}, not {reason}");
    assert!(!message.contains("MT:") && !message.contains("2020202"), "{message}");
    // The other device is unaffected.
    assert!(made.open().device(TWO).is_ok(), "{reason}");
}

#[test]
fn damaged_and_foreign_folders_are_refused_in_a_sentence() {
    for (damage, reason) in DAMAGES {
        check_refusal(damage, reason);
    }
}

#[cfg(unix)]
#[test]
fn keys_that_are_links_or_open_to_others_are_refused() {
    check_refusal(
        |made| close(&made.key(ONE, FLASH_KEY), 0o644),
        "this key is readable by other users",
    );
    check_refusal(
        |made| {
            let key = made.key(ONE, FLASH_KEY);
            fs::remove_file(&key).unwrap();
            std::os::unix::fs::symlink(made.key(TWO, FLASH_KEY), &key).unwrap();
        },
        "-flash-key.bin: ",
    );
    let made = Made::new();
    close(&made.key(ONE, FLASH_KEY), 0o644);
    check(&made.open().with_open_keys(true).device(ONE).unwrap(), &made);
}

#[test]
fn devices_of_another_profile_are_refused() {
    let made = Made::new();
    let root = made.root().join("out");
    let folders = DeviceFolders::open(&root, Some(profile_of(EncryptionMode::Development))).unwrap();
    let message = folders.device(ONE).unwrap_err().to_string();
    assert!(
        message.contains("its plan does not match the profile: step"),
        "{message}"
    );
}

#[test]
fn missing_inputs_are_reported_immediately() {
    let folder = tempfile::tempdir().unwrap();
    let message = DeviceFolders::open(folder.path(), None).unwrap_err().to_string();
    assert!(message.contains("contains no device with a flash plan"), "{message}");
    let folders = DeviceFolders::open(folder.path(), Some(profile())).unwrap();
    assert!(folders.is_empty());
    let missing = folder.path().join("missing");
    assert!(matches!(DeviceFolders::open(&missing, None), Err(Error::File { .. })));
}
