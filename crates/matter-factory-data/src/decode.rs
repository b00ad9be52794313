use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use esp_nvs_image::{Blob, Key, Number, StoredValue};
use matter_attestation::{Certificate, Error as AttestationError, PrivateKey};
use matter_spake2p::{Iterations, PbkdfParameters, Verifier};
use matter_types::{Discriminator, ProductId, VendorId};
use zeroize::Zeroizing;

use crate::encode::numbered;
use crate::keys::{self, NAMESPACE};
use crate::labels::FixedLabel;
use crate::modes::{SemanticTag, SupportedMode};
use crate::rotating_id::RotatingId;
use crate::secure_cert::SecureCert;
use crate::{
    AttestationCredentials, Declaration, DeviceRecord, Error, FactoryEntry, ProductInformation, StorageLayout,
};

impl DeviceRecord {
    /// Reads a record back from an NVS partition image that holds everything.
    ///
    /// Every value is checked as if it were new, and what belongs together must fit: the DAC's key, the certificates,
    /// their vendor and product. A key that no field has becomes one of [`DeviceRecord::entries`].
    ///
    /// # Errors
    ///
    /// [`Error::Nvs`] for a damaged image, [`Error::MissingKey`], [`Error::WrongType`], [`Error::NumberOutOfRange`],
    /// and the errors of the fields' types.
    pub fn decode_nvs(image: &[u8]) -> Result<Self, Error> {
        Self::decode(image, None).map(|(record, _)| record)
    }

    /// Reads a record back from the images of a device's partitions, and finds out which layout they have.
    ///
    /// What is in both partitions must be the same. The `esp_secure_cert` image may have erased flash behind its records.
    ///
    /// # Errors
    ///
    /// Those of [`DeviceRecord::decode_nvs`]; [`Error::SecureCert`], [`Error::UnexpectedRecord`],
    /// [`Error::SecureCertNumbers`] and [`Error::DacKeyForm`] for records that are damaged, or that no device of Matter
    /// has; [`Error::Layout`] when no layout puts what was found there; [`Error::Conflict`] for a value that differs
    /// between the two, and [`Error::DacKeyLeaked`].
    pub fn decode<'a>(image: &[u8], secure_cert: Option<&'a [u8]>) -> Result<(Self, StorageLayout<'a>), Error> {
        Self::decode_beside(None, image, secure_cert)
    }

    /// Reads the images of this record back, which are held to nothing less than those of others.
    ///
    /// What [`DeviceRecord::decode`] does; but the signature in the DAC was verified when this record got its credentials,
    /// and is not verified again when the DAC and the PAI that are read are the same.
    ///
    /// # Errors
    ///
    /// Those of [`DeviceRecord::decode`]. A record that differs is none: see [`DeviceRecord::first_difference`].
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
        secure_cert: Option<&'a [u8]>,
    ) -> Result<(Self, StorageLayout<'a>), Error> {
        let mut secure = secure_cert.map(SecureCert::decode).transpose()?;
        let mut order = Vec::new();
        let mut factory = Stored(BTreeMap::new());
        let mut foreign = Vec::new();
        for entry in esp_nvs_image::decode(image)? {
            if entry.namespace == NAMESPACE {
                order.push(entry.key);
                factory.0.insert(entry.key, entry.value);
            } else {
                foreign.push(entry);
            }
        }
        let layout = secure.as_ref().map_or(Ok(StorageLayout::NVS), SecureCert::layout)?;
        let mut record = factory.identity(secure.as_mut())?;
        factory.information(&mut record, secure.as_mut())?;
        factory.credentials(&mut record, secure, known)?;
        factory.lists(&mut record, &order)?;
        for key in order {
            if let Some(value) = factory.0.remove(&key) {
                record.add_entry(FactoryEntry {
                    namespace: NAMESPACE,
                    key,
                    value: (&value).into(),
                })?;
            }
        }
        for entry in foreign {
            let value = (&entry.value).into();
            record.add_entry(FactoryEntry {
                namespace: entry.namespace,
                key: entry.key,
                value,
            })?;
        }
        Ok((record, layout))
    }
}

/// The values that nobody has taken yet.
struct Stored<'a>(BTreeMap<Key, StoredValue<'a>>);

impl<'a> Stored<'a> {
    fn number(&mut self, key: &Key) -> Result<Option<u32>, Error> {
        match self.0.remove(key) {
            None => Ok(None),
            Some(StoredValue::Number(Number::U32(number))) => Ok(Some(number)),
            Some(_) => Err(Error::WrongType {
                key: *key,
                expected: "u32",
            }),
        }
    }

    /// A number that must fit into fewer bits.
    fn small<T: TryFrom<u32>>(&mut self, key: &Key, max: u32) -> Result<Option<T>, Error> {
        let Some(value) = self.number(key)? else {
            return Ok(None);
        };
        let error = Error::NumberOutOfRange {
            key: *key,
            value: value.into(),
            max: max.into(),
        };
        T::try_from(value).ok().filter(|_| value <= max).ok_or(error).map(Some)
    }

