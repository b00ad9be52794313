//! The checks of a partition table, for both forms.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::fault::{TableError, TableErrorKind};
use super::kind::{DATA_OTA, DATA_TEE_OTA};
use super::{Partition, PartitionTable, TableOptions};
use crate::BootScheme;

/// The smallest NVS partition that firmware can write to.
const MIN_WRITABLE_NVS: u32 = 0x3000;
const OTA_DATA_LEN: u32 = 0x2000;

pub(super) fn check(table: &PartitionTable, options: &TableOptions, is_binary: bool) -> Result<(), TableError> {
    let at = |partition: &Partition, kind| {
        let place = if is_binary {
            TableError::at_row
        } else {
            TableError::at_line
        };
        place(partition.line, kind)
    };
    let partitions = &table.partitions;
    if partitions.is_empty() {
        return Err(TableError::of_table(TableErrorKind::Empty));
    }
    let limit = PartitionTable::MAX_PARTITIONS.saturating_add(usize::from(!table.md5));
    if partitions.len() > limit {
        let count = partitions.len();
        return Err(TableError::of_table(TableErrorKind::TooMany { count, limit }));
    }
    let mut labels = BTreeMap::new();
    for partition in partitions {
        check_alone(partition, options).map_err(|kind| at(partition, kind))?;
        if let Some(earlier) = labels.insert(&partition.label, partition.line) {
            let label = partition.label.clone();
            return Err(at(partition, TableErrorKind::DuplicateLabel { label, earlier }));
        }
    }
    check_places(partitions, table.offset, options).map_err(|(partition, kind)| at(partition, kind))?;
    for subtype in [DATA_OTA, DATA_TEE_OTA] {
        check_ota_data(partitions, subtype).map_err(|(partition, kind)| at(partition, kind))?;
    }
    Ok(())
}

fn check_alone(partition: &Partition, options: &TableOptions) -> Result<(), TableErrorKind> {
    check_label(&partition.label)?;
    let Partition { offset, size, .. } = *partition;
    let label = || partition.label.clone();
    let alignment = partition.kind.alignment();
    let app_alignment = match options.secure_boot {
        Some(BootScheme::V1) => 0x1_0000,
        _ => 0x1000,
    };
    if partition.subtype == u8::MAX {
        Err(TableErrorKind::SubtypeValue { text: "255".into() })
    } else if !offset.is_multiple_of(alignment) {
        Err(TableErrorKind::OffsetAlignment {
            label: label(),
            offset,
            alignment,
        })
    } else if size == 0 {
        Err(TableErrorKind::SizeZero { label: label() })
    } else if partition.end() > 1 << 32 {
        Err(TableErrorKind::PastEnd {
            label: label(),
            offset,
            size: size.into(),
        })
    } else if partition.is_app() && !size.is_multiple_of(app_alignment) {
        Err(TableErrorKind::SizeAlignment {
            label: label(),
            size,
            alignment: app_alignment,
        })
    } else if partition.read_only && partition.is_always_written() {
        Err(TableErrorKind::ReadOnly { label: label() })
    } else if partition.is_nvs() && size < MIN_WRITABLE_NVS && !partition.read_only {
        Err(TableErrorKind::NvsTooSmall { label: label(), size })
    } else {
        Ok(())
    }
}

/// Checks that a CSV can hold the label.
fn check_label(label: &str) -> Result<(), TableErrorKind> {
    let is_odd =
        |letter: char| matches!(letter, ',' | '$') || letter.is_control() || (letter != ' ' && letter.is_whitespace());
    if label.len() > Partition::MAX_LABEL {
        Err(TableErrorKind::LabelTooLong { label: label.into() })
    } else if label.is_empty()
        || label.trim() != label
        || label.starts_with(['#', '\u{feff}'])
        || label.contains(is_odd)
    {
        Err(TableErrorKind::Label { label: label.into() })
    } else {
        Ok(())
    }
}

type Wrong<'a> = (&'a Partition, TableErrorKind);

fn check_places<'a>(partitions: &'a [Partition], offset: u32, options: &TableOptions) -> Result<(), Wrong<'a>> {
    let first = offset.saturating_add(PartitionTable::SECTOR_LEN);
    let mut sorted = partitions.iter().collect::<Vec<_>>();
    sorted.sort_by_key(|partition| partition.offset);
    let mut before: Option<&Partition> = None;
    for partition in sorted {
        if partition.offset < first && !partition.is_primary() {
            let (label, offset) = (partition.label.clone(), partition.offset);
            return Err((partition, TableErrorKind::OffsetBelowTable { label, offset, first }));
        }
        if let Some(before) = before
            && before.end() > partition.offset.into()
        {
            let later = if before.line > partition.line {
                before
            } else {
                partition
            };
            let (first, second) = (before.clone(), partition.clone());
            return Err((later, TableErrorKind::Overlap { first, second }));
        }
        if let Some(flash_size) = options.flash_size
            && partition.end() > flash_size.get().into()
        {
            let partition_copy = partition.clone();
            return Err((
                partition,
                TableErrorKind::DoesNotFit {
                    partition: partition_copy,
                    flash_size,
                },
            ));
        }
        before = Some(partition);
    }
    Ok(())
}

fn check_ota_data(partitions: &[Partition], subtype: u8) -> Result<(), Wrong<'_>> {
    let mut all = partitions.iter().filter(|partition| partition.is_data(subtype));
    let Some(first) = all.next() else { return Ok(()) };
    if let Some(second) = all.next() {
        let (label, earlier) = (second.label.clone(), first.line);
        return Err((second, TableErrorKind::OtaDataTwice { label, earlier }));
    }
    if first.size != OTA_DATA_LEN {
        let (label, size) = (first.label.clone(), first.size);
        return Err((first, TableErrorKind::OtaDataSize { label, size }));
    }
    Ok(())
}
