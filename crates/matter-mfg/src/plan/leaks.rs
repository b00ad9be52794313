//! The private keys of signers, which must not be in any device: a cell, or a file that it names, may hold one by
//! mistake.

use esp_nvs_image::{Key, Namespace, Value};
use matter_factory_data::{
    DeviceRecord, Error as DataError, KeyOwner, KeySet, ProductInformation, TriedScalars, find_keys,
};

use matter_signer::P256Signer;

use super::Plan;
use super::signer::Signer;
use crate::attestation::Attestation;
use crate::job::Job;
use crate::{Error, Field};

/// Most values of a row that are searched; no row has more values as long as a key.
const MAX_TRIED: usize = 256;

/// Collects the signers' keys that the run holds, and the owners of the others.
pub(super) fn signing_keys(job: &Job, signer: Option<&Signer>) -> KeySet {
    let mut keys = KeySet::new();
    if let Some(signer) = signer {
        keys.add_owner(&signer.key.public_key(), KeyOwner::Pai);
        if let Some(key) = signer.key.private_key() {
            keys.insert(key);
        }
    }
    match &job.attestation {
        Attestation::Supplied { pai, .. } => keys.add_owner(&pai.public_key(), KeyOwner::Pai),
        Attestation::Paa { authority, .. } => {
            keys.add_owner(&authority.key.public_key(), KeyOwner::Paa);
            if let Some(key) = authority.key.private_key() {
                keys.insert(key);
            }
        }
        _ => {}
    }
    if let Some(key) = job.lists.manifest_signer.as_ref().and_then(P256Signer::private_key) {
        keys.insert(key);
    }
    keys
}

fn has_the_key_of_its_pai(record: &DeviceRecord) -> bool {
    let credentials = record.credentials();
    credentials.is_some_and(|credentials| credentials.dac().public_key() == credentials.pai().public_key())
}

impl Plan {
    /// Refuses a row whose values contain such a key.
    pub(super) fn check_row(&self, record: &DeviceRecord, row: usize) -> Result<(), Error> {
        if has_the_key_of_its_pai(record) {
            let reason = format!(
                "has the public key of {}, which must not be in any device",
                KeyOwner::Pai
            );
            return Err(Error::field(Field::DacCertificate, reason));
        }
        let mut found = None;
        let visited = record.visit_nvs(&self.layout, |namespace, key, value| {
            if found.is_none() {
                found = self.key_in(value).map(|whose| (*namespace, *key, whose));
            }
            Ok::<(), DataError>(())
        });
        visited.map_err(Error::encode)?;
        match found {
            Some((namespace, key, whose)) => Err(self.leak(&namespace, &key, row, &whose)),
            None => Ok(()),
        }
    }

    /// Refuses a device that contains such a key before it is stored anywhere. Its values were checked before the first
    /// device; its own key may still be the PAI's.
    pub(crate) fn check_keys(&self, record: &DeviceRecord) -> Result<(), Error> {
        if has_the_key_of_its_pai(record) {
            return Err(Error::leak("dac-key", &KeyOwner::Pai));
        }
        for entry in record.entries() {
            if let Some(whose) = self.key_in(entry.value.as_value()) {
                return Err(Error::leak(entry.key.as_str(), whose));
            }
        }
        Ok(())
    }

    /// Returns the owner of a key that a value contains, in any encoding.
    fn key_in(&self, value: Value<'_>) -> Option<String> {
        let bytes = match value {
            Value::Str(text) => text.as_bytes(),
            Value::Blob(bytes) => bytes,
            _ => return None,
        };
        let found = find_keys(bytes, &self.signing_keys, &mut TriedScalars::new(MAX_TRIED));
        let known = found.iter().filter_map(|found| Some((found, found.key()?)));
        let mut owned = known.filter(|(found, key)| found.owner().is_some() || self.signing_keys.contains(key));
        owned.next().map(|(found, _)| match found.owner() {
            Some(owner) => owner.to_string(),
            None => "the key that signs the manifest".into(),
        })
    }

    /// Names the origin of the value: a cell, or a field of the job.
    fn leak(&self, namespace: &Namespace, key: &Key, row: usize, whose: &str) -> Error {
        let reason = format!("contains {whose}, which must not be in any device");
        if let Some((columns, table)) = &self.job.values
            && columns
                .iter()
                .any(|column| column.key == *key && column.namespace == *namespace)
        {
            // The first row is the header.
            let line = table.rows().get(row + 1).map_or(0, factory_fs::TableRow::line);
            return Error::cell(table.place(line, key.as_str()), reason);
        }
        let field = match key.as_str() {
            "cert-dclrn" => Field::Declaration,
            "mqtt_host" => Field::MqttHost,
            _ => ProductInformation::field(key).map_or(Field::Values, |field| Field::Product(field.name())),
        };
        Error::field(field, reason)
    }
}

#[cfg(test)]
mod tests {
    use matter_attestation::DateTime;
    use matter_factory_data::{FactoryEntry, NAMESPACE};
    use matter_spake2p::{PaseCredential, PbkdfParameters};
    use matter_types::{Discriminator, Passcode};

    use super::*;
    use crate::Timings;
    use crate::device::Device;
    use crate::plan::Identity;

    /// A device with the key is not made, regardless of how the key got there.
    #[test]
    fn device_with_a_signing_key_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut job = Job::new("0xFFF1".parse().unwrap(), "0x8000".parse().unwrap());
        job.outdir = folder.path().join("out");
        job.attestation = Attestation::TestPki {
            common_name_prefix: "Test".into(),
        };
        let plan = Plan::new(job, DateTime::new(2026, 6, 1, 0, 0, 0).unwrap()).unwrap();
        let key = plan.signer.as_ref().unwrap().key.private_key().unwrap().expose_scalar();
        let parameters = PbkdfParameters {
            iterations: plan.job().iterations,
            salt: "V2QKkHqfnRuSmj1m/1ZcYNwoAfhl5sihnkdYmHQahuM=".parse().unwrap(),
        };
        let pase = PaseCredential::derive(Passcode::new(34_567_890).unwrap(), parameters).unwrap();
        let (vendor, product) = (plan.job().vendor_id, plan.job().product_id);
        for (value, is_made) in [(vec![7; 32], true), (key.to_vec(), false)] {
            let mut record = DeviceRecord::new(vendor, product, Discriminator::new(0).unwrap(), &pase);
            let entry = FactoryEntry {
                namespace: NAMESPACE,
                key: Key::new("mine").unwrap(),
                value: esp_nvs_image::OwnedValue::Blob(value),
            };
            record.add_entry(entry).unwrap();
            let uuid = "device".to_owned();
            let made = Device::finish(Identity { uuid, record }, &plan, &mut Timings::default());
            let message = made.err().map(|error| (error.is_input(), error.to_string()));
            let refused = "a device would have the PAI's key in its entry 'mine', which must not be in any device";
            assert_eq!(message, (!is_made).then(|| (false, refused.to_owned())));
        }
    }
}
