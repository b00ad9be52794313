//! `nvs-image`: makes, reads, checks, edits, encrypts and decrypts ESP-IDF NVS partition images.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cli::{Failure, Files, Trust, random, read_file, say};
use esp_nvs_image::{HmacKey, Legibility, NvsKeys, PageState, Statistics, check, decrypt, encrypt, recover};
use zeroize::Zeroizing;

#[path = "nvs_image/edit.rs"]
mod edit;
#[path = "nvs_image/generate.rs"]
mod generate;
#[path = "nvs_image/generator.rs"]
mod generator;
#[path = "nvs_image/json.rs"]
mod json;
#[path = "nvs_image/plain.rs"]
mod plain;
#[path = "nvs_image/show.rs"]
mod show;

use edit::{NewValue, Place};
use generate::{Generate, GenerateOptions};
use generator::Outdir;
use plain::Plain;
use show::{Format, FormatOptions, show, show_findings, show_statistics};

/// End of `--help` of the binary and of each command: the lines with its name.
const EXAMPLES: &str = "\
Examples:
  nvs-image generate factory.csv factory.bin 0x6000
  nvs-image generate factory.csv secret.bin 0x6000 --keygen \\
      --keyfile secret_keys.bin
  nvs-image dump factory.bin --json
  nvs-image check factory.bin
  nvs-image stat factory.bin
  nvs-image set factory.bin chip-factory hw-ver u16 2
  nvs-image remove factory.bin chip-factory hw-ver
  nvs-image keygen nvs_keys.bin
  nvs-image encrypt factory.bin encrypted.bin --keys nvs_keys.bin
  nvs-image decrypt encrypted.bin plain.bin --keys nvs_keys.bin";

/// Make, read, check, edit, encrypt and decrypt ESP-IDF NVS partition images.
///
/// Exit codes: 0 done, 1 an image is damaged or has errors or a key is missing, 2 bad usage or unusable input (nothing
/// was written), 3 runtime failure.
#[derive(Parser)]
#[command(name = "nvs-image", version, args_override_self = true, after_help = EXAMPLES)]
struct Arguments {
    /// Replace existing output files
    #[arg(long, global = true)]
    force: bool,
    #[command(flatten)]
    trust: Trust,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make an image from CSV files in the reference generator's format, or from JSON
    #[command(override_usage = "nvs-image generate [OPTIONS] <IN>... <OUT> <SIZE>")]
    Generate(Generate),
    /// Show the entries of an image
    Dump {
        /// Image to read
        image: PathBuf,
        #[command(flatten)]
        keys: KeyFiles,
        #[command(flatten)]
        format: FormatOptions,
    },
    /// Report everything in an image that the firmware would refuse, erase, drop or misread: exit code 1 if there is
    /// any error
    Check {
        /// Image to read
        image: PathBuf,
        #[command(flatten)]
        keys: KeyFiles,
        /// Write JSON: [{"id", "severity", "offset", "text"}]
        #[arg(long)]
        json: bool,
    },
    /// Draw the pages of an image and count their contents
    Stat {
        /// Image to read
        image: PathBuf,
        #[command(flatten)]
        keys: KeyFiles,
    },
    /// Store a value in an image as the firmware does: appended, the old one marked as erased; the file gets mode 0600
    Set {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        value: NewValue,
    },
    /// Remove a key from an image: exit code 1 if it does not exist
    Remove(Place),
    /// Encrypt an unencrypted image
    #[command(override_usage = "nvs-image encrypt [OPTIONS] <IN> <OUT>")]
    Encrypt(Encrypt),
    /// Decrypt an image
    #[command(override_usage = "nvs-image decrypt [OPTIONS] <IN> <OUT>")]
    Decrypt(Decrypt),
    /// Make a keys partition
    Keygen {
        /// Keys partition to write, 4096 bytes
        output: PathBuf,
        /// HMAC key of 32 bytes to derive the keys from, instead of drawing them
        #[arg(long, value_name = "FILE")]
        hmac_key: Option<PathBuf>,
    },
}

