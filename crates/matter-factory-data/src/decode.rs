use alloc::vec::Vec;

use esp_nvs_image::{Entry, Key};
use esp_secure_cert::PartitionSize;
use matter_attestation::{Certificate, Error as AttestationError, Severity};
use matter_spake2p::PbkdfParameters;

use crate::audit::{nvs, secure_cert};
use crate::keys::{self, NAMESPACE};
use crate::reader::{Facts, Strict, Values, check_records, read_nvs, read_secure_cert};
use crate::{
    AttestationCredentials, DacKeyStorage, Declaration, DeviceRecord, Error, FactoryEntry, Place, StorageLayout,
};

impl DeviceRecord {
    /// Decodes a record from an NVS partition image that contains everything.
    ///
    /// Every value is validated like a new one, and related values must match: the DAC's key, the certificates, their
    /// vendor and product. A key without a field becomes one of [`DeviceRecord::entries`].
    ///
    /// # Errors
    ///
    /// [`Error::Nvs`] for a damaged image, [`Error::MissingKey`], [`Error::WrongType`], [`Error::NumberOutOfRange`],
    /// and the errors of the fields' types.
    pub fn decode_nvs(image: &[u8]) -> Result<Self, Error> {
        Self::decode(image, None).map(|(record, _)| record)
    }

    /// Decodes a record from the images of a device's partitions, and detects their layout.
    ///
    /// Values in both partitions must be equal. The `esp_secure_cert` image may have erased flash after its records.
    ///
    /// # Errors
    ///
    /// The errors of [`DeviceRecord::decode_nvs`]; [`Error::SecureCert`], [`Error::UnexpectedRecord`],
    /// [`Error::SecureCertNumbers`] and [`Error::DacKeyForm`] for damaged records or records that no Matter device has;
    /// [`Error::Layout`] when no layout matches the content; [`Error::Conflict`] for a value that differs between the
    /// partitions, and [`Error::DacKeyLeaked`].
    pub fn decode<'a>(image: &[u8], secure_cert: Option<&'a [u8]>) -> Result<(Self, StorageLayout<'a>), Error> {
        Self::decode_beside(None, image, secure_cert)
    }

    /// Decodes the images of this record, with all checks of [`DeviceRecord::decode`].
    ///
    /// The signature of the DAC is not verified again if the decoded DAC and PAI equal those of this record, which
    /// verified it.
    ///
    /// # Errors
    ///
    /// The errors of [`DeviceRecord::decode`]. A difference is not an error: see [`DeviceRecord::first_difference`].
    pub fn decode_again<'a>(
        &self,
        image: &[u8],
        secure_cert: Option<&'a [u8]>,
    ) -> Result<(Self, StorageLayout<'a>), Error> {
        Self::decode_beside(self.credentials(), image, secure_cert)
    }

    fn decode_beside<'a>(
        known: Option<&AttestationCredentials>,
        image: &[u8],
        secure_cert_image: Option<&'a [u8]>,
    ) -> Result<(Self, StorageLayout<'a>), Error> {
        let known_key = |scalar: &[u8; 32]| known?.key().filter(|key| key.has_scalar(scalar)).cloned();
        let sink = &mut Strict;
        let entries = esp_nvs_image::decode(image)?;
        let (mut facts, values, foreign) = read_nvs(entries, &known_key, sink)?;
        refuse(esp_nvs_image::check(image), nvs::severity, Error::NvsFault)?;
        let mut layout = StorageLayout::NVS;
        if let Some(bytes) = secure_cert_image {
            let storage = check_records(bytes)?;
            let secure = read_secure_cert(bytes, &known_key, sink)?;
            let found = esp_secure_cert::check(bytes, PartitionSize::DEFAULT);
            refuse(found, secure_cert::severity, Error::SecureCertFault)?;
            layout = layout_of(&secure, storage, facts.verifier.is_some())?;
            need(&keys::DAC_CERT, secure.dac.as_ref())?;
            need(&keys::PAI_CERT, secure.pai.as_ref())?;
            facts = facts.join(secure, sink)?;
        }
        let mut record = record(facts, &layout, known)?;
        record.add_unread(values, foreign)?;
        Ok((record, layout))
    }

    /// Keeps the values without a field.
    fn add_unread(&mut self, mut values: Values<'_>, foreign: Vec<Entry<'_>>) -> Result<(), Error> {
        let order = values.order().to_vec();
        let own = order
            .iter()
            .filter_map(|key| Some((NAMESPACE, *key, values.take(key)?)));
        let foreign = foreign
            .into_iter()
            .map(|entry| (entry.namespace, entry.key, entry.value));
        for (namespace, key, value) in own.chain(foreign) {
            let value = (&value).into();
            self.add_entry(FactoryEntry { namespace, key, value })?;
        }
        Ok(())
    }
}

