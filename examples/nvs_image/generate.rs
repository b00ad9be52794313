//! `nvs-image generate`: an image from CSV files or from JSON.

use std::path::{Path, PathBuf};

use clap::Args;
use cli::{Failure, Files, Trust, random, read_file, read_input, say};
use esp_nvs_image::{
    BlobVersion, CsvCompat, CsvFile, CsvWarningKind, HmacKey, NvsKeys, PartitionSize, csv_warnings, encode_csv, encrypt,
};
use zeroize::Zeroizing;

use crate::generator::{HmacScheme, HmacSource, Outdir};
use crate::{KeyFiles, json, key_partition, new_keys};

#[derive(Args)]
pub(crate) struct Generate {
    /// CSV files (key,type,encoding,value), or a JSON file as written by dump, recognized by the suffix .json or by a
    /// leading [; the image to write; the partition's size in bytes, a multiple of 0x1000 from 0x1000
    #[arg(required = true, value_name = "IN.. OUT SIZE", num_args = 1..)]
    pub(crate) arguments: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) options: GenerateOptions,
}

#[derive(Args)]
pub(crate) struct GenerateOptions {
    /// Storage format of blobs: 1 in one piece, 2 in chunks [default: 2]
    #[arg(long, value_name = "1|2")]
    version: Option<String>,
    #[command(flatten)]
    keys: KeyFiles,
    /// Encrypt with new keys, which are written to --keyfile
    #[arg(long, conflicts_with_all = ["inputkey", "hmac_key"])]
    keygen: bool,
    /// File for the keys of --keygen or --hmac-key: a keys partition of 4096 bytes
    #[arg(long, value_name = "FILE")]
    keyfile: Option<PathBuf>,
    /// Put rows of a duplicate namespace into the newest one, and add the generator's Wi-Fi rows
    #[arg(long)]
    compat: bool,
    #[command(flatten)]
    outdir: Outdir,
    #[command(flatten)]
    hmac: HmacScheme,
}

/// The source of the entries, and their storage format.
struct Source<'a> {
    inputs: &'a [PathBuf],
    size: PartitionSize,
    version: BlobVersion,
    compat: CsvCompat,
}

impl Generate {
    pub(crate) fn run(self, files: Files, trust: Trust) -> Result<(), Failure> {
        let missing = |what| Failure::Input(format!("missing: {what}; --help lists all"));
        let (inputs, output, size) = match self.arguments.as_slice() {
            [inputs @ .., output, size] if !inputs.is_empty() => (inputs, output, size),
            [_, _] => return Err(missing("<SIZE>")),
            _ => return Err(missing("<OUTPUT>, <SIZE>")),
        };
        let size = size.to_str().unwrap_or_default().parse();
        let size: PartitionSize = size.map_err(|error| Failure::option("SIZE", error))?;
        let version = match self.options.version.as_deref() {
            Some("1") => BlobVersion::V1,
            None | Some("2") => BlobVersion::V2,
            _ => return Err(Failure::option("--version", "must be 1 or 2")),
        };
        let compat = match self.options.compat {
            true => CsvCompat::On,
            false => CsvCompat::Off,
        };
        let output = self.options.outdir.output(output.clone())?;
        let keys = self.options.into_keys()?;
        let files = inputs.iter().fold(files, |files, input| files.input("IN", input));
        let files = keys.named(files.output("OUT", &output));
        files.check()?;
        let mut image = Source {
            inputs,
            size,
            version,
            compat,
        }
        .encode()?;
        let made = keys.make(trust)?;
        if let Some(keys) = &made.keys {
            encrypt(&mut image, keys).map_err(|error| Failure::Input(error.to_string()))?;
        }
        let partition = made.keys.as_ref().map(key_partition);
        let mut outputs = vec![(output.as_path(), image.as_slice())];
        if let (Some(path), Some(partition)) = (&keys.keyfile, &partition) {
            outputs.push((path, partition.as_slice()));
        }
        if let (KeySource::NewHmac(path), Some(key)) = (&keys.source, &made.hmac_key) {
            outputs.push((path, key.expose()));
        }
        files.publish(&outputs)?;
        if size.is_read_only() {
            say(format_args!(
                "warning: SIZE: a partition below 0x3000 must be flagged readonly in the partition table; the firmware \
                 mounts it read-only"
            ));
        }
        Ok(())
    }
}

/// The source of the keys.
enum KeySource {
    /// Files, or no keys.
    Given(KeyFiles),
    New,
    /// A new HMAC key, which is written to this file.
    NewHmac(PathBuf),
}

/// The source of the keys, and their output.
struct Keys {
    source: KeySource,
    keyfile: Option<PathBuf>,
}

#[derive(Default)]
struct MadeKeys {
    keys: Option<NvsKeys>,
    hmac_key: Option<HmacKey>,
}

