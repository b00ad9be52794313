use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use factory_fs::utf16;
#[cfg(feature = "pkcs12")]
use matter_attestation::Pkcs12;
use matter_attestation::{Certificate, Error as AttestationError, InputKind, PrivateKey};
use zeroize::Zeroizing;

#[cfg(feature = "pkcs12")]
use crate::message::message;
use crate::{Error, Field, Message, SuppliedDac, inputs};

const FIELD: Field = Field::DacFolder;

/// Implements [`SuppliedDac::read_folder`].
pub(crate) fn read_dac_folder(folder: &Path, password: Option<&str>) -> Result<Vec<SuppliedDac>, Error> {
    let unreadable = |error: std::io::Error| Error::file(FIELD, folder, error.to_string());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    let mut found = Found::default();
    for path in paths {
        let bytes = inputs::read(FIELD, &path)?;
        found
            .take(&path, &bytes, password)
            .map_err(|reason| Error::file(FIELD, &path, reason))?;
    }
    found.pair(folder)
}

/// The contents of the files.
#[derive(Default)]
struct Found {
    dacs: Vec<(PathBuf, Certificate)>,
    /// Index in `dacs` of the certificate of a public key.
    places: BTreeMap<[u8; 65], usize>,
    keys: BTreeMap<[u8; 65], (PathBuf, PrivateKey)>,
}

impl Found {
    fn take(&mut self, path: &Path, bytes: &[u8], password: Option<&str>) -> Result<(), Message> {
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.contains("-----BEGIN "));
        if let Some(text) = text {
            let blocks = text.split("-----BEGIN ").skip(1);
            return blocks
                .map(|block| Zeroizing::new(format!("-----BEGIN {block}")))
                .try_for_each(|block| self.take_block(path, &block, password));
        }
        if let Ok(certificate) = Certificate::decode(bytes) {
            return self.add_certificate(path, certificate);
        }
        match PrivateKey::decode_with(bytes, password.map(str::as_bytes)) {
            Ok(key) => {
                self.add_key(path, key);
                return Ok(());
            }
            Err(error @ (AttestationError::KeyEncrypted | AttestationError::KeyPassword)) => {
                return Err(inputs::key_reason(error));
            }
            Err(_) => {}
        }
        if let Some(reason) = utf16(bytes) {
            return Err(reason.to_string().into());
        }
        if InputKind::of(bytes) != InputKind::Pkcs12 {
            return Err("is not a certificate or a key in PEM, DER, PKCS#8, PKCS#12 or raw form".into());
        }
        self.take_pkcs12(path, bytes, password)
    }

    fn take_block(&mut self, path: &Path, block: &str, password: Option<&str>) -> Result<(), Message> {
        if block.starts_with("-----BEGIN CERTIFICATE-----") {
            let certificate = Certificate::from_pem(block)
                .map_err(|error| Message::from(format!("contains an invalid certificate: {error}")))?;
            return self.add_certificate(path, certificate);
        }
        // OpenSSL writes the curve's name before a key.
        if block.starts_with("-----BEGIN EC PARAMETERS-----") {
            return Ok(());
        }
        let key = PrivateKey::decode_with(block.as_bytes(), password.map(str::as_bytes)).map_err(inputs::key_reason)?;
        self.add_key(path, key);
        Ok(())
    }

    #[cfg(feature = "pkcs12")]
    fn take_pkcs12(&mut self, path: &Path, bytes: &[u8], password: Option<&str>) -> Result<(), Message> {
        let open = Pkcs12::decode_with(bytes, password.unwrap_or_default());
        let open = open.map_err(|_| message!["is PKCS#12, which ", Field::Password, " does not decrypt"])?;
        for key in open.private_keys().map_err(inputs::key_reason)? {
            self.add_key(path, key);
        }
        open.certificates().iter().try_for_each(|der| self.add_der(path, der))
    }

    #[cfg(not(feature = "pkcs12"))]
    #[expect(clippy::unused_self, reason = "the same with the feature")]
    fn take_pkcs12(&mut self, _: &Path, _: &[u8], _: Option<&str>) -> Result<(), Message> {
        Err("is PKCS#12, which requires the feature 'pkcs12' that this build lacks; use PEM or DER".into())
    }

    #[cfg(feature = "pkcs12")]
    fn add_der(&mut self, path: &Path, der: &[u8]) -> Result<(), Message> {
        let certificate = Certificate::from_der(der)
            .map_err(|error| Message::from(format!("contains an invalid certificate: {error}")))?;
        self.add_certificate(path, certificate)
    }

    fn add_certificate(&mut self, path: &Path, certificate: Certificate) -> Result<(), Message> {
        if certificate.is_ca() {
            return Ok(());
        }
        let key = *certificate.public_key().as_bytes();
        match self.places.get(&key).and_then(|place| self.dacs.get(*place)) {
            // The same certificate in PEM and DER.
            Some((_, other)) if other.as_der() == certificate.as_der() => {}
            Some((other, _)) => {
                return Err(format!("is another certificate for the key of {}", other.display()).into());
            }
            None => {
                self.places.insert(key, self.dacs.len());
                self.dacs.push((path.into(), certificate));
            }
        }
        Ok(())
    }

    fn add_key(&mut self, path: &Path, key: PrivateKey) {
        self.keys
            .entry(*key.public_key().as_bytes())
            .or_insert((path.into(), key));
    }

    fn pair(mut self, folder: &Path) -> Result<Vec<SuppliedDac>, Error> {
        let mut names = BTreeSet::new();
        let mut supplied = Vec::with_capacity(self.dacs.len());
        for (path, certificate) in self.dacs {
            // A key that never leaves its chip is in no file.
            let key = self.keys.remove(certificate.public_key().as_bytes());
            let key = key.map(|(_, key)| key);
            let dac = SuppliedDac {
                certificate,
                key,
                origin: (FIELD, path),
            };
            if dac.uuid().is_some_and(|uuid| !names.insert(uuid.to_ascii_lowercase())) {
                let (_, path) = dac.origin;
                return Err(Error::file(FIELD, &path, "names the same device as another file"));
            }
            supplied.push(dac);
        }
        if let Some((path, _)) = self.keys.into_values().next() {
            return Err(Error::file(
                FIELD,
                &path,
                "is a key without a certificate in the folder",
            ));
        }
        if supplied.is_empty() {
            return Err(Error::file(FIELD, folder, "contains no DAC"));
        }
        Ok(supplied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SEQUENCE, version 3, then garbage.
    const VERSION_3: &[u8] = &[0x30, 0x05, 0x02, 0x01, 0x03, 0x30, 0x00];

    #[test]
    fn pkcs12_that_cannot_be_opened_is_refused_with_the_reason() {
        let refused = |bytes| Found::default().take(Path::new("dac.p12"), bytes, Some("secret"));
        let expected = if cfg!(feature = "pkcs12") {
            "is PKCS#12, which password does not decrypt"
        } else {
            "is PKCS#12, which requires the feature 'pkcs12' that this build lacks; use PEM or DER"
        };
        assert_eq!(refused(VERSION_3).unwrap_err().to_string(), expected);
        for other in [&[0x30, 0x05, 0x02, 0x01, 0x01, 0x30, 0x00][..], &[0x30], b""] {
            let reason = refused(other).unwrap_err().to_string();
            assert!(reason.starts_with("is not a certificate or a key"), "{reason}");
        }
    }
}
