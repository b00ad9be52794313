//! The records of the `esp_secure_cert` partition.

use alloc::vec::Vec;

use esp_nvs_image::Blob;
use esp_secure_cert::{
    Certificate as StoredCertificate, Error as SecureCertError, Image, KeyStorage, MatterData, PartitionSize, Record,
    RecordType, Storage, Subtype, Tail, Writer,
};
use matter_attestation::{Certificate, PrivateKey};
use matter_spake2p::{Iterations, Salt, Verifier};
use matter_types::Discriminator;
use zeroize::Zeroizing;

use crate::{
    AttestationCredentials, DacKeyStorage, DeviceRecord, Error, Place, RotatingId, SecureCertNumbers, StorageLayout,
    keys,
};

impl DeviceRecord {
    /// Encodes what a layout puts into the `esp_secure_cert` partition, with the records in the order of the vendor's
    /// tool.
    ///
    /// A key that is outside the partitions is not even looked at.
    ///
    /// # Errors
    ///
    /// [`Error::LayoutKey`] for a layout without that partition, [`Error::MissingKey`] when the record lacks what
    /// belongs there, [`Error::SecureCert`] when it does not fit into 8 KiB.
    pub fn encode_secure_cert(&self, layout: &StorageLayout<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        if !layout.has_secure_cert() {
            return Err(Error::LayoutKey);
        }
        let missing = |key| Error::MissingKey { key };
        let credentials = self.credentials().ok_or(missing(keys::DAC_CERT))?;
        let mut buffer = Zeroizing::new(alloc::vec![0; PartitionSize::DEFAULT.bytes()]);
        let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
        let sec1 = if layout.is_keyless() {
            Zeroizing::default()
        } else {
            credentials.key().ok_or(missing(keys::DAC_KEY))?.to_sec1_der()?
        };
        let key = layout.key().record(&sec1)?;
        let dac = StoredCertificate::der(credentials.dac().as_der())?;
        let pai = StoredCertificate::der(credentials.pai().as_der())?;
        writer.push_identity(Subtype::MIN, &dac, &pai, &key)?;
        if layout.commissionable_data() == Place::SecureCert {
            let parameters = self.parameters();
            writer.push_matter(&MatterData::discriminator(self.discriminator().get())?)?;
            if let Some(verifier) = self.verifier() {
                writer.push_matter(&MatterData::verifier(verifier.expose_bytes()))?;
            }
            writer.push_matter(&MatterData::salt(parameters.salt.as_bytes())?)?;
            writer.push_matter(&MatterData::iteration_count(parameters.iterations.get())?)?;
            let id = self.rotating_id.as_ref().ok_or(missing(keys::ROTATING_ID))?;
            writer.push_matter(&MatterData::rotating_id_unique_id(id.expose_bytes()))?;
            if let Some(numbers) = &self.secure_cert_numbers {
                for item in MatterData::random(numbers.expose_bytes().each_ref()) {
                    writer.push_matter(&item)?;
                }
            }
        }
        let len = writer.finish().len();
        buffer.truncate(len);
        Ok(buffer)
    }
}

/// What an `esp_secure_cert` partition holds of a device, each value checked by itself.
#[derive(Default)]
pub(crate) struct SecureCert<'a> {
    pub(crate) dac: Option<Certificate>,
    pub(crate) pai: Option<Certificate>,
    pub(crate) storage: DacKeyStorage<'a>,
    pub(crate) key: Option<PrivateKey>,
    pub(crate) discriminator: Option<Discriminator>,
    pub(crate) verifier: Option<Verifier>,
    pub(crate) salt: Option<Salt>,
    pub(crate) iterations: Option<Iterations>,
    pub(crate) rotating_id: Option<RotatingId>,
    pub(crate) numbers: Option<SecureCertNumbers>,
}

