use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt::Write;

use esp_nvs_image::{BlobVersion, Encoder, Key, Namespace, Number, OwnedValue, PartitionSize, Value};
use zeroize::Zeroizing;

use crate::keys::{self, NAMESPACE};
use crate::product::Group;
use crate::{DeviceRecord, Error, Place, StorageLayout};

impl DeviceRecord {
    /// Encodes the record as an NVS partition image that contains everything.
    ///
    /// # Errors
    ///
    /// [`Error::Nvs`] when the entries do not fit, and the errors of [`DeviceRecord::visit_nvs`].
    pub fn encode_nvs(&self, size: PartitionSize) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.nvs_image(size, &StorageLayout::NVS)
    }

    pub(crate) fn nvs_image(
        &self,
        size: PartitionSize,
        layout: &StorageLayout<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut image = Zeroizing::new(alloc::vec![0xFF; size.bytes()]);
        let mut encoder = Encoder::with_version(&mut image, size, BlobVersion::V2)?;
        self.visit_nvs(layout, |namespace, key, value| {
            encoder.push(namespace, key, value).map_err(Error::Nvs)
        })?;
        let len = encoder.finish().len();
        image.truncate(len);
        Ok(image)
    }

    /// Passes all entries of an NVS partition that contains everything to a function, see [`DeviceRecord::visit_nvs`].
    ///
    /// # Errors
    ///
    /// The errors of [`DeviceRecord::visit_nvs`].
    pub fn visit<E: From<Error>>(
        &self,
        entry: impl FnMut(&Namespace, &Key, Value<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.visit_nvs(&StorageLayout::NVS, entry)
    }

    /// Passes the entries that a layout stores in NVS to a function, in the order of the reference tool.
    ///
    /// # Errors
    ///
    /// The error of `entry`; [`Error::Nvs`] when the number of an endpoint makes a key too long; and
    /// [`Error::MissingKey`] when the DAC's private key is stored there but not in the record.
    pub fn visit_nvs<E: From<Error>>(
        &self,
        layout: &StorageLayout<'_>,
        entry: impl FnMut(&Namespace, &Key, Value<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let stored = self.credentials().filter(|_| layout.attestation() == Place::Nvs);
        if stored.is_some_and(|credentials| credentials.key().is_none()) {
            return Err(Error::MissingKey { key: keys::DAC_KEY }.into());
        }
        self.visit_entries(layout, entry)
    }

    /// The same, without the private key if the record has none.
    fn visit_entries<E: From<Error>>(
        &self,
        layout: &StorageLayout<'_>,
        mut entry: impl FnMut(&Namespace, &Key, Value<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut put = |key: &Key, value: Value<'_>| entry(&NAMESPACE, key, value);
        self.visit_identity(layout, &mut put)?;
        self.visit_credentials(layout, &mut put)?;
        for own in self.entries().iter().filter(|own| own.namespace == NAMESPACE) {
            put(&own.key, own.value.as_value())?;
        }
        self.visit_localization(&mut put)?;
        self.visit_modes(&mut put)?;
        self.product.visit(Group::Last, &mut put)?;
        for own in self.entries().iter().filter(|own| own.namespace != NAMESPACE) {
            entry(&own.namespace, &own.key, own.value.as_value())?;
        }
        Ok(())
    }

    /// Compares the stored values of two records, regardless of their location. Returns the first key in which they
    /// differ.
    ///
    /// The DAC's private key is not compared, because the certificate determines it: a record decoded from images
    /// without the key equals its source.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<Key> {
        let (ours, theirs) = (self.collect(), other.collect());
        let longer = if ours.len() < theirs.len() { &theirs } else { &ours };
        let differing = ours.iter().zip(&theirs).find(|(a, b)| a != b).map(|(ours, _)| ours.1);
        differing.or_else(|| longer.get(ours.len().min(theirs.len())).map(|(_, key, _)| *key))
    }

    fn collect(&self) -> Vec<(Namespace, Key, OwnedValue)> {
        let mut all = Vec::new();
        let visited = self.visit_entries(&StorageLayout::NVS, |namespace, key, value| {
            if *namespace != NAMESPACE || *key != keys::DAC_KEY {
                all.push((*namespace, *key, value.into()));
            }
            Ok::<(), Error>(())
        });
        if let Some(numbers) = &self.secure_cert_numbers {
            let numbers = OwnedValue::Blob(numbers.expose_bytes().as_flattened().to_vec());
            all.push((NAMESPACE, keys::SECURE_CERT_NUMBERS, numbers));
        }
        // A record whose keys cannot be encoded differs from every decoded one; it is never compared.
        if visited.is_err() {
            all.clear();
        }
        all
    }

    fn visit_identity<E>(
        &self,
        layout: &StorageLayout<'_>,
        put: &mut impl FnMut(&Key, Value<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if layout.commissionable_data() == Place::Nvs {
            let parameters = self.parameters();
            put(
                &keys::DISCRIMINATOR,
                Value::Number(Number::U32(self.discriminator().get().into())),
            )?;
            put(
                &keys::ITERATION_COUNT,
                Value::Number(Number::U32(parameters.iterations.get())),
            )?;
            put(&keys::SALT, Value::Str(parameters.salt.to_base64().as_str()))?;
        }
        put(
            &keys::VENDOR_ID,
            Value::Number(Number::U32(self.vendor_id().get().into())),
        )?;
        self.product.visit(Group::Vendor, &mut *put)?;
        put(
            &keys::PRODUCT_ID,
            Value::Number(Number::U32(self.product_id().get().into())),
        )?;
        self.product.visit(Group::Product, &mut *put)?;
        if let Some(id) = self.rotating_id.as_ref().filter(|_| layout.rotating_id() == Place::Nvs) {
            put(&keys::ROTATING_ID, Value::Blob(id.expose_bytes()))?;
        }
        self.product.visit(Group::Unit, put)
    }

    fn visit_credentials<E>(
        &self,
        layout: &StorageLayout<'_>,
        put: &mut impl FnMut(&Key, Value<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(credentials) = self.credentials().filter(|_| layout.attestation() == Place::Nvs) {
            put(&keys::DAC_CERT, Value::Blob(credentials.dac().as_der()))?;
            if let Some(key) = credentials.key() {
                put(&keys::DAC_KEY, Value::Blob(&*key.expose_scalar()))?;
            }
            put(
                &keys::DAC_PUBLIC_KEY,
                Value::Blob(credentials.dac().public_key().as_bytes()),
            )?;
            put(&keys::PAI_CERT, Value::Blob(credentials.pai().as_der()))?;
        }
        if let Some(verifier) = self.verifier().filter(|_| layout.commissionable_data() == Place::Nvs) {
            put(&keys::VERIFIER, Value::Str(verifier.to_base64().as_str()))?;
        }
        if let Some(declaration) = &self.declaration {
            put(&keys::CERTIFICATION_DECLARATION, Value::Blob(declaration.as_der()))?;
        }
        Ok(())
    }

    fn visit_localization<E: From<Error>>(
        &self,
        put: &mut impl FnMut(&Key, Value<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.product.visit(Group::Calendars, &mut *put)?;
        if !self.locales.is_empty() {
            put(&keys::LOCALE_COUNT, count(self.locales.len()))?;
            for (i, locale) in self.locales.iter().enumerate() {
                put(&numbered(keys::LOCALE, &[i])?, Value::Str(locale.as_str()))?;
            }
        }
        for (endpoint, labels) in by_endpoint(&self.fixed_labels, |label| label.endpoint) {
            put(&numbered(keys::FIXED_LABEL_COUNT, &[endpoint])?, count(labels.len()))?;
            for (i, label) in labels.into_iter().enumerate() {
                put(
                    &numbered(keys::FIXED_LABEL_KEY, &[endpoint, i])?,
                    Value::Str(label.label.as_str()),
                )?;
                put(
                    &numbered(keys::FIXED_LABEL_VALUE, &[endpoint, i])?,
                    Value::Str(label.value.as_str()),
                )?;
            }
        }
        Ok(())
    }

    fn visit_modes<E: From<Error>>(&self, put: &mut impl FnMut(&Key, Value<'_>) -> Result<(), E>) -> Result<(), E> {
        for (endpoint, modes) in by_endpoint(&self.supported_modes, |mode| mode.endpoint) {
            put(&numbered(keys::MODE_COUNT, &[endpoint])?, count(modes.len()))?;
            for (i, mode) in modes.into_iter().enumerate() {
                put(
                    &numbered(keys::MODE_LABEL, &[endpoint, i])?,
                    Value::Str(mode.label.as_str()),
                )?;
                put(
                    &numbered(keys::MODE, &[endpoint, i])?,
                    Value::Number(Number::U32(mode.mode.into())),
                )?;
                put(
                    &numbered(keys::TAG_COUNT, &[endpoint, i])?,
                    count(mode.semantic_tags.len()),
                )?;
                for (j, tag) in mode.semantic_tags.iter().enumerate() {
                    put(
                        &numbered(keys::TAG_VALUE, &[endpoint, i, j])?,
                        Value::Number(Number::U32(tag.value.into())),
                    )?;
                    put(
                        &numbered(keys::TAG_MFG_CODE, &[endpoint, i, j])?,
                        Value::Number(Number::U32(tag.mfg_code.into())),
                    )?;
                }
            }
        }
        Ok(())
    }
}

fn count(len: usize) -> Value<'static> {
    Value::Number(Number::U32(u32::try_from(len).unwrap_or(u32::MAX)))
}

/// Groups items by endpoint, both in the order of first occurrence.
fn by_endpoint<T>(items: &[T], endpoint: impl Fn(&T) -> u16) -> Vec<(usize, Vec<&T>)> {
    let mut groups: Vec<(usize, Vec<&T>)> = Vec::new();
    let mut numbers = BTreeMap::new();
    for item in items {
        let endpoint = endpoint(item);
        let number = *numbers.entry(endpoint).or_insert(groups.len());
        match groups.get_mut(number) {
            Some((_, group)) => group.push(item),
            None => groups.push((endpoint.into(), alloc::vec![item])),
        }
    }
    groups
}

/// The key of a list item: a prefix and lower-case hexadecimal numbers separated by slashes.
pub(crate) fn numbered(prefix: &str, numbers: &[usize]) -> Result<Key, Error> {
    let mut text = alloc::string::String::from(prefix);
    for (i, number) in numbers.iter().enumerate() {
        let separator = if i == 0 { "" } else { "/" };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{number:x}");
    }
    Ok(Key::new(&text)?)
}
