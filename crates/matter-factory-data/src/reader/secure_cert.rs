use alloc::format;
use alloc::vec::Vec;

use esp_secure_cert::{
    Certificate as StoredCertificate, Error as SecureCertError, Image, KeyStorage, MatterData, Record, RecordType,
    Storage, Subtype, Tail,
};
use matter_attestation::{Certificate, PrivateKey};
use matter_spake2p::{Iterations, Salt, Verifier};
use matter_types::Discriminator;

use super::{Facts, Fault, KeyPlace, KnownKeys, Sink};
use crate::audit::Check;
use crate::{DacKeyStorage, Error, RotatingId, SecureCertNumbers, keys};

/// The subtypes of Matter's values, and their NVS keys.
const ITEMS: [(Subtype, esp_nvs_image::Key); 5] = [
    (MatterData::DISCRIMINATOR, keys::DISCRIMINATOR),
    (MatterData::VERIFIER, keys::VERIFIER),
    (MatterData::SALT, keys::SALT),
    (MatterData::ITERATION_COUNT, keys::ITERATION_COUNT),
    (MatterData::ROTATING_ID_UNIQUE_ID, keys::ROTATING_ID),
];

/// Reads the values that Matter firmware reads from the `esp_secure_cert` partition: the first record of each kind.
pub(crate) fn read_secure_cert<S: Sink>(bytes: &[u8], known: KnownKeys<'_>, sink: &mut S) -> Result<Facts, S::Stop> {
    let image = Image::new(bytes);
    let mut facts = Facts {
        dac: certificate(&image, RecordType::DEV_CERT, sink)?,
        pai: certificate(&image, RecordType::CA_CERT, sink)?,
        ..Facts::default()
    };
    key(&image, known, &mut facts, sink)?;
    let parts = [
        (RecordType::DEV_CERT, keys::DAC_CERT),
        (RecordType::CA_CERT, keys::PAI_CERT),
        (RecordType::PRIV_KEY, keys::DAC_KEY),
    ];
    for (kind, key) in parts {
        let mut records = image.records().flatten();
        if records.any(|record| record.kind() == kind && record.subtype() == 0) {
            facts.present.push(key);
        }
    }
    for (subtype, key) in ITEMS {
        // A wrong checksum is an error of the look-up and is reported by the image's check: the value is present.
        let found = image.find(RecordType::MATTER_1, subtype);
        if !matches!(found, Ok(None)) {
            facts.present.push(key);
        }
        if let Ok(Some(record)) = found
            && let Err(refused) = item(&record, subtype, &mut facts)
        {
            let object = format!("secure-cert MATTER_1/{subtype}");
            match refused.found {
                Some((check, detail)) => sink.fault(Fault::new(refused.error, check, &object, &detail))?,
                None => sink.fault(Fault::reported(refused.error))?,
            }
        }
    }
    let number = |subtype| -> Option<[u8; 32]> {
        let record = image.find(RecordType::MATTER_1, subtype).ok()??;
        record.data().try_into().ok()
    };
    facts.secure_cert_numbers = match MatterData::RANDOM.map(number) {
        [Some(first), Some(second)] => Some(SecureCertNumbers::new([first, second])),
        [None, None] => None,
        _ => {
            sink.fault(Fault::reported(Error::SecureCertNumbers))?;
            None
        }
    };
    Ok(facts)
}

/// Reads a certificate, which Matter firmware accepts only as DER.
fn certificate<S: Sink>(image: &Image<'_>, kind: RecordType, sink: &mut S) -> Result<Option<Vec<u8>>, S::Stop> {
    let Ok(Some(record)) = image.find(kind, Subtype::MIN) else {
        return Ok(None);
    };
    let data = record.data();
    if StoredCertificate::der(data).is_err()
        && StoredCertificate::pem(data).is_ok()
        && let Err(error) = Certificate::from_der(data)
    {
        let object = format_args!("secure-cert {kind}");
        let detail = "PEM; Matter firmware reads DER";
        sink.fault(Fault::new(error, Check::KeyValue, &object, &detail))?;
        return Ok(None);
    }
    Ok(Some(data.to_vec()))
}

fn key<S: Sink>(image: &Image<'_>, known: KnownKeys<'_>, facts: &mut Facts, sink: &mut S) -> Result<(), S::Stop> {
    let mut records = image.records().flatten();
    if let Some(record) = records.find(|record| record.kind() == RecordType::PRIV_KEY) {
        let plain = matches!(record.flags().storage(), Storage::Plain);
        facts.key_place = Some(if plain {
            KeyPlace::SecureCert
        } else {
            KeyPlace::Elsewhere
        });
    }
    let object = "secure-cert PRIV_KEY";
    match image.key(Subtype::MIN) {
        Ok(Some(KeyStorage::Plain(plain))) => {
            if !plain.is_for_matter() {
                let detail = "not the 121 bytes of SEC 1 that Matter firmware reads";
                sink.fault(Fault::new(Error::DacKeyForm, Check::KeyLength, &object, &detail))?;
            }
            match known_key(plain.expose(), known).map_or_else(|| PrivateKey::decode(plain.expose()), Ok) {
                Ok(key) => facts.key = Some(key),
                Err(error) => sink.fault(Fault::new(error, Check::DacKeyInvalid, &object, &""))?,
            }
        }
        Ok(Some(KeyStorage::RsaDs(_))) => {
            facts.key_place = Some(KeyPlace::Elsewhere);
            let (object, detail) = ("secure-cert DS_DATA", "an RSA key; Matter requires P-256");
            sink.fault(Fault::new(Error::DacKeyForm, Check::DacKeyInvalid, &object, &detail))?;
        }
        Ok(Some(_)) => facts.key_place = Some(KeyPlace::Elsewhere),
        Ok(None) => {}
        Err(error) => sink.fault(Fault::reported(error))?,
    }
    Ok(())
}

