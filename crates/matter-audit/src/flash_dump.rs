//! Flash dumps: where the partitions are, by ESP-IDF's table in CSV or in its binary form.
//!
//! Source: ESP-IDF, "Partition Tables" in the API guides, and `components/partition_table/gen_esp32part.py`.

use std::path::PathBuf;

use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;
use matter_factory_data::{Check, Finding};
use md5::{Digest, Md5};

use crate::access::Access;
use crate::device_files::{DeviceFile, DeviceFiles};
use crate::dialect::BOM;
use crate::input::read;
use crate::source::Kind;
use crate::{AuditInput, Error};

/// A dump of a device's flash from its first byte, and the table of its partitions.
#[derive(Clone, Debug)]
pub struct FlashDump {
    /// ESP-IDF's table, in CSV or binary.
    pub table: PathBuf,
    /// The dump.
    pub dump: PathBuf,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) subtype: u8,
    pub(crate) offset: usize,
    pub(crate) size: usize,
}

const DATA: u8 = 0x01;
const NVS: u8 = 0x02;
const NVS_KEYS: u8 = 0x04;
const SECURE_CERT: &str = "esp_secure_cert";
const SECTOR: usize = 0x1000;
/// The table has 0xC00 bytes, 32 for each partition and for its end.
const MAX_PARTITIONS: usize = 95;
/// Where the table lies, and behind it the first partition, unless the project says otherwise.
const TABLE_OFFSET: usize = 0x8000;

impl FlashDump {
    /// Cuts the partitions that the audit reads out of the dump.
    pub(crate) fn read(&self) -> Result<DeviceFiles, Error> {
        let mut device = DeviceFiles {
            path: self.dump.clone(),
            ..DeviceFiles::default()
        };
        let access = Access::of(&self.dump);
        let table = read(AuditInput::PartitionTable, &self.table)?;
        let dump = read(AuditInput::FlashDump, &self.dump)?;
        let damaged = |reason: &str| Finding::of(Check::ArtifactMalformed, "partition table", reason);
        let partitions = read_table(&table).unwrap_or_else(|reason| {
            device.findings.push(damaged(&reason));
            Vec::new()
        });
        let cut = |partition: &Partition| {
            let end = partition.offset.saturating_add(partition.size).min(dump.len());
            dump.get(partition.offset..end).unwrap_or_default()
        };
        let file = |partition: &Partition| {
            let bytes = cut(partition).to_vec().into();
            DeviceFile::new(partition.name.clone(), bytes, access, false)
        };
        let stores = || {
            partitions
                .iter()
                .filter(|part| part.kind == DATA && part.subtype == NVS)
        };
        // Espressif's projects for Matter have one of this name, and their firmware does not look there unless it is told.
        // The namespace cannot be seen in an encrypted one.
        let factory = stores().min_by_key(|part| {
            let bytes = cut(part);
            (!holds_factory_data(bytes), is_erased(bytes), part.name != "fctry")
        });
        if let Some(factory) = factory {
            device.add(Some(Kind::Nvs), file(factory));
            let holding = stores().filter(|part| holds_factory_data(cut(part)));
            let holding = holding.map(|part| part.name.as_str()).collect::<Vec<_>>();
            if holding.len() > 1 {
                let text = format!(
                    "factory data in {}, of which the firmware reads one",
                    holding.join(" and ")
                );
                device
                    .findings
                    .push(Finding::of(Check::ArtifactTwice, "flash dump", text));
            }
            let keys = partitions
                .iter()
                .filter(|part| part.kind == DATA && part.subtype == NVS_KEYS);
            let keys = keys.collect::<Vec<_>>();
            // An erased one holds no keys, and the store is not encrypted.
            let opens = |keys: NvsKeys| reads_better(cut(factory), &keys);
            if let Some(keys) = keys.iter().find(|part| NvsKeys::decode(cut(part)).is_ok_and(opens)) {
                device.add(Some(Kind::NvsKeys), file(keys));
            } else if let Some(keys) = keys.first() {
                device.wrong_keys = wrong_keys(cut(keys));
            }
        } else if !partitions.is_empty() {
            device
                .findings
                .push(damaged("has no partition of type data and subtype nvs"));
        }
        let certs = partitions.iter().find(|part| part.name == SECURE_CERT);
        // An erased one is there for devices whose credentials are in NVS.
        if let Some(certs) = certs.filter(|part| cut(part).iter().any(|byte| *byte != 0xFF)) {
            device.add(Some(Kind::SecureCert), file(certs));
            device.secure_cert_size = PartitionSize::new(certs.size).ok();
        }
        let mut rest = dump.clone();
        let own = |part: &&Partition| device.files.iter().any(|file| file.name == part.name);
        for part in partitions.iter().filter(own) {
            let end = part.offset.saturating_add(part.size).min(rest.len());
            rest.get_mut(part.offset..end).unwrap_or_default().fill(0xFF);
        }
        device.flash = Some(rest);
        let is_read =
            |part: &&Partition| part.name == SECURE_CERT || part.kind == DATA && matches!(part.subtype, NVS | NVS_KEYS);
        for part in partitions.iter().filter(is_read) {
            if part.offset.saturating_add(part.size) > dump.len() {
                let end = if part.offset < dump.len() { "inside" } else { "before" };
                let text = format!(
                    "the dump of {:#x} bytes ends {end} the partition {}",
                    dump.len(),
                    part.name
                );
                device
                    .findings
                    .push(Finding::of(Check::ArtifactMalformed, "flash dump", text));
            }
        }
        Ok(device)
    }
}

