//! The options of a run: one declaration for the command line and for `--job`, and those of the product from the table
//! of fields.

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
        cli::options_with_labels! {
            /// The options of a run as text: on the command line, or as members of a JSON object, described by
            /// `docs/job.schema.json`. A member has the name of the option without dashes.
            #[derive(Default, clap::Args, Deserialize)]
            #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
            pub(crate) struct Options {
                /// Number of devices, 1 to 4294967295 [default: 1, or the rows of --mcsv, which take precedence]
                #[arg(short = 'n', long, value_name = "N", allow_hyphen_values = true)]
                pub(crate) count: Option<Text>,
                /// Vendor id, 0x0001 to 0xFFF4
                #[arg(
                    short = 'v',
                    long,
                    value_name = "ID",
                    allow_hyphen_values = true,
                    required_unless_present = "job"
                )]
                pub(crate) vendor_id: Option<Text>,
                /// Product id, 0x0001 to 0xFFFF
                #[arg(
                    short = 'p',
                    long,
                    value_name = "ID",
                    allow_hyphen_values = true,
                    required_unless_present = "job"
                )]
                pub(crate) product_id: Option<Text>,
                /// Output folder [default: out]
                #[arg(long, value_name = "DIR")]
                pub(crate) outdir: Option<PathBuf>,
                /// Partition size in bytes, a multiple of 0x1000 from 0x3000 to 0x2000000 [default: 0x6000]
                #[arg(short = 's', long, value_name = "BYTES", allow_hyphen_values = true)]
                pub(crate) size: Option<Text>,
                /// Encrypt every partition with a key of its own, in a keys partition of 4096 bytes beside it
                #[arg(short = 'e', long)]
                pub(crate) encrypt: bool,
                /// Omit the factory partitions; certificates, codes and tables are written
                #[arg(long)]
                pub(crate) no_bin: bool,
                /// Files written beside the images of a device: all (the vendor tool's files), certs (nothing secret)
                /// or none, which leaves the images as the only copies [default: all]
                #[arg(long, value_name = "WHICH")]
                pub(crate) internal: Option<Text>,
                /// Seed of all random numbers, for tests only, 2 to 64 hexadecimal digits, or - for standard input;
                /// gives the same output on every machine
                #[arg(long, value_name = "HEX")]
                pub(crate) seed: Option<Text>,
                /// Number of threads, 1 to 1024 [default: one per core]
                #[arg(long, value_name = "N", allow_hyphen_values = true)]
                pub(crate) jobs: Option<Text>,

                #[command(flatten, next_help_heading = "Commissioning")]
                pub(crate) passcode: Passcode,
                /// Discriminator of a single device, 0 to 4095
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Commissioning")]
                pub(crate) discriminator: Option<Text>,
                /// Passcode for each device: one per line, or the column 'passcode' of a table
                #[arg(long, value_name = "FILE", help_heading = "Commissioning")]
                pub(crate) passcodes: Option<PathBuf>,
                /// Discriminator for each device: one per line, or the column 'discriminator' of a table
                #[arg(long, value_name = "FILE", help_heading = "Commissioning")]
                pub(crate) discriminators: Option<PathBuf>,
                /// Store no verifier, for devices that draw their own passcodes
                #[arg(long, help_heading = "Commissioning")]
                pub(crate) enable_dynamic_passcode: bool,
                /// Salt of a single device, 16 to 32 bytes in base64; requires --verifier and --passcode
                #[arg(long, value_name = "BASE64", help_heading = "Commissioning")]
                pub(crate) salt: Option<Text>,
                #[command(flatten, next_help_heading = "Commissioning")]
                pub(crate) verifier: Verifier,
                /// PBKDF2 iterations, 1000 to 100000 [default: 10000]
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

                /// Make a PAI with the PAA of --cert and --key, or use that of an earlier run, and sign certificates
                /// with it
                #[arg(long, help_heading = "Attestation")]
                pub(crate) paa: bool,
                /// Sign certificates with the PAI of --cert and --key, or use DACs that it has signed
                #[arg(long, help_heading = "Attestation")]
                pub(crate) pai: bool,
                /// Certificate of the PAA or PAI, PEM or DER
                #[arg(short = 'c', long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) cert: Option<PathBuf>,
                /// Private key of the PAA or PAI, PEM or DER, PKCS#8 or SEC 1
                #[arg(short = 'k', long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) key: Option<PathBuf>,
                /// Location of that key instead: file:PATH, pkcs11:... (RFC 7512; PIN from its pin-source or
                /// MATTER_PIN) or exec:PROGRAM
                #[arg(long, value_name = "URI", help_heading = "Attestation")]
                pub(crate) signer: Option<Text>,
                #[command(flatten, next_help_heading = "Attestation")]
                pub(crate) password: Password,
                /// DAC of a single device, signed by the PAI of --cert, PEM or DER
                #[arg(long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) dac_cert: Option<PathBuf>,
                /// Private key of --dac-cert, PEM or DER, PKCS#8 or SEC 1
                #[arg(long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) dac_key: Option<PathBuf>,
                /// Folder with a DAC and its key for each device: PEM, DER, PKCS#8, PKCS#12 or raw
                #[arg(long, value_name = "DIR", help_heading = "Attestation")]
                pub(crate) dac_dir: Option<PathBuf>,
                /// Certification Declaration (also -cd), DER
                #[arg(long, value_name = "FILE", help_heading = "Attestation")]
                pub(crate) cert_dclrn: Option<PathBuf>,
                /// Accept a declaration that does not cover the product
                #[arg(long, help_heading = "Attestation")]
                pub(crate) allow_cd_mismatch: bool,
                /// Validity of the certificates in days (also -lt), from 1 [default: 36500, or as long as their issuer]
                #[arg(long, value_name = "DAYS", allow_hyphen_values = true, help_heading = "Attestation")]
                pub(crate) lifetime: Option<Text>,
                /// Start of the certificates' validity (also -vf): YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC [default:
                /// now]
                #[arg(long, value_name = "TIME", allow_hyphen_values = true, help_heading = "Attestation")]
                pub(crate) valid_from: Option<Text>,
                /// Make a throw-away PAA, PAI and declaration in test-pki/ of the output folder, or in
                /// test-pki-VID_PID/ for a further product: for development only
                #[arg(long, help_heading = "Attestation")]
                pub(crate) test_pki: bool,
                /// Prefix of the common name of a PAI to make (also -cn), 1 to 57 bytes [default: ESP32]
                #[arg(long, value_name = "TEXT", help_heading = "Attestation")]
                pub(crate) cn_prefix: Option<Text>,

                /// Store certificates and key of a device in an esp_secure_cert partition instead of NVS
                #[arg(long, help_heading = "esp_secure_cert partition")]
                pub(crate) dac_in_secure_cert: bool,
                /// Store discriminator, verifier, salt and iteration count there too; requires the two other
                /// *-in-secure-cert options
                #[arg(long, help_heading = "esp_secure_cert partition")]
                pub(crate) commissionable_data_in_secure_cert: bool,
                /// Store the unique id for rotating device ids [default: random] there too; requires the two other
                /// *-in-secure-cert options
                #[arg(long, help_heading = "esp_secure_cert partition")]
                pub(crate) rd_id_uid_in_secure_cert: bool,
                /// Omit the esp_secure_cert partition; refused if a device's key would be in no partition
                #[arg(long, help_heading = "esp_secure_cert partition")]
                pub(crate) no_secure_cert_bin: bool,
                /// Keep the key in an eFuse for the ECDSA peripheral (also -ds): in a file for espefuse and in no
                /// partition
                #[arg(long, help_heading = "esp_secure_cert partition")]
                pub(crate) ds_peripheral: bool,
                /// eFuse key block for --ds-peripheral, 0 to 5; 0 to 4 on esp32h2 and esp32s31; -1 for none
                #[arg(
                    long,
                    value_name = "N",
                    allow_hyphen_values = true,
                    help_heading = "esp_secure_cert partition"
                )]
                pub(crate) efuse_key_id: Option<Text>,
                /// Target chip [default: esp32]
                #[arg(long, value_name = "NAME", help_heading = "esp_secure_cert partition")]
                pub(crate) target: Option<Text>,
                /// Serial port of a chip; always refused with the commands to use instead, since this tool does not
                /// burn or write chips
                #[arg(long, value_name = "PORT", help_heading = "esp_secure_cert partition")]
                pub(crate) port: Option<Text>,

                /// Profile in JSON for an image of the whole flash of each device, encrypted with its own key, and a
                /// plan for its eFuses
                #[arg(long, value_name = "PROFILE", help_heading = "Flash")]
                pub(crate) flash_plan: Option<PathBuf>,

                $(
                    #[doc = $description]
                    #[arg(long = $name, value_name = $value, allow_hyphen_values = matches!($value, "N" | "DATE"), help_heading = "Device information")]
                    #[serde(rename = $name)]
                    pub(crate) $field: Option<Text>,
                )*
                /// Serial number for each device: one per line, or the column 'serial-num' of a table
                #[arg(long, value_name = "FILE", help_heading = "Device information")]
                pub(crate) serials: Option<PathBuf>,
                /// Give every device a unique id for rotating device ids
                #[arg(long, help_heading = "Device information")]
                pub(crate) enable_rotating_device_id: bool,
                /// Rotating id of a single device, 32 hexadecimal digits, or - for standard input [default: random]
                #[arg(long, value_name = "HEX", help_heading = "Device information")]
                pub(crate) rd_id_uid: Option<Text>,
                $(
                    #[doc = $list_description]
                    #[arg(long = $list_name, value_name = $list_value, num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                    #[serde(rename = $list_name)]
                    pub(crate) $list: Option<Vec<Text>>,
                )*
                /// Languages such as en-US, 1 to 35 characters each
                #[arg(long, value_name = "TAG", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                pub(crate) locales: Option<Vec<Text>>,
                /// Fixed labels as ENDPOINT/LABEL/VALUE, texts of 1 to 16 bytes
                #[arg(long, value_name = "LABEL", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                pub(crate) fixed_labels: Option<Vec<Text>>,
                /// Modes as MODE/LABEL/ENDPOINT, optionally followed by /VALUE\\MANUFACTURER, VALUE\\MANUFACTURER
                #[arg(long, value_name = "MODE", num_args = 1.., action = clap::ArgAction::Append, help_heading = "Device information")]
                pub(crate) supported_modes: Option<Vec<Text>>,
                /// MQTT broker of ESP RainMaker, 1 to 253 visible ASCII characters
                #[arg(long, value_name = "HOST", help_heading = "Device information")]
                pub(crate) mqtt_host: Option<Text>,
                /// File with the columns of --mcsv to use: rows key,type,encoding[,REPEAT]
                #[arg(long, value_name = "FILE", help_heading = "Device information")]
                pub(crate) csv: Option<PathBuf>,
                /// File with the values of those columns: a header and a row for each device
                #[arg(long, value_name = "FILE", help_heading = "Device information")]
                pub(crate) mcsv: Option<PathBuf>,

                /// Format of label sheets: svg (a file for each page), pdf or none [default: none]
                #[arg(long, value_name = "FORMAT", help_heading = "Labels")]
                pub(crate) labels: Option<Text>,
            }
            {
                /// Write all QR code pictures into one zip file
                #[arg(long, help_heading = "Files about all devices")]
                pub(crate) qr_zip: bool,
                /// P-256 key that signs the manifest: a file in PEM or DER, pkcs11:... or exec:PROGRAM; `pai` for the
                /// key of the run's PAI
                #[arg(long, value_name = "KEY", help_heading = "Files about all devices")]
                pub(crate) sign_manifest: Option<PathBuf>,
                /// Omit passcodes, and the codes that contain them, from the manifest
                #[arg(long, help_heading = "Files about all devices")]
                pub(crate) no_passcode_in_manifest: bool,

                /// Database of all runs and devices, which runs may share: a file, or postgresql://USER@HOST/DATABASE
                /// [default: ledger.sqlite in --outdir]
                #[arg(long, value_name = "FILE|URL", help_heading = "Run")]
                pub(crate) ledger: Option<PathBuf>,
                /// Key of the ledger's passcodes, made with a new ledger [default: FILE.key of --ledger; required for a
                /// URL]
                #[arg(long, value_name = "FILE", help_heading = "Run")]
                pub(crate) ledger_key: Option<PathBuf>,
                /// Values that devices of the ledger must not share: passcode,serial,pair,key (pair: discriminator and
                /// passcode)
                #[arg(long, value_name = "LIST", num_args = 0..=1, default_missing_value = "", action = clap::ArgAction::Append, help_heading = "Run")]
                #[serde(deserialize_with = "one")]
                pub(crate) unique: Option<Vec<Text>>,
                /// Order of the devices, which has at most --order-size devices over all runs of the ledger
                #[arg(long, value_name = "ID", help_heading = "Run")]
                pub(crate) order: Option<Text>,
                /// Number of devices of the order, 1 to 4294967295
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Run")]
                pub(crate) order_size: Option<Text>,
                /// Audit of finished devices before they are published: none, sample (one in a hundred) or full
                /// [default: sample]
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

        /// Options with several values, the first of which may follow an equals sign.
        pub(crate) const MULTIPLE: &[&str] =
            &[$(concat!("--", $list_name),)* "--locales", "--fixed-labels", "--supported-modes"];

        impl Options {
            /// Returns the given fields of the product, each with its option and its values.
            pub(crate) fn product(&self) -> impl Iterator<Item = (&'static str, &'static ProductField, &[Text])> {
                let texts = [$((concat!("--", $name), self.$field.as_ref().map(std::slice::from_ref))),*];
                let lists = [$((concat!("--", $list_name), self.$list.as_deref())),*];
                // The table also lists texts first.
                let given = texts.into_iter().chain(lists).zip(ProductInformation::FIELDS);
                given.filter_map(|((option, values), field)| Some((option, field, values?)))
            }
        }
    };
}
matter_factory_data::product_fields!(define);

