//! The CSV form of a partition table.
//!
//! Each line is `Name, Type, SubType, Offset, Size, Flags`; further cells are ignored. Source: ESP-IDF, "Partition
//! Tables", section "Creating Custom Tables", and the errors of its tool.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::fault::{TableError, TableErrorKind};
use super::kind::{DATA_UNDEFINED, PRIMARY, RECOVERY};
use super::{Partition, PartitionTable, PartitionType, TableOptions};
use crate::number::{number, plain_number};

/// Reads the bytes of a file as text.
pub(super) fn text(bytes: &[u8]) -> Result<&str, TableError> {
    core::str::from_utf8(bytes).map_err(|error| {
        TableError::of_table(match bytes {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => TableErrorKind::TextUtf16,
            _ => TableErrorKind::Text {
                offset: error.valid_up_to(),
            },
        })
    })
}

pub(super) fn read(text: &str, options: &TableOptions) -> Result<Vec<Partition>, TableError> {
    let mut partitions = Vec::new();
    // The table itself precedes the first partition.
    let mut end = u64::from(options.offset).saturating_add(PartitionTable::SECTOR_LEN.into());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, number) in text.split('\n').zip(1..) {
        let wrong = |kind| TableError::at_line(number, kind);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains(is_other_line_break) {
            return Err(wrong(TableErrorKind::LineBreak));
        }
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || (options.spreadsheet && number == 1 && line.starts_with("sep="))
        {
            continue;
        }
        let row = Row::split(line, options.spreadsheet).map_err(wrong)?;
        let partition = row
            .place(number, &mut end, options, partitions.is_empty())
            .map_err(wrong)?;
        partitions.push(partition);
    }
    Ok(partitions)
}

/// Returns whether Python, in which ESP-IDF's tool is written, treats a character as a line break that this reader does
/// not.
const fn is_other_line_break(letter: char) -> bool {
    matches!(
        letter,
        '\r' | '\u{b}' | '\u{c}' | '\u{1c}' | '\u{1d}' | '\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// The cells of a line.
struct Row<'a> {
    label: &'a str,
    kind: PartitionType,
    subtype: u8,
    offset: &'a str,
    size: &'a str,
    encrypted: bool,
    read_only: bool,
}

impl<'a> Row<'a> {
    fn split(line: &'a str, spreadsheet: bool) -> Result<Self, TableErrorKind> {
        let mut line = line;
        let mut delimiter = ',';
        if spreadsheet {
            line = line.split('#').next().unwrap_or_default();
            if !line.contains(',') {
                delimiter = if line.contains(';') { ';' } else { '\t' };
            }
        }
        if line.contains('$') {
            return Err(TableErrorKind::Variable);
        }
        let mut cells = line.split(delimiter).map(str::trim);
        let mut cell = || cells.next().unwrap_or_default();
        let (label, kind, subtype, offset, size, flags) = (cell(), cell(), cell(), cell(), cell(), cell());
        let kind = read_kind(kind)?;
        let mut row = Self {
            label,
            kind,
            subtype: read_subtype(kind, subtype)?,
            offset,
            size,
            encrypted: false,
            read_only: false,
        };
        for flag in flags.split(':') {
            // ESP-IDF's tool does not trim flags.
            match if spreadsheet { flag.trim() } else { flag } {
                "" => {}
                "encrypted" => row.encrypted = true,
                "readonly" => row.read_only = true,
                flag => return Err(TableErrorKind::Flag { flag: flag.into() }),
            }
        }
        Ok(row)
    }

    /// Returns offset and size of a row; flash is occupied up to `end`.
    fn place(
        self,
        line: usize,
        end: &mut u64,
        options: &TableOptions,
        is_first: bool,
    ) -> Result<Partition, TableErrorKind> {
        let label = String::from(self.label);
        let is_primary =
            self.subtype == PRIMARY && matches!(self.kind, PartitionType::Bootloader | PartitionType::PartitionTable);
        let offset = match self.given_offset(options)? {
            Some(offset) => {
                if !is_primary && u64::from(offset) < *end {
                    return Err(match u32::try_from(*end) {
                        Ok(first) if is_first => TableErrorKind::OffsetBelowTable { label, offset, first },
                        _ => TableErrorKind::Order {
                            label,
                            offset,
                            end: *end,
                        },
                    });
                }
                offset
            }
            None => {
                let next = end.checked_next_multiple_of(self.kind.alignment().into());
                let past = || TableErrorKind::PastEnd {
                    label: label.clone(),
                    offset: u32::MAX,
                    size: 0,
                };
                next.and_then(|next| next.try_into().ok()).ok_or_else(past)?
            }
        };
        let size = self.size_at(offset, options)?;
        let after = u64::from(offset).saturating_add(size.into());
        if !is_primary {
            *end = after;
        }
        let Self {
            kind,
            subtype,
            encrypted,
            read_only,
            ..
        } = self;
        Ok(Partition {
            label,
            kind,
            subtype,
            offset,
            size,
            encrypted,
            read_only,
            line,
        })
    }

    fn given_offset(&self, options: &TableOptions) -> Result<Option<u32>, TableErrorKind> {
        let missing = |recovery| TableErrorKind::BootloaderOffsetMissing { recovery };
        match (self.kind, self.subtype) {
            (PartitionType::Bootloader, PRIMARY) => options.primary_bootloader_offset.ok_or(missing(false)).map(Some),
            (PartitionType::Bootloader, RECOVERY) => options.recovery_bootloader_offset.ok_or(missing(true)).map(Some),
            (PartitionType::PartitionTable, PRIMARY) => Ok(Some(options.offset)),
            _ if self.offset.is_empty() => Ok(None),
            _ => {
                let value = number(self.offset).and_then(|value| value.try_into().ok());
                value.map(Some).ok_or_else(|| TableErrorKind::OffsetValue {
                    text: self.offset.into(),
                })
            }
        }
    }

    fn size_at(&self, offset: u32, options: &TableOptions) -> Result<u32, TableErrorKind> {
        match self.kind {
            PartitionType::PartitionTable => return Ok(PartitionTable::SECTOR_LEN),
            PartitionType::Bootloader => {
                let missing = TableErrorKind::BootloaderOffsetMissing { recovery: false };
                let bootloader = options.primary_bootloader_offset.ok_or(missing)?;
                let table = options.offset;
                let size = table.checked_sub(bootloader).filter(|size| *size > 0);
                return size.ok_or(TableErrorKind::BootloaderBehindTable { bootloader, table });
            }
            _ => {}
        }
        let (is_end, digits) = match self.size.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.size),
        };
        if self.size.is_empty() {
            return Err(TableErrorKind::SizeMissing {
                label: self.label.into(),
            });
        }
        let size: Option<u32> = number(digits).and_then(|value| value.try_into().ok());
        let size = size.ok_or_else(|| TableErrorKind::SizeValue { text: self.size.into() })?;
        if !is_end {
            return Ok(size);
        }
        // A negative size is the end of the partition.
        let ends = || TableErrorKind::EndsBeforeStart {
            label: self.label.into(),
            offset,
            end: size,
        };
        size.checked_sub(offset).ok_or_else(ends)
    }
}

