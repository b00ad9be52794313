//! Checks of single records.

use super::Survey;
use super::kind::FindingKind;
use crate::{Flags, Record, RecordType, Subtype, matter};

pub(super) fn check(survey: &mut Survey<'_>) {
    for index in 0..survey.records.len() {
        let Some(record) = survey.records.get(index).copied() else {
            return;
        };
        check_one(survey, &record);
    }
}

fn check_one(survey: &mut Survey<'_>, record: &Record<'_>) {
    let (offset, kind, subtype) = (record.offset(), record.kind(), record.subtype());
    if !record.crc_ok() {
        survey.at(offset, FindingKind::Crc);
    }
    let first = survey.first.get(&(kind, subtype)).map(Record::offset);
    if let Some(earlier) = first.filter(|first| *first != offset) {
        survey.at(offset, FindingKind::Duplicate { earlier });
    }
    let len = record.data().len();
    if record.padding().iter().any(|byte| *byte != 0) {
        survey.at(offset, FindingKind::Padding);
    }
    check_header(survey, record);
    if subtype > Subtype::MAX.get() {
        survey.at(offset, FindingKind::ReservedSubtype { subtype });
    }
    match kind.code() {
        code @ (50 | 254 | 255) => survey.at(offset, FindingKind::ReservedType { code }),
        code if kind.name().is_none() => survey.at(offset, FindingKind::UnknownType { code }),
        _ => {}
    }
    if let Some((min, max)) = matter::lengths(kind, subtype).filter(|(min, max)| !(*min..=*max).contains(&len)) {
        survey.at(offset, FindingKind::MatterLength { len, min, max });
    }
}

fn check_header(survey: &mut Survey<'_>, record: &Record<'_>) {
    let (offset, flags) = (record.offset(), record.flags());
    if record.is_legacy() {
        survey.at(offset, FindingKind::LegacyHeader);
        return;
    }
    if record.reserved() != [0; 3] {
        survey.at(offset, FindingKind::ReservedBytes);
    }
    let known = match flags {
        Flags::PLAIN | Flags::HMAC_ENCRYPTED => true,
        Flags::EFUSE_ECDSA | Flags::HMAC_DERIVED => record.kind() == RecordType::PRIV_KEY,
        _ => false,
    };
    if !known {
        survey.at(offset, FindingKind::Flags { flags: flags.bits() });
    }
}