#[derive(Args)]
struct Encrypt {
    /// Image to read and image to write; or IN.. OUT SIZE as in the reference generator, which is generate with keys
    #[arg(required = true, value_name = "IN OUT", num_args = 2..)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: GenerateOptions,
}

#[derive(Args)]
struct Decrypt {
    /// Image to read and image to write; or IN KEYS OUT as in the reference generator
    #[arg(required = true, value_name = "IN OUT", num_args = 2..=3)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    keys: KeyFiles,
    #[command(flatten)]
    outdir: Outdir,
}

#[derive(Args)]
struct KeyFiles {
    /// Keys partition of 4096 bytes
    #[arg(long, visible_alias = "inputkey", value_name = "FILE", id = "inputkey")]
    keys: Option<PathBuf>,
    /// HMAC key of 32 bytes from which the keys are derived
    #[arg(long, value_name = "FILE", conflicts_with = "inputkey")]
    hmac_key: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments { force, trust, command } = cli::parse_commands(&[(
            "generate-key",
            "keygen OUT, with --hmac-key FILE for --key_protect_hmac",
        )])?;
        let files = Files::new(force, trust);
        match command {
            Command::Generate(generate) => generate.run(files, trust),
            Command::Dump { image, keys, format } => {
                let format = format.format()?;
                dump(&Plain::read(&image, &keys, trust)?, format)
            }
            Command::Check { image, keys, json } => {
                let plain = Plain::read(&image, &keys, trust)?;
                let shown = show_findings(&check(plain.bytes()), json);
                plain.or_unreadable(shown)
            }
            Command::Stat { image, keys } => {
                let plain = Plain::read(&image, &keys, trust)?;
                let shown = show_statistics(&Statistics::new(plain.bytes()));
                plain.or_unreadable(shown)
            }
            Command::Set { place, value } => edit::set(&place, &value, trust),
            Command::Remove(place) => edit::remove(&place, trust),
            Command::Encrypt(encrypt) => encrypt.run(files, trust),
            Command::Decrypt(decrypt) => decrypt.run(files, trust),
            Command::Keygen { output, hmac_key } => {
                let files = files
                    .optional_input("--hmac-key", hmac_key.as_ref())
                    .output("OUT", &output);
                files.check()?;
                let keys = match hmac_key {
                    Some(path) => derive_keys(&path, trust)?,
                    None => new_keys()?,
                };
                files.publish(&[(&output, key_partition(&keys).as_slice())])
            }
        }
    })
}

fn wrong(path: &Path, error: esp_nvs_image::Error) -> Failure {
    Failure::Input(format!("{}: {error}", path.display()))
}

fn new_keys() -> Result<NvsKeys, Failure> {
    NvsKeys::generate(&mut random()?).map_err(|error| Failure::Work(error.to_string()))
}

fn derive_keys(path: &Path, trust: Trust) -> Result<NvsKeys, Failure> {
    trust.check_key("--hmac-key", path)?;
    let key = HmacKey::decode(&read_file("--hmac-key", path)?).map_err(|error| wrong(path, error))?;
    NvsKeys::from_hmac_key(&key).map_err(|error| wrong(path, error))
}

fn key_partition(keys: &NvsKeys) -> Zeroizing<[u8; NvsKeys::PARTITION_LEN]> {
    let mut partition = Zeroizing::new([0; NvsKeys::PARTITION_LEN]);
    keys.encode_partition(&mut partition);
    partition
}

impl KeyFiles {
    /// Adds the files to the inputs of a command.
    fn named(&self, files: Files) -> Files {
        let files = files.optional_input("--keys", self.keys.as_ref());
        files.optional_input("--hmac-key", self.hmac_key.as_ref())
    }

    fn read(&self, trust: Trust) -> Result<Option<NvsKeys>, Failure> {
        match (&self.keys, &self.hmac_key) {
            (Some(path), _) => {
                trust.check_key("--keys", path)?;
                let keys = NvsKeys::decode(&read_file("--keys", path)?);
                keys.map(Some).map_err(|error| wrong(path, error))
            }
            (None, Some(path)) => derive_keys(path, trust).map(Some),
            (None, None) => Ok(None),
        }
    }
}

