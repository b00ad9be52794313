use alloc::vec::Vec;

use super::finding::Finding;
use super::kind::FindingKind;
use super::survey::Record;
use crate::crc::crc32;
use crate::head::{IndexData, PayloadData};
use crate::item_type::ItemType;
use crate::layout::NO_CHUNK;

/// Reports what is wrong inside one entry whose head and slots are sound.
pub(super) fn check(record: &Record<'_>, findings: &mut Vec<Finding>) {
    let key = record.key;
    let mut add = |kind| findings.push(Finding::at(record.offset, kind));
    if !key.is_padded() {
        add(FindingKind::KeyUnreadable { key });
    } else if key.as_bytes().is_empty() {
        add(FindingKind::KeyEmpty);
    } else if key.key().is_none() {
        add(FindingKind::KeyNotUtf8 { key });
    }
    let chunk = record.chunk;
    if record.kind != ItemType::BlobChunk && chunk != NO_CHUNK {
        add(FindingKind::StrayChunkIndex { key, chunk });
    }
    if unused(record).iter().any(|&b| b != 0xFF) {
        add(FindingKind::DataPadding { key });
    }
    if record.kind.has_payload() && crc32(&[record.payload]) != PayloadData::decode(record.data).crc {
        add(FindingKind::PayloadCrc { key });
    } else if record.kind == ItemType::Str {
        match record.payload.strip_suffix(&[0]).filter(|text| !text.contains(&0)) {
            None => add(FindingKind::StringTerminator { key }),
            Some(text) if core::str::from_utf8(text).is_err() => add(FindingKind::StringNotUtf8 { key }),
            Some(_) => {}
        }
    }
    if record.kind == ItemType::BlobIndex {
        let start = IndexData::decode(record.data).chunk_start;
        if start != 0x00 && start != 0x80 {
            add(FindingKind::ChunkStart { key, start });
        }
    }
}

/// The bytes of the data field that hold nothing.
fn unused<'r>(record: &'r Record<'_>) -> &'r [u8] {
    let unused = match record.kind {
        kind if kind.has_payload() => record.data.get(2..4),
        ItemType::BlobIndex => record.data.get(6..8),
        _ => record.data.get(number_size(record.kind)..),
    };
    unused.unwrap_or_default()
}

/// The bytes of a number: the codes of the types of fixed size have it in their low half.
pub(crate) fn number_size(kind: ItemType) -> usize {
    usize::from(kind.code() & 0x0F)
}
