//! `encrypt`, `decrypt` and `keygen`.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Files, Trust, random, read_file, say};
use esp_flash_image::{EncryptionScheme, Error, FlashCipher, FlashCryptConfig, FlashKey};

/// The arguments of `encrypt` and `decrypt`.
#[derive(Args)]
pub(crate) struct Crypt {
    /// Piece of flash to read
    input: PathBuf,
    /// Piece to write
    output: PathBuf,
    /// Flash address of the piece: a multiple of 16, below 16 MiB with the scheme esp32
    #[arg(long, value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    key: KeyOptions,
}

/// A flash encryption key and its use.
#[derive(Args)]
pub(crate) struct KeyOptions {
    /// Scheme: esp32 (the ESP32 itself), xts-128, xts-256, or xts-128-derived (ESP32-C2)
    #[arg(long)]
    scheme: String,
    /// Key: 32 bytes (24 with 3/4 coding) for esp32, 32 for xts-128, 64 for xts-256, 16 for xts-128-derived
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// FLASH_CRYPT_CONFIG of an ESP32, 0 to 15 [default: 15]
    #[arg(long, value_name = "N")]
    flash_crypt_config: Option<String>,
}

impl KeyOptions {
    pub(crate) fn read(&self, trust: Trust) -> Result<FlashKey, Failure> {
        let scheme: EncryptionScheme = self
            .scheme
            .parse()
            .map_err(|error| Failure::option("--scheme", error))?;
        let config = match &self.flash_crypt_config {
            Some(_) if scheme != EncryptionScheme::Esp32 => {
                let reason = "applies only to the scheme esp32; omit it";
                return Err(Failure::option("--flash-crypt-config", reason));
            }
            Some(text) => {
                let config = cli::parse_number("--flash-crypt-config", Some(text), 0, 15)?.unwrap_or_default();
                let config = u8::try_from(config).unwrap_or(u8::MAX);
                FlashCryptConfig::new(config).map_err(|error| Failure::option("--flash-crypt-config", error))?
            }
            None => FlashCryptConfig::DEFAULT,
        };
        trust.check_key("--key", &self.key)?;
        let key = FlashKey::new(scheme, &read_file("--key", &self.key)?);
        key.map(|key| key.with_flash_crypt_config(config))
            .map_err(|error| Failure::Input(format!("--key {}: {error}", self.key.display())))
    }
}

impl Crypt {
    pub(crate) fn encrypt(&self, files: Files, trust: Trust) -> Result<(), Failure> {
        self.run(files, trust, FlashCipher::encrypt)
    }

    pub(crate) fn decrypt(&self, files: Files, trust: Trust) -> Result<(), Failure> {
        self.run(files, trust, FlashCipher::decrypt)
    }

    fn run(
        &self,
        files: Files,
        trust: Trust,
        work: fn(&FlashCipher, u32, &mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Failure> {
        let files = files.input("IN", &self.input).input("--key", &self.key.key);
        let files = files.output("OUT", &self.output);
        files.check()?;
        let address = cli::parse_number("--address", Some(&self.address), 0, u32::MAX)?.unwrap_or_default();
        let key = self.key.read(trust)?;
        let mut piece = read_file("IN", &self.input)?;
        work(&key.cipher(), address, &mut piece)
            .map_err(|error| Failure::Input(format!("{}: {error}", self.input.display())))?;
        files.publish(&[(&self.output, piece.as_slice())])
    }
}

/// Draws a key.
pub(crate) fn keygen(files: Files, output: &Path, scheme: &str) -> Result<(), Failure> {
    let scheme: EncryptionScheme = scheme.parse().map_err(|error| Failure::option("--scheme", error))?;
    let files = files.output("OUT", output);
    files.check()?;
    let key = FlashKey::generate(scheme, &mut random()?);
    files.publish(&[(output, key.expose_bytes())])?;
    say(format_args!(
        "{}: key for {scheme}; no other copy exists",
        output.display()
    ));
    Ok(())
}
