//! The esp_secure_cert image: what the firmware makes of it, and what Matter's firmware reads there.

use alloc::vec::Vec;

use esp_secure_cert::{
    Certificate, FindingKind, Image, KeyStorage, MatterData, PartitionSize, RecordType, Severity as ImageSeverity,
    Subtype,
};
use matter_attestation::{PrivateKey, Severity};
use matter_spake2p::{Iterations, Salt, Verifier};
use zeroize::Zeroizing;

use super::facts::Facts;
use super::nvs::capitalized;
use super::report::KeyPlace;
use super::{Check, Finding, KeySet};
use crate::keys;

/// Names what is wrong with the image itself. Returns where the records start that certainly leak a key.
pub(super) fn check(image: &[u8], size: PartitionSize, findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut leaking = Vec::new();
    for found in esp_secure_cert::check(image, size) {
        let check = match found.kind {
            FindingKind::KeyInKeylessRecord { .. } | FindingKind::KeyNotEncrypted | FindingKind::KeyBesideDs => {
                Check::KeyLeaked
            }
            kind => Check::SecureCert(kind.id()),
        };
        let mut finding = Finding::new(check, "secure-cert", capitalized(&found));
        finding.severity = match found.severity {
            ImageSeverity::Error => Severity::Error,
            // In a finished image they are what is left of records: of one without its magic, all that follow are lost.
            ImageSeverity::Warning if matches!(found.kind, FindingKind::TrailingBytes { .. }) => Severity::Error,
            ImageSeverity::Warning => Severity::Warning,
            ImageSeverity::Note => Severity::Note,
        };
        if check == Check::KeyLeaked && finding.severity == Severity::Error {
            leaking.extend(found.offset);
        }
        findings.push(finding);
    }
    leaking
}

/// Reads what Matter's firmware reads, and says what cannot be read. What is damaged, [`check`] has said.
pub(super) fn read(bytes: &[u8], known: Option<&KeySet>, findings: &mut Vec<Finding>) -> Facts {
    let image = Image::new(bytes);
    let mut facts = Facts {
        dac: certificate(&image, RecordType::DEV_CERT, findings),
        pai: certificate(&image, RecordType::CA_CERT, findings),
        ..Facts::default()
    };
    key(&image, known, &mut facts, findings);
    let parts = [
        (RecordType::DEV_CERT, keys::DAC_CERT),
        (RecordType::CA_CERT, keys::PAI_CERT),
        (RecordType::PRIV_KEY, keys::DAC_KEY),
    ];
    for (kind, key) in parts {
        if image
            .records()
            .flatten()
            .any(|record| record.kind() == kind && record.subtype() == 0)
        {
            facts.present.push(key);
        }
    }
    commissionable(&image, &mut facts, findings);
    facts
}

/// A certificate, which Matter's firmware takes as DER only.
fn certificate(image: &Image<'_>, kind: RecordType, findings: &mut Vec<Finding>) -> Option<Vec<u8>> {
    let record = image.find(kind, Subtype::MIN).ok()??;
    if Certificate::der(record.data()).is_err() && Certificate::pem(record.data()).is_ok() {
        let detail = format_args!("PEM, where firmware for Matter reads DER");
        findings.push(Finding::of(
            Check::KeyValue,
            alloc::format!("secure-cert {kind}"),
            detail,
        ));
        return None;
    }
    Some(record.data().to_vec())
}