/// Refuses faults that the audit of an image reports as errors.
fn refuse<F>(found: Vec<F>, severity: fn(&F) -> Severity, error: fn(F) -> Error) -> Result<(), Error> {
    let mut found = found.into_iter();
    let fault = found.find(|fault| severity(fault) == Severity::Error);
    fault.map_or(Ok(()), |fault| Err(error(fault)))
}

/// The layout that stores the given values in the `esp_secure_cert` partition.
fn layout_of<'a>(
    secure: &Facts,
    storage: DacKeyStorage<'a>,
    verifier_in_nvs: bool,
) -> Result<StorageLayout<'a>, Error> {
    let place = |there| if there { Place::SecureCert } else { Place::Nvs };
    let needed = [
        secure.discriminator.is_some(),
        secure.salt.is_some(),
        secure.iterations.is_some(),
    ];
    let commissionable = needed.contains(&true) || secure.verifier.is_some();
    let verifier_elsewhere = verifier_in_nvs && secure.verifier.is_none();
    if commissionable && (needed.contains(&false) || verifier_elsewhere) {
        return Err(Error::Layout);
    }
    if secure.secure_cert_numbers.is_some() && !commissionable {
        return Err(Error::Layout);
    }
    let rotating = secure.rotating_id.is_some();
    StorageLayout::new(Place::SecureCert, place(commissionable), place(rotating), storage)
}

/// Creates a record from values that are present and match.
fn record(
    facts: Facts,
    layout: &StorageLayout<'_>,
    known: Option<&AttestationCredentials>,
) -> Result<DeviceRecord, Error> {
    let discriminator = need(&keys::DISCRIMINATOR, facts.discriminator)?;
    let iterations = need(&keys::ITERATION_COUNT, facts.iterations)?;
    let salt = need(&keys::SALT, facts.salt)?;
    let vendor = need(&keys::VENDOR_ID, facts.vendor_id)?;
    let product = need(&keys::PRODUCT_ID, facts.product_id)?;
    let parameters = PbkdfParameters { iterations, salt };
    let mut record = DeviceRecord::stored(vendor, product, discriminator, parameters, facts.verifier);
    record.product = facts.product;
    record.rotating_id = facts.rotating_id;
    record.secure_cert_numbers = facts.secure_cert_numbers;
    record.declaration = facts.declaration.map(Declaration::decode).transpose()?;
    record.locales = facts.locales;
    record.fixed_labels = facts.fixed_labels;
    record.supported_modes = facts.supported_modes;
    // All parts of the credentials, or none.
    if facts.dac.is_none() && facts.key.is_none() && facts.dac_public_key.is_none() && facts.pai.is_none() {
        return Ok(record);
    }
    let dac = Certificate::from_der(&need(&keys::DAC_CERT, facts.dac)?)?;
    let pai = Certificate::from_der(&need(&keys::PAI_CERT, facts.pai)?)?;
    if !layout.has_secure_cert() {
        need(&keys::DAC_KEY, facts.key.as_ref())?;
        need(&keys::DAC_PUBLIC_KEY, facts.dac_public_key.as_ref())?;
    }
    let same = |stored: &Vec<u8>| stored == dac.public_key().as_bytes();
    if !facts.dac_public_key.as_ref().is_none_or(same) {
        return Err(if layout.has_secure_cert() {
            let key = keys::DAC_PUBLIC_KEY;
            Error::Conflict { key }
        } else {
            AttestationError::KeyMismatch.into()
        });
    }
    record.set_credentials(AttestationCredentials::read(dac, facts.key, pai, known)?)?;
    Ok(record)
}

fn need<T>(key: &Key, value: Option<T>) -> Result<T, Error> {
    value.ok_or(Error::MissingKey { key: *key })
}
