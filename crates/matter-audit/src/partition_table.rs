//! ESP-IDF's table of partitions, in CSV or in its binary form.
//!
//! Source: ESP-IDF, "Partition Tables" in the API guides, and `components/partition_table/gen_esp32part.py`.

use std::collections::BTreeMap;
use std::fmt;

use factory_fs::{Dialect, utf8};
use md5::{Digest, Md5};

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartitionRow {
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) subtype: u8,
    pub(crate) offset: usize,
    pub(crate) size: usize,
    /// Whether the firmware may only read it.
    is_read_only: bool,
    /// The line of the text, or the row of the binary form.
    line: usize,
}

const APP: u8 = 0x00;
const APP_ALIGNMENT: usize = 0x1_0000;
const DATA: u8 = 0x01;
const NVS: u8 = 0x02;
const NVS_KEYS: u8 = 0x04;
const SECURE_CERT: &str = "esp_secure_cert";
const SECTOR: usize = 0x1000;
/// The bit of the flags.
const READ_ONLY: u8 = 0b10;
/// The table has 0xC00 bytes, 32 for each partition and for its end.
const MAX_PARTITIONS: usize = 95;
/// Where the table lies, and behind it the first partition, unless the project says otherwise.
pub(crate) const TABLE_OFFSET: usize = 0x8000;
/// What the firmware reads of it.
pub(crate) const TABLE_LEN: usize = 0xC00;
/// Bytes of a label; the tool cuts longer ones.
const MAX_LABEL: usize = 16;
/// The smallest store to which the firmware can write.
const MIN_WRITABLE_NVS: usize = 0x3000;

impl PartitionRow {
    pub(crate) fn is_nvs(&self) -> bool {
        self.kind == DATA && self.subtype == NVS
    }

    pub(crate) fn is_nvs_keys(&self) -> bool {
        self.kind == DATA && self.subtype == NVS_KEYS
    }

    pub(crate) fn is_secure_cert(&self) -> bool {
        self.name == SECURE_CERT
    }

    /// Tells whether another row is of the same partition in the same place.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let place = |row: &Self| (row.kind, row.subtype, row.offset, row.size);
        place(self) == place(other)
    }

    /// What ESP-IDF's tool refuses of a row alone.
    fn check(&self) -> Result<(), String> {
        let Self { name, offset, size, .. } = self;
        let alignment = if self.kind == APP { APP_ALIGNMENT } else { SECTOR };
        if name.is_empty() {
            Err("a partition has no name".into())
        } else if offset % alignment != 0 {
            Err(format!(
                "the offset {offset:#x} of {name} is no multiple of {alignment:#x}"
            ))
        } else if *offset < TABLE_OFFSET + SECTOR {
            let first = TABLE_OFFSET + SECTOR;
            Err(format!(
                "the offset {offset:#x} of {name} is before {first:#x}, where the first partition may begin"
            ))
        } else if *size == 0 {
            Err(format!("{name} has no bytes"))
        } else if self.kind == APP && size % SECTOR != 0 {
            Err(format!("the size {size:#x} of {name} is no multiple of {SECTOR:#x}"))
        } else if self.is_nvs() && *size < MIN_WRITABLE_NVS && !self.is_read_only {
            Err(format!(
                "{name} is smaller than {MIN_WRITABLE_NVS:#x} bytes, and not flagged readonly"
            ))
        } else {
            Ok(())
        }
    }

    /// Where it ends in flash.
    pub(crate) const fn end(&self) -> usize {
        self.offset.saturating_add(self.size)
    }
}

/// Reads a table in either form.
pub(crate) fn read_table(bytes: &[u8]) -> Result<Vec<PartitionRow>, String> {
    let partitions = if is_binary(bytes) {
        read_binary(bytes)?
    } else {
        let text = utf8(bytes).map_err(|error| match error.is_utf16 {
            true => error.to_string(),
            false => "is neither a binary partition table nor a text".into(),
        })?;
        read_csv(text)?
    };
    if partitions.len() > MAX_PARTITIONS {
        return Err(format!(
            "has more than the {MAX_PARTITIONS} partitions for which flash has room"
        ));
    }
    check_rows(&partitions)?;
    Ok(partitions)
}

