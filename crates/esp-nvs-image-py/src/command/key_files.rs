//! Key files and new keys: the reference generator's options; combinations that it ignores are
//! errors.

use std::path::{Path, PathBuf};

use clap::Args;
use esp_nvs_image::{HmacKey, NvsKeys};
use factory_fs::Input;
use pyo3::prelude::*;

use super::failure::Failure;
use super::outputs::{Made, Outdir, write};
use crate::encryption::{key_partition, random};

#[derive(Args)]
pub(super) struct GenerateKey {
    #[command(flatten)]
    options: NewKeys,
    #[command(flatten)]
    outdir: Outdir,
}

/// The options for the source and the destination of new keys.
#[derive(Args)]
pub(super) struct NewKeys {
    /// Output file for the keys, in the folder keys/ [default: keys-MM-DD_HH-MM.bin]
    #[arg(long, value_name = "FILE")]
    keyfile: Option<PathBuf>,
    /// Derives the keys from an HMAC key in the device's eFuses
    #[arg(long = "key_protect_hmac")]
    is_hmac: bool,
    /// File with the HMAC key (32 bytes)
    #[arg(long = "kp_hmac_inputkey", value_name = "FILE")]
    hmac_input: Option<PathBuf>,
    /// Generates the HMAC key
    #[arg(long = "kp_hmac_keygen")]
    hmac_keygen: bool,
    /// Output file for the generated HMAC key, in the folder keys/ [default: hmac- and the name of --keyfile]
    #[arg(long = "kp_hmac_keyfile", value_name = "FILE")]
    hmac_output: Option<PathBuf>,
}

/// Keys, and the files to write with them.
pub(super) struct MadeKeys {
    pub(super) keys: NvsKeys,
    pub(super) path: PathBuf,
    pub(super) hmac: Option<(PathBuf, HmacKey)>,
}

impl GenerateKey {
    pub(super) fn run(self, py: Python<'_>) -> Result<(), Failure> {
        let made = self.options.make(py, &self.outdir)?;
        let partition = key_partition(&made.keys);
        write(&made.files(partition.as_slice()))
    }
}

impl MadeKeys {
    /// Returns the files.
    pub(super) fn files<'a>(&'a self, partition: &'a [u8]) -> Vec<Made<'a>> {
        let hmac = self.hmac.as_ref().map(|(path, key)| Made {
            what: "HMAC key",
            path,
            bytes: key.expose(),
        });
        let keys = Made {
            what: "keys",
            path: &self.path,
            bytes: partition,
        };
        hmac.into_iter().chain([keys]).collect()
    }
}

impl NewKeys {
    /// Returns whether the destination of the keys is given.
    pub(super) const fn has_keyfile(&self) -> bool {
        self.keyfile.is_some()
    }

    /// Returns whether any option of an HMAC key is given.
    pub(super) const fn has_hmac(&self) -> bool {
        self.is_hmac || self.is_of_hmac()
    }

    const fn is_of_hmac(&self) -> bool {
        self.hmac_input.is_some() || self.hmac_keygen || self.hmac_output.is_some()
    }

    /// Generates or derives keys.
    pub(super) fn make(self, py: Python<'_>, outdir: &Outdir) -> Result<MadeKeys, Failure> {
        let failed = |error: PyErr| Failure::Work(error.value(py).to_string());
        let name = match self.keyfile.clone() {
            Some(name) => name,
            None => default_name(py).map_err(failed)?,
        };
        let path = outdir.keys(&name)?;
        let drawn = |error: esp_nvs_image::Error| Failure::Work(error.to_string());
        let Some(source) = self.hmac_source()? else {
            let keys = NvsKeys::generate(&mut random().map_err(failed)?).map_err(drawn)?;
            return Ok(MadeKeys { keys, path, hmac: None });
        };
        match source {
            HmacSource::File(file) => {
                let keys = read_hmac_key(&file)?;
                Ok(MadeKeys { keys, path, hmac: None })
            }
            HmacSource::New(hmac_path) => {
                let hmac_path = match hmac_path {
                    Some(path) => outdir.keys(&path)?,
                    None => beside(&path),
                };
                let key = HmacKey::generate(&mut random().map_err(failed)?).map_err(drawn)?;
                let keys = NvsKeys::from_hmac_key(&key).map_err(drawn)?;
                let hmac = Some((hmac_path, key));
                Ok(MadeKeys { keys, path, hmac })
            }
        }
    }

    /// Returns the source of the HMAC key; `None` without `--key_protect_hmac`.
    fn hmac_source(self) -> Result<Option<HmacSource>, Failure> {
        let wrong = |reason: &str| Err(Failure::Input(reason.into()));
        if !self.is_hmac {
            return if self.is_of_hmac() {
                wrong("--kp_hmac_inputkey, --kp_hmac_keygen and --kp_hmac_keyfile need --key_protect_hmac")
            } else {
                Ok(None)
            };
        }
        match (self.hmac_input, self.hmac_keygen, self.hmac_output) {
            (Some(_), true, _) => wrong("--kp_hmac_inputkey and --kp_hmac_keygen: only one of the two is allowed"),
            (Some(_), false, Some(_)) => wrong("--kp_hmac_keyfile needs --kp_hmac_keygen"),
            (Some(file), false, None) => Ok(Some(HmacSource::File(file))),
            (None, true, path) => Ok(Some(HmacSource::New(path))),
            (None, false, _) => wrong("--key_protect_hmac needs --kp_hmac_inputkey or --kp_hmac_keygen"),
        }
    }
}

enum HmacSource {
    File(PathBuf),
    /// Generated, and written to this file if given.
    New(Option<PathBuf>),
}

/// Returns the reference generator's default name, in local time.
fn default_name(py: Python<'_>) -> PyResult<PathBuf> {
    let time = py.import("time")?;
    time.call_method1("strftime", ("keys-%m-%d_%H-%M.bin",))?.extract()
}

fn beside(keys: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from("hmac-");
    name.push(keys.file_name().unwrap_or_default());
    keys.with_file_name(name)
}

/// Reads a key partition.
pub(super) fn read_keys(path: &Path) -> Result<NvsKeys, Failure> {
    let bytes = Input::read_file(path).map_err(|error| Failure::file(path, error))?;
    NvsKeys::decode(&bytes).map_err(|error| Failure::file(path, error))
}

/// Reads an HMAC key and derives the keys.
pub(super) fn read_hmac_key(path: &Path) -> Result<NvsKeys, Failure> {
    let bytes = Input::read_file(path).map_err(|error| Failure::file(path, error))?;
    let keys = HmacKey::decode(&bytes).and_then(|key| NvsKeys::from_hmac_key(&key));
    keys.map_err(|error| Failure::file(path, error))
}
