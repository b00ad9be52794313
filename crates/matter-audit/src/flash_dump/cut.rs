//! The partitions that the audit reads, extracted from a dump.

use esp_flash_image::{FlashKey, Image as AppImage, Partition, PartitionTable};
use esp_nvs_image::NvsKeys;
use esp_secure_cert::{Image, PartitionSize};
use matter_factory_data::{Check, Finding, holds_factory_data, reads_better};
use zeroize::Zeroizing;

use super::flash::{Flash, OwnTable, is_erased};
use super::tables::{differences, read_given};
use crate::access::Access;
use crate::device_files::{DeviceFile, DeviceFiles};
use crate::device_source::FileKind;

const TABLE: &str = "partition table";
const DUMP: &str = "flash dump";
/// The partition of Espressif's component of the same name.
const SECURE_CERT: &str = "esp_secure_cert";

/// A dump and the device of its partitions.
pub(super) struct CutDump {
    device: DeviceFiles,
    flash: Flash,
    access: Access,
}

impl CutDump {
    pub(super) const fn new(device: DeviceFiles, flash: Flash, access: Access) -> Self {
        Self { device, flash, access }
    }

    pub(super) fn into_device(self) -> DeviceFiles {
        self.device
    }

    /// Finds the partitions by the table in the flash, or by the given one if the flash has none, and adds the parts
    /// that the audit reads.
    pub(super) fn cut(&mut self, given: Option<&[u8]>, keys: &[FlashKey], has_key: bool) {
        let own = self.flash.open(keys);
        self.tell_own_table(&own, given.is_some(), has_key, keys);
        let own = match own {
            OwnTable::Read(table) => Some(table),
            _ => None,
        };
        let given = given.and_then(|bytes| {
            let read = read_given(bytes, self.flash.table_offset(), own.as_ref());
            read.map_err(|reason| self.find(Check::ArtifactMalformed, TABLE, reason))
                .ok()
        });
        if let (Some(own), Some(given)) = (&own, &given) {
            for difference in differences(own, given) {
                self.find(Check::PartitionTableDiffers, TABLE, difference);
            }
        }
        // The firmware uses the table in the flash.
        let table = own.or(given);
        let partitions = table.as_ref().map(PartitionTable::partitions).unwrap_or_default();
        self.add_nvs(partitions);
        self.add_secure_cert(partitions);
        self.check_apps(partitions);
        self.keep_rest(partitions);
        self.check_ends(partitions);
    }

    /// Returns the keys of a key file, if it is valid.
    pub(super) fn keys(&mut self, keys: Result<Vec<FlashKey>, String>) -> Vec<FlashKey> {
        keys.map_err(|reason| self.find(Check::ArtifactMalformed, "flash key", reason))
            .unwrap_or_default()
    }

    fn find(&mut self, check: Check, object: &str, text: impl std::fmt::Display) {
        self.device.findings.push(Finding::of(check, object, text));
    }

    /// Reports faults of the table in the flash. It is required only if no table was given.
    fn tell_own_table(&mut self, own: &OwnTable, is_given: bool, has_key: bool, keys: &[FlashKey]) {
        let offset = self.flash.table_offset();
        let len = self.flash.bytes().len();
        let text = match own {
            OwnTable::Read(_) if !keys.is_empty() && !self.flash.is_encrypted() => format!(
                "the partition table at {offset:#x} is not encrypted, so nothing was decrypted: encrypt the flash, or omit the key"
            ),
            OwnTable::Read(_) => return,
            OwnTable::Damaged(error) => format!("in the dump at {offset:#x}: {error}"),
            OwnTable::Erased | OwnTable::Missing if is_given => return self.take_key(keys),
            OwnTable::Erased => {
                format!("none at {offset:#x}, where the flash is erased: give the offset of the table, or a table")
            }
            OwnTable::Missing => format!("the dump of {len:#x} bytes ends before offset {offset:#x}: give a table"),
            OwnTable::Unreadable if !keys.is_empty() => format!(
                "the key does not decrypt the table at {offset:#x}: give the key and the scheme of this flash, or the offset of its table"
            ),
            // An invalid key has its own finding.
            OwnTable::Unreadable if has_key => return,
            OwnTable::Unreadable => {
                let text = format!(
                    "none readable at {offset:#x}: if the flash is encrypted, give its key; or give the offset of the table"
                );
                let check = if is_given {
                    Check::NotChecked
                } else {
                    Check::ArtifactMalformed
                };
                return self.find(check, TABLE, text);
            }
        };
        self.find(Check::ArtifactMalformed, TABLE, text);
    }

