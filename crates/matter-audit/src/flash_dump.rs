//! Flash dumps, of which the partitions are cut out that the audit reads.

use std::path::PathBuf;

use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;
use matter_factory_data::{Check, Finding, NAMESPACE};
use zeroize::Zeroizing;

use crate::access::Access;
use crate::audit_input::read;
use crate::device_files::{DeviceFile, DeviceFiles};
use crate::device_source::FileKind;
use crate::partition_table::{PartitionRow, TABLE_LEN, TABLE_OFFSET, is_binary, read_table};
use crate::{AuditInput, Error};

/// A dump of a device's flash from its first byte, and the table of its partitions.
#[derive(Clone, Debug)]
pub struct FlashDump {
    /// ESP-IDF's table, in CSV or binary.
    pub table: PathBuf,
    /// The dump.
    pub dump: PathBuf,
}

impl FlashDump {
    /// Cuts the partitions that the audit reads out of the dump.
    pub(crate) fn read(&self) -> Result<DeviceFiles, Error> {
        let device = DeviceFiles {
            path: self.dump.clone(),
            ..DeviceFiles::default()
        };
        let access = Access::of(&self.dump);
        let table = read(AuditInput::PartitionTable, &self.table)?;
        let dump = read(AuditInput::FlashDump, &self.dump)?;
        let mut cut = CutDump { device, dump, access };
        let partitions = read_table(&table).unwrap_or_else(|reason| {
            cut.find(Check::ArtifactMalformed, "partition table", reason);
            Vec::new()
        });
        cut.compare_tables(&partitions);
        cut.add_nvs(&partitions);
        cut.add_secure_cert(&partitions);
        cut.keep_rest(&partitions);
        cut.check_ends(&partitions);
        Ok(cut.device)
    }
}

/// A dump, and the device of its partitions.
struct CutDump {
    device: DeviceFiles,
    dump: Zeroizing<Vec<u8>>,
    access: Access,
}

impl CutDump {
    fn find(&mut self, check: Check, object: &str, text: impl std::fmt::Display) {
        self.device.findings.push(Finding::of(check, object, text));
    }

    fn bytes(&self, partition: &PartitionRow) -> &[u8] {
        let end = partition.end().min(self.dump.len());
        self.dump.get(partition.offset..end).unwrap_or_default()
    }

    fn add(&mut self, kind: FileKind, partition: &PartitionRow) {
        let bytes = self.bytes(partition).to_vec().into();
        let file = DeviceFile::new(partition.name.clone(), bytes, self.access, false);
        self.device.add(Some(kind), file);
    }

    /// Adds the factory partition and its keys.
    fn add_nvs(&mut self, partitions: &[PartitionRow]) {
        let stores = || partitions.iter().filter(|part| part.is_nvs());
        // Espressif's projects for Matter have one of this name, and their firmware does not look there unless it is told.
        // The namespace cannot be seen in an encrypted one.
        let factory = stores().min_by_key(|part| {
            let bytes = self.bytes(part);
            (!holds_factory_data(bytes), is_erased(bytes), part.name != "fctry")
        });
        let Some(factory) = factory else {
            if !partitions.is_empty() {
                let text = "has no partition of type data and subtype nvs";
                self.find(Check::ArtifactMalformed, "partition table", text);
            }
            return;
        };
        self.add(FileKind::Nvs, factory);
        let holding = stores().filter(|part| holds_factory_data(self.bytes(part)));
        let holding = holding.map(|part| part.name.as_str()).collect::<Vec<_>>();
        if holding.len() > 1 {
            let names = holding.join(" and ");
            let text = format!("factory data in {names}, of which the firmware reads one");
            self.find(Check::ArtifactTwice, "flash dump", text);
        }
        let keys = || partitions.iter().filter(|part| part.is_nvs_keys());
        // An erased one holds no keys, and the store is not encrypted.
        let opens = |keys: NvsKeys| reads_better(self.bytes(factory), &keys);
        if let Some(keys) = keys().find(|part| NvsKeys::decode(self.bytes(part)).is_ok_and(opens)) {
            self.add(FileKind::NvsKeys, keys);
        } else if let Some(keys) = keys().next() {
            self.tell_wrong_keys(factory, keys);
        }
    }

