//! The signature of a manifest, in a file beside it: ECDSA over the P-256 curve with SHA-256, in DER.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use factory_fs::Input;
use matter_attestation::{Certificate, PublicKey};
use matter_factory_data::{Check, Finding};
use p256::ecdsa::{DerSignature, VerifyingKey};
use signature::hazmat::PrehashVerifier;

/// The signer of manifests.
#[derive(Clone, Debug)]
pub enum ManifestKey {
    /// The owner of this key.
    Key(PublicKey),
    /// The PAI of the devices in the manifest.
    Pai,
}

/// A manifest's file and its possible signers.
pub(crate) struct SignedManifest {
    path: PathBuf,
    sha256: [u8; 32],
    /// The PAIs of its existing devices.
    pais: BTreeSet<Vec<u8>>,
}

/// Most PAIs of the devices of a manifest.
const MAX_PAIS: usize = 64;

impl SignedManifest {
    pub(crate) const fn new(path: PathBuf, sha256: [u8; 32]) -> Self {
        Self {
            path,
            sha256,
            pais: BTreeSet::new(),
        }
    }

    /// Returns the folder of the manifest.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.path.parent()
    }

    /// Adds a device of the manifest.
    pub(crate) fn add(&mut self, pai: Option<&[u8]>) {
        if let Some(pai) = pai
            && !self.pais.contains(pai)
            && self.pais.len() < MAX_PAIS
        {
            self.pais.insert(pai.to_vec());
        }
    }

    /// Verifies the signature, or reports why it was not verified.
    pub(crate) fn verify(&self, key: Option<&ManifestKey>) -> Option<Finding> {
        let path = signature_of(&self.path);
        let place = path.display().to_string();
        let is_there = path.is_file();
        let Some(key) = key else {
            let text = "no key was given to verify the manifest's signature";
            return is_there.then(|| Finding::of(Check::NotChecked, place, text));
        };
        if !is_there {
            let text = "there is none";
            return Some(Finding::of(Check::ManifestSignature, place, text));
        }
        let keys = match key {
            ManifestKey::Key(key) => vec![*key],
            ManifestKey::Pai => {
                let pais = self.pais.iter().filter_map(|der| Certificate::from_der(der).ok());
                pais.map(|pai| pai.public_key()).collect()
            }
        };
        if keys.is_empty() {
            let text = "no device of the manifest is present with a PAI that could have signed it";
            return Some(Finding::of(Check::NotChecked, place, text));
        }
        let signature = match Input::read_file(&path) {
            Ok(signature) => signature,
            Err(reason) => return Some(Finding::of(Check::ManifestSignature, place, reason)),
        };
        let signature = DerSignature::from_bytes(&signature).ok();
        let is_right = |key: &PublicKey| {
            let key = VerifyingKey::from_sec1_bytes(key.as_bytes()).ok();
            let verified = |key: VerifyingKey| key.verify_prehash(&self.sha256, signature.as_ref()?).ok();
            key.and_then(verified).is_some()
        };
        let text = "it does not match this manifest and key";
        (!keys.iter().any(is_right)).then(|| Finding::of(Check::ManifestSignature, place, text))
    }
}

/// Returns the path of a manifest's signature.
fn signature_of(manifest: &Path) -> PathBuf {
    let mut path = manifest.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}
