//! Images as they are read by `nvs-image`: decrypted, and why nothing in them can be read.

use std::path::{Path, PathBuf};

use cli::{Failure, Trust, read_file};
use esp_nvs_image::{Legibility, decrypt};
use zeroize::Zeroizing;

use crate::{KeyFiles, wrong};

/// An image in plain, as far as that can be told.
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

    /// Says why nothing can be read.
    pub(crate) fn unreadable(&self) -> Option<Failure> {
        let reason = self.unreadable?;
        Some(Failure::Input(format!("{}: {reason}", self.path.display())))
    }

    /// What was shown of the image is a no when nothing in it can be read.
    pub(crate) fn or_unreadable(&self, shown: Result<(), Failure>) -> Result<(), Failure> {
        match (shown, self.unreadable) {
            (Ok(()) | Err(Failure::No(_)), Some(reason)) => {
                Err(Failure::No(format!("{}: {reason}", self.path.display())))
            }
            (shown, _) => shown,
        }
    }
}

/// Why nothing can be read in an image for which no keys were given.
pub(crate) fn unreadable_without_keys(image: Legibility) -> Option<&'static str> {
    (image == Legibility::Encrypted)
        .then_some("nothing in it can be read: it is perhaps encrypted, and needs --keys or --hmac-key")
}

/// Why nothing can be read in an image that was decrypted; `before` says how it was.
pub(crate) fn unreadable_with_keys(before: Legibility, decrypted: &[u8]) -> Option<&'static str> {
    match (before, Legibility::of(decrypted)) {
        (Legibility::Legible, _) => Some("it is not encrypted: it can be read without --keys and --hmac-key"),
        (_, Legibility::Blank | Legibility::Legible) => None,
        _ => Some("nothing in it can be read with these keys: it is encrypted with others, or not at all"),
    }
}