    fn text(&mut self, key: &Key) -> Result<Option<&'a str>, Error> {
        match self.0.remove(key) {
            None => Ok(None),
            Some(StoredValue::Str(text)) => Ok(Some(text)),
            Some(_) => Err(Error::WrongType {
                key: *key,
                expected: "string",
            }),
        }
    }

    fn parsed<T: core::str::FromStr<Err = E>, E>(&mut self, key: &Key) -> Result<Option<T>, Error>
    where
        Error: From<E>,
    {
        Ok(self.text(key)?.map(str::parse).transpose()?)
    }

    fn blob(&mut self, key: &Key) -> Result<Option<Blob<'a>>, Error> {
        match self.0.remove(key) {
            None => Ok(None),
            Some(StoredValue::Blob(blob)) => Ok(Some(blob)),
            Some(_) => Err(Error::WrongType {
                key: *key,
                expected: "blob",
            }),
        }
    }

    fn identity(&mut self, secure: Option<&mut SecureCert<'_>>) -> Result<DeviceRecord, Error> {
        let none = &mut SecureCert::default();
        let secure = secure.unwrap_or(none);
        let (key, stored) = (&keys::DISCRIMINATOR, self.small(&keys::DISCRIMINATOR, 0xFFF)?);
        let stored = stored.map(Discriminator::new).transpose()?;
        let discriminator = need(key, either(key, stored, secure.discriminator, |a, b| a == b)?)?;
        let (key, stored) = (&keys::ITERATION_COUNT, self.number(&keys::ITERATION_COUNT)?);
        let stored = stored.map(Iterations::new).transpose()?;
        let iterations = need(key, either(key, stored, secure.iterations, |a, b| a == b)?)?;
        let (key, stored) = (&keys::SALT, self.parsed(&keys::SALT)?);
        let salt = need(key, either(key, stored, secure.salt, |a, b| a == b)?)?;
        let vendor = need(&keys::VENDOR_ID, self.small(&keys::VENDOR_ID, 0xFFFF)?)?;
        let product = need(&keys::PRODUCT_ID, self.small(&keys::PRODUCT_ID, 0xFFFF)?)?;
        let stored: Option<Verifier> = self.parsed(&keys::VERIFIER)?;
        if stored.is_some() && secure.verifier.is_none() && secure.discriminator.is_some() {
            return Err(Error::Layout);
        }
        let same = |a: &Verifier, b: &Verifier| a.expose_bytes() == b.expose_bytes();
        let verifier = either(&keys::VERIFIER, stored, secure.verifier.take(), same)?;
        Ok(DeviceRecord::stored(
            VendorId::new(vendor)?,
            ProductId::new(product)?,
            discriminator,
            PbkdfParameters { iterations, salt },
            verifier,
        ))
    }

    fn information(&mut self, record: &mut DeviceRecord, secure: Option<&mut SecureCert<'_>>) -> Result<(), Error> {
        for field in ProductInformation::FIELDS {
            let key = field.key();
            match field.max() {
                Some(max) => {
                    if let Some(number) = self.small(key, max)? {
                        field.set_number(&mut record.product, number)?;
                    }
                }
                None => {
                    if let Some(text) = self.text(key)? {
                        field.set_text(&mut record.product, text)?;
                    }
                }
            }
        }
        if let Some(blob) = self.blob(&keys::ROTATING_ID)? {
            let bytes = Zeroizing::new(blob.to_vec());
            record.rotating_id = Some(RotatingId::new(
                bytes.as_slice().try_into().map_err(|_| Error::RotatingId)?,
            ));
        }
        if let Some(secure) = secure {
            let same = |a: &RotatingId, b: &RotatingId| a.expose_bytes() == b.expose_bytes();
            let (stored, secret) = (record.rotating_id.take(), secure.rotating_id.take());
            record.rotating_id = either(&keys::ROTATING_ID, stored, secret, same)?;
            record.secure_cert_numbers = secure.numbers.take();
        }
        Ok(())
    }

    /// All four parts of the credentials, or none.
    fn credentials(
        &mut self,
        record: &mut DeviceRecord,
        secure: Option<SecureCert<'_>>,
        known: Option<&AttestationCredentials>,
    ) -> Result<(), Error> {
        if let Some(blob) = self.blob(&keys::CERTIFICATION_DECLARATION)? {
            record.declaration = Some(Declaration::decode(blob.to_vec())?);
        }
        let dac = self.blob(&keys::DAC_CERT)?;
        let key = self.blob(&keys::DAC_KEY)?;
        let public_key = self.blob(&keys::DAC_PUBLIC_KEY)?;
        let pai = self.blob(&keys::PAI_CERT)?;
        if let Some(secure) = secure {
            return record.set_credentials(secure.credentials([dac, key, public_key, pai], known)?);
        }
        if dac.is_none() && key.is_none() && public_key.is_none() && pai.is_none() {
            return Ok(());
        }
        let dac = Certificate::from_der(&need(&keys::DAC_CERT, dac)?.to_vec())?;
        let scalar = Zeroizing::new(need(&keys::DAC_KEY, key)?.to_vec());
        let scalar = scalar
            .as_slice()
            .try_into()
            .map_err(|_| AttestationError::KeyMismatch)?;
        let known_key = known.and_then(AttestationCredentials::key);
        let key = match known_key.filter(|key| key.has_scalar(scalar)) {
            Some(key) => key.clone(),
            None => PrivateKey::from_scalar(scalar)?,
        };
        if need(&keys::DAC_PUBLIC_KEY, public_key)?.to_vec() != dac.public_key().as_bytes() {
            return Err(AttestationError::KeyMismatch.into());
        }
        let pai = Certificate::from_der(&need(&keys::PAI_CERT, pai)?.to_vec())?;
        record.set_credentials(AttestationCredentials::read(dac, Some(key), pai, known)?)
    }

    fn lists(&mut self, record: &mut DeviceRecord, order: &[Key]) -> Result<(), Error> {
        for i in 0..self.count(&keys::LOCALE_COUNT)? {
            record.locales.push(self.item(keys::LOCALE, &[i], Self::parsed)?);
        }
        for endpoint in endpoints(order, keys::FIXED_LABEL_COUNT) {
            for i in 0..self.count(&numbered(keys::FIXED_LABEL_COUNT, &[endpoint.into()])?)? {
                let label = self.item(keys::FIXED_LABEL_KEY, &[endpoint.into(), i], Self::parsed)?;
                let value = self.item(keys::FIXED_LABEL_VALUE, &[endpoint.into(), i], Self::parsed)?;
                record.fixed_labels.push(FixedLabel { endpoint, label, value });
            }
        }
        for endpoint in endpoints(order, keys::MODE_COUNT) {
            for i in 0..self.count(&numbered(keys::MODE_COUNT, &[endpoint.into()])?)? {
                let mode = self.mode(endpoint, i)?;
                record.supported_modes.push(mode);
            }
        }
        Ok(())
    }

    fn mode(&mut self, endpoint: u16, i: usize) -> Result<SupportedMode, Error> {
        let at = [endpoint.into(), i];
        let label = self.item(keys::MODE_LABEL, &at, Self::parsed)?;
        let mode = self.item(keys::MODE, &at, |stored, key| stored.small(key, u8::MAX.into()))?;
        let mut semantic_tags = Vec::new();
        for j in 0..self.count(&numbered(keys::TAG_COUNT, &at)?)? {
            let at = [endpoint.into(), i, j];
            let value = self.item(keys::TAG_VALUE, &at, |stored, key| stored.small(key, u16::MAX.into()))?;
            let mfg_code = self.item(keys::TAG_MFG_CODE, &at, |stored, key| {
                stored.small(key, u16::MAX.into())
            })?;
            semantic_tags.push(SemanticTag { mfg_code, value });
        }
        Ok(SupportedMode {
            endpoint,
            mode,
            label,
            semantic_tags,
        })
    }

    /// The length of a list, 0 when there is none. It is bounded by the items, whose absence is an error.
    fn count(&mut self, key: &Key) -> Result<usize, Error> {
        Ok(self.small(key, u32::MAX)?.unwrap_or_default())
    }

    fn item<T>(
        &mut self,
        prefix: &str,
        numbers: &[usize],
        read: impl FnOnce(&mut Self, &Key) -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let key = numbered(prefix, numbers)?;
        need(&key, read(self, &key)?)
    }
}

/// The value of one place or the other, which must not differ.
fn either<T>(key: &Key, nvs: Option<T>, secure: Option<T>, same: fn(&T, &T) -> bool) -> Result<Option<T>, Error> {
    match (nvs, secure) {
        (Some(nvs), Some(secure)) if !same(&nvs, &secure) => Err(Error::Conflict { key: *key }),
        (nvs, secure) => Ok(nvs.or(secure)),
    }
}

fn need<T>(key: &Key, value: Option<T>) -> Result<T, Error> {
    value.ok_or(Error::MissingKey { key: *key })
}

/// The endpoints that have a list, in the order in which the lists are stored.
fn endpoints(order: &[Key], prefix: &str) -> Vec<u16> {
    order
        .iter()
        .filter_map(|key| {
            let endpoint = u16::from_str_radix(key.as_str().strip_prefix(prefix)?, 16).ok()?;
            // Only the form that is written: lower case, no leading zeros.
            (numbered(prefix, &[endpoint.into()]).ok()? == *key).then_some(endpoint)
        })
        .collect()
}
