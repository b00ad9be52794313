use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use esp_nvs_image::{BlobVersion, PartitionSize, Sizer, Value};
use matter_factory_data::{AttestationCredentials, DeviceRecord, Error as DataError};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, Passcode};
use rand_core::CryptoRng;
use uuid::Uuid;

use super::Plan;
use super::signer::Signer;
use crate::cells::Cells;
use crate::job::Job;
use crate::{Error, TestPki};

/// The largest partition: all of the largest flash of an ESP32.
const MAX_SIZE: u32 = 0x200_0000;
/// How much longer a DAC can be than another one with the same names: its signature varies by two bytes.
const DAC_SLACK: usize = 4;

impl Plan {
    /// Lays every row out on the partition before anything is written.
    ///
    /// The certificates of a throw-away chain with the same names stand in for those to come.
    pub(super) fn check_size(&self, rng: &mut impl CryptoRng) -> Result<(), Error> {
        let size = self.job.size;
        if size.is_read_only() || size.get() > MAX_SIZE {
            let reason = format!("{size} is not a multiple of 0x1000 in 0x3000..={MAX_SIZE:#x}");
            return Err(Error::option("--size", reason));
        }
        let stand_in = self
            .signer
            .as_ref()
            .map(|signer| signer.stand_in(&self.job, rng))
            .transpose()?;
        let mut passcodes = BTreeMap::new();
        let none = [Cells::default()];
        let rows = if self.cells.is_empty() { &none[..] } else { &self.cells };
        for cells in rows {
            // Only the salt's length matters; a derivation for each length is enough.
            let salt = cells.salt.unwrap_or_else(|| Salt::generate(rng));
            let pase = match passcodes.entry(salt.as_bytes().len()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let parameters = PbkdfParameters {
                        iterations: Iterations::MIN,
                        salt,
                    };
                    let derived = PaseCredential::derive(Passcode::generate(rng), parameters);
                    new.insert(derived.map_err(|error| Error::option("--mcsv", error))?)
                }
            };
            let mut record = DeviceRecord::new(self.job.vendor_id, self.job.product_id, Discriminator::MIN, pase);
            self.fill(&mut record, cells, rng)?;
            if let Some(given) = &cells.dac {
                record
                    .set_credentials(given.credentials.clone())
                    .map_err(Error::encode)?;
            }
            if let Some(stand_in) = &stand_in {
                record
                    .set_credentials(stand_in.credentials.clone())
                    .map_err(Error::encode)?;
            }
            let lists = !self.job.fixed_labels.is_empty() || !self.job.supported_modes.is_empty();
            let longest = match (&self.job.values, lists) {
                (None, true) => "--supported-modes",
                _ => "--mcsv",
            };
            check_fits(&record, stand_in.as_ref(), size, longest)?;
        }
        Ok(())
    }
}

impl Signer {
    /// Makes credentials of the size of the real ones without a signature of the real PAI.
    fn stand_in(&self, job: &Job, rng: &mut impl CryptoRng) -> Result<StandIn, Error> {
        let (vendor, product) = (job.vendor_id, job.product_id);
        let pki = TestPki::make(
            PathBuf::new(),
            vendor,
            product,
            "stand-in",
            self.validity.not_before(),
            rng,
        )?;
        let (pai, key) = pki.pai();
        let signer = Self {
            pai: pai.clone(),
            key: key.clone(),
            validity: self.validity,
        };
        let credentials = signer.issue(&Uuid::nil().to_string(), job, rng)?;
        let names = self.pai.subject_der().len().saturating_sub(pai.subject_der().len());
        let dac_len = credentials.dac().as_der().len() + names + DAC_SLACK;
        Ok(StandIn {
            credentials,
            dac_len,
            pai: self.pai.as_der().to_vec(),
        })
    }
}

/// Credentials that are only looked at for their size.
struct StandIn {
    credentials: AttestationCredentials,
    dac_len: usize,
    pai: Vec<u8>,
}

/// `longest` names what can have made a key or a value too long.
fn check_fits(
    record: &DeviceRecord,
    stand_in: Option<&StandIn>,
    size: PartitionSize,
    longest: &'static str,
) -> Result<(), Error> {
    let mut sizer = Sizer::new(BlobVersion::V2);
    let counted = record.visit(|namespace, key, value| {
        let zeros;
        let value = match (stand_in, key.as_str()) {
            (Some(stand_in), "dac-cert") => {
                zeros = vec![0; stand_in.dac_len];
                Value::Blob(&zeros)
            }
            (Some(stand_in), "pai-cert") => Value::Blob(&stand_in.pai),
            _ => value,
        };
        sizer.push(namespace, &value).map_err(DataError::from)
    });
    let needed = counted
        .and_then(|()| Ok(sizer.partition_size()?))
        .map_err(|error| Error::option(longest, error))?;
    if needed > size {
        return Err(Error::option(
            "--size",
            format!("{size} is too small; {needed} is enough"),
        ));
    }
    Ok(())
}
