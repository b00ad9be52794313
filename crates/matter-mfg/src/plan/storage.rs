//! Where devices' data is kept: which options go together.

use esp_secure_cert::EfuseKey;
use matter_factory_data::{DacKeyStorage, DeviceRecord, InternalFile, Place, SecureCertNumbers, StorageLayout};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::Error;
use crate::job::{Attestation, Job, RotatingIdPolicy};
use crate::storage::{Storage, names};

const DAC: &str = "--dac-in-secure-cert";
const COMMISSIONABLE: &str = "--commissionable-data-in-secure-cert";
const ROTATING: &str = "--rd-id-uid-in-secure-cert";
const NO_IMAGE: &str = "--no-secure-cert-bin";
const PERIPHERAL: &str = "--ds-peripheral";
const EFUSE: &str = "--efuse-key-id";
const PORT: &str = "--port";

/// Finds the layout that the options mean. Also gives devices a unique id for rotating ids where the layout needs one.
pub(super) fn layout(job: &mut Job, count: u32, warnings: &mut Vec<String>) -> Result<StorageLayout<'static>, Error> {
    let storage = &job.storage;
    check_sets(storage)?;
    let key = key(storage, warnings)?;
    check_port(storage, count)?;
    if storage.dac_in_secure_cert && matches!(job.attestation, Attestation::None) {
        return Err(Error::option(
            DAC,
            "is for certificates, and nobody is named to sign any",
        ));
    }
    if storage.dac_in_secure_cert && storage.no_secure_cert_image {
        let reason = format!("leaves certificates and key of a device in no partition at all beside {DAC}");
        return Err(Error::option(NO_IMAGE, reason));
    }
    let place = |there| if there { Place::SecureCert } else { Place::Nvs };
    let layout = StorageLayout::new(
        place(storage.dac_in_secure_cert),
        place(storage.commissionable_data_in_secure_cert),
        place(storage.rotating_id_in_secure_cert),
        key,
    );
    let layout = layout.map_err(|error| Error::option(DAC, error))?;
    if layout.rotating_id() == Place::SecureCert && matches!(job.rotating_id, RotatingIdPolicy::None) {
        job.rotating_id = RotatingIdPolicy::Random;
    }
    Ok(layout)
}

/// Either the credentials alone, or everything.
fn check_sets(storage: &Storage) -> Result<(), Error> {
    let all = [
        (DAC, storage.dac_in_secure_cert),
        (COMMISSIONABLE, storage.commissionable_data_in_secure_cert),
        (ROTATING, storage.rotating_id_in_secure_cert),
    ];
    let asked = all.iter().skip(1).find(|(_, given)| *given);
    let lacking = all.iter().filter(|(_, given)| !given).map(|(option, _)| *option);
    let lacking = lacking.collect::<Vec<_>>().join(" and ");
    match asked {
        Some((option, _)) if !lacking.is_empty() => Err(Error::option(option, format!("needs {lacking} beside it"))),
        _ => Ok(()),
    }
}

fn key(storage: &Storage, warnings: &mut Vec<String>) -> Result<DacKeyStorage<'static>, Error> {
    if !storage.ds_peripheral {
        if storage.efuse_key.is_some() {
            warnings.push(format!("{EFUSE}: has no effect without {PERIPHERAL}"));
        }
        return Ok(DacKeyStorage::Plain);
    }
    if !storage.dac_in_secure_cert {
        let reason = format!("needs {DAC} beside it: the private key would be in NVS as it is");
        return Err(Error::option(PERIPHERAL, reason));
    }
    let target = storage.target;
    let last = target.last_ecdsa_key().ok_or_else(|| {
        let reason = format!(
            "needs a --target with an ECDSA peripheral, which {target} has not: {}",
            names(true)
        );
        Error::option(PERIPHERAL, reason)
    })?;
    let range = || format!("{}..={}", EfuseKey::MIN.id(), last.id());
    let key = storage.efuse_key.ok_or_else(|| {
        let reason = format!("needs {EFUSE} beside it, {} for {target}", range());
        Error::option(PERIPHERAL, reason)
    })?;
    if key > last {
        let reason = format!("{key} of {target} cannot hold an ECDSA key; {} are allowed", range());
        return Err(Error::option(EFUSE, reason));
    }
    Ok(DacKeyStorage::EfuseEcdsa(key))
}

fn check_port(storage: &Storage, count: u32) -> Result<(), Error> {
    if storage.port.is_none() {
        return Ok(());
    }
    if count > 1 {
        let reason = format!("is for one chip, and {count} devices are to be made; --count 1 is allowed");
        return Err(Error::option(PORT, reason));
    }
    let write = |name: &str| {
        format!(
            "nothing is written to a chip here; make the device without it, and then run 'esptool --port PORT \
                 write-flash OFFSET {name}'"
        )
    };
    let reason = match (storage.dac_in_secure_cert, storage.ds_peripheral, storage.efuse_key) {
        (false, ..) => write("UUID-partition.bin"),
        (true, true, Some(key)) => format!(
            "nothing is burned or written to a chip here; make the device without it, and then run 'espefuse --chip {} \
             --port PORT burn-key {key} {} ECDSA_KEY' and 'esptool --port PORT write-flash OFFSET \
             UUID_esp_secure_cert.bin'",
            storage.target,
            InternalFile::EfuseKey.path()
        ),
        _ => write("UUID_esp_secure_cert.bin"),
    };
    Err(Error::option(PORT, reason))
}

/// Draws what only the vendor's secure cert partition has.
pub(super) fn draw<R: CryptoRng + ?Sized>(layout: &StorageLayout<'_>, record: &mut DeviceRecord, rng: &mut R) {
    if layout.commissionable_data() == Place::SecureCert {
        let mut numbers = Zeroizing::new([[0; SecureCertNumbers::LEN]; 2]);
        for number in &mut *numbers {
            rng.fill_bytes(number);
        }
        record.secure_cert_numbers = Some(SecureCertNumbers::new(*numbers));
    }
}
