//! The key files in a plan.

use std::path::{Component, Path};

use esp_flash_plan::{Action, FlashPlan, KeyPurpose, PlanFile, Step};
use matter_attestation::PrivateKey;
use matter_factory_data::KeyFile;
use zeroize::Zeroizing;

use super::files::{DeviceFiles, Reason, read_key};
use super::{Bytes, Dir};
use crate::KeyStore;

/// Settings for reading the keys of a device.
pub(super) struct Keys<'k> {
    pub(super) uuid: &'k str,
    /// The folder of the keys, if it differs from the plan.
    pub(super) dir: Option<&'k Path>,
    /// Whether keys that are readable by other users are accepted.
    pub(super) has_open: bool,
    pub(super) plan: Option<&'k FlashPlan>,
}

impl Keys<'_> {
    /// Reads all key files of a plan.
    pub(super) fn read(&self, files: &DeviceFiles, plan: &PlanFile) -> Result<KeyStore, Reason> {
        let mut store = KeyStore::new();
        for step in plan.efuse_steps() {
            let Action::BurnKey { purpose, file, .. } = step.action() else {
                continue;
            };
            if store.expose_key(file).is_some() {
                continue;
            }
            let bytes = self.read_file(files, file, *purpose)?;
            let bytes = match purpose {
                KeyPurpose::EcdsaKey => scalar(&bytes).ok_or_else(|| wrong(file, "is not a P-256 key in PEM"))?,
                _ => bytes,
            };
            if let Err(error) = purpose.block_bytes(&bytes) {
                return Err(wrong(file, &error.to_string()));
            }
            store.insert(file.clone(), bytes);
        }
        self.check_digests(plan, &store)?;
        Ok(store)
    }

    fn read_file(&self, files: &DeviceFiles, file: &str, purpose: KeyPurpose) -> Result<Bytes, Reason> {
        let wants_owner = purpose.is_secret() && !self.has_open;
        let path = Path::new(file);
        let own = match purpose {
            KeyPurpose::HmacUp => Some(KeyFile::NvsHmac),
            purpose if purpose.is_flash_encryption() => Some(KeyFile::FlashEncryption),
            _ => None,
        };
        if let Some(own) = own {
            // In a folder with the keys of all devices, each key file is named after its device.
            let name = own.name(self.uuid);
            if path.file_name() != Some(name.as_ref()) {
                return Err(wrong(
                    file,
                    &format!("is not the key of this device, which is named {name}"),
                ));
            }
            if let Some(dir) = self.dir {
                return read_in(dir, Path::new(&name), wants_owner);
            }
        }
        // The bootloader key and device keys have paths from the profile; other keys are in the device folder.
        let is_elsewhere = own.is_some() || purpose == KeyPurpose::SecureBootV1;
        match path.parent().zip(path.file_name()) {
            Some((folder, name)) if is_elsewhere && path.is_absolute() && !has_parents(path) => {
                read_in(folder, Path::new(name), wants_owner)
            }
            _ => files.read_key_inside(file, wants_owner),
        }
    }

    /// Checks that the burned digests are those that the profile trusts.
    fn check_digests(&self, plan: &PlanFile, store: &KeyStore) -> Result<(), Reason> {
        let Some(profile) = self.plan else { return Ok(()) };
        let is_digest = |step: &&Step| step.purpose().is_some_and(|purpose| !purpose.is_secret());
        for (step, digest) in plan.efuse_steps().filter(is_digest).zip(profile.key_digests()) {
            if let Action::BurnKey { file, .. } = step.action()
                && store.expose_key(file) != Some(digest.as_slice())
            {
                return Err(wrong(file, "is not the digest of a key that the profile trusts"));
            }
        }
        Ok(())
    }
}

fn read_in(folder: &Path, name: &Path, wants_owner: bool) -> Result<Bytes, Reason> {
    let dir = Dir::open(folder).map_err(|error| Reason::new(format!("{}: {error}", folder.display())))?;
    read_key(&dir, name, wants_owner)
}

fn has_parents(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

/// Returns the scalar of a private key, as stored in an eFuse block.
fn scalar(pem: &[u8]) -> Option<Bytes> {
    let key = PrivateKey::decode(pem).ok()?;
    Some(Zeroizing::new(key.expose_scalar().to_vec()))
}

fn wrong(file: &str, reason: &str) -> Reason {
    Reason::new(format!("key file '{file}' {reason}"))
}
