//! The options of a run: one declaration for the command line and for `--job`, and the product's from the table of fields.

use std::path::{Path, PathBuf};

use cli::{Failure, Passcode, Password, Text, Trust, Verifier, read_argument, read_file};
use matter_factory_data::{ProductField, ProductInformation};
use matter_mfg::Field;
use serde::{Deserialize, Deserializer};

/// Options of several letters that the vendor's tool spells with one dash.
pub(crate) const SINGLE_DASH: [(&str, &str); 7] = [
    ("-cd", "--cert-dclrn"),
    ("-cn", "--cn-prefix"),
    ("-cf", "--commissioning-flow"),
    ("-dm", "--discovery-mode"),
    ("-lt", "--lifetime"),
    ("-vf", "--valid-from"),
    ("-ds", "--ds-peripheral"),
];
macro_rules! define {
    (
        texts { $($field:ident: $type:ident = $group:ident $key:literal, $name:literal, $value:literal, $description:literal;)* }
        lists {
            $($list:ident: $list_type:ident = $list_group:ident $list_key:literal, $list_name:literal, $list_value:literal,
                $list_description:literal;)*
        }
    ) => {
        cli::options! {
            /// The options of a run as they are written: on the command line, or as the members of a JSON object, which
            /// `docs/job.schema.json` describes. A member is named as the option without its dashes.
            #[derive(Default, clap::Args, Deserialize)]
            #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
            pub(crate) struct Options {
                /// Number of devices, 1..=4294967295 [default: 1, or the rows of --mcsv, which win]
                #[arg(short = 'n', long, value_name = "N", allow_hyphen_values = true)]
                pub(crate) count: Option<Text>,
                /// Vendor id, 0x0001..=0xFFF4
                #[arg(
                    short = 'v',
                    long,
                    value_name = "ID",
                    allow_hyphen_values = true,
                    required_unless_present = "job"
                )]
                pub(crate) vendor_id: Option<Text>,
                /// Product id, 0x0001..=0xFFFF
                #[arg(
                    short = 'p',
                    long,
                    value_name = "ID",
                    allow_hyphen_values = true,
                    required_unless_present = "job"
                )]
                pub(crate) product_id: Option<Text>,
                /// Folder for the output [default: out]
                #[arg(long, value_name = "DIR")]
                pub(crate) outdir: Option<PathBuf>,
                /// Partition size in bytes, a multiple of 0x1000 in 0x3000..=0x2000000 [default: 0x6000]
                #[arg(short = 's', long, value_name = "BYTES", allow_hyphen_values = true)]
                pub(crate) size: Option<Text>,
                /// Encrypts every partition with a key of its own, beside it in a keys partition of 4096 bytes
                #[arg(short = 'e', long)]
                pub(crate) encrypt: bool,
                /// Leaves the factory partitions out; certificates, codes and tables are written
                #[arg(long)]
                pub(crate) no_bin: bool,
                /// What is written beside the images of a device: all (the vendor tool's files), certs (nothing secret) or none: the images
                /// have the only copies then [default: all]
                #[arg(long, value_name = "WHICH")]
                pub(crate) internal: Option<Text>,
                /// Draws everything from this seed, for tests only: 2..=64 hexadecimal digits, or - for standard input; the same output on
                /// every machine
                #[arg(long, value_name = "HEX")]
                pub(crate) seed: Option<Text>,
                /// Threads, 1..=1024 [default: one on each core]
                #[arg(long, value_name = "N", allow_hyphen_values = true)]
                pub(crate) jobs: Option<Text>,

                #[command(flatten, next_help_heading = "Commissioning")]
                pub(crate) passcode: Passcode,
                /// Discriminator of a single device, 0..=4095
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
                pub(crate) discriminator: Option<Text>,
                /// A passcode for each device: one on each line, or the column 'passcode' of a table
                #[arg(long, value_name = "FILE", help_heading = "Commissioning")]
                pub(crate) passcodes: Option<PathBuf>,
                /// A discriminator for each device: one on each line, or the column 'discriminator' of a table
                #[arg(long, value_name = "FILE", help_heading = "Commissioning")]
                pub(crate) discriminators: Option<PathBuf>,
                /// Leaves the verifier to the device, which draws passcodes of its own
                #[arg(long, help_heading = "Commissioning")]
                pub(crate) enable_dynamic_passcode: bool,
                /// Salt of a single device, 16..=32 bytes in base64; needs --verifier and --passcode
                #[arg(long, value_name = "BASE64", help_heading = "Commissioning")]
                pub(crate) salt: Option<Text>,
                #[command(flatten, next_help_heading = "Commissioning")]
                pub(crate) verifier: Verifier,
                /// PBKDF2 iterations, 1000..=100000 [default: 10000]
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
                pub(crate) iteration_count: Option<Text>,
                /// Commissioning flow (also -cf): 0 standard, 1 user intent, 2 custom [default: 0]
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
                pub(crate) commissioning_flow: Option<Text>,
                /// Sum of discovery modes (also -dm): 2 BLE, 4 on network, 8 Wi-Fi PAF, 16 NFC, 32 Thread [default: 2]
                #[arg(
                    long,
                    value_name = "MASK",
                    allow_hyphen_values = true,
                    help_heading = "Commissioning"
                )]
                pub(crate) discovery_mode: Option<Text>,

                /// Makes a PAI with the PAA of --cert and --key, or takes that of an earlier run, and signs certificates with it
                #[arg(long, help_heading = "Attestation")]
                pub(crate) paa: bool,
                /// Signs certificates with the PAI of --cert and --key, or takes DACs that it has signed
                #[arg(long, help_heading = "Attestation")]
                pub(crate) pai: bool,
                /// Certificate of the PAA or PAI, PEM or DER
                #[arg(short = 'c', long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) cert: Option<PathBuf>,
                /// Its private key, PEM or DER, PKCS#8 or SEC 1
                #[arg(short = 'k', long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) key: Option<PathBuf>,
                /// Where that key is instead: file:PATH, pkcs11:... (RFC 7512; the PIN is in its pin-source or MATTER_PIN) or exec:PROGRAM
                #[arg(long, value_name = "URI", help_heading = "Attestation")]
                pub(crate) signer: Option<Text>,
                #[command(flatten, next_help_heading = "Attestation")]
                pub(crate) password: Password,
                /// DAC of a single device that the PAI of --cert has signed, PEM or DER
                #[arg(long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) dac_cert: Option<PathBuf>,
                /// Its private key, PEM or DER, PKCS#8 or SEC 1
                #[arg(long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) dac_key: Option<PathBuf>,
                /// Folder with a DAC and its key for each device: PEM, DER, PKCS#8, PKCS#12 or raw
                #[arg(long, value_name = "DIR", help_heading = "Attestation")]
                pub(crate) dac_dir: Option<PathBuf>,
                /// Certification Declaration (also -cd), DER
                #[arg(long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) cert_dclrn: Option<PathBuf>,
                /// Takes a declaration that does not cover the product
                #[arg(long, help_heading = "Attestation")]
                pub(crate) allow_cd_mismatch: bool,
                /// Lifetime of the certificates in days (also -lt), from 1 [default: 36500, or as long as their issuer]
                #[arg(long, value_name = "DAYS", allow_hyphen_values = true, help_heading = "Attestation")]
                pub(crate) lifetime: Option<Text>,
                /// Start of the certificates (also -vf): YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC [default: now]
                #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Attestation")]
                pub(crate) valid_from: Option<Text>,
                /// Makes a throw-away PAA, PAI and declaration in the output folder, test-pki/ or for a further product test-pki-VID_PID/: for development only
                #[arg(long, help_heading = "Attestation")]
                pub(crate) test_pki: bool,
                /// Beginning of the common name of a PAI that is made (also -cn), 1..=57 bytes [default: ESP32]
                #[arg(long, value_name = "TEXT", help_heading = "Attestation")]
                pub(crate) cn_prefix: Option<Text>,

                /// Puts certificates and key of a device into an esp_secure_cert partition and not into NVS
                #[arg(long, help_heading = "Secure cert partition")]
                pub(crate) dac_in_secure_cert: bool,
                /// The same for discriminator, verifier, salt and iteration count; only with the other two
                #[arg(long, help_heading = "Secure cert partition")]
                pub(crate) commissionable_data_in_secure_cert: bool,
                /// The same for the unique id for rotating device ids [default: random]; only with the other two
                #[arg(long, help_heading = "Secure cert partition")]
                pub(crate) rd_id_uid_in_secure_cert: bool,
                /// Makes no such partition; refused where a device's key would then be in none
                #[arg(long, help_heading = "Secure cert partition")]
                pub(crate) no_secure_cert_bin: bool,
                /// Keeps the key in an eFuse for the ECDSA peripheral (also -ds): in a file for espefuse and in no partition
                #[arg(long, help_heading = "Secure cert partition")]
                pub(crate) ds_peripheral: bool,
                /// The eFuse key block for that, 0..=5; 0..=4 on esp32h2 and esp32s31; -1 is none
                #[arg(
                    long,
                    value_name = "N",
                    allow_hyphen_values = true,
                    help_heading = "Secure cert partition"
                )]
                pub(crate) efuse_key_id: Option<Text>,
                /// The chip [default: esp32]
                #[arg(long, value_name = "NAME", help_heading = "Secure cert partition")]
                pub(crate) target: Option<Text>,
                /// Serial port of a chip. Nothing is burned or written here: refused beside the options above, with the commands for it
                #[arg(long, value_name = "PORT", help_heading = "Secure cert partition")]
                pub(crate) port: Option<Text>,

                /// Makes an image of the whole flash of each device, encrypted with a key of its own, and a plan for its eFuses: the profile,
                /// JSON
                #[arg(long, value_name = "PROFILE", help_heading = "Flash")]
                pub(crate) flash_plan: Option<PathBuf>,

                $(
                    #[doc = $description]
                    #[arg(long = $name, value_name = $value, allow_hyphen_values = matches!($value, "N" | "DATE"), help_heading = "Device information")]
                    #[serde(rename = $name)]
                    pub(crate) $field: Option<Text>,
                )*
                /// A serial number for each device: one on each line, or the column 'serial-num' of a table
                #[arg(long, value_name = "FILE", help_heading = "Device information")]
                pub(crate) serials: Option<PathBuf>,
                /// Gives every device a unique id for rotating device ids
                #[arg(long, help_heading = "Device information")]
                pub(crate) enable_rotating_device_id: bool,
                /// That id for a single device, 32 hexadecimal digits, or - for standard input [default: random]
                #[arg(long, value_name = "HEX", help_heading = "Device information")]
                pub(crate) rd_id_uid: Option<Text>,
                $(
                    #[doc = $list_description]
                    #[arg(long = $list_name, value_name = $list_value, num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                    #[serde(rename = $list_name)]
                    pub(crate) $list: Option<Vec<Text>>,
                )*
                /// Languages such as en-US, 1..=35 characters each
                #[arg(long, value_name = "TAG", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                pub(crate) locales: Option<Vec<Text>>,
                /// Fixed labels as ENDPOINT/LABEL/VALUE, texts of 1..=16 bytes
                #[arg(long, value_name = "LABEL", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                pub(crate) fixed_labels: Option<Vec<Text>>,
                /// Modes as MODE/LABEL/ENDPOINT, behind that perhaps /VALUE\\MANUFACTURER, VALUE\\MANUFACTURER
                #[arg(long, value_name = "MODE", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                pub(crate) supported_modes: Option<Vec<Text>>,
                /// MQTT broker of ESP RainMaker, 1..=253 visible ASCII characters
                #[arg(long, value_name = "HOST", help_heading = "Device information")]
                pub(crate) mqtt_host: Option<Text>,
                /// Which columns of --mcsv are used: rows key,type,encoding[,REPEAT]
                #[arg(long, value_name = "FILE", help_heading = "Device information")]
                pub(crate) csv: Option<PathBuf>,
                /// Values of those columns: a header and a row for each device
                #[arg(long, value_name = "FILE", help_heading = "Device information")]
                pub(crate) mcsv: Option<PathBuf>,

                /// Sheets of labels for a printer: svg (a file for each page), pdf or none [default: none]
                #[arg(long, value_name = "FORMAT", help_heading = "Labels")]
                pub(crate) labels: Option<Text>,
                /// Labels as they are bought: a name such as L7160 or 5160 (docs/output.md lists all), or the size of single labels on a
                /// roll such as 62x29 [default: A4, plain paper with 28 labels]
                #[arg(long, value_name = "NAME|WxH", help_heading = "Labels")]
                pub(crate) label_stock: Option<Text>,
                /// Width and height of a label, in millimetres or with `in` behind them in inches [default: those of --label-stock]
                #[arg(long, value_name = "WxH", help_heading = "Labels")]
                pub(crate) label_size: Option<Text>,
                /// Width and height of the page: A4, Letter or lengths [default: that of --label-stock, or A4]
                #[arg(long, value_name = "WxH", help_heading = "Labels")]
                pub(crate) label_page: Option<Text>,
                /// Labels beside and below each other, 1x1 to 100x100 [default: those of --label-stock, or as many as fit]
                #[arg(long, value_name = "COLUMNSxROWS", help_heading = "Labels")]
                pub(crate) label_grid: Option<Text>,
                /// From the left and the upper edge of the page to the first label [default: the labels are in the middle]
                #[arg(long, value_name = "LEFTxTOP", help_heading = "Labels")]
                pub(crate) label_margins: Option<Text>,
                /// From one label to the next, to the right and down [default: that of --label-stock, or no gaps]
                #[arg(long, value_name = "RIGHTxDOWN", help_heading = "Labels")]
                pub(crate) label_pitch: Option<Text>,
                /// Moves all labels to the right and down, or with a minus to the left and up, as far as the printer misses them: up to 20 mm
                #[arg(long, value_name = "RIGHT,DOWN", allow_hyphen_values = true, help_heading = "Labels")]
                pub(crate) label_offset: Option<Text>,
                /// First label of the first page, counted by rows from 1: those before it are used [default: 1]
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Labels")]
                pub(crate) label_start: Option<Text>,
                /// Draws marks for a cutter beside the labels
                #[arg(long, help_heading = "Labels")]
                pub(crate) label_marks: bool,
                /// Size of a module of the QR codes in millimetres, 0.1 to 5 [default: as large as fits, up to 1.5]
                #[arg(long, value_name = "MM", allow_hyphen_values = true, help_heading = "Labels")]
                pub(crate) label_module: Option<Text>,
                /// All QR code pictures in one zip file
                #[arg(long, help_heading = "BatchFiles of all devices")]
                pub(crate) qr_zip: bool,
                /// Signs the manifest with this P-256 key: a file in PEM or DER, pkcs11:... or exec:PROGRAM; `pai` takes that of the run's PAI
                #[arg(long, value_name = "KEY", help_heading = "BatchFiles of all devices")]
                pub(crate) sign_manifest: Option<PathBuf>,
                /// Leaves passcodes, and the codes that hold them, out of the manifest
                #[arg(long, help_heading = "BatchFiles of all devices")]
                pub(crate) no_passcode_in_manifest: bool,

                /// Database of all runs and devices, which runs may share: a file, or postgresql://USER@HOST/DATABASE
                /// [default: ledger.sqlite in --outdir]
                #[arg(long, value_name = "FILE|URL", help_heading = "Run")]
                pub(crate) ledger: Option<PathBuf>,
                /// Key of the ledger's passcodes, made with a new ledger [default: FILE.key of --ledger; a URL needs one]
                #[arg(long, value_name = "FILE", help_heading = "Run")]
                pub(crate) ledger_key: Option<PathBuf>,
                /// What no two devices of the ledger may share: passcode,serial,pair,key (pair: discriminator and passcode)
                #[arg(long, value_name = "LIST", num_args = 0..=1, default_missing_value = "", action = clap::ArgAction::Append, help_heading = "Run")]
                #[serde(deserialize_with = "one")]
                pub(crate) unique: Option<Vec<Text>>,
                /// Makes the devices for an order, which gets no more than --order-size over all runs of the ledger
                #[arg(long, value_name = "ID", help_heading = "Run")]
                pub(crate) order: Option<Text>,
                /// Devices of the order, 1..=4294967295
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Run")]
                pub(crate) order_size: Option<Text>,
                /// Audits finished devices before they appear: none, sample (one in a hundred) or full [default: sample]
                #[arg(long, value_name = "WHICH", help_heading = "Run")]
                pub(crate) audit: Option<Text>,
                #[command(flatten, next_help_heading = "Run")]
                #[serde(rename = "allow-insecure-permissions")]
                pub(crate) trust: Trust,
                /// The address of the schema, for editors; ignored.
                #[arg(skip)]
                #[serde(rename = "$schema")]
                pub(crate) schema: Option<String>,
            }
        }

        /// Options with several values, the first of which may stand behind an equals sign.
        pub(crate) const MULTIPLE: &[&str] =
            &[$(concat!("--", $list_name),)* "--locales", "--fixed-labels", "--supported-modes"];

        impl Options {
            /// Returns the fields of the product that were given, each with its option and its values.
            pub(crate) fn product(&self) -> impl Iterator<Item = (&'static str, &'static ProductField, &[Text])> {
                let texts = [$((concat!("--", $name), self.$field.as_ref().map(std::slice::from_ref))),*];
                let lists = [$((concat!("--", $list_name), self.$list.as_deref())),*];
                // The table has the texts first, too.
                let given = texts.into_iter().chain(lists).zip(ProductInformation::FIELDS);
                given.filter_map(|((option, values), field)| Some((option, field, values?)))
            }
        }
    };
}
matter_factory_data::product_fields!(define);

