use alloc::vec::Vec;

use esp_nvs_image::{Entry, Key};
use matter_attestation::{Error as AttestationError, PrivateKey, PublicKey};
use matter_spake2p::Iterations;
use matter_types::{Discriminator, ProductId, VendorId};

use super::values::{accept, within};
use super::{Facts, Fault, KeyPlace, KnownKeys, Sink, Values};
use crate::audit::Check;
use crate::encode::numbered;
use crate::keys;
use crate::{Error, FixedLabel, ProductInformation, RotatingId, SemanticTag, SupportedMode};

/// Reads every value that the firmware reads from NVS. The remaining `entries` are not Matter's.
///
/// Also returns the entries of other namespaces.
pub(crate) fn read_nvs<'a, S: Sink>(
    entries: impl IntoIterator<Item = Entry<'a>>,
    known: KnownKeys<'_>,
    sink: &mut S,
) -> Result<(Facts, Values<'a>, Vec<Entry<'a>>), S::Stop> {
    let (values, foreign) = Values::new(entries, sink)?;
    let facts = Facts {
        present: values.order().to_vec(),
        ..Facts::default()
    };
    let mut reader = Reader { values, facts, sink };
    reader.identity()?;
    reader.information()?;
    reader.credentials(known)?;
    reader.lists()?;
    Ok((reader.facts, reader.values, foreign))
}

struct Reader<'a, 's, S> {
    values: Values<'a>,
    facts: Facts,
    sink: &'s mut S,
}