    /// Accepts the key without a table that could confirm it.
    fn take_key(&mut self, keys: &[FlashKey]) {
        match keys {
            [] => {}
            [key] => self.flash.set_key(key),
            _ => {
                let text = "fits two schemes, esp32 and xts-128, and no table in the dump decides: give the scheme";
                self.find(Check::ArtifactMalformed, "flash key", text);
            }
        }
    }

    /// Returns the contents of a partition as the firmware reads them: raw, unless the bootloader encrypts the
    /// partition.
    ///
    /// Contents that `is_right` accepts only in the other state were written incorrectly.
    fn content(&mut self, partition: &Partition, is_right: fn(&[u8]) -> bool) -> Zeroizing<Vec<u8>> {
        let raw = Zeroizing::new(self.flash.raw(partition).to_vec());
        let plain = match self.flash.decrypt(self.flash.range(partition)) {
            Ok(Some(plain)) if !is_erased(&raw) => plain,
            Ok(_) => return raw,
            Err(error) => {
                self.find(Check::ArtifactMalformed, partition.label(), error);
                return raw;
            }
        };
        let is_encrypted = partition.is_encrypted_with_flash();
        let (read, other, text) = if is_encrypted {
            (
                plain,
                raw,
                "not encrypted, but the firmware decrypts it: encrypt it at its address",
            )
        } else {
            (
                raw,
                plain,
                "encrypted, but without the flag in the table: the firmware does not decrypt it",
            )
        };
        if !is_right(&read) && is_right(&other) {
            self.find(Check::ArtifactMalformed, partition.label(), text);
            return other;
        }
        read
    }

    fn add(&mut self, kind: FileKind, partition: &Partition, bytes: Zeroizing<Vec<u8>>) {
        let file = DeviceFile::new(partition.label().into(), bytes, self.access, false);
        self.device.add(Some(kind), file);
    }

    /// Adds the factory partition and its keys.
    fn add_nvs(&mut self, partitions: &[Partition]) {
        let stores = || partitions.iter().filter(|part| part.is_nvs());
        // Espressif's Matter projects have a partition of this name, but their firmware uses it only if configured to.
        // The namespace is not visible in an encrypted one.
        let factory = stores().min_by_key(|part| {
            let bytes = self.flash.raw(part);
            (!holds_factory_data(bytes), is_erased(bytes), part.label() != "fctry")
        });
        let Some(factory) = factory else {
            if !partitions.is_empty() {
                let text = "has no partition of type data and subtype nvs";
                self.find(Check::ArtifactMalformed, TABLE, text);
            }
            return;
        };
        // NVS has its own encryption, independent of flash encryption.
        let store = Zeroizing::new(self.flash.raw(factory).to_vec());
        self.add(FileKind::Nvs, factory, store);
        let holding = stores().filter(|part| holds_factory_data(self.flash.raw(part)));
        let holding = holding.map(Partition::label).collect::<Vec<_>>();
        if holding.len() > 1 {
            let names = holding.join(" and ");
            let text = format!("factory data in {names}, but the firmware reads only one");
            self.find(Check::ArtifactTwice, DUMP, text);
        }
        for part in stores().filter(|part| part.is_encrypted() && self.flash.is_encrypted()) {
            let text = "has the flag encrypted in the partition table, but the firmware refuses an NVS store with it";
            self.device
                .findings
                .push(Finding::of(Check::ArtifactMalformed, part.label(), text));
        }
        let keys = partitions.iter().filter(|part| part.is_nvs_keys());
        let keys = keys.map(|part| (part, self.content(part, |bytes| NvsKeys::decode(bytes).is_ok())));
        let mut keys = keys.collect::<Vec<_>>();
        // An erased partition holds no keys, and the store is not encrypted.
        let opens = |keys: NvsKeys| reads_better(self.flash.raw(factory), &keys);
        let right = keys
            .iter()
            .position(|(_, bytes)| NvsKeys::decode(bytes).is_ok_and(opens));
        if let Some(right) = right {
            let (part, bytes) = keys.swap_remove(right);
            self.add(FileKind::NvsKeys, part, bytes);
        } else if let Some((part, bytes)) = keys.first() {
            self.tell_wrong_keys(factory, part, bytes);
        }
    }