/// In JSON it is one text, on the command line it may be several.
fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Text>>, D::Error> {
    Ok(Option::<Text>::deserialize(deserializer)?.map(|text| vec![text]))
}

impl Options {
    /// Reads options from a JSON file. What their values mean is not looked at.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when it cannot be read, is no JSON, or has a member that is unknown or of another type.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| Failure::Input(format!("--job {}: {reason}", path.display()));
        let bytes = read_file("--job", path)?;
        let text = factory_fs::utf8(&bytes).map_err(|error| wrong(&error))?;
        // Members without their names would be taken in their order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(wrong(&"is not a JSON object, which begins with a brace"));
        }
        serde_json::from_str(text).map_err(|error| wrong(&sentence(&error)))
    }

    /// Replaces what says where a secret is by the secret: a file, `-` for standard input, the environment.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when one cannot be read.
    pub(crate) fn read_secrets(&mut self) -> Result<(), Failure> {
        self.passcode.resolve()?;
        self.verifier.resolve()?;
        self.password.resolve()
    }

    /// Does the same for secrets that only a command line can have elsewhere: in JSON they are as they are.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] when standard input is not one line.
    pub(crate) fn read_arguments(&mut self) -> Result<(), Failure> {
        for (option, text) in [("--seed", &mut self.seed), ("--rd-id-uid", &mut self.rd_id_uid)] {
            if let Some(given) = text.take() {
                *text = Some(read_argument(option, given.expose().to_owned())?.as_str().into());
            }
        }
        Ok(())
    }

    /// Returns the files that are read, each with its field.
    pub(crate) fn inputs(&self) -> Vec<(Field, PathBuf)> {
        let manifest_key = self.manifest_key_file().map(Into::into);
        let named = [
            (Field::Certificate, &self.cert),
            (Field::Key, &self.key),
            (Field::Declaration, &self.cert_dclrn),
            (Field::DacCertificate, &self.dac_cert),
            (Field::DacKey, &self.dac_key),
            (Field::Columns, &self.csv),
            (Field::Values, &self.mcsv),
            (Field::FlashPlan, &self.flash_plan),
            (Field::Passcodes, &self.passcodes),
            (Field::Discriminators, &self.discriminators),
            (Field::SerialNumbers, &self.serials),
            (Field::ManifestSigner, &manifest_key),
        ];
        let named = named.into_iter();
        named.filter_map(|(field, path)| Some((field, path.clone()?))).collect()
    }
}

impl Options {
    /// Returns the file of the key that signs the manifest, unless it is elsewhere.
    pub(crate) fn manifest_key_file(&self) -> Option<&Path> {
        let path = self.sign_manifest.as_deref()?;
        let is_uri = |scheme: &&str| path.to_str().is_some_and(|text| text.starts_with(scheme));
        (!["file:", "pkcs11:", "exec:"].iter().any(is_uri)).then_some(path)
    }
}

/// The parser's error without the value that it met, which may be a secret.
fn sentence(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let (place, tail) = (
        format!("line {} column {}", error.line(), error.column()),
        said.rsplit_once(", expected "),
    );
    match tail {
        Some((_, expected)) if said.starts_with("invalid") => {
            let expected = expected.split(" at line ").next().unwrap_or_default();
            format!("{place}: not {expected}")
        }
        Some(_) => {
            let what = said.split(", expected ").next().unwrap_or_default();
            format!("{place}: {what}; docs/job.schema.json lists all")
        }
        None => said,
    }
}
