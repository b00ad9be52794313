use std::collections::BTreeMap;
use std::fmt;

use esp_flash_image::{Chip, ChipRevision};
use esp_flash_plan::Step;
use zeroize::Zeroizing;

use crate::Error;

/// The requirements on a board, checked before it is claimed or written.
#[derive(Clone, Debug)]
pub struct BoardTarget {
    /// The chip.
    pub chip: Chip,
    /// The minimum revision.
    pub min_revision: Option<ChipRevision>,
    /// The minimum flash size in bytes.
    pub flash_size: u32,
    /// The eFuse steps, in the order of the plan.
    pub steps: Vec<Step>,
}

impl BoardTarget {
    /// Returns whether eFuses are burned, which is irreversible.
    #[must_use]
    pub const fn burns(&self) -> bool {
        !self.steps.is_empty()
    }
}

/// A device with all data for its board.
#[derive(Clone, Debug)]
pub struct StationDevice {
    /// Its name in the ledger.
    pub uuid: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// The requirements on its board, and its eFuse steps.
    pub target: BoardTarget,
    /// The data to write to the flash.
    pub parts: Vec<FlashPart>,
    /// The ranges to compare afterwards.
    pub regions: Vec<StationRegion>,
    /// The keys used by its steps.
    pub keys: KeyStore,
    /// The content of its label.
    pub label: DeviceLabel,
    /// SHA-256 of its plan file.
    pub plan_sha256: [u8; 32],
    /// The equivalent esptool and espefuse commands.
    pub commands: Vec<String>,
}

impl StationDevice {
    /// Returns whether a scanned code belongs to this device: the text of its QR code, its manual code in any grouping,
    /// or its serial number.
    #[must_use]
    pub(crate) fn is_labelled(&self, code: &str) -> bool {
        let code = code.trim();
        let digits = |text: &str| text.chars().filter(|c| !matches!(c, '-' | ' ')).collect::<String>();
        let is_manual = !self.label.manual.is_empty() && digits(code) == digits(&self.label.manual);
        !code.is_empty() && (code == *self.label.qr || is_manual || self.serial.as_deref() == Some(code))
    }

    /// Returns the bytes of a region; `None` if no flash part covers it.
    #[must_use]
    pub fn region_bytes(&self, region: &StationRegion) -> Option<&[u8]> {
        let len = usize::try_from(region.length).ok()?;
        self.parts.iter().find_map(|part| {
            let start = usize::try_from(region.offset.checked_sub(part.offset)?).ok()?;
            part.bytes.get(start..start.checked_add(len)?)
        })
    }
}

/// Bytes for the flash.
#[derive(Clone)]
pub struct FlashPart {
    /// The flash address.
    pub offset: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Elides the bytes: without flash encryption they are as secret as the device's images.
impl fmt::Debug for FlashPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlashPart")
            .field("offset", &self.offset)
            .field("len", &self.bytes.len())
            .finish()
    }
}

/// A flash range with its digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationRegion {
    /// The flash address.
    pub offset: u32,
    /// Its length in bytes.
    pub length: u32,
    /// Its source.
    pub source: String,
    /// Whether the bytes are encrypted with the flash encryption key.
    pub encrypted: bool,
    /// The MD5 of its bytes.
    pub md5: [u8; 16],
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// The content of key files, by their names in the steps. It is zeroized on drop.
#[derive(Clone, Default)]
pub struct KeyStore(BTreeMap<String, Zeroizing<Vec<u8>>>);

impl KeyStore {
    /// Makes an empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds the content of a file.
    pub fn insert(&mut self, file: impl Into<String>, bytes: Zeroizing<Vec<u8>>) {
        self.0.insert(file.into(), bytes);
    }

    /// Returns the content of a file.
    #[must_use]
    pub fn expose_key(&self, file: &str) -> Option<&[u8]> {
        self.0.get(file).map(|bytes| bytes.as_slice())
    }

    /// Zeroizes all keys.
    pub fn wipe(&mut self) {
        self.0.clear();
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The content of a device's label, also in the manifest. The codes contain the passcode: they are as secret as the label.
#[derive(Clone, Default)]
pub struct DeviceLabel {
    /// The text of the QR code, `MT:…`.
    pub qr: Zeroizing<String>,
    /// The digits of the manual code.
    pub manual: Zeroizing<String>,
    /// The vendor ID.
    pub vendor_id: u16,
    /// The product ID.
    pub product_id: u16,
    /// The discriminator.
    pub discriminator: u16,
}

impl fmt::Debug for DeviceLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLabel")
            .field("vendor_id", &self.vendor_id)
            .field("product_id", &self.product_id)
            .field("discriminator", &self.discriminator)
            .finish_non_exhaustive()
    }
}

