//! What is legal, but takes room for nothing or is of an earlier version.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::finding::{Finding, FindingKind};
use crate::item_type::ItemType;
use crate::mounted::Mounted;

pub(super) fn report(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    report_blobs(mounted, findings);
    report_namespaces(mounted, findings);
}

fn report_blobs(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    if mounted.has_version_2() {
        let in_one_piece = mounted.kept().filter(|(_, record)| record.kind == ItemType::BlobV1);
        findings.extend(in_one_piece.map(|(_, record)| {
            let key = record.key;
            Finding::at(record.offset, FindingKind::Version1Blob { key })
        }));
    }
    let record = |place: usize| mounted.entries.get(place).map(|entry| &entry.record);
    for (chunk, index) in mounted.blobs.booked() {
        let (Some(chunk), Some(index)) = (record(chunk), index.and_then(record)) else {
            continue;
        };
        if chunk.payload.is_empty() && index.index_data().is_some_and(|data| data.size > 0) {
            let key = chunk.key;
            findings.push(Finding::at(chunk.offset, FindingKind::EmptyChunk { key }));
        }
    }
}

fn report_namespaces(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    let outside = mounted.kept().filter(|(_, record)| !record.is_in_table());
    let used = outside.map(|(_, record)| record.namespace).collect::<BTreeSet<_>>();
    for (index, name, offset) in mounted.names.iter() {
        if !used.contains(&index) {
            findings.push(Finding::at(offset, FindingKind::NamespaceWithoutKeys { name }));
        }
        if index > 1 && mounted.names.get(index - 1).is_none() {
            findings.push(Finding::at(offset, FindingKind::NamespaceIndexGap { index }));
        }
    }
}
