//! The coverage and order of INTEGRITY and SIGNATURE_BLOCK records.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use super::Survey;
use super::kind::FindingKind;
use crate::layout::{INTEGRITY, INTEGRITY_LAST, SIGNATURE_LAST};
use crate::{Record, RecordType, SignatureBlock};

pub(super) fn check(survey: &mut Survey<'_>, image: &[u8]) {
    check_integrity(survey, image);
    check_signatures(survey);
}

/// Returns the records of a type, each with the number of records before it.
fn of_kind<'a>(survey: &Survey<'a>, kind: RecordType) -> Vec<(usize, Record<'a>)> {
    let records = survey.records.iter().copied().enumerate();
    records.filter(|(_, record)| record.kind() == kind).collect()
}

fn check_integrity(survey: &mut Survey<'_>, image: &[u8]) {
    let mut found = of_kind(survey, RecordType::INTEGRITY).into_iter().peekable();
    // The image is hashed once, regardless of the number of digests.
    let (mut hasher, mut hashed) = (Sha256::new(), 0);
    let mut expected = 0_u8;
    while let Some((index, record)) = found.next() {
        let offset = record.offset();
        hasher.update(image.get(hashed..offset).unwrap_or_default());
        hashed = offset;
        let last = found.peek().is_none();
        if record.data().len() != INTEGRITY {
            let len = record.data().len();
            survey.at(offset, FindingKind::IntegrityLength { len });
        } else if record.data() != hasher.clone().finalize().as_slice() {
            survey.at(offset, FindingKind::IntegrityMismatch { last });
        }
        let found = record.subtype();
        if found != expected || found > INTEGRITY_LAST {
            survey.at(offset, FindingKind::IntegritySubtype { expected, found });
        }
        expected = found.saturating_add(1);
        let records = survey.records.len() - index - 1;
        if last && records > 0 {
            survey.at(offset, FindingKind::IntegrityNotLast { records });
        }
    }
}

fn check_signatures(survey: &mut Survey<'_>) {
    let found = of_kind(survey, RecordType::SIGNATURE_BLOCK);
    let Some((first_index, first)) = found.first().copied() else {
        return;
    };
    let actual = first.offset();
    if actual == 0 {
        survey.at(actual, FindingKind::SignatureCoversNothing);
    } else {
        let kinds = survey.records.iter().skip(first_index).map(Record::kind);
        let unsigned = kinds.filter(|kind| !matches!(*kind, RecordType::SIGNATURE_BLOCK | RecordType::INTEGRITY));
        match unsigned.count() {
            0 => {}
            records => survey.at(actual, FindingKind::Unsigned { records }),
        }
    }
    let mut expected = 0_u8;
    for (_, record) in found {
        let offset = record.offset();
        match SignatureBlock::decode(record.data()) {
            Err(_) => survey.at(offset, FindingKind::SignatureBlock),
            Ok(block) if actual > 0 && !block.covers(actual) => {
                let stated = block.signed_len();
                survey.at(offset, FindingKind::SignatureRange { stated, actual });
            }
            Ok(_) => {}
        }
        let found = record.subtype();
        if found != expected || found > SIGNATURE_LAST {
            survey.at(offset, FindingKind::SignatureSubtype { expected, found });
        }
        expected = found.saturating_add(1);
    }
}