/// Returns the known key in SEC 1 form, without a multiplication on the curve.
fn known_key(sec1: &[u8], known: KnownKeys<'_>) -> Option<PrivateKey> {
    let scalar = sec1.get(PrivateKey::SEC1_SCALAR_OFFSET..)?.first_chunk()?;
    let key = known(scalar)?;
    (key.to_sec1_der().as_slice() == sec1).then_some(key)
}

/// A refused value, and the audit's finding unless the image's check reports it.
struct Refused {
    error: Error,
    found: Option<(Check, &'static str)>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, found: None }
    }
}

fn item(record: &Record<'_>, subtype: Subtype, facts: &mut Facts) -> Result<(), Refused> {
    let data = record.data();
    let refused = |check, detail| {
        move |error: Error| Refused {
            error,
            found: Some((check, detail)),
        }
    };
    // A wrong length is a finding of the image's check.
    let len = |_| unexpected(record);
    if subtype == MatterData::DISCRIMINATOR {
        let number = u16::from_le_bytes(data.try_into().map_err(len)?);
        let valid = Discriminator::new(number).map_err(Error::from);
        facts.discriminator = Some(valid.map_err(refused(Check::KeyRange, "not 0 to 4095"))?);
    } else if subtype == MatterData::ITERATION_COUNT {
        let number = u32::from_le_bytes(data.try_into().map_err(len)?);
        let valid = Iterations::new(number).map_err(Error::from);
        facts.iterations = Some(valid.map_err(refused(Check::KeyRange, "not 1000 to 100000"))?);
    } else if subtype == MatterData::SALT {
        facts.salt = Some(Salt::new(data).map_err(Error::from)?);
    } else if subtype == MatterData::VERIFIER {
        let valid = Verifier::from_bytes(data).map_err(Error::from);
        facts.verifier = Some(if data.len() == Verifier::LEN {
            valid.map_err(refused(Check::KeyValue, "not a scalar and a point of the curve"))?
        } else {
            valid?
        });
    } else {
        facts.rotating_id = Some(RotatingId::new(data.try_into().map_err(|_| Error::RotatingId)?));
    }
    Ok(())
}

/// Refuses an image with faults, which the tolerant reader gets from [`esp_secure_cert::check`], and one with records
/// that no Matter device has. Returns the storage of the private key.
pub(crate) fn check_records(bytes: &[u8]) -> Result<DacKeyStorage<'_>, Error> {
    let image = Image::new(bytes);
    let mut seen = Vec::<Record<'_>>::new();
    for record in image.records() {
        let record = record?;
        if !record.crc_ok() {
            let offset = record.offset();
            return Err(SecureCertError::Crc { offset }.into());
        }
        let same = |other: &&Record<'_>| (other.kind(), other.subtype()) == (record.kind(), record.subtype());
        if let Some(other) = seen.iter().find(same) {
            // The firmware uses the first one, but the other may have been intended.
            let (kind, subtype, offset) = (record.kind(), record.subtype(), other.offset());
            return Err(SecureCertError::Duplicate { kind, subtype, offset }.into());
        }
        if !is_of_matter(&record) {
            return Err(unexpected(&record));
        }
        seen.push(record);
    }
    if image.tail() == Tail::Other {
        let offset = image.record_bytes().len();
        return Err(SecureCertError::Tail { offset }.into());
    }
    image.verify_integrity()?;
    let stored = image.key(Subtype::MIN)?;
    let stored = stored.ok_or(Error::MissingKey { key: keys::DAC_KEY })?;
    let storage = DacKeyStorage::of_record(&stored).ok_or(Error::DacKeyForm)?;
    let beside_key = |record: &&Record<'_>| match record.kind() {
        RecordType::SEC_CFG => !matches!(storage, DacKeyStorage::EfuseEcdsa(_)),
        RecordType::HMAC_ECDSA_KEY_SALT => !matches!(storage, DacKeyStorage::HmacDerived(_)),
        _ => false,
    };
    let mut superfluous = seen.iter().filter(beside_key);
    superfluous.next().map_or(Ok(storage), |record| Err(unexpected(record)))
}

fn is_of_matter(record: &Record<'_>) -> bool {
    match (record.kind(), record.subtype()) {
        (RecordType::PRIV_KEY, 0) => true,
        _ if record.flags().storage() != Storage::Plain => false,
        (RecordType::DEV_CERT | RecordType::CA_CERT | RecordType::SEC_CFG | RecordType::HMAC_ECDSA_KEY_SALT, 0) => true,
        // They concern the image, not the device.
        (RecordType::INTEGRITY | RecordType::SIGNATURE_BLOCK, _) => true,
        (RecordType::MATTER_1, 128 | 129) => record.data().len() == SecureCertNumbers::LEN,
        (RecordType::MATTER_1, subtype) => subtype <= 4,
        _ => false,
    }
}

const fn unexpected(record: &Record<'_>) -> Error {
    Error::UnexpectedRecord {
        kind: record.kind(),
        subtype: record.subtype(),
        offset: record.offset(),
    }
}
