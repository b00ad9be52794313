//! Images from CSV files.

use std::path::{Path, PathBuf};

use clap::Args;
use esp_nvs_image::{
    BlobVersion, CsvCompat, CsvFile, CsvWarningKind, PartitionSize, csv_warnings, encode_csv, encrypt,
};
use factory_fs::Input;
use pyo3::prelude::*;
use zeroize::Zeroizing;

use super::failure::{Failure, say};
use super::key_files::{NewKeys, read_keys};
use super::outputs::{Made, Outdir, write, write_image};
use crate::encryption::key_partition;
use crate::images::to_compat;

#[derive(Args)]
pub(super) struct Generate {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    outdir: Outdir,
}

#[derive(Args)]
pub(super) struct Encrypt {
    #[command(flatten)]
    source: Source,
    /// Encrypts with new keys
    #[arg(long, conflicts_with = "inputkey")]
    keygen: bool,
    /// File with the encryption keys
    #[arg(long, value_name = "FILE")]
    inputkey: Option<PathBuf>,
    #[command(flatten)]
    new: NewKeys,
    #[command(flatten)]
    outdir: Outdir,
}

/// The source and the storage format of the entries.
#[derive(Args)]
struct Source {
    /// CSV files with the columns key, type, encoding and value; the image to write; the size of the partition in bytes, a
    /// multiple of 0x1000
    #[arg(required = true, value_name = "INPUT.. OUTPUT SIZE", num_args = 1..)]
    arguments: Vec<PathBuf>,
    /// Storage format of blobs: 1 in one piece, 2 in chunks
    #[arg(long, value_name = "1|2", default_value = "2", value_parser = ["1", "2"])]
    version: String,
    /// Assigns rows after a repeated namespace row to the newest namespace, and adds the generator's Wi-Fi rows
    #[arg(long)]
    compat: bool,
}

/// The inputs of an encoding.
struct Job<'a> {
    inputs: &'a [PathBuf],
    output: PathBuf,
    size: PartitionSize,
    version: BlobVersion,
    compat: CsvCompat,
}

impl Generate {
    pub(super) fn run(self) -> Result<(), Failure> {
        let job = self.source.job(&self.outdir)?;
        let image = job.encode()?;
        write_image(&job.output, &image)?;
        job.warn_of_size();
        Ok(())
    }
}

impl Encrypt {
    pub(super) fn run(self, py: Python<'_>) -> Result<(), Failure> {
        let job = self.source.job(&self.outdir)?;
        let (keys, made) = match (&self.inputkey, self.keygen) {
            (Some(path), _) => {
                if self.new.has_hmac() {
                    let options = "--key_protect_hmac and --kp_hmac_..";
                    return Err(Failure::argument(
                        "--inputkey",
                        format_args!("{options} are for --keygen"),
                    ));
                }
                if self.new.has_keyfile() {
                    say("warning: --keyfile has no effect with --inputkey, whose file contains the keys\n");
                }
                (read_keys(path)?, None)
            }
            (None, true) => {
                let made = self.new.make(py, &self.outdir)?;
                (made.keys.clone(), Some(made))
            }
            (None, false) => return Err(Failure::Input("--keygen or --inputkey is missing".into())),
        };
        let mut image = job.encode()?;
        encrypt(&mut image, &keys).map_err(|error| Failure::Input(error.to_string()))?;
        match made {
            None => write_image(&job.output, &image)?,
            Some(made) => {
                let partition = key_partition(&keys);
                let image = Made {
                    what: "image",
                    path: &job.output,
                    bytes: &image,
                };
                let mut files = made.files(partition.as_slice());
                files.push(image);
                write(&files)?;
            }
        }
        job.warn_of_size();
        Ok(())
    }
}

impl Source {
    fn job(&self, outdir: &Outdir) -> Result<Job<'_>, Failure> {
        let [inputs @ .., output, size] = self.arguments.as_slice() else {
            return Err(Failure::Input("INPUT, OUTPUT and SIZE are needed; see --help".into()));
        };
        if inputs.is_empty() {
            return Err(Failure::Input("INPUT, OUTPUT and SIZE are needed; see --help".into()));
        }
        let size = size.to_str().unwrap_or_default().parse();
        Ok(Job {
            inputs,
            output: outdir.image(output)?,
            size: size.map_err(|error| Failure::argument("SIZE", error))?,
            version: if self.version == "1" {
                BlobVersion::V1
            } else {
                BlobVersion::V2
            },
            compat: to_compat(self.compat),
        })
    }
}

impl Job<'_> {
    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let read = |path: &Path| Input::read_file(path).map_err(|error| Failure::file(path, error));
        let files = self
            .inputs
            .iter()
            .map(|path| Ok((path, path.display().to_string(), read(path)?)));
        let files = files.collect::<Result<Vec<_>, Failure>>()?;
        let texts = files.iter().map(|(path, name, bytes)| {
            let text = factory_fs::utf8(bytes).map_err(|error| Failure::file(path, error))?;
            Ok(CsvFile { name, text })
        });
        let texts = texts.collect::<Result<Vec<_>, Failure>>()?;
        let load = |path: &str| {
            let bytes = Input::read_file(Path::new(path)).map_err(|error| format!("{path}: {error}"));
            bytes.map(|mut bytes| std::mem::take(&mut *bytes))
        };
        let image = encode_csv(&texts, self.size, self.version, self.compat, load);
        let image = image
            .map(Zeroizing::new)
            .map_err(|error| Failure::Input(error.to_string()))?;
        for warning in csv_warnings(&texts, self.compat) {
            let remedy = match warning.kind {
                CsvWarningKind::WifiRows => "; --compat adds them",
                _ => "",
            };
            say(format_args!("warning: {warning}{remedy}\n"));
        }
        Ok(image)
    }

    fn warn_of_size(&self) {
        if self.size.is_read_only() {
            say(
                "warning: SIZE: a partition below 0x3000 must have the flag readonly in the partition table; the firmware \
                 mounts it for reading only\n",
            );
        }
    }
}