/// The namespace alone is nothing: firmware makes it where it looks for factory data.
fn holds_factory_data(store: &[u8]) -> bool {
    let holds = |name: &[u8]| store.windows(name.len()).any(|window| window == name);
    holds(b"chip-factory") && holds(b"vendor-id")
}

fn is_erased(partition: &[u8]) -> bool {
    partition.iter().all(|byte| *byte == 0xFF)
}

/// Why keys in flash do not open a store that needs some. Bytes that are no keys may be some under flash encryption.
fn wrong_keys(partition: &[u8]) -> Option<&'static str> {
    if is_erased(partition) {
        Some("the partition with its keys is erased")
    } else {
        NvsKeys::decode(partition).ok().map(|_| "the keys in flash are others")
    }
}

/// Tells whether a store is rather the one that was encrypted with these keys than a plain one.
pub(crate) fn reads_better(store: &[u8], keys: &NvsKeys) -> bool {
    let mut plain = zeroize::Zeroizing::new(store.to_vec());
    esp_nvs_image::decrypt(&mut plain, keys).is_ok()
        && esp_nvs_image::check(&plain).len() < esp_nvs_image::check(store).len()
}

/// Reads a table in either form.
pub(crate) fn read_table(bytes: &[u8]) -> Result<Vec<Partition>, String> {
    let partitions = if bytes.starts_with(&[0xAA, 0x50]) {
        read_binary(bytes)?
    } else {
        let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|_| "is neither a binary partition table nor a text")?;
        read_csv(text)?
    };
    if partitions.len() > MAX_PARTITIONS {
        return Err(format!(
            "has more than the {MAX_PARTITIONS} partitions for which flash has room"
        ));
    }
    Ok(partitions)
}

fn read_binary(bytes: &[u8]) -> Result<Vec<Partition>, String> {
    let mut partitions = Vec::new();
    for (index, row) in bytes.as_chunks::<32>().0.iter().enumerate() {
        match row {
            [0xAA, 0x50, kind, subtype, a, b, c, d, e, f, g, h, name @ .., _, _, _, _] => {
                let number = |octets: [u8; 4]| usize::try_from(u32::from_le_bytes(octets)).unwrap_or(usize::MAX);
                let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                partitions.push(Partition {
                    name: String::from_utf8_lossy(name).into_owned(),
                    kind: *kind,
                    subtype: *subtype,
                    offset: number([*a, *b, *c, *d]),
                    size: number([*e, *f, *g, *h]),
                });
            }
            [0xEB, 0xEB, rest @ ..] => {
                let digest = Md5::digest(bytes.get(..32 * index).unwrap_or_default());
                if rest.last_chunk::<16>().is_none_or(|stored| stored[..] != digest[..]) {
                    return Err("has another MD5 than it states: it is damaged".into());
                }
                return Ok(partitions);
            }
            row if row.iter().all(|byte| *byte == 0xFF) => return Ok(partitions),
            _ => return Err(format!("row {index} begins with neither AA 50 nor EB EB")),
        }
    }
    Err("has no end: a row of FF or of the MD5 is missing".into())
}

fn read_csv(text: &str) -> Result<Vec<Partition>, String> {
    let mut partitions = Vec::new();
    let mut next = TABLE_OFFSET + SECTOR;
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let wrong = |what: &str| format!("line {}: {what}", index + 1);
        let delimiter = if line.contains(',') { ',' } else { ';' };
        let mut cells = line.split(delimiter).map(str::trim);
        let mut cell = || cells.next().unwrap_or_default();
        let (name, kind, subtype, offset, size) = (cell(), cell(), cell(), cell(), cell());
        let kind = match kind.to_ascii_lowercase().as_str() {
            "app" => 0x00,
            "data" => DATA,
            // They lie in front of what is looked for, and may say neither where nor how large.
            "bootloader" | "partition_table" => continue,
            other => byte(other).ok_or(wrong("the type is app, data or a number up to 254"))?,
        };
        let subtype = match (kind, subtype.to_ascii_lowercase().as_str()) {
            (DATA, "nvs") => NVS,
            (DATA, "nvs_keys") => NVS_KEYS,
            // What other subtypes are called does not matter here.
            (_, other) => byte(other).unwrap_or(0xFF),
        };
        let (end, size) = match size.strip_prefix('-') {
            Some(end) => (true, end),
            None => (false, size),
        };
        let size = number(size).ok_or(wrong("the size is a number of bytes, also like 0x6000, 24K or 1M"))?;
        // Without an offset a partition follows on the one before; applications begin at 64 KiB.
        let alignment = if kind == 0 { 0x1_0000 } else { SECTOR };
        let offset = match offset {
            "" => next
                .checked_next_multiple_of(alignment)
                .ok_or(wrong("the partition is behind the end of any flash"))?,
            offset => number(offset).ok_or(wrong("the offset is a number of bytes, or empty"))?,
        };
        // Behind a minus sign it is where the partition ends.
        let size = if end { size.checked_sub(offset) } else { Some(size) };
        let size = size.ok_or(wrong("the partition ends before it begins"))?;
        next = offset.checked_add(size).ok_or(wrong("the partition is too large"))?;
        let name = name.to_owned();
        partitions.push(Partition {
            name,
            kind,
            subtype,
            offset,
            size,
        });
    }
    if partitions.is_empty() {
        return Err("has no partitions".into());
    }
    Ok(partitions)
}

fn byte(text: &str) -> Option<u8> {
    number(text).and_then(|number| number.try_into().ok())
}

fn number(text: &str) -> Option<usize> {
    let (digits, factor) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1024),
        None => text
            .strip_suffix(['M', 'm'])
            .map_or((text, 1), |digits| (digits, 1024 * 1024)),
    };
    let digits = digits.trim();
    let number = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    usize::try_from(number).ok()?.checked_mul(factor)
}
