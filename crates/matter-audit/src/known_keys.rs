//! The private keys of all devices and signers, collected before the search for keys.
//!
//! Public keys determine the owner of a key: those of the DACs beside the images, of PAI and PAA certificates, and of
//! trusted PAAs. In a device's folder only the files with its key are read.

use std::fs;
use std::path::Path;

use esp_nvs_image::{Key, StoredValue};
use esp_secure_cert::{Image, KeyStorage, Subtype};
use factory_fs::Input;
use matter_attestation::{Certificate, PrivateKey, PublicKey};
use matter_factory_data::{Expected, InternalFile, KeyOwner, KeySet, NAMESPACE, TriedScalars, find_keys};
use zeroize::Zeroizing;

use crate::beside::Beside;
use crate::device_source::{DeviceSource, FileKind, SingleFile};

/// The files of a device's folder that contain its key, the shortest first.
const KEYS: [InternalFile; 4] = [
    InternalFile::DacPrivateKey,
    InternalFile::EfuseKey,
    InternalFile::DacKeyDer,
    InternalFile::DacKeyPem,
];
/// Longer files are not a key or a certificate.
const MAX_FILE: u64 = 64 << 10;

/// Collects the keys of devices, and those in the places for keys beside them.
pub(crate) fn known_keys(sources: &[DeviceSource], beside: &[Beside], expected: &Expected<'_>) -> KeySet {
    let mut known = KeyCollector::default();
    for source in sources {
        match &source.folder {
            Some(folder) => known.add_folder(folder, source),
            None => source.files.iter().for_each(|file| known.add_file(file, source)),
        }
    }
    for file in beside {
        known.add_beside(file);
    }
    for der in expected.trusted() {
        if let Ok(paa) = Certificate::from_der(der) {
            known.keys.add_owner(&paa.public_key(), KeyOwner::Paa);
        }
    }
    known.keys
}

#[derive(Default)]
struct KeyCollector {
    keys: KeySet,
    /// The PAI that was read last, shared by most devices.
    pai: Vec<u8>,
}

impl KeyCollector {
    fn add_folder(&mut self, folder: &Path, source: &DeviceSource) {
        let owner = || KeyOwner::Device(source.name());
        let read = |file: InternalFile| read_small(&folder.join(file.path()));
        let point = read(InternalFile::DacPublicKey).and_then(|point| PublicKey::new(&point).ok());
        let public_key = point.or_else(|| {
            let files = [InternalFile::DacDer, InternalFile::DacPem];
            let certificate = files.iter().find_map(|file| Certificate::decode(&read(*file)?).ok());
            certificate.map(|certificate| certificate.public_key())
        });
        if let Some(key) = &public_key {
            self.keys.add_owner(key, owner());
        }
        if let Some(pai) = read(InternalFile::PaiDer) {
            self.add_pai(&pai);
        }
        let key = KEYS.iter().find_map(|file| PrivateKey::decode(&read(*file)?).ok());
        if let Some(key) = key {
            self.add(&key, public_key.is_none().then(owner));
            return;
        }
        // A folder of another tool, or an incomplete one.
        let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        for path in entries.map(|entry| entry.path()).filter(|path| path.is_file()) {
            let kind = path
                .file_name()
                .and_then(|name| FileKind::of_name(&name.to_string_lossy()));
            if let Some(key) = kind.and_then(|kind| key_of_image(kind, &Input::read_file(&path).ok()?)) {
                self.add(&key, public_key.is_none().then(owner));
            }
        }
    }

    /// Adds the key of an individually given image. The contents of a pipe are kept.
    fn add_file(&mut self, file: &SingleFile, source: &DeviceSource) {
        let read = || match &file.bytes {
            Some(bytes) => Some(bytes.clone()),
            None => Input::read_file(&file.path).ok(),
        };
        if let Some(kind @ (FileKind::Nvs | FileKind::SecureCert)) = file.kind
            && let Some(key) = read().and_then(|bytes| key_of_image(kind, &bytes))
        {
            self.add(&key, Some(KeyOwner::Device(source.name())));
        }
    }

    /// Adds the keys of a file in a place for keys, and the owners according to certificates.
    fn add_beside(&mut self, file: &Beside) {
        let name = file
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        if !file.holds_keys && !name.ends_with("pai_cert.der") && !name.ends_with("pai_cert.pem") {
            return;
        }
        let Some(bytes) = read_small(&file.path) else { return };
        if let Ok(certificate) = Certificate::decode(&bytes) {
            self.add_authority(&certificate);
        } else if let Ok(key) = PrivateKey::decode(&bytes) {
            self.keys.insert(&key);
        } else {
            for found in find_keys(&bytes, &self.keys, &mut TriedScalars::new(0)) {
                found.key().into_iter().for_each(|key| self.add(key, None));
            }
        }
    }

    fn add(&mut self, key: &PrivateKey, owner: Option<KeyOwner>) {
        if let Some(owner) = owner {
            self.keys.add_owner(&key.public_key(), owner);
        }
        self.keys.insert(key);
    }

    fn add_pai(&mut self, bytes: &[u8]) {
        if self.pai != bytes {
            self.pai = bytes.to_vec();
            if let Ok(certificate) = Certificate::decode(bytes) {
                self.add_authority(&certificate);
            }
        }
    }

    fn add_authority(&mut self, certificate: &Certificate) {
        let is_root = certificate.issuer_der() == certificate.subject_der();
        let owner = if is_root { KeyOwner::Paa } else { KeyOwner::Pai };
        self.keys.add_owner(&certificate.public_key(), owner);
    }
}

/// Returns the private key that an image stores in plain text.
fn key_of_image(kind: FileKind, image: &[u8]) -> Option<PrivateKey> {
    match kind {
        FileKind::Nvs => {
            let name = Key::new("dac-key").ok()?;
            let entries = esp_nvs_image::recover(image).entries;
            let stored = entries
                .iter()
                .find(|entry| entry.namespace == NAMESPACE && entry.key == name)?;
            let StoredValue::Blob(blob) = &stored.value else {
                return None;
            };
            PrivateKey::from_scalar(Zeroizing::new(blob.to_vec()).as_slice().try_into().ok()?).ok()
        }
        FileKind::SecureCert => match Image::new(image).key(Subtype::MIN) {
            Ok(Some(KeyStorage::Plain(key))) => PrivateKey::decode(key.expose()).ok(),
            _ => None,
        },
        _ => None,
    }
}

fn read_small(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    let metadata = fs::metadata(path).ok()?;
    let is_small = metadata.is_file() && metadata.len() <= MAX_FILE;
    is_small.then(|| Input::read_file(path).ok())?
}