    /// Says why keys in flash do not open the store. Without flash encryption the firmware needs their checksum to be right.
    fn tell_wrong_keys(&mut self, store: &PartitionRow, keys: &PartitionRow) {
        let (store, bytes) = (self.bytes(store), self.bytes(keys));
        let is_plain = holds_factory_data(store);
        if is_erased(bytes) {
            self.device.wrong_keys = Some("the partition with its keys is erased");
        } else if NvsKeys::decode(bytes).is_err() {
            self.device.damaged_keys = Some(keys.name.clone());
        } else if is_plain {
            self.find(Check::NvsNotEncrypted, &keys.name, "");
        } else {
            self.device.wrong_keys = Some("the keys in flash are others");
        }
    }

    /// Compares the table in the dump with the given one, as far as the audit reads partitions. An encrypted one is none.
    fn compare_tables(&mut self, given: &[PartitionRow]) {
        let Some(own) = self.dump.get(TABLE_OFFSET..).filter(|own| is_binary(own)) else {
            return;
        };
        let own = match read_table(own.get(..TABLE_LEN).unwrap_or(own)) {
            Ok(own) => own,
            Err(reason) => {
                let text = format!("that of the dump, at {TABLE_OFFSET:#x}, {reason}");
                return self.find(Check::ArtifactMalformed, "partition table", text);
            }
        };
        let is_read = |part: &&PartitionRow| part.is_secure_cert() || part.is_nvs() || part.is_nvs_keys();
        for part in given.iter().filter(is_read) {
            let text = match own.iter().find(|own| own.name == part.name) {
                Some(own) if own.is_same(part) => continue,
                Some(own) => format!("{own} in the flash, {part} in the given one"),
                None => format!("no partition {} in the flash", part.name),
            };
            self.find(Check::PartitionTableDiffers, "partition table", text);
        }
    }

    fn add_secure_cert(&mut self, partitions: &[PartitionRow]) {
        let certs = partitions.iter().find(|part| part.is_secure_cert());
        // An erased one is there for devices whose credentials are in NVS.
        if let Some(certs) = certs.filter(|part| !is_erased(self.bytes(part))) {
            self.add(FileKind::SecureCert, certs);
            self.device.secure_cert_size = PartitionSize::new(certs.size).ok();
        }
    }

    /// Keeps what else is in the flash, to be searched for keys.
    fn keep_rest(&mut self, partitions: &[PartitionRow]) {
        let mut rest = self.dump.clone();
        let own = |part: &&PartitionRow| self.device.files.iter().any(|file| file.name == part.name);
        for part in partitions.iter().filter(own) {
            let end = part.end().min(rest.len());
            rest.get_mut(part.offset..end).unwrap_or_default().fill(0xFF);
        }
        self.device.flash = Some(rest);
    }

    /// Finds partitions that the audit reads and the dump does not have in full.
    fn check_ends(&mut self, partitions: &[PartitionRow]) {
        let len = self.dump.len();
        let is_read = |part: &&PartitionRow| part.is_secure_cert() || part.is_nvs() || part.is_nvs_keys();
        for part in partitions.iter().filter(is_read).filter(|part| part.end() > len) {
            let end = if part.offset < len { "inside" } else { "before" };
            let text = format!("the dump of {len:#x} bytes ends {end} the partition {}", part.name);
            self.find(Check::ArtifactMalformed, "flash dump", text);
        }
    }
}

/// The namespace alone is nothing: firmware makes it where it looks for factory data.
fn holds_factory_data(store: &[u8]) -> bool {
    let holds = |name: &[u8]| store.windows(name.len()).any(|window| window == name);
    holds(NAMESPACE.as_str().as_bytes()) && holds(b"vendor-id")
}

fn is_erased(partition: &[u8]) -> bool {
    partition.iter().all(|byte| *byte == 0xFF)
}

/// Tells whether a store is rather the one that was encrypted with these keys than a plain one.
pub(crate) fn reads_better(store: &[u8], keys: &NvsKeys) -> bool {
    let mut plain = Zeroizing::new(store.to_vec());
    esp_nvs_image::decrypt(&mut plain, keys).is_ok()
        && esp_nvs_image::check(&plain).len() < esp_nvs_image::check(store).len()
}
