//! Images as read by `nvs-image`: decrypted, or with the reason why they are unreadable.

use std::path::{Path, PathBuf};

use cli::{Failure, Trust, read_file};
use esp_nvs_image::{Legibility, decrypt};
use zeroize::Zeroizing;

use crate::{KeyFiles, wrong};

/// An unencrypted image, as far as that can be determined.
pub(crate) struct Plain {
    path: PathBuf,
    image: Zeroizing<Vec<u8>>,
    unreadable: Option<&'static str>,
}

impl Plain {
    /// Reads a file and decrypts it if there are keys.
    pub(crate) fn read(path: &Path, keys: &KeyFiles, trust: Trust) -> Result<Self, Failure> {
        let mut image = read_file("IMAGE", path)?;
        let before = Legibility::of(&image);
        let unreadable = match keys.read(trust)? {
            Some(keys) => {
                decrypt(&mut image, &keys).map_err(|error| wrong(path, error))?;
                unreadable_with_keys(before, &image)
            }
            None => unreadable_without_keys(before),
        };
        let path = path.into();
        Ok(Self {
            path,
            image,
            unreadable,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.image
    }

    /// Returns why nothing can be read.
    pub(crate) fn unreadable(&self) -> Option<Failure> {
        let reason = self.unreadable?;
        Some(Failure::Input(format!("{}: {reason}", self.path.display())))
    }

    /// Turns the result for an unreadable image into a no.
    pub(crate) fn or_unreadable(&self, shown: Result<(), Failure>) -> Result<(), Failure> {
        match (shown, self.unreadable) {
            (Ok(()) | Err(Failure::No(_)), Some(reason)) => {
                Err(Failure::No(format!("{}: {reason}", self.path.display())))
            }
            (shown, _) => shown,
        }
    }
}

/// Returns why nothing can be read in an image for which no keys were given.
pub(crate) fn unreadable_without_keys(image: Legibility) -> Option<&'static str> {
    (image == Legibility::Encrypted)
        .then_some("no entry can be read: the image may be encrypted; give --keys or --hmac-key")
}

/// Returns why nothing can be read in a decrypted image; `before` is its state before decryption.
pub(crate) fn unreadable_with_keys(before: Legibility, decrypted: &[u8]) -> Option<&'static str> {
    match (before, Legibility::of(decrypted)) {
        (Legibility::Legible, _) => Some("the image is not encrypted: omit --keys and --hmac-key"),
        (_, Legibility::Blank | Legibility::Legible) => None,
        _ => Some("no entry can be read with these keys: the image is encrypted with other keys, or not encrypted"),
    }
}
