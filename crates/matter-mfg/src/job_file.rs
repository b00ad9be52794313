use std::fmt;
use std::path::{Path, PathBuf};

use matter_factory_data::{ProductField, ProductInformation};
use serde::Deserialize;

use crate::{Error, inputs};

mod attestation;
mod parse;
mod text;

pub use self::text::Text;

macro_rules! define {
    (
        texts { $($field:ident: $type:ident = $group:ident $key:literal, $name:literal, $value:literal, $description:literal;)* }
        $($lists:tt)*
    ) => {
        /// The options of a run as they are written: on the command line, or as the members of a JSON object.
        ///
        /// A member is named as the option without its dashes. Values are not understood yet; [`JobFile::into_job`] does that, so
        /// that a file and a command line with the same options are the same job. `docs/job.schema.json` describes the object.
        #[derive(Clone, Default, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        #[expect(clippy::struct_excessive_bools, reason = "one for each option that is a flag")]
        #[expect(missing_docs, reason = "named as the options, which the binary's --help explains")]
        pub struct JobFile {
            /// Names the schema for editors, and changes nothing.
            #[serde(rename = "$schema")]
            pub schema: Option<String>,

            pub count: Option<Text>,
            pub size: Option<Text>,
            pub encrypt: bool,
            pub outdir: Option<PathBuf>,
            pub allow_insecure_permissions: bool,
            pub no_bin: bool,
            pub jobs: Option<Text>,
            pub seed: Option<Text>,

            pub passcode: Option<Text>,
            pub passcodes: Option<PathBuf>,
            pub discriminator: Option<Text>,
            pub discriminators: Option<PathBuf>,
            pub commissioning_flow: Option<Text>,
            pub discovery_mode: Option<Text>,
            pub enable_dynamic_passcode: bool,
            pub iteration_count: Option<Text>,
            pub salt: Option<Text>,
            pub verifier: Option<Text>,

            pub paa: bool,
            pub pai: bool,
            pub test_pki: bool,
            pub cert: Option<PathBuf>,
            pub key: Option<PathBuf>,
            pub password: Option<Text>,
            pub cn_prefix: Option<Text>,
            pub lifetime: Option<Text>,
            pub valid_from: Option<Text>,
            pub cert_dclrn: Option<PathBuf>,
            pub allow_cd_mismatch: bool,
            pub dac_cert: Option<PathBuf>,
            pub dac_key: Option<PathBuf>,
            pub dac_dir: Option<PathBuf>,

            pub dac_in_secure_cert: bool,
            pub commissionable_data_in_secure_cert: bool,
            pub rd_id_uid_in_secure_cert: bool,
            pub no_secure_cert_bin: bool,
            pub ds_peripheral: bool,
            pub efuse_key_id: Option<Text>,
            pub target: Option<Text>,
            pub port: Option<Text>,

            pub vendor_id: Option<Text>,
            pub product_id: Option<Text>,
            pub serials: Option<PathBuf>,
            pub enable_rotating_device_id: bool,
            pub rd_id_uid: Option<Text>,

            pub calendar_types: Vec<Text>,
            pub locales: Vec<Text>,
            pub fixed_labels: Vec<Text>,
            pub supported_modes: Vec<Text>,

            $(#[serde(rename = $name)] pub $field: Option<Text>,)*

            pub mqtt_host: Option<Text>,
            pub csv: Option<PathBuf>,
            pub mcsv: Option<PathBuf>,

            pub labels: Option<Text>,
            pub qr_zip: bool,
            pub sign_manifest: Option<PathBuf>,
            pub no_passcode_in_manifest: bool,

            pub audit: Option<Text>,
            pub ledger: Option<PathBuf>,
            pub unique: Option<Text>,
            pub order: Option<Text>,
            pub order_size: Option<Text>,
        }

        impl JobFile {
            /// The fields of the product that are one text, each with its option.
            fn product(&self) -> impl Iterator<Item = (&'static str, &'static ProductField, Option<&Text>)> {
                let texts = [$((concat!("--", $name), self.$field.as_ref())),*];
                let fields = ProductInformation::FIELDS.iter().zip(texts);
                fields.map(|(field, (option, text))| (option, field, text))
            }
        }
    };
}
matter_factory_data::product_fields!(define);

impl JobFile {
    /// Reads a job from a JSON file. What its members mean is not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::File`] when it cannot be read, is no JSON, or has a member that is unknown or of another type.
    pub fn read(option: &'static str, path: &Path) -> Result<Self, Error> {
        let bytes = inputs::read(option, path)?;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        // Members without their names would be taken in their order.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(Error::file(
                option,
                path,
                "is not a JSON object, which begins with a brace",
            ));
        }
        serde_json::from_slice(bytes).map_err(|error| Error::file(option, path, sentence(&error)))
    }
}

impl fmt::Debug for JobFile {
    /// Shows nothing: a value of one option may be a mistyped secret of another one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobFile").finish_non_exhaustive()
    }
}

/// What the parser says without the value that it met, which may be a secret.
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