/// The source of an order's devices.
pub trait DeviceSource: Send + Sync {
    /// Returns the requirements on all boards of the order.
    fn target(&self) -> &BoardTarget;

    /// Reads a device that is in the ledger.
    ///
    /// # Errors
    ///
    /// [`Error`] when it is missing or does not match its plan.
    fn device(&self, uuid: &str) -> Result<StationDevice, Error>;

    /// Makes more devices of an order without free ones.
    ///
    /// # Errors
    ///
    /// [`Error::OrderEmpty`] if devices are not made on demand.
    fn make_more(&self, order: &str) -> Result<(), Error> {
        Err(Error::OrderEmpty { order: order.into() })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use esp_flash_image::{EncryptionScheme, FlashKey, ImageHeader, ImageWriter, PartitionTable, TableOptions};
    use esp_flash_plan::{
        DeviceKeys, DeviceParts, EncryptionMode, FlashEncryption, FlashPlan, SecurityProfile, SharedParts,
    };

    use super::*;

    /// A chip with flash encryption in release mode.
    pub(crate) fn target() -> BoardTarget {
        let csv = "nvs, data, nvs, 0x9000, 0x6000\nfactory, app, factory, 0x10000, 0x10000";
        let table = PartitionTable::from_csv(csv, &TableOptions::new()).unwrap();
        let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
        writer.push(0x4038_0000, b"machine code").unwrap();
        let image = writer.finish().unwrap();
        let profile = SecurityProfile::new(Chip::Esp32c3, "4MB".parse().unwrap(), table)
            .with_flash_encryption(FlashEncryption::new(EncryptionMode::Release));
        let plan = FlashPlan::new(profile, &SharedParts::new(&image).with_app("factory", &image)).unwrap();
        let key = FlashKey::new(EncryptionScheme::Xts128, &[7; 32]).unwrap();
        let keys = DeviceKeys::new().with_flash_key(&key, "flash-key.bin");
        let device = plan.device(&DeviceParts::new(), &keys).unwrap();
        BoardTarget {
            chip: Chip::Esp32c3,
            min_revision: None,
            flash_size: 0x40_0000,
            steps: device.efuse_steps().cloned().collect(),
        }
    }

    #[test]
    fn neither_keys_nor_codes_are_shown() {
        let mut keys = KeyStore::new();
        keys.insert("flash-key.bin", Zeroizing::new(vec![0xAB; 32]));
        let label = DeviceLabel {
            qr: Zeroizing::new("MT:ABC".into()),
            manual: Zeroizing::new("34970112332".into()),
            ..DeviceLabel::default()
        };
        let text = format!("{keys:?} {label:?}");
        assert!(
            text.contains("flash-key.bin") && !text.contains("171") && !text.contains("MT:") && !text.contains("3497")
        );
        assert_eq!(keys.expose_key("flash-key.bin").map(<[u8]>::len), Some(32));
        keys.wipe();
        assert_eq!(keys.expose_key("flash-key.bin"), None);
    }

    #[test]
    fn a_label_is_known_by_each_of_its_codes() {
        let device = StationDevice {
            uuid: "u".into(),
            serial: Some("S-1".into()),
            target: target(),
            parts: Vec::new(),
            regions: Vec::new(),
            keys: KeyStore::new(),
            label: DeviceLabel {
                qr: Zeroizing::new("MT:ABC".into()),
                manual: Zeroizing::new("3497-011-2332".into()),
                ..DeviceLabel::default()
            },
            plan_sha256: [0; 32],
            commands: Vec::new(),
        };
        for code in ["MT:ABC", " MT:ABC\n", "34970112332", "3497-011-2332", "S-1"] {
            assert!(device.is_labelled(code), "{code}");
        }
        for code in ["", " ", "-", "MT:ABD", "34970112333", "s-1"] {
            assert!(!device.is_labelled(code), "{code}");
        }
        let unnamed = StationDevice {
            serial: None,
            label: DeviceLabel::default(),
            ..device
        };
        assert!(!unnamed.is_labelled("") && !unnamed.is_labelled("-"));
    }
}
