//! The location of devices' data: valid combinations of options.

use esp_secure_cert::EfuseKey;
use matter_factory_data::{DacKeyStorage, DeviceRecord, InternalFile, Place, SecureCertNumbers, StorageLayout};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::attestation::Attestation;
use crate::job::{Job, RotatingIdPolicy};
use crate::message::message;
use crate::storage::{Storage, last_ecdsa_key, names_with_ecdsa};
use crate::{Error, Field, Message};

const DAC: Field = Field::DacInSecureCert;
const COMMISSIONABLE: Field = Field::CommissionableDataInSecureCert;
const ROTATING: Field = Field::RotatingIdInSecureCert;
const NO_IMAGE: Field = Field::NoSecureCertImage;
const PERIPHERAL: Field = Field::DsPeripheral;
const EFUSE: Field = Field::EfuseKey;
const PORT: Field = Field::Port;

/// Returns the layout that the options select. Gives devices a unique id for rotating ids if the layout requires one.
pub(super) fn layout(job: &mut Job, count: u32, warnings: &mut Vec<Message>) -> Result<StorageLayout<'static>, Error> {
    let storage = &job.storage;
    check_sets(storage)?;
    let key = key(storage, warnings)?;
    check_port(storage, count)?;
    if storage.dac_in_secure_cert && matches!(job.attestation, Attestation::None) {
        return Err(Error::field(DAC, "applies to certificates, but no signer is given"));
    }
    if storage.dac_in_secure_cert && storage.no_secure_cert_image {
        let reason = message!["leaves a device's certificates and key in no partition with ", DAC];
        return Err(Error::field(NO_IMAGE, reason));
    }
    let place = |there| if there { Place::SecureCert } else { Place::Nvs };
    let layout = StorageLayout::new(
        place(storage.dac_in_secure_cert),
        place(storage.commissionable_data_in_secure_cert),
        place(storage.rotating_id_in_secure_cert),
        key,
    );
    let layout = layout.map_err(|error| Error::field(DAC, error))?;
    if layout.rotating_id() == Place::SecureCert && matches!(job.rotating_id, RotatingIdPolicy::None) {
        job.rotating_id = RotatingIdPolicy::Random;
    }
    Ok(layout)
}

/// Requires either the credentials alone or everything.
fn check_sets(storage: &Storage) -> Result<(), Error> {
    let all = [
        (DAC, storage.dac_in_secure_cert),
        (COMMISSIONABLE, storage.commissionable_data_in_secure_cert),
        (ROTATING, storage.rotating_id_in_secure_cert),
    ];
    let asked = all.iter().skip(1).find(|(_, given)| *given);
    let mut lacking = all.iter().filter(|(_, given)| !given).map(|(field, _)| *field);
    let (Some((field, _)), Some(first)) = (asked, lacking.next()) else {
        return Ok(());
    };
    let mut reason = message!["requires ", first];
    for other in lacking {
        reason.push(" and ");
        reason.push(other);
    }
    Err(Error::field(*field, reason))
}

fn key(storage: &Storage, warnings: &mut Vec<Message>) -> Result<DacKeyStorage<'static>, Error> {
    if !storage.ds_peripheral {
        if storage.efuse_key.is_some() {
            warnings.push(message![EFUSE, ": has no effect without ", PERIPHERAL]);
        }
        return Ok(DacKeyStorage::Plain);
    }
    if !storage.dac_in_secure_cert {
        let reason = message!["requires ", DAC, ": the private key would be in NVS in plain text"];
        return Err(Error::field(PERIPHERAL, reason));
    }
    let target = storage.target;
    let last = last_ecdsa_key(target).ok_or_else(|| {
        let reason = message![
            "requires a ",
            Field::Target,
            format!(
                " with an ECDSA peripheral, which {target} lacks; use one of {}",
                names_with_ecdsa()
            )
        ];
        Error::field(PERIPHERAL, reason)
    })?;
    let range = || format!("{} to {}", EfuseKey::MIN.id(), last.id());
    let key = storage.efuse_key.ok_or_else(|| {
        let reason = message!["requires ", EFUSE, format!(", {} for {target}", range())];
        Error::field(PERIPHERAL, reason)
    })?;
    if key > last {
        let reason = format!("{key} of {target} cannot hold an ECDSA key; the range is {}", range());
        return Err(Error::field(EFUSE, reason));
    }
    Ok(DacKeyStorage::EfuseEcdsa(key))
}

fn check_port(storage: &Storage, count: u32) -> Result<(), Error> {
    if storage.port.is_none() {
        return Ok(());
    }
    if count > 1 {
        let reason = message![
            format!("applies to a single chip, but {count} devices are to be made; use "),
            Field::Count,
            " 1"
        ];
        return Err(Error::field(PORT, reason));
    }
    let write = |name: &str| {
        format!(
            "this tool does not write to chips; omit it, and then run 'esptool --port PORT \
                 write-flash OFFSET {name}'"
        )
    };
    let reason = match (storage.dac_in_secure_cert, storage.ds_peripheral, storage.efuse_key) {
        (false, ..) => write("UUID-partition.bin"),
        (true, true, Some(key)) => format!(
            "this tool does not burn or write chips; omit it, and then run 'espefuse --chip {} \
             --port PORT burn-key {key} {} ECDSA_KEY' and 'esptool --port PORT write-flash OFFSET \
             UUID_esp_secure_cert.bin'",
            storage.target,
            InternalFile::EfuseKey.path()
        ),
        _ => write("UUID_esp_secure_cert.bin"),
    };
    Err(Error::field(PORT, reason))
}

/// Draws the values that only the vendor's `esp_secure_cert` partition has.
pub(super) fn draw<R: CryptoRng + ?Sized>(layout: &StorageLayout<'_>, record: &mut DeviceRecord, rng: &mut R) {
    if layout.commissionable_data() == Place::SecureCert {
        let mut numbers = Zeroizing::new([[0; SecureCertNumbers::LEN]; 2]);
        for number in &mut *numbers {
            rng.fill_bytes(number);
        }
        record.secure_cert_numbers = Some(SecureCertNumbers::new(*numbers));
    }
}
