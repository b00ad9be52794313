//! `nvs-image`: makes, reads, checks, edits, encrypts and decrypts ESP-IDF NVS partition images.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cli::{Failure, Files, Trust, random, read_file, read_input, say};
use esp_nvs_image::{
    BlobVersion, CsvCompat, CsvFile, HmacKey, NvsKeys, PageState, PartitionSize, Statistics, check, decrypt,
    encode_csv, encrypt, recover,
};
use zeroize::Zeroizing;

#[path = "nvs_image/edit.rs"]
mod edit;
#[path = "nvs_image/json.rs"]
mod json;
#[path = "nvs_image/show.rs"]
mod show;

use edit::{NewValue, Place};
use show::{Format, show, show_findings, show_statistics};

/// Makes, reads, checks, edits, encrypts and decrypts ESP-IDF NVS partition images.
///
/// Exit codes: 0 done, 1 an image is damaged or has errors or a key is not there, 2 bad usage or unusable input (nothing was written), 3 failed while working.
#[derive(Parser)]
#[command(name = "nvs-image", version, args_override_self = true)]
struct Arguments {
    /// Replaces output files that exist
    #[arg(long, global = true)]
    force: bool,
    #[command(flatten)]
    trust: Trust,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes an image from a CSV file of the reference generator's form, or from JSON
    Generate {
        /// CSV file: key,type,encoding,value; or JSON as dump writes it, known by the ending .json or by a [ at its start
        input: PathBuf,
        /// The image to write
        output: PathBuf,
        /// Size of the partition in bytes, a multiple of 0x1000 from 0x1000
        size: String,
        /// How blobs are stored: 1 in one piece, 2 in chunks
        #[arg(long, value_name = "1|2", default_value = "2")]
        version: String,
        #[command(flatten)]
        keys: KeyFiles,
        /// Encrypts with new keys, which go to --keyfile
        #[arg(long, conflicts_with_all = ["inputkey", "hmac_key"])]
        keygen: bool,
        /// Where the keys of --keygen or --hmac-key go: a key partition of 4096 bytes
        #[arg(long, value_name = "FILE")]
        keyfile: Option<PathBuf>,
        /// Puts rows under a namespace that stands twice into the newest one, and adds the generator's Wi-Fi rows
        #[arg(long)]
        compat: bool,
    },
    /// Shows the entries of an image
    Dump {
        /// The image
        image: PathBuf,
        #[command(flatten)]
        keys: KeyFiles,
        /// How the entries are shown; csv can be given to generate again
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Names what the firmware would refuse, erase, drop or misread in an image: exit code 1 when there is any error
    Check {
        /// The image
        image: PathBuf,
        #[command(flatten)]
        keys: KeyFiles,
        /// Writes JSON: [{"id", "severity", "offset", "text"}]
        #[arg(long)]
        json: bool,
    },
    /// Draws the pages of an image and counts what is in them
    Stat {
        /// The image
        image: PathBuf,
        #[command(flatten)]
        keys: KeyFiles,
    },
    /// Stores a value in an image as the firmware does it: appended, the old one marked as erased; its file gets mode 0600
    Set {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        value: NewValue,
    },
    /// Removes a key from an image: exit code 1 when it is not there
    Remove(Place),
    /// Encrypts an image
    Encrypt(Crypt),
    /// Decrypts an image
    Decrypt(Crypt),
    /// Makes a key partition
    Keygen {
        /// The key partition to write, 4096 bytes
        output: PathBuf,
        /// Derives the keys from this HMAC key of 32 bytes instead of drawing them
        #[arg(long, value_name = "FILE")]
        hmac_key: Option<PathBuf>,
    },
}

#[derive(Args)]
struct Crypt {
    /// The image to read
    input: PathBuf,
    /// The image to write
    output: PathBuf,
    #[command(flatten)]
    keys: KeyFiles,
}

#[derive(Args)]
struct KeyFiles {
    /// Key partition of 4096 bytes
    #[arg(long, visible_alias = "inputkey", value_name = "FILE", id = "inputkey")]
    keys: Option<PathBuf>,
    /// HMAC key of 32 bytes from which the keys are derived
    #[arg(long, value_name = "FILE", conflicts_with = "inputkey")]
    hmac_key: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::exit(|| {
        let Arguments { force, trust, command } = cli::parse_arguments(&[])?;
        let files = Files::new(force, trust);
        match command {
            Command::Generate {
                input,
                output,
                size,
                version,
                keys,
                keygen,
                keyfile,
                compat,
            } => {
                let size = parse_size(&size)?;
                let version = parse_version(&version)?;
                match &keyfile {
                    Some(_) if !keygen && keys.hmac_key.is_none() && keys.keys.is_none() => {
                        return Err(Failure::option("--keyfile", "needs --keygen or --hmac-key"));
                    }
                    None if keygen => return Err(Failure::option("--keygen", "needs --keyfile beside it")),
                    _ => {}
                }
                let files = keys.named(files.input("IN", &input)).output("OUT", &output);
                let files = files.optional_output("--keyfile", keyfile.as_ref());
                files.check()?;
                let compat = if compat { CsvCompat::On } else { CsvCompat::Off };
                let mut image = generate(&input, size, version, compat)?;
                let keys = if keygen { Some(new_keys()?) } else { keys.read(trust)? };
                if let Some(keys) = &keys {
                    encrypt(&mut image, keys).map_err(|error| Failure::Input(error.to_string()))?;
                }
                let partition = keys.as_ref().map(key_partition);
                let mut outputs = vec![(output.as_path(), image.as_slice())];
                if let (Some(path), Some(partition)) = (&keyfile, &partition) {
                    outputs.push((path, partition.as_slice()));
                }
                files.publish(&outputs)
            }
            Command::Dump { image, keys, format } => dump(&image, &read_plain(&image, &keys, trust)?, format),
            Command::Check { image, keys, json } => show_findings(&check(&read_plain(&image, &keys, trust)?), json),
            Command::Stat { image, keys } => show_statistics(&Statistics::new(&read_plain(&image, &keys, trust)?)),
            Command::Set { place, value } => edit::set(&place, &value, trust),
            Command::Remove(place) => edit::remove(&place, trust),
            Command::Encrypt(paths) => paths.run(encrypt, files, trust),
            Command::Decrypt(paths) => paths.run(decrypt, files, trust),
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

fn parse_size(text: &str) -> Result<PartitionSize, Failure> {
    text.parse().map_err(|error| Failure::option("SIZE", error))
}

fn parse_version(text: &str) -> Result<BlobVersion, Failure> {
    match text {
        "1" => Ok(BlobVersion::V1),
        "2" => Ok(BlobVersion::V2),
        _ => Err(Failure::option("--version", "is not 1 or 2")),
    }
}

fn generate(
    input: &Path,
    size: PartitionSize,
    version: BlobVersion,
    compat: CsvCompat,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = read_file("IN", input)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        Failure::Input(format!(
            "{}: byte {} is not UTF-8",
            input.display(),
            error.valid_up_to()
        ))
    })?;
    let name = input.display().to_string();
    let image = if json::is_json(input, text) {
        if compat == CsvCompat::On {
            return Err(Failure::option("--compat", "is for CSV files only"));
        }
        json::generate(&name, text, size, version)
    } else {
        let load = |path: &str| {
            let bytes = read_input(Path::new(path)).map_err(|error| format!("{path}: {error}"));
            bytes.map(|mut bytes| std::mem::take(&mut *bytes))
        };
        let image = encode_csv(&[CsvFile { name: &name, text }], size, version, compat, load);
        image.map_err(|error| error.to_string())
    };
    image.map(Zeroizing::new).map_err(Failure::Input)
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
    /// Adds the files to what a command reads.
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

impl Crypt {
    fn run(
        &self,
        work: fn(&mut [u8], &NvsKeys) -> Result<(), esp_nvs_image::Error>,
        files: Files,
        trust: Trust,
    ) -> Result<(), Failure> {
        let files = self
            .keys
            .named(files.input("IN", &self.input))
            .output("OUT", &self.output);
        files.check()?;
        let keys = self
            .keys
            .read(trust)?
            .ok_or_else(|| Failure::Input("--keys or --hmac-key is missing".into()))?;
        let mut image = read_file("IN", &self.input)?;
        work(&mut image, &keys).map_err(|error| wrong(&self.input, error))?;
        files.publish(&[(&self.output, image.as_slice())])
    }
}

fn read_plain(path: &Path, keys: &KeyFiles, trust: Trust) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut image = read_file("IMAGE", path)?;
    if let Some(keys) = keys.read(trust)? {
        decrypt(&mut image, &keys).map_err(|error| wrong(path, error))?;
    }
    Ok(image)
}

/// Tells whether an image that gives no entries is a partition all the same: it has a namespace, or nothing but a page whose first
/// header was being written when power failed.
fn is_partition(statistics: &Statistics) -> bool {
    let pages = statistics.pages().len();
    let (corrupt, empty) = (
        statistics.pages_in(PageState::Corrupt),
        statistics.pages_in(PageState::Empty),
    );
    !statistics.namespaces().is_empty() || (corrupt == 1 && empty + 1 == pages && pages > 1)
}

/// Shows what can be read, and says what cannot.
fn dump(path: &Path, image: &[u8], format: Format) -> Result<(), Failure> {
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