    /// Reports why keys in the flash do not decrypt the store. The firmware requires their checksum to be right.
    fn tell_wrong_keys(&mut self, store: &Partition, keys: &Partition, bytes: &[u8]) {
        let is_plain = holds_factory_data(self.flash.raw(store));
        if is_erased(bytes) {
            self.device.wrong_keys = Some("its keys partition is erased");
        } else if NvsKeys::decode(bytes).is_err() {
            let why = if self.flash.is_encrypted() {
                "it is damaged, or was encrypted with a different key from the rest"
            } else {
                "it is damaged, or was read from a flash that is encrypted"
            };
            self.device.damaged_keys = Some((keys.label().into(), why));
        } else if is_plain {
            self.find(Check::NvsNotEncrypted, keys.label(), "");
        } else {
            self.device.wrong_keys = Some("the keys in the flash do not decrypt the store");
        }
    }

    fn add_secure_cert(&mut self, partitions: &[Partition]) {
        let Some(certs) = partitions.iter().find(|part| is_secure_cert(part)) else {
            return;
        };
        let bytes = self.content(certs, |bytes| Image::new(bytes).records().next().is_some());
        // It is erased in devices whose credentials are in NVS.
        if !is_erased(&bytes) {
            self.add(FileKind::SecureCert, certs, bytes);
            let size = usize::try_from(certs.size()).unwrap_or(usize::MAX);
            self.device.secure_cert_size = PartitionSize::new(size).ok();
        }
    }

    /// Finds unencrypted apps in encrypted flash: the bootloader would not start them.
    fn check_apps(&mut self, partitions: &[Partition]) {
        let is_encrypted = self.flash.is_encrypted();
        for app in partitions.iter().filter(|part| is_encrypted && part.is_app()) {
            self.content(app, |bytes| AppImage::parse(bytes).is_ok());
        }
    }

    /// Keeps the rest of the flash, raw and decrypted, for the key search.
    fn keep_rest(&mut self, partitions: &[Partition]) {
        let is_own = |part: &&Partition| self.device.files.iter().any(|file| file.name == part.label());
        let mut rest = Zeroizing::new(self.flash.bytes().to_vec());
        for part in partitions.iter().filter(is_own) {
            rest.get_mut(self.flash.range(part)).unwrap_or_default().fill(0xFF);
        }
        let encrypted = partitions
            .iter()
            .filter(|part| part.is_encrypted_with_flash() && !part.is_nvs() && !is_own(part));
        let plain = self.flash.decrypted(encrypted);
        self.device.flash.push((DUMP, rest));
        self.device
            .flash
            .extend(plain.map(|plain| ("decrypted flash dump", plain)));
    }

    /// Finds partitions that the audit reads but that are not completely in the dump. A merged and encrypted image may
    /// end after its last piece.
    fn check_ends(&mut self, partitions: &[Partition]) {
        let len = self.flash.bytes().len();
        let is_read = |part: &&Partition| is_secure_cert(part) || part.is_nvs() || part.is_nvs_keys();
        let reaches = |part: &Partition| usize::try_from(part.end()).is_ok_and(|end| end <= len);
        for part in partitions.iter().filter(is_read).filter(|part| !reaches(part)) {
            let is_before = usize::try_from(part.offset()).map_or(true, |offset| offset >= len);
            let end = if is_before { "before" } else { "inside" };
            let text = format!("the dump of {len:#x} bytes ends {end} the partition {}", part.label());
            let is_image = self.flash.is_encrypted() && (is_before || is_secure_cert(part));
            let check = if is_image {
                Check::NotChecked
            } else {
                Check::ArtifactMalformed
            };
            self.find(check, DUMP, text);
        }
    }
}

fn is_secure_cert(partition: &Partition) -> bool {
    partition.label() == SECURE_CERT
}