impl<'a, S: Sink> Reader<'a, '_, S> {
    fn identity(&mut self) -> Result<(), S::Stop> {
        let Self { values, facts, sink } = self;
        let key = &keys::DISCRIMINATOR;
        let parse = |number| Ok(Discriminator::new(within(key, number, 0xFFF)?)?);
        facts.discriminator = values.number(key, (0, 0xFFF), parse, *sink)?;
        let range = (Iterations::MIN.get(), Iterations::MAX.get());
        let parse = |number| Ok(Iterations::new(number)?);
        facts.iterations = values.number(&keys::ITERATION_COUNT, range, parse, *sink)?;
        facts.salt = values.parsed(&keys::SALT, *sink)?;
        facts.verifier = values.parsed(&keys::VERIFIER, *sink)?;
        let key = &keys::VENDOR_ID;
        let parse = |number| Ok(VendorId::new(within(key, number, 0xFFFF)?)?);
        facts.vendor_id = values.number(key, (1, 0xFFF4), parse, *sink)?;
        let key = &keys::PRODUCT_ID;
        let parse = |number| Ok(ProductId::new(within(key, number, 0xFFFF)?)?);
        facts.product_id = values.number(key, (1, 0xFFFF), parse, *sink)?;
        let len = Some((RotatingId::LEN, Error::RotatingId));
        let id = values.blob(&keys::ROTATING_ID, len, *sink)?;
        facts.rotating_id = id.and_then(|id| id.as_slice().try_into().ok().map(RotatingId::new));
        Ok(())
    }

    fn information(&mut self) -> Result<(), S::Stop> {
        let Self { values, facts, sink } = self;
        for field in ProductInformation::FIELDS {
            values.field(field, &mut facts.product, *sink)?;
        }
        // Not a field of a record, but read by the firmware.
        values.check_number(&keys::LOCATION_CAPABILITY, keys::MAX_LOCATION_CAPABILITY, *sink)?;
        Ok(())
    }

    fn credentials(&mut self, known: KnownKeys<'_>) -> Result<(), S::Stop> {
        let Self { values, facts, sink } = self;
        let mut bytes = |key, len| {
            let blob = values.blob(key, len, *sink)?;
            Ok(blob.map(|bytes| bytes.to_vec()))
        };
        let mismatch = || AttestationError::KeyMismatch.into();
        facts.dac = bytes(&keys::DAC_CERT, None)?;
        facts.pai = bytes(&keys::PAI_CERT, None)?;
        facts.declaration = bytes(&keys::CERTIFICATION_DECLARATION, None)?;
        facts.dac_public_key = bytes(&keys::DAC_PUBLIC_KEY, Some((PublicKey::LEN, mismatch())))?;
        if facts.has(&keys::DAC_KEY) {
            facts.key_place = Some(KeyPlace::Nvs);
        }
        let scalar = values.blob(&keys::DAC_KEY, Some((32, mismatch())), *sink)?;
        if let Some(scalar) = scalar.as_ref().and_then(|scalar| scalar.first_chunk()) {
            let key = known(scalar).map_or_else(|| PrivateKey::from_scalar(scalar), Ok);
            let key = key.map_err(Into::into);
            facts.key = accept(key, Check::DacKeyInvalid, &keys::DAC_KEY, Some(&""), *sink)?;
        }
        Ok(())
    }

    fn lists(&mut self) -> Result<(), S::Stop> {
        for index in 0..self.count(keys::LOCALE_COUNT.as_str(), &[])? {
            let Some(locale) = self.item(keys::LOCALE, &[index], Values::parsed)? else {
                break;
            };
            self.facts.locales.extend(locale);
        }
        for endpoint in self.endpoints(keys::FIXED_LABEL_COUNT) {
            for index in 0..self.count(keys::FIXED_LABEL_COUNT, &[endpoint.into()])? {
                let at = [endpoint.into(), index];
                let label = self.item(keys::FIXED_LABEL_KEY, &at, Values::parsed)?;
                let value = self.item(keys::FIXED_LABEL_VALUE, &at, Values::parsed)?;
                let (Some(label), Some(value)) = (label, value) else {
                    break;
                };
                let label = label
                    .zip(value)
                    .map(|(label, value)| FixedLabel { endpoint, label, value });
                self.facts.fixed_labels.extend(label);
            }
        }
        for endpoint in self.endpoints(keys::MODE_COUNT) {
            for index in 0..self.count(keys::MODE_COUNT, &[endpoint.into()])? {
                let Some(mode) = self.mode(endpoint, index)? else { break };
                self.facts.supported_modes.extend(mode);
            }
        }
        Ok(())
    }

    fn mode(&mut self, endpoint: u16, index: usize) -> Result<Option<Option<SupportedMode>>, S::Stop> {
        let at = [endpoint.into(), index];
        let label = self.item(keys::MODE_LABEL, &at, Values::parsed)?;
        let number = |values: &mut Values<'a>, key: &Key, sink: &mut S| values.small(key, u8::MAX.into(), sink);
        let mode = self.item(keys::MODE, &at, number)?;
        let mut semantic_tags = Vec::new();
        for tag in 0..self.count(keys::TAG_COUNT, &at)? {
            let at = [endpoint.into(), index, tag];
            let number = |values: &mut Values<'a>, key: &Key, sink: &mut S| values.small(key, u16::MAX.into(), sink);
            let value = self.item(keys::TAG_VALUE, &at, number)?;
            let mfg_code = self.item(keys::TAG_MFG_CODE, &at, number)?;
            let (Some(value), Some(mfg_code)) = (value, mfg_code) else {
                break;
            };
            let tag = mfg_code
                .zip(value)
                .map(|(mfg_code, value)| SemanticTag { mfg_code, value });
            semantic_tags.extend(tag);
        }
        let (Some(label), Some(mode)) = (label, mode) else {
            return Ok(None);
        };
        Ok(Some(label.zip(mode).map(|(label, mode)| SupportedMode {
            endpoint,
            mode,
            label,
            semantic_tags,
        })))
    }

    /// Reads the length of a list; 0 if absent.
    fn count(&mut self, prefix: &str, numbers: &[usize]) -> Result<usize, S::Stop> {
        let Ok(key) = numbered(prefix, numbers) else {
            return Ok(0);
        };
        let count = self.values.small(&key, u32::MAX, self.sink)?;
        Ok(count.unwrap_or_default())
    }

    /// Reads an item of a list: `None` when it is missing, `Some(None)` when it is faulty.
    ///
    /// Reading a list stops at the first missing item, because the stored length cannot be trusted.
    fn item<T>(
        &mut self,
        prefix: &str,
        numbers: &[usize],
        read: impl FnOnce(&mut Values<'a>, &Key, &mut S) -> Result<Option<T>, S::Stop>,
    ) -> Result<Option<Option<T>>, S::Stop> {
        let key = match numbered(prefix, numbers) {
            Ok(key) => key,
            // The key would be too long, so it cannot exist.
            Err(error) => {
                self.sink.fault(Fault::reported(error))?;
                return Ok(None);
            }
        };
        if self.values.contains(&key) {
            return read(&mut self.values, &key, self.sink).map(Some);
        }
        let error = Error::MissingKey { key };
        let fault = Fault::new(error, Check::KeyMissing, &key, &"an item of a list");
        self.sink.fault(fault)?;
        Ok(None)
    }

    /// The endpoints with a list, in the order in which the lists are stored.
    fn endpoints(&self, prefix: &str) -> Vec<u16> {
        let numbers = self.values.order().iter().filter_map(|key| {
            let endpoint = u16::from_str_radix(key.as_str().strip_prefix(prefix)?, 16).ok()?;
            // Only the form that the firmware looks up: lower case, no leading zeros.
            (numbered(prefix, &[endpoint.into()]).ok()? == *key).then_some(endpoint)
        });
        numbers.collect()
    }
}
