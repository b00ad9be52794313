//! Checks an image: what the firmware does to it at mount, and parts that are legal but waste
//! space, are of an earlier version or are in an order that no device produces.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::finding::{Finding, FindingKind};
use crate::item_type::ItemType;
use crate::layout::{SLOTS_PER_PAGE, VERSION_1};
use crate::mounted::Mounted;
use crate::record::Stored;

/// Returns a finding for each part of an image that the firmware rejects, erases, drops or
/// misreads, or that is legal but wasteful.
///
/// The image must be a whole partition, not encrypted: decrypt an encrypted one first. Findings
/// about the whole image come first, the others in the order of their offsets. An image without an
/// [error](crate::Severity::Error) can be mounted, and every value in it can be read;
/// [`decode`](crate::decode) accepts an image without findings other than notes.
///
/// One fault can cause several findings: a damaged index loses the chunks of its blob, a damaged
/// namespace all its keys. Consecutive slots that the firmware erases because a damaged head no
/// longer gives their number are one finding.
///
/// The running time is O(n log n) in the image size, with at most eight findings per slot of 32
/// bytes.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Key, Namespace, PartitionSize, Severity, Value, check, encode_to_vec};
///
/// let namespace = Namespace::new("ns")?;
/// let entries = [(namespace, Key::new("a")?, Value::from(1_u8)), (namespace, Key::new("b")?, Value::Str("text"))];
/// let mut image = encode_to_vec(PartitionSize::new(0x3000)?, BlobVersion::V2, entries)?;
/// assert!(check(&image).is_empty());
///
/// image[0x60 + 24] ^= 1;
/// let findings = check(&image);
/// assert_eq!(findings[0].kind.id(), "entry-crc");
/// assert_eq!(findings[0].offset, Some(0x60));
/// assert_eq!(findings[0].severity, Severity::Error);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[must_use]
pub fn check(image: &[u8]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mounted = Mounted::new(image, &mut |fault| {
        findings.push(fault);
        Ok(())
    });
    // The callback accepts everything, so that there is no error.
    if let Ok(mounted) = mounted {
        report_pages(&mounted, &mut findings);
        report_order(&mounted, &mut findings);
        report_free(&mounted, &mut findings);
        report_blobs(&mounted, &mut findings);
        report_namespaces(&mounted, &mut findings);
    }
    findings.sort_by_key(|finding| (finding.offset, core::cmp::Reverse(finding.severity)));
    findings
}

fn report_pages(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    let has_version_2 = mounted.has_version_2();
    for (page, _) in mounted.pages.iter().filter(|(_, state)| state.is_in_log()) {
        let mut add = |kind| findings.push(Finding::at(page.offset(), kind));
        if has_version_2 && page.version() == VERSION_1 {
            add(FindingKind::Version1Page);
        }
        let (_, erased) = page.slot_states().written_and_erased();
        match erased {
            0 => {}
            slots if slots > SLOTS_PER_PAGE / 2 => add(FindingKind::PageMostlyErased { slots }),
            slots => add(FindingKind::ErasedSlots { slots }),
        }
    }
}

fn report_order(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    let mut sequences = BTreeMap::new();
    let last = mounted.log.last().map(|page| page.offset());
    for page in &mounted.log {
        let sequence = page.sequence();
        if let Some(earlier) = sequences.insert(sequence, page.offset()) {
            let kind = FindingKind::PageSequence { sequence, earlier };
            findings.push(Finding::at(page.offset(), kind));
        }
        if page.is_active() && Some(page.offset()) != last {
            findings.push(Finding::at(page.offset(), FindingKind::ActivePageNotLast));
        }
    }
    if mounted.log.is_empty() && !mounted.pages.is_empty() {
        findings.push(Finding::of_image(FindingKind::BlankPartition));
    } else if !mounted.log.is_empty() && !mounted.log.iter().any(|page| page.is_active()) {
        findings.push(Finding::of_image(FindingKind::NoActivePage));
    }
}

/// A corrupt page counts as empty, and so does the page that an interrupted move gives back.
fn report_free(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    let pages = mounted.pages.len();
    let has_free = mounted.log.len() < pages || mounted.mount.given_up.is_some();
    if pages > 0 && !has_free {
        findings.push(Finding::of_image(FindingKind::NoEmptyPage { pages }));
    }
}

fn report_blobs(mounted: &Mounted<'_>, findings: &mut Vec<Finding>) {
    if mounted.has_version_2() {
        let in_one_piece = mounted.kept().filter(|(_, record)| record.kind == ItemType::BlobV1);
        findings.extend(in_one_piece.map(|(_, record)| {
            let key = record.key;
            Finding::at(record.offset, FindingKind::Version1Blob { key })
        }));
    }
    let record = |place: usize| mounted.entries.get(place).map(Stored::record);
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
