//! The binary form of a partition table.
//!
//! ```text
//! row:  0 AA 50 | 2 type | 3 subtype | 4 offset u32 | 8 size u32 | 12 label, 16 bytes | 28 flags u32
//! MD5:  0 EB EB | 2 FF, 14 bytes | 16 MD5 of all rows before
//! end:  0 FF, 32 bytes; then FF up to 0xC00
//! ```
//!
//! All numbers are little-endian. Source: ESP-IDF, "Partition Tables", section "Binary Partition Table".

use alloc::string::String;
use alloc::vec::Vec;

use md5::{Digest, Md5};

use super::fault::{TableError, TableErrorKind};
use super::{Partition, PartitionTable, PartitionType};

const ROW: usize = 32;
const MAGIC: [u8; 2] = [0xAA, 0x50];
const MD5_MAGIC: [u8; 2] = [0xEB, 0xEB];
const ENCRYPTED: u32 = 1;
const READ_ONLY: u32 = 2;

pub(super) fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Partition>, bool), TableError> {
    let bytes = bytes.get(..PartitionTable::LEN).unwrap_or(bytes);
    let (rows, rest) = bytes.as_chunks::<ROW>();
    let mut partitions = Vec::new();
    let mut has_md5 = false;
    for (index, row) in rows.iter().enumerate() {
        // At most 0xC00 bytes.
        let number = index.saturating_add(1);
        let before = index.saturating_mul(ROW);
        match row {
            [0xFF, 0xFF, ..] if row.iter().all(|byte| *byte == 0xFF) => {
                let after = bytes.get(before..).unwrap_or_default();
                if let Some(at) = after.iter().position(|byte| *byte != 0xFF) {
                    let offset = before.saturating_add(at);
                    return Err(TableError::of_table(TableErrorKind::BytesBehindEnd { offset }));
                }
                return Ok((partitions, has_md5));
            }
            _ if has_md5 => return Err(TableError::at_row(number, TableErrorKind::Md5Row)),
            [0xEB, 0xEB, filling @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] => {
                if filling.iter().any(|byte| *byte != 0xFF) {
                    return Err(TableError::at_row(number, TableErrorKind::Md5Row));
                }
                let digest = Md5::digest(bytes.get(..before).unwrap_or_default());
                if row.last_chunk::<16>().is_none_or(|stored| stored[..] != digest[..]) {
                    return Err(TableError::at_row(number, TableErrorKind::Md5));
                }
                has_md5 = true;
            }
            row => partitions.push(read_row(row, number).map_err(|kind| TableError::at_row(number, kind))?),
        }
    }
    Err(TableError::of_table(match rest.len() {
        0 => TableErrorKind::EndMissing,
        _ => TableErrorKind::Truncated { len: bytes.len() },
    }))
}

fn read_row(row: &[u8; ROW], line: usize) -> Result<Partition, TableErrorKind> {
    let [
        m0,
        m1,
        kind,
        subtype,
        o0,
        o1,
        o2,
        o3,
        s0,
        s1,
        s2,
        s3,
        label @ ..,
        f0,
        f1,
        f2,
        f3,
    ] = row;
    if [*m0, *m1] != MAGIC {
        return Err(TableErrorKind::Magic { found: [*m0, *m1] });
    }
    let number = |value: u8| TableErrorKind::TypeValue {
        text: alloc::format!("{value}"),
    };
    let flags = u32::from_le_bytes([*f0, *f1, *f2, *f3]);
    if flags & !(ENCRYPTED | READ_ONLY) != 0 {
        return Err(TableErrorKind::FlagBits { flags });
    }
    Ok(Partition {
        label: read_label(label)?,
        kind: PartitionType::from_number(*kind).ok_or_else(|| number(*kind))?,
        subtype: *subtype,
        offset: u32::from_le_bytes([*o0, *o1, *o2, *o3]),
        size: u32::from_le_bytes([*s0, *s1, *s2, *s3]),
        encrypted: flags & ENCRYPTED != 0,
        read_only: flags & READ_ONLY != 0,
        line,
    })
}

fn read_label(field: &[u8]) -> Result<String, TableErrorKind> {
    let len = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let (label, rest) = field.split_at_checked(len).unwrap_or((field, &[]));
    let label = core::str::from_utf8(label).map_err(|_| TableErrorKind::LabelBytes)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(TableErrorKind::LabelBytes);
    }
    Ok(label.into())
}

pub(super) fn write(table: &PartitionTable) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PartitionTable::LEN);
    for partition in &table.partitions {
        bytes.extend(MAGIC);
        bytes.extend([partition.kind.number(), partition.subtype]);
        bytes.extend(partition.offset.to_le_bytes());
        bytes.extend(partition.size.to_le_bytes());
        // Labels are at most 16 bytes, checked when the table was made.
        let label = partition.label.bytes().chain(core::iter::repeat(0));
        bytes.extend(label.take(Partition::MAX_LABEL));
        let encrypted = if partition.encrypted { ENCRYPTED } else { 0 };
        let read_only = if partition.read_only { READ_ONLY } else { 0 };
        bytes.extend((encrypted | read_only).to_le_bytes());
    }
    if table.md5 {
        let digest = Md5::digest(&bytes);
        bytes.extend(MD5_MAGIC);
        bytes.extend([0xFF; 14]);
        bytes.extend(digest);
    }
    bytes.resize(PartitionTable::LEN, 0xFF);
    bytes
}