impl Keys {
    /// Adds the files to the inputs and outputs of a command.
    fn named(&self, files: Files) -> Files {
        let files = files.optional_output("--keyfile", self.keyfile.as_ref());
        match &self.source {
            KeySource::Given(keys) => keys.named(files),
            KeySource::New => files,
            KeySource::NewHmac(path) => files.output("--kp_hmac_keyfile", path),
        }
    }

    fn make(&self, trust: Trust) -> Result<MadeKeys, Failure> {
        let failed = |error: esp_nvs_image::Error| Failure::Work(error.to_string());
        let mut made = MadeKeys::default();
        made.keys = match &self.source {
            KeySource::Given(keys) => keys.read(trust)?,
            KeySource::New => Some(new_keys()?),
            KeySource::NewHmac(_) => {
                let key = HmacKey::generate(&mut random()?).map_err(failed)?;
                let keys = NvsKeys::from_hmac_key(&key).map_err(failed)?;
                made.hmac_key = Some(key);
                Some(keys)
            }
        };
        Ok(made)
    }
}

impl GenerateOptions {
    fn into_keys(self) -> Result<Keys, Failure> {
        let Self {
            keys: mut given,
            keygen,
            keyfile,
            outdir,
            hmac,
            ..
        } = self;
        let hmac = hmac.source(keygen, keyfile.as_deref())?;
        let keyfile = match keyfile {
            Some(_) if !keygen && given.keys.is_none() && given.hmac_key.is_none() => {
                return Err(Failure::option("--keyfile", "requires --keygen or --hmac-key"));
            }
            Some(_) if given.keys.is_some() => {
                say("warning: --keyfile has no effect with --keys, whose file contains the keys");
                None
            }
            Some(keyfile) => Some(outdir.keys(keyfile)?),
            None if keygen && hmac.is_none() => return Err(Failure::option("--keygen", "requires --keyfile")),
            None => None,
        };
        let source = match hmac {
            Some(HmacSource::File(path)) => {
                given.hmac_key = Some(path);
                KeySource::Given(given)
            }
            Some(HmacSource::New(path)) => KeySource::NewHmac(outdir.keys(path)?),
            None if keygen => KeySource::New,
            None => KeySource::Given(given),
        };
        Ok(Keys { source, keyfile })
    }

    /// Returns the keys and the folder of OUT, if nothing else is given.
    pub(crate) fn keys_alone(self) -> Result<(KeyFiles, Outdir), Failure> {
        let Self {
            version,
            keys,
            keygen,
            keyfile,
            compat,
            outdir,
            hmac,
        } = self;
        if version.is_some() || keygen || keyfile.is_some() || compat || hmac.is_given() {
            let reason = "--version, --keygen, --keyfile, --compat, --key_protect_hmac and --kp_hmac_.. apply to IN.. OUT \
                          SIZE, which makes an image";
            return Err(Failure::Input(reason.into()));
        }
        Ok((keys, outdir))
    }
}

impl Source<'_> {
    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let files = self
            .inputs
            .iter()
            .map(|input| Ok((input, input.display().to_string(), read_file("IN", input)?)));
        let files = files.collect::<Result<Vec<_>, Failure>>()?;
        let mut texts = Vec::new();
        for (input, name, bytes) in &files {
            let text = factory_fs::utf8(bytes).map_err(|error| Failure::Input(format!("{name}: {error}")))?;
            if json::is_json(input, text) {
                return self.encode_json(name, text);
            }
            texts.push(CsvFile { name, text });
        }
        self.encode_csv(&texts)
    }

    fn encode_json(&self, name: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if self.compat == CsvCompat::On {
            return Err(Failure::option("--compat", "applies only to CSV files"));
        }
        if self.inputs.len() > 1 {
            return Err(Failure::Input(format!(
                "{name}: is JSON; several files are supported only in CSV"
            )));
        }
        let image = json::generate(name, text, self.size, self.version);
        image.map(Zeroizing::new).map_err(Failure::Input)
    }

    fn encode_csv(&self, files: &[CsvFile<'_>]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let load = |path: &str| {
            let bytes = read_input(Path::new(path)).map_err(|error| format!("{path}: {error}"));
            bytes.map(|mut bytes| std::mem::take(&mut *bytes))
        };
        let image = encode_csv(files, self.size, self.version, self.compat, load);
        let image = image
            .map(Zeroizing::new)
            .map_err(|error| Failure::Input(error.to_string()))?;
        for warning in csv_warnings(files, self.compat) {
            let remedy = match warning.kind {
                CsvWarningKind::WifiRows => "; --compat adds them",
                _ => "",
            };
            say(format_args!("warning: {warning}{remedy}"));
        }
        Ok(image)
    }
}
