//! An order of devices with a plan that burns keys, for the chips of `chip.rs`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use esp_flash_image::{
    Chip, ChipRevision, EncryptionScheme, FlashKey, ImageHeader, ImageWriter, PartitionTable, TableOptions,
};
use esp_flash_plan::{
    DeviceKeys, DeviceParts, EncryptionMode, FlashEncryption, FlashPlan, NvsEncryption, SecurityProfile, SharedParts,
};
use matter_ledger::{Ledger, LedgerPlace, NewDevice, NewRun, Order, RunState, Unique};
use matter_station::{
    BoardTarget, BurnConsent, DeviceLabel, DeviceSource, Error, FlashPart, KeyStore, Patience, Station, StationDevice,
    StationRegion,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use md5::Md5;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

pub const ORDER: &str = "PO-1";

/// The requirements of a plan with flash encryption in release mode.
pub fn target() -> BoardTarget {
    let csv = "nvs, data, nvs, 0x9000, 0x6000\nfactory, app, factory, 0x10000, 0x10000";
    let table = PartitionTable::from_csv(csv, &TableOptions::new()).unwrap();
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
    writer.push(0x4038_0000, b"machine code").unwrap();
    let image = writer.finish().unwrap();
    let profile = SecurityProfile::new(Chip::Esp32c3, "4MB".parse().unwrap(), table)
        .with_flash_encryption(FlashEncryption::new(EncryptionMode::Release))
        .with_nvs_encryption(NvsEncryption::Hmac);
    let plan = FlashPlan::new(profile, &SharedParts::new(&image).with_app("factory", &image)).unwrap();
    let key = FlashKey::new(EncryptionScheme::Xts128, &[7; 32]).unwrap();
    let keys = DeviceKeys::new()
        .with_flash_key(&key, "flash-key.bin")
        .with_hmac_file("hmac-key.bin");
    let device = plan.device(&DeviceParts::new(), &keys).unwrap();
    BoardTarget {
        chip: Chip::Esp32c3,
        min_revision: ChipRevision::new(0, 3).ok(),
        flash_size: 0x40_0000,
        steps: device.efuse_steps().cloned().collect(),
    }
}

/// Devices derived from their names.
#[derive(Debug)]
pub struct Made {
    pub target: BoardTarget,
}

impl DeviceSource for Made {
    fn target(&self) -> &BoardTarget {
        &self.target
    }

    fn device(&self, uuid: &str) -> Result<StationDevice, Error> {
        Ok(device(&self.target, uuid))
    }
}

pub fn key_of(uuid: &str, file: &str) -> Vec<u8> {
    Sha256::digest(format!("{uuid} {file}")).to_vec()
}

pub fn device(target: &BoardTarget, uuid: &str) -> StationDevice {
    let mut bytes = vec![0; 0x3000];
    for (place, chunk) in bytes.chunks_mut(32).enumerate() {
        chunk.copy_from_slice(&Sha256::digest(format!("{uuid} {place}")));
    }
    let region = |offset: u32, source: &str| {
        let start = usize::try_from(offset).unwrap();
        let bytes = &bytes[start..start + 0x1000];
        StationRegion {
            offset,
            length: 0x1000,
            source: source.into(),
            encrypted: false,
            md5: Md5::digest(bytes).into(),
            sha256: Sha256::digest(bytes).into(),
        }
    };
    let regions = vec![
        region(0, "bootloader"),
        region(0x1000, "nvs"),
        region(0x2000, "factory"),
    ];
    let mut keys = KeyStore::new();
    for file in ["flash-key.bin", "hmac-key.bin"] {
        keys.insert(file, Zeroizing::new(key_of(uuid, file)));
    }
    StationDevice {
        uuid: uuid.into(),
        serial: Some(format!("S {uuid}")),
        target: target.clone(),
        parts: vec![FlashPart { offset: 0, bytes }],
        regions,
        keys,
        label: DeviceLabel {
            qr: Zeroizing::new(format!("MT:{uuid}")),
            ..DeviceLabel::default()
        },
        plan_sha256: Sha256::digest(uuid).into(),
        commands: Vec::new(),
    }
}

/// Opens a ledger with an order of a number of devices.
pub fn fill(place: impl Into<LedgerPlace>, count: u32) {
    let mut ledger = Ledger::open(place).unwrap();
    let run = NewRun {
        ident: "run".into(),
        folder: Path::new("out").into(),
        vendor_id: VendorId::new(0xFFF1).unwrap(),
        product_id: ProductId::new(0x8000).unwrap(),
        count,
        order: Some(Order {
            id: ORDER.into(),
            size: count,
        }),
        test: true,
        tool: "test".into(),
        parameters: Vec::new(),
    };
    let run = ledger.begin(&run).unwrap().run;
    let devices = (0..count).map(|row| NewDevice {
        row,
        uuid: format!("device {row}"),
        serial: Some(format!("S device {row}")),
        discriminator: Discriminator::new(u16::try_from(row % 4096).unwrap()).unwrap(),
        passcode: Some(Passcode::new(20_202_022 + row).unwrap()),
        dac_serial: None,
        key_sha256: None,
        is_key_given: false,
        images: Vec::new(),
    });
    let devices = devices.collect::<Vec<_>>();
    ledger.commit(run, Unique::default(), &devices, &[]).unwrap();
    ledger.end(run, RunState::Complete).unwrap();
}

/// A station that may burn eFuses.
pub fn station(place: impl Into<LedgerPlace>, target: &BoardTarget) -> Station {
    let source = Arc::new(Made { target: target.clone() });
    Station::new(place, ORDER, "line 1", source)
        .with_burn_consent(BurnConsent::typed(ORDER, ORDER).unwrap())
        .with_patience(Patience {
            tries: 3,
            pause: Duration::ZERO,
        })
}