impl Encrypt {
    fn run(self, files: Files, trust: Trust) -> Result<(), Failure> {
        let [input, output] = match <[PathBuf; 2]>::try_from(self.paths) {
            Ok(paths) => paths,
            // Its image is made on the way.
            Err(arguments) => {
                let options = self.options;
                return Generate { arguments, options }.run(files, trust);
            }
        };
        let (keys, outdir) = self.options.keys_alone()?;
        let output = outdir.output(output)?;
        crypt(&input, &output, &keys, files, trust, |image, keys| {
            let before = Legibility::of(image);
            encrypt(image, keys).map_err(|error| error.to_string())?;
            match before {
                Legibility::Blank | Legibility::Legible => Ok(()),
                Legibility::Encrypted => Err("no entry can be read: the image may already be encrypted".into()),
                _ => Err("no entry can be read: the image is damaged or already encrypted".into()),
            }
        })
    }
}

impl Decrypt {
    fn run(mut self, files: Files, trust: Trust) -> Result<(), Failure> {
        let [input, output] = match <[PathBuf; 3]>::try_from(self.paths) {
            Ok([input, keys, output]) => {
                if self.keys.keys.replace(keys).is_some() || self.keys.hmac_key.is_some() {
                    return Err(Failure::Input(
                        "IN KEYS OUT: keys are given twice; use IN OUT with --keys or --hmac-key".into(),
                    ));
                }
                [input, output]
            }
            Err(paths) => match <[PathBuf; 2]>::try_from(paths) {
                Ok(paths) => paths,
                Err(_) => return Err(Failure::Input("missing: IN and OUT; --help lists all".into())),
            },
        };
        let output = self.outdir.output(output)?;
        crypt(&input, &output, &self.keys, files, trust, |image, keys| {
            let before = Legibility::of(image);
            decrypt(image, keys).map_err(|error| error.to_string())?;
            plain::unreadable_with_keys(before, image).map_or(Ok(()), |reason| Err(reason.into()))
        })
    }
}

/// Reads an image, transforms it, and writes it on success.
fn crypt(
    input: &Path,
    output: &Path,
    keys: &KeyFiles,
    files: Files,
    trust: Trust,
    work: impl FnOnce(&mut [u8], &NvsKeys) -> Result<(), String>,
) -> Result<(), Failure> {
    let files = keys.named(files.input("IN", input)).output("OUT", output);
    files.check()?;
    let keys = keys
        .read(trust)?
        .ok_or_else(|| Failure::Input("missing: --keys or --hmac-key".into()))?;
    let mut image = read_file("IN", input)?;
    work(&mut image, &keys).map_err(|reason| Failure::Input(format!("{}: {reason}", input.display())))?;
    files.publish(&[(output, image.as_slice())])
}

/// Returns whether an image without entries is still a partition: it has a namespace, or only a page whose first header
/// was being written when power failed.
fn is_partition(statistics: &Statistics) -> bool {
    let pages = statistics.pages().len();
    let (corrupt, empty) = (
        statistics.pages_in(PageState::Corrupt),
        statistics.pages_in(PageState::Empty),
    );
    !statistics.namespaces().is_empty() || (corrupt == 1 && empty + 1 == pages && pages > 1)
}

/// Shows the readable entries and reports damage.
fn dump(plain: &Plain, format: Format) -> Result<(), Failure> {
    let (path, image) = (plain.path(), plain.bytes());
    if let Some(failure) = plain.unreadable() {
        return Err(failure);
    }
    let read = recover(image);
    if let (true, Some(first)) = (read.entries.is_empty(), read.damage.first())
        && !(first.offset.is_some() && is_partition(&Statistics::new(image)))
    {
        return Err(wrong(path, esp_nvs_image::Error::Damaged(*first)));
    }
    show(&read.entries, format)?;
    for damage in &read.damage {
        say(format_args!("warning: {}: {damage}", path.display()));
    }
    match read.damage.len() {
        0 => Ok(()),
        places => {
            let places = format!("{places} {}", if places == 1 { "place" } else { "places" });
            let path = path.display();
            Err(Failure::No(format!("{path}: damaged in {places}; the rest is shown")))
        }
    }
}