fn key(image: &Image<'_>, known: Option<&KeySet>, facts: &mut Facts, findings: &mut Vec<Finding>) {
    let promised = image
        .records()
        .flatten()
        .find(|record| record.kind() == RecordType::PRIV_KEY);
    if let Some(record) = promised {
        let plain = matches!(record.flags().storage(), esp_secure_cert::Storage::Plain);
        facts.key_place = Some(if plain {
            KeyPlace::SecureCert
        } else {
            KeyPlace::Elsewhere
        });
    }
    match image.key(Subtype::MIN) {
        Ok(Some(KeyStorage::Plain(plain))) => {
            if !plain.is_for_matter() {
                let detail = format_args!("not the 121 bytes of SEC 1 that firmware for Matter reads");
                findings.push(Finding::of(Check::KeyLength, "secure-cert PRIV_KEY", detail));
            }
            let key = known.and_then(|known| known_key(plain.expose(), known)).map(Ok);
            match key.unwrap_or_else(|| PrivateKey::decode(plain.expose())) {
                Ok(key) => facts.key = Some(key),
                Err(_) => findings.push(Finding::of(Check::DacKeyInvalid, "secure-cert PRIV_KEY", "")),
            }
        }
        Ok(Some(KeyStorage::RsaDs(_))) => {
            facts.key_place = Some(KeyPlace::Elsewhere);
            let detail = format_args!("an RSA key, where Matter has keys of the curve P-256");
            findings.push(Finding::of(Check::DacKeyInvalid, "secure-cert DS_DATA", detail));
        }
        Ok(Some(_)) => facts.key_place = Some(KeyPlace::Elsewhere),
        Ok(None) | Err(_) => {}
    }
}

/// The known key that SEC 1 is, which takes no multiplication.
fn known_key(sec1: &[u8], known: &KeySet) -> Option<PrivateKey> {
    let scalar = sec1.get(PrivateKey::SEC1_SCALAR_OFFSET..)?.first_chunk()?;
    let key = known.get(scalar)?;
    (key.to_sec1_der().ok()?.as_slice() == sec1).then(|| key.clone())
}

fn commissionable(image: &Image<'_>, facts: &mut Facts, findings: &mut Vec<Finding>) {
    let items = [
        (MatterData::DISCRIMINATOR, keys::DISCRIMINATOR),
        (MatterData::VERIFIER, keys::VERIFIER),
        (MatterData::SALT, keys::SALT),
        (MatterData::ITERATION_COUNT, keys::ITERATION_COUNT),
        (MatterData::ROTATING_ID_UNIQUE_ID, keys::ROTATING_ID),
    ];
    for (subtype, key) in items {
        // A wrong checksum is an error of the look-up, and a finding of the image's check: the value is there.
        let found = image.find(RecordType::MATTER_1, subtype);
        if !matches!(found, Ok(None)) {
            facts.present.push(key);
        }
        let Ok(Some(record)) = found else { continue };
        if let Err((check, text)) = item(subtype, record.data(), facts) {
            let object = alloc::format!("secure-cert MATTER_1/{subtype}");
            findings.push(Finding::of(check, object, format_args!("{text}")));
        }
    }
}

fn item(subtype: Subtype, data: &[u8], facts: &mut Facts) -> Result<(), (Check, &'static str)> {
    // A wrong length is a finding of the image's check.
    if subtype == MatterData::DISCRIMINATOR {
        if let Ok(number) = data.try_into().map(u16::from_le_bytes) {
            let valid = Some(number).filter(|number| *number <= 0xFFF);
            facts.discriminator = Some(valid.ok_or((Check::KeyRange, "not 0..=4095"))?);
        }
    } else if subtype == MatterData::ITERATION_COUNT {
        if let Ok(number) = data.try_into().map(u32::from_le_bytes) {
            let count = Iterations::new(number).map_err(|_| (Check::KeyRange, "not 1000..=100000"))?;
            facts.iterations = Some(count);
        }
    } else if subtype == MatterData::SALT {
        facts.salt = Salt::new(data).ok();
    } else if subtype == MatterData::VERIFIER {
        if data.len() == Verifier::LEN {
            let valid =
                Verifier::from_bytes(data).map_err(|_| (Check::KeyValue, "no scalar and point of the curve"))?;
            facts.verifier = Some(valid);
        }
    } else if data.len() == 16 {
        facts.rotating_id = Some(Zeroizing::new(data.to_vec()));
    }
    Ok(())
}