fn read_kind(text: &str) -> Result<PartitionType, TableErrorKind> {
    if text.is_empty() {
        return Err(TableErrorKind::TypeMissing);
    }
    let numbered = || plain_number(text).and_then(|value| PartitionType::from_number(value.try_into().ok()?));
    let kind = PartitionType::from_name(text).or_else(numbered);
    kind.ok_or_else(|| TableErrorKind::TypeValue { text: text.into() })
}

fn read_subtype(kind: PartitionType, text: &str) -> Result<u8, TableErrorKind> {
    if text.is_empty() {
        return match kind {
            PartitionType::App => Err(TableErrorKind::AppSubtypeMissing),
            _ => Ok(DATA_UNDEFINED),
        };
    }
    let numbered = || plain_number(text).and_then(|value| u8::try_from(value).ok());
    let subtype = kind.subtype_number(text).or_else(numbered);
    subtype.ok_or_else(|| TableErrorKind::SubtypeValue { text: text.into() })
}

pub(super) fn write(table: &PartitionTable) -> String {
    let mut text = String::from("# ESP-IDF Partition Table\n# Name, Type, SubType, Offset, Size, Flags\n");
    for partition in &table.partitions {
        let Partition {
            label,
            kind,
            subtype,
            offset,
            size,
            encrypted,
            read_only,
            ..
        } = partition;
        let flags = match (encrypted, read_only) {
            (false, false) => "",
            (true, false) => "encrypted",
            (false, true) => "readonly",
            (true, true) => "encrypted:readonly",
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{label},");
        let _ = match kind.name() {
            Some(name) => write!(text, "{name},"),
            None => write!(text, "{},", kind.number()),
        };
        let _ = match partition.subtype_name() {
            Some(name) => write!(text, "{name},{offset:#x},"),
            None => write!(text, "{subtype},{offset:#x},"),
        };
        let _ = match *size {
            size if size.is_multiple_of(0x10_0000) => write!(text, "{}M,", size / 0x10_0000),
            size if size.is_multiple_of(0x400) => write!(text, "{}K,", size / 0x400),
            size => write!(text, "{size:#x},"),
        };
        let _ = writeln!(text, "{flags}");
    }
    text
}