/// In JSON it is a single text, on the command line it may be several.
fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Text>>, D::Error> {
    Ok(Option::<Text>::deserialize(deserializer)?.map(|text| vec![text]))
}

impl Options {
    /// Reads options from a JSON file. Their values are not parsed.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] if it cannot be read, is not JSON, or has a member that is unknown or of another type.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| Failure::Input(format!("--job {}: {reason}", path.display()));
        let bytes = read_file("--job", path)?;
        let text = factory_fs::utf8(&bytes).map_err(|error| wrong(&error))?;
        // Without this check an array's elements would be read as members in order.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(wrong(&"is not a JSON object"));
        }
        serde_json::from_str(text).map_err(|error| wrong(&sentence(&error)))
    }

    /// Replaces the location of each secret by the secret: a file, `-` for standard input, the environment.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] if one cannot be read.
    pub(crate) fn read_secrets(&mut self) -> Result<(), Failure> {
        self.passcode.resolve()?;
        self.verifier.resolve()?;
        self.password.resolve()
    }

    /// Does the same for secrets with a location only on the command line: in JSON they are literal.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] if standard input is not a single line.
    pub(crate) fn read_arguments(&mut self) -> Result<(), Failure> {
        for (option, text) in [("--seed", &mut self.seed), ("--rd-id-uid", &mut self.rd_id_uid)] {
            if let Some(given) = text.take() {
                *text = Some(read_argument(option, given.expose().to_owned())?.as_str().into());
            }
        }
        Ok(())
    }

    /// Returns the input files, each with its field.
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
    /// Returns the file of the key that signs the manifest, if it is a file.
    pub(crate) fn manifest_key_file(&self) -> Option<&Path> {
        let path = self.sign_manifest.as_deref()?;
        let is_uri = |scheme: &&str| path.to_str().is_some_and(|text| text.starts_with(scheme));
        (!["file:", "pkcs11:", "exec:"].iter().any(is_uri)).then_some(path)
    }
}

/// Returns the parser's error without the offending value, which may be a secret.
fn sentence(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let (place, tail) = (
        format!("line {} column {}", error.line(), error.column()),
        message.rsplit_once(", expected "),
    );
    match tail {
        Some((_, expected)) if message.starts_with("invalid") => {
            let expected = expected.split(" at line ").next().unwrap_or_default();
            format!("{place}: not {expected}")
        }
        Some(_) => {
            let what = message.split(", expected ").next().unwrap_or_default();
            format!("{place}: {what}; docs/job.schema.json lists all")
        }
        None => message,
    }
}
