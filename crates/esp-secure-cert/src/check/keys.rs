//! Certificates, private keys and the records that belong to them.

use super::Survey;
use super::kind::FindingKind;
use crate::certificate::{Form, NUL};
use crate::key::looks_like_a_key;
use crate::layout::{GCM_TAG, SEC_CFG};
use crate::{DsKey, EfuseKey, KeySalt, Record, RecordType, Storage};

pub(super) fn check(survey: &mut Survey<'_>) {
    let mut encrypted = None;
    for index in 0..survey.records.len() {
        let Some(record) = survey.records.get(index).copied() else {
            return;
        };
        if record.flags().storage() == Storage::HmacEncrypted {
            check_encrypted(survey, &record, &mut encrypted);
        }
        match record.kind() {
            RecordType::CA_CERT | RecordType::DEV_CERT => check_form(survey, &record),
            RecordType::PRIV_KEY => check_key(survey, &record),
            RecordType::DS_DATA => check_ds(survey, &record),
            RecordType::DS_CONTEXT => check_needed(survey, &record, RecordType::DS_DATA),
            RecordType::SEC_CFG => check_sec_cfg(survey, &record),
            RecordType::HMAC_ECDSA_KEY_SALT => {
                let len = record.data().len();
                if KeySalt::new(record.data()).is_err() {
                    survey.at(record.offset(), FindingKind::KeySaltLength { len });
                }
            }
            _ => {}
        }
    }
}

fn check_encrypted(survey: &mut Survey<'_>, record: &Record<'_>, first: &mut Option<usize>) {
    let (offset, data) = (record.offset(), record.data());
    match *first {
        Some(earlier) => survey.at(offset, FindingKind::EncryptedTwice { earlier }),
        None => *first = Some(offset),
    }
    if data.len() <= GCM_TAG {
        survey.at(offset, FindingKind::EncryptedLength { len: data.len() });
    } else if looks_like_a_key(data) {
        survey.at(offset, FindingKind::KeyNotEncrypted);
    }
}

fn check_key(survey: &mut Survey<'_>, record: &Record<'_>) {
    let (storage, len) = (record.flags().storage(), record.data().len());
    if storage.is_keyless() && len > 0 {
        survey.at(record.offset(), FindingKind::KeyInKeylessRecord { storage, len });
    }
    if survey.has(RecordType::DS_DATA, record.subtype()) {
        survey.at(record.offset(), FindingKind::KeyBesideDs);
    }
    match storage {
        Storage::Plain if len == 0 => survey.at(record.offset(), FindingKind::KeyEmpty),
        Storage::Plain => check_form(survey, record),
        Storage::EfuseEcdsa => check_needed(survey, record, RecordType::SEC_CFG),
        Storage::HmacDerived => check_needed(survey, record, RecordType::HMAC_ECDSA_KEY_SALT),
        Storage::HmacEncrypted => {}
    }
}

fn check_needed(survey: &mut Survey<'_>, record: &Record<'_>, missing: RecordType) {
    if !survey.has(missing, record.subtype()) {
        survey.at(record.offset(), FindingKind::KeyRecordMissing { missing });
    }
}

/// Checks that the data is complete DER or PEM; encrypted data has no form.
fn check_form(survey: &mut Survey<'_>, record: &Record<'_>) {
    let data = record.data();
    let pem = data.starts_with(b"-----BEGIN ") && data.ends_with(NUL);
    if record.flags().storage() != Storage::HmacEncrypted && !pem && Form::der(data).is_none() {
        survey.at(record.offset(), FindingKind::Form);
    }
}

fn check_ds(survey: &mut Survey<'_>, record: &Record<'_>) {
    check_needed(survey, record, RecordType::DS_CONTEXT);
    let context = survey.first.get(&(RecordType::DS_CONTEXT, record.subtype()));
    if context.is_some_and(|context| DsKey::decode(record.data(), context.data()).is_err()) {
        survey.at(record.offset(), FindingKind::DsParameters);
    }
}

fn check_sec_cfg(survey: &mut Survey<'_>, record: &Record<'_>) {
    let whole = record.data().len() == SEC_CFG;
    let right = match record.data() {
        [block, rest @ ..] => EfuseKey::from_block(*block).is_some() && rest.iter().all(|byte| *byte == 0),
        [] => false,
    };
    if !whole || !right {
        survey.at(record.offset(), FindingKind::SecCfg);
    }
}
