//! The commands that read images.

use std::path::PathBuf;

use clap::Args;
use esp_nvs_image::{Legibility, decrypt, recover};
use factory_fs::Input;

use super::failure::{Failure, print, say};
use super::key_files::{read_hmac_key, read_keys};
use super::outputs::{Outdir, write_image};

#[derive(Args)]
pub(super) struct Decrypt {
    /// The encrypted image
    input: PathBuf,
    /// File with the keys
    key: PathBuf,
    /// The image to write
    output: PathBuf,
    #[command(flatten)]
    outdir: Outdir,
}

#[derive(Args)]
pub(super) struct Dump {
    /// The image
    image: PathBuf,
    /// File with the keys of an encrypted image
    #[arg(long, value_name = "FILE")]
    inputkey: Option<PathBuf>,
    /// File with the HMAC key (32 bytes) from which they are derived
    #[arg(long = "kp_hmac_inputkey", value_name = "FILE", conflicts_with = "inputkey")]
    hmac_input: Option<PathBuf>,
}

impl Decrypt {
    pub(super) fn run(self) -> Result<(), Failure> {
        let output = self.outdir.image(&self.output)?;
        let keys = read_keys(&self.key)?;
        let mut image = Input::read_file(&self.input).map_err(|error| Failure::file(&self.input, error))?;
        let before = Legibility::of(&image);
        decrypt(&mut image, &keys).map_err(|error| Failure::file(&self.input, error))?;
        if let Some(reason) = unreadable(before, &image) {
            return Err(Failure::file(&self.input, reason));
        }
        write_image(&output, &image)
    }
}

impl Dump {
    pub(super) fn run(self) -> Result<(), Failure> {
        let path = self.image;
        let mut image = Input::read_file(&path).map_err(|error| Failure::file(&path, error))?;
        let before = Legibility::of(&image);
        let keys = match (&self.inputkey, &self.hmac_input) {
            (Some(file), _) => Some(read_keys(file)?),
            (None, Some(file)) => Some(read_hmac_key(file)?),
            (None, None) => None,
        };
        let unreadable = match keys {
            Some(keys) => {
                decrypt(&mut image, &keys).map_err(|error| Failure::file(&path, error))?;
                unreadable(before, &image)
            }
            None if before == Legibility::Encrypted => {
                Some("no entry can be read: the image may be encrypted; give --inputkey or --kp_hmac_inputkey")
            }
            None => None,
        };
        if let Some(reason) = unreadable {
            return Err(Failure::file(&path, reason));
        }
        let read = recover(&image);
        if let (true, Some(first)) = (read.entries.is_empty(), read.damage.first()) {
            return Err(Failure::file(&path, esp_nvs_image::Error::Damaged(*first)));
        }
        let json = serde_json::to_string_pretty(&read.entries).map_err(|error| Failure::Work(error.to_string()))?;
        print(format_args!("{json}\n"))?;
        for damage in &read.damage {
            say(format_args!("warning: {}: {damage}\n", path.display()));
        }
        if read.damage.is_empty() {
            return Ok(());
        }
        Err(Failure::No(format!(
            "{}: damaged; the readable entries were printed",
            path.display()
        )))
    }
}

/// Returns why a decrypted image has no readable entry; `before` is its legibility before
/// decryption.
fn unreadable(before: Legibility, decrypted: &[u8]) -> Option<&'static str> {
    match (before, Legibility::of(decrypted)) {
        (Legibility::Legible, _) => Some("the image is not encrypted: it can be read without keys"),
        (_, Legibility::Blank | Legibility::Legible) => None,
        _ => Some("no entry can be read with these keys: the image is encrypted with other keys, or not encrypted"),
    }
}