/// Tells whether bytes begin as the binary form does.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xAA, 0x50])
}

/// Refuses what ESP-IDF's tool refuses: rows that are wrong alone, that have one name, or that overlap.
fn check_rows(partitions: &[PartitionRow]) -> Result<(), String> {
    let mut names = BTreeMap::new();
    for part in partitions {
        let line = part.line;
        part.check().map_err(|reason| format!("line {line}: {reason}"))?;
        if let Some(earlier) = names.insert(&part.name, line) {
            return Err(format!(
                "line {line}: {} is the name of line {earlier} as well",
                part.name
            ));
        }
    }
    let mut sorted = partitions.iter().collect::<Vec<_>>();
    sorted.sort_by_key(|part| part.offset);
    for pair in sorted.windows(2) {
        if let [before, behind] = pair
            && before.end() > behind.offset
        {
            let line = before.line.max(behind.line);
            return Err(format!("line {line}: {before} and {behind} overlap"));
        }
    }
    Ok(())
}

impl fmt::Display for PartitionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:#x}..{:#x}", self.name, self.offset, self.end())
    }
}

fn read_binary(bytes: &[u8]) -> Result<Vec<PartitionRow>, String> {
    let mut partitions = Vec::new();
    for (index, row) in bytes.as_chunks::<32>().0.iter().enumerate() {
        match row {
            [
                0xAA,
                0x50,
                kind,
                subtype,
                a,
                b,
                c,
                d,
                e,
                f,
                g,
                h,
                name @ ..,
                flags,
                _,
                _,
                _,
            ] => {
                let number = |octets: [u8; 4]| usize::try_from(u32::from_le_bytes(octets)).unwrap_or(usize::MAX);
                let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                partitions.push(PartitionRow {
                    name: String::from_utf8_lossy(name).into_owned(),
                    kind: *kind,
                    subtype: *subtype,
                    offset: number([*a, *b, *c, *d]),
                    size: number([*e, *f, *g, *h]),
                    is_read_only: flags & READ_ONLY != 0,
                    line: index + 1,
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

fn read_csv(text: &str) -> Result<Vec<PartitionRow>, String> {
    let mut partitions = Vec::new();
    let mut next = TABLE_OFFSET + SECTOR;
    let is_row = |(index, _): &(usize, &str)| *index > 0 || Dialect::of(text.as_bytes()).start == 0;
    for (index, line) in text.lines().enumerate().filter(is_row) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let wrong = |what: &str| format!("line {}: {what}", index + 1);
        let delimiter = if line.contains(',') {
            b','
        } else {
            Dialect::of(line.as_bytes()).delimiter
        };
        let mut cells = line.split(char::from(delimiter)).map(str::trim);
        let mut cell = || cells.next().unwrap_or_default();
        let (name, kind, subtype, offset, size) = (cell(), cell(), cell(), cell(), cell());
        let flags = cell().split(':').map(str::trim).collect::<Vec<_>>();
        if !flags.iter().all(|flag| matches!(*flag, "" | "encrypted" | "readonly")) {
            return Err(wrong(
                "the flags are encrypted, readonly, both with a colon between, or none",
            ));
        }
        let kind = match kind.to_ascii_lowercase().as_str() {
            "app" => APP,
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
        let alignment = if kind == APP { APP_ALIGNMENT } else { SECTOR };
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
        partitions.push(PartitionRow {
            name: cut_label(name),
            kind,
            subtype,
            offset,
            size,
            is_read_only: flags.contains(&"readonly"),
            line: index + 1,
        });
    }
    if partitions.is_empty() {
        return Err("has no partitions".into());
    }
    Ok(partitions)
}

/// What the tool stores of a label.
fn cut_label(name: &str) -> String {
    let bytes = name.as_bytes();
    String::from_utf8_lossy(bytes.get(..MAX_LABEL).unwrap_or(bytes)).into_owned()
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
    let number = matter_types::parse_u32(digits.trim()).ok()?;
    usize::try_from(number).ok()?.checked_mul(factor)
}