impl<'a> SecureCert<'a> {
    /// Reads all records; one that a device of Matter does not have is an error.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let image = Image::new(bytes);
        let mut read = Self::default();
        let mut numbers = [None; 2];
        let mut seen = Vec::<Record<'a>>::new();
        for record in image.records() {
            let record = record?;
            if !record.crc_ok() {
                let offset = record.offset();
                return Err(SecureCertError::Crc { offset }.into());
            }
            let same = |other: &&Record<'_>| (other.kind(), other.subtype()) == (record.kind(), record.subtype());
            if let Some(other) = seen.iter().find(same) {
                // The firmware takes the first; which one was meant nobody knows.
                let (kind, subtype, offset) = (record.kind(), record.subtype(), other.offset());
                return Err(SecureCertError::Duplicate { kind, subtype, offset }.into());
            }
            read.record(&record, &mut numbers)?;
            seen.push(record);
        }
        if image.tail() == Tail::Other {
            let offset = image.record_bytes().len();
            return Err(SecureCertError::Tail { offset }.into());
        }
        image.verify_integrity()?;
        read.numbers = match numbers {
            [Some(first), Some(second)] => Some(SecureCertNumbers::new([*first, *second])),
            [None, None] => None,
            _ => return Err(Error::SecureCertNumbers),
        };
        let stored = image.key(Subtype::MIN)?;
        let stored = stored.ok_or(Error::MissingKey { key: keys::DAC_KEY })?;
        read.storage = DacKeyStorage::of_record(&stored).ok_or(Error::DacKeyForm)?;
        if let KeyStorage::Plain(key) = stored {
            read.key = Some(PrivateKey::decode(key.expose())?);
        }
        let beside_key = |record: &&Record<'_>| match record.kind() {
            RecordType::SEC_CFG => !matches!(read.storage, DacKeyStorage::EfuseEcdsa(_)),
            RecordType::HMAC_ECDSA_KEY_SALT => !matches!(read.storage, DacKeyStorage::HmacDerived(_)),
            _ => false,
        };
        seen.iter()
            .find(beside_key)
            .map_or(Ok(()), |record| Err(unexpected(record)))?;
        Ok(read)
    }

    /// Which layout puts there what was found.
    pub(crate) fn layout(&self) -> Result<StorageLayout<'a>, Error> {
        let place = |there| if there { Place::SecureCert } else { Place::Nvs };
        let needed = [
            self.discriminator.is_some(),
            self.salt.is_some(),
            self.iterations.is_some(),
        ];
        let commissionable = needed.contains(&true) || self.verifier.is_some();
        let rotating = self.rotating_id.is_some();
        if (commissionable && needed.contains(&false)) || (self.numbers.is_some() && !commissionable) {
            return Err(Error::Layout);
        }
        StorageLayout::new(Place::SecureCert, place(commissionable), place(rotating), self.storage)
    }

    /// The credentials, with which what NVS has of them must agree: certificate, key, public key and PAI.
    pub(crate) fn credentials(
        self,
        nvs: [Option<Blob<'_>>; 4],
        known: Option<&AttestationCredentials>,
    ) -> Result<AttestationCredentials, Error> {
        let dac = self.dac.ok_or(Error::MissingKey { key: keys::DAC_CERT })?;
        let pai = self.pai.ok_or(Error::MissingKey { key: keys::PAI_CERT })?;
        let [stored_dac, stored_key, stored_public_key, stored_pai] = nvs.map(|blob| blob.map(|blob| blob.to_vec()));
        let stored_key = stored_key.map(Zeroizing::new);
        let public_key = dac.public_key().as_bytes().as_slice();
        for (key, stored, here) in [
            (keys::DAC_CERT, stored_dac, dac.as_der()),
            (keys::DAC_PUBLIC_KEY, stored_public_key, public_key),
            (keys::PAI_CERT, stored_pai, pai.as_der()),
        ] {
            if stored.is_some_and(|stored| stored != here) {
                return Err(Error::Conflict { key });
            }
        }
        if let Some(stored) = stored_key {
            if self.key.is_none() {
                return Err(Error::DacKeyLeaked);
            }
            let conflict = Error::Conflict { key: keys::DAC_KEY };
            let scalar = stored.as_slice().try_into().map_err(|_| conflict)?;
            if PrivateKey::from_scalar(scalar)?.public_key() != *dac.public_key() {
                return Err(conflict);
            }
        }
        AttestationCredentials::read(dac, self.key, pai, known)
    }

    fn record(&mut self, record: &Record<'a>, numbers: &mut [Option<&'a [u8; 32]>; 2]) -> Result<(), Error> {
        let (kind, subtype, data) = (record.kind(), record.subtype(), record.data());
        let otherwise = unexpected(record);
        if kind != RecordType::PRIV_KEY && record.flags().storage() != Storage::Plain {
            return Err(otherwise);
        }
        let [first, second] = numbers;
        match (kind, subtype) {
            (RecordType::DEV_CERT, 0) => self.dac = Some(Certificate::from_der(data)?),
            (RecordType::CA_CERT, 0) => self.pai = Some(Certificate::from_der(data)?),
            // Read together, as the firmware does it.
            (RecordType::PRIV_KEY | RecordType::SEC_CFG | RecordType::HMAC_ECDSA_KEY_SALT, 0) => {}
            // They say nothing about the device, but about the image.
            (RecordType::INTEGRITY | RecordType::SIGNATURE_BLOCK, _) => {}
            (RecordType::MATTER_1, 0) => {
                let value = u16::from_le_bytes(data.try_into().map_err(|_| otherwise)?);
                self.discriminator = Some(Discriminator::new(value)?);
            }
            (RecordType::MATTER_1, 1) => self.verifier = Some(Verifier::from_bytes(data)?),
            (RecordType::MATTER_1, 2) => self.salt = Some(Salt::new(data)?),
            (RecordType::MATTER_1, 3) => {
                let value = u32::from_le_bytes(data.try_into().map_err(|_| otherwise)?);
                self.iterations = Some(Iterations::new(value)?);
            }
            (RecordType::MATTER_1, 4) => {
                let id = data.try_into().map_err(|_| Error::RotatingId)?;
                self.rotating_id = Some(RotatingId::new(id));
            }
            (RecordType::MATTER_1, 128) => *first = Some(data.try_into().map_err(|_| otherwise)?),
            (RecordType::MATTER_1, 129) => *second = Some(data.try_into().map_err(|_| otherwise)?),
            _ => return Err(otherwise),
        }
        Ok(())
    }
}

const fn unexpected(record: &Record<'_>) -> Error {
    Error::UnexpectedRecord {
        kind: record.kind(),
        subtype: record.subtype(),
        offset: record.offset(),
    }
}
