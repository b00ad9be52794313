//! The records of an `esp_secure_cert` partition.

use esp_secure_cert::{Image, Record, RecordType};

use crate::report::SecureCertRecord;

/// Returns the records of an image.
pub(crate) fn records(image: &[u8]) -> Vec<SecureCertRecord> {
    let records = Image::new(image).records();
    records.map_while(Result::ok).map(|record| one(&record)).collect()
}

fn one(record: &Record<'_>) -> SecureCertRecord {
    SecureCertRecord {
        offset: record.offset(),
        kind: record.kind().to_string(),
        subtype: record.subtype(),
        storage: record.flags().storage().to_string(),
        len: record.data().len(),
        is_sound: record.crc_ok(),
        meaning: meaning(record.kind(), record.subtype()).into(),
    }
}

const fn meaning(kind: RecordType, subtype: u8) -> &'static str {
    match (kind, subtype) {
        (RecordType::CA_CERT, _) => "certificate of the issuer: PAI",
        (RecordType::DEV_CERT, _) => "certificate of the device: DAC",
        (RecordType::PRIV_KEY, _) => "private key of the DAC, or its storage",
        (RecordType::HMAC_ECDSA_KEY_SALT, _) => "salt of a key derived by the chip",
        (RecordType::SEC_CFG, _) => "eFuse block with the key",
        (RecordType::SIGNATURE_BLOCK, _) => "signature of the records",
        (RecordType::INTEGRITY, _) => "hash of the records",
        (RecordType::MATTER_1, _) => "Matter data",
        _ => "",
    }
}

/// Returns the stored private key, if it is plain.
pub(crate) fn key(image: &[u8]) -> Option<&[u8]> {
    let mut records = Image::new(image).records().map_while(Result::ok);
    let record = records.find(|record| record.kind() == RecordType::PRIV_KEY)?;
    Some(record.data()).filter(|data| !data.is_empty())
}
