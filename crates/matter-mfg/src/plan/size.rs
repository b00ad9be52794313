use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use esp_nvs_image::{BlobVersion, NvsKeys, PartitionSize, Sizer, Value};
use esp_secure_cert::{Image, PartitionSize as SecureCertSize, RawRecord, RecordType, Writer};
use matter_factory_data::{AttestationCredentials, DeviceRecord, Error as DataError, Place, StorageLayout};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, Passcode};
use rand_core::CryptoRng;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Plan;
use super::signer::{BatchSigner, Signer};
use crate::cells::Cells;
use crate::device::{dac_key_block, holds_plain_key};
use crate::flash::{DeviceImages, FlashJob, Tried};
use crate::job::Job;
use crate::{Error, Field, TestPki};

/// Length difference between DACs with the same names: a signature varies by two bytes.
const DAC_SLACK: usize = 4;

impl Plan {
    /// Lays out every row in the partition before anything is written.
    ///
    /// Certificates of a throw-away chain with the same names stand in for the real ones.
    pub(super) fn check_size(&self, rng: &mut impl CryptoRng) -> Result<Option<Tried>, Error> {
        let size = self.job.size;
        if size.is_read_only() || size.get() > Job::MAX_SIZE {
            let reason = format!(
                "{size} is not a multiple of 0x1000 in the range 0x3000 to {:#x}",
                Job::MAX_SIZE
            );
            return Err(Error::field(Field::Size, reason));
        }
        let stand_in = self
            .signer
            .as_ref()
            .map(|signer| signer.stand_in(&self.job, rng))
            .transpose()?;
        let mut passcodes = BTreeMap::new();
        let mut tried = None;
        let none = [Cells::default()];
        let rows = if self.cells.is_empty() { &none[..] } else { &self.cells };
        for (row, cells) in rows.iter().enumerate() {
            // Only the salt's length matters; one derivation per length is enough.
            let salt = cells.salt.unwrap_or_else(|| Salt::generate(rng));
            let pase = match passcodes.entry(salt.as_bytes().len()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let parameters = PbkdfParameters {
                        iterations: Iterations::MIN,
                        salt,
                    };
                    let derived = PaseCredential::derive(Passcode::generate(rng), parameters);
                    new.insert(derived.map_err(|error| Error::field(Field::Values, error))?)
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
            self.check_row(&record, row)?;
            let lists = !self.job.fixed_labels.is_empty() || !self.job.supported_modes.is_empty();
            let longest = match (&self.job.values, lists) {
                (None, true) => Field::SupportedModes,
                _ => Field::Values,
            };
            check_fits(&record, stand_in.as_ref(), size, &self.layout, longest)?;
            if self.layout.has_secure_cert() {
                check_secure_cert(&record, stand_in.as_ref(), &self.layout)?;
            }
            if let Some(flash) = self.job.flash.as_ref().filter(|_| tried.is_none()) {
                tried = Some(self.try_flash(flash, &record, rng)?);
            }
        }
        Ok(tried)
    }

    /// Plans the flash of the first device with images of its lengths.
    fn try_flash(&self, flash: &FlashJob, record: &DeviceRecord, rng: &mut impl CryptoRng) -> Result<Tried, Error> {
        let images = record.encode(self.job.size, &self.layout).map_err(Error::encode)?;
        let is_encrypted = self.job.encrypt || flash.has_hmac();
        let keys = self.job.encrypt.then_some([0xFF; NvsKeys::PARTITION_LEN]);
        let holds_key = |place| holds_plain_key(record, &self.layout, place);
        let images = DeviceImages {
            nvs: Some((images.nvs(), !is_encrypted && holds_key(Place::Nvs))),
            nvs_keys: keys.as_ref().map(<[u8; _]>::as_slice),
            secure_cert: images.secure_cert().map(|image| (image, holds_key(Place::SecureCert))),
            dac_key: dac_key_block(record, &self.layout),
        };
        flash.try_device(&images, rng)
    }
}

impl Signer {
    /// Makes credentials of the real size without a signature of the real PAI.
    fn stand_in(&self, job: &Job, rng: &mut impl CryptoRng) -> Result<StandIn, Error> {
        let (vendor, product) = job.dac_ids();
        let pki = TestPki::make(
            PathBuf::new(),
            vendor,
            product,
            "stand-in",
            self.validity.not_before(),
            rng,
        )?;
        let (pai, key) = pki.pai();
        let signer = Self::new(pai.clone(), key.clone(), self.validity);
        let credentials = BatchSigner::new(&signer, job)?.issue(&Uuid::nil().to_string(), rng)?;
        let names = self
            .pai
            .issuer()
            .subject_der()
            .len()
            .saturating_sub(pai.subject_der().len());
        let dac_len = credentials.dac().as_der().len() + names + DAC_SLACK;
        Ok(StandIn {
            credentials,
            dac_len,
            pai: self.pai.issuer().as_der().to_vec(),
        })
    }
}

/// Credentials that are used only for their size.
struct StandIn {
    credentials: AttestationCredentials,
    dac_len: usize,
    pai: Vec<u8>,
}

/// Lays out the `esp_secure_cert` partition, whose size is fixed.
fn check_secure_cert(
    record: &DeviceRecord,
    stand_in: Option<&StandIn>,
    layout: &StorageLayout<'_>,
) -> Result<(), Error> {
    let image = record.encode_secure_cert(layout).map_err(Error::encode)?;
    let mut buffer = Zeroizing::new(vec![0; SecureCertSize::DEFAULT.bytes()]);
    let mut writer = Writer::new(&mut buffer, SecureCertSize::DEFAULT);
    let dac = stand_in.map(|stand_in| vec![0; stand_in.dac_len]);
    for record in Image::new(&image).records() {
        let record = record.map_err(Error::encode)?;
        let data = match (record.kind(), stand_in, &dac) {
            (RecordType::DEV_CERT, _, Some(dac)) => dac.as_slice(),
            (RecordType::CA_CERT, Some(stand_in), _) => stand_in.pai.as_slice(),
            _ => record.data(),
        };
        let laid_out = writer.push_raw(&RawRecord::new(record.kind(), record.subtype(), data));
        laid_out.map_err(|error| Error::field(Field::DacInSecureCert, error))?;
    }
    Ok(())
}

/// `longest` names the possible cause of a key or value that is too long.
fn check_fits(
    record: &DeviceRecord,
    stand_in: Option<&StandIn>,
    size: PartitionSize,
    layout: &StorageLayout<'_>,
    longest: Field,
) -> Result<(), Error> {
    let mut sizer = Sizer::new(BlobVersion::V2);
    let counted = record.visit_nvs(layout, |namespace, key, value| {
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
        .map_err(|error| Error::field(longest, error))?;
    if needed > size {
        return Err(Error::field(
            Field::Size,
            format!("{size} is too small; at least {needed} is required"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use matter_attestation::Validity;
    use matter_factory_data::{DacKeyStorage, RotatingId};

    use super::*;
    use crate::random::{Purpose, Random};
    use matter_attestation::DateTime;

    #[test]
    fn secure_cert_partition_that_is_too_small_is_refused() {
        let mut rng = Random::open(None, Purpose::Run).unwrap();
        let job = Job::new("0xFFF1".parse().unwrap(), "0x8000".parse().unwrap());
        let time = DateTime::new(2026, 6, 1, 0, 0, 0).unwrap();
        let pki = TestPki::make(PathBuf::new(), job.vendor_id, job.product_id, "T", time, &mut rng).unwrap();
        let (pai, key) = pki.pai();
        let signer = Signer::new(pai.clone(), key.clone(), Validity::from_days(time, 1).unwrap());
        let mut stand_in = signer.stand_in(&job, &mut rng).unwrap();
        let parameters = PbkdfParameters {
            iterations: Iterations::MIN,
            salt: Salt::generate(&mut rng),
        };
        let discriminator = Discriminator::MIN;
        let mut record = DeviceRecord::with_dynamic_passcode(job.vendor_id, job.product_id, discriminator, parameters);
        record.set_credentials(stand_in.credentials.clone()).unwrap();
        record.rotating_id = Some(RotatingId::new([1; 16]));
        let everywhere = Place::SecureCert;
        for others in [Place::Nvs, everywhere] {
            let layout = StorageLayout::new(everywhere, others, others, DacKeyStorage::Plain).unwrap();
            let check =
                |stand_in: &StandIn| check_secure_cert(&record, Some(stand_in), &layout).map_err(|e| e.to_string());
            // Records take 16 bytes more than their padded data: the rest of 8192 is for the PAI.
            let record = |len: usize| 16 + len.next_multiple_of(16);
            let matter = [2, 32, 4, 16].map(record).iter().sum::<usize>();
            let others = if others == everywhere { matter } else { 0 };
            let left = 8192 - record(stand_in.dac_len) - record(121) - others - 16;
            stand_in.pai = vec![0; left];
            assert_eq!(check(&stand_in), Ok(()));
            stand_in.pai.push(0);
            let refused = check(&stand_in).unwrap_err();
            assert!(
                refused.starts_with("dac-in-secure-cert: ") && refused.contains("8192"),
                "{refused}"
            );
        }
    }
}
