//! `dcl`: the record of a file in the Distributed Compliance Ledger.

use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use clap::Args;
use cli::{Failure, print, print_json, say};
use matter_ota_image::{DigestType, ModelVersion, OtaUrl, PayloadHasher};
use serde_json::{Map, Value};

use crate::findings::refuse_errors;
use crate::options::{Allow, PayloadRules};
use crate::scan::{Scanned, Source};

/// The arguments of `dcl`.
#[derive(Args)]
pub(crate) struct Dcl {
    /// File as providers will download it
    file: PathBuf,
    /// URL of the download: https, at most 256 bytes of ASCII
    #[arg(long, value_name = "URL")]
    ota_url: String,
    /// Version number in the Certification Declaration, 0 to 65535
    #[arg(long, value_name = "N")]
    cd_version_number: Option<String>,
    /// Digest type of the whole file: sha256, sha384, sha512, sha3_256, sha3_384 or sha3_512. The SDK's own check
    /// computes SHA-256 for sha512
    #[arg(long, value_name = "TYPE", default_value = "sha256")]
    checksum_type: String,
    /// Firmware information in the DCL, at most 512 bytes
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    firmware_information: Option<String>,
    /// Account that signs the record
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    #[command(flatten)]
    allow: Allow,
    /// Write only the JSON, including the command
    #[arg(long)]
    json: bool,
}

impl Dcl {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let url = OtaUrl::new(&self.ota_url).map_err(|error| Failure::option("--ota-url", error))?;
        let kind = cli::parse::<DigestType>("--checksum-type", Some(&self.checksum_type))?;
        let kind = kind.unwrap_or(DigestType::Sha256);
        let number = cli::parse_number("--cd-version-number", self.cd_version_number.as_deref(), 0, 0xFFFF)?;
        let mut hasher = PayloadHasher::new(kind);
        let scanned = Scanned::read_whole(&Source::open("FILE", &self.file)?, |piece, _| {
            hasher.update(piece);
            Ok(())
        })?;
        refuse_errors(&self.file, &scanned.judge(&PayloadRules::none(), &self.allow.allow))?;
        let header = scanned.checked_header(&self.file)?;
        let wrong = |error: matter_ota_image::Error| Failure::Input(format!("{}: {error}", self.file.display()));
        let version = number.and_then(|number| u16::try_from(number).ok()).unwrap_or(1);
        let mut record = ModelVersion::new(header, hasher.finish(), url, version).map_err(wrong)?;
        if let Some(text) = &self.firmware_information {
            record = record
                .with_firmware_information(text)
                .map_err(|error| Failure::option("--firmware-information", error))?;
        }
        if number.is_none() {
            say("note: cdVersionNumber is assumed to be 1; set it with --cd-version-number");
        }
        let fields = fields(&record);
        let command = command(&fields, self.from.as_deref());
        let mut object: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
        if self.json {
            object.insert("command".into(), command.into());
            return print_json(format_args!("{:#}", Value::Object(object)));
        }
        print_json(format_args!("{:#}", Value::Object(object)))?;
        if self.from.is_none() {
            say("note: the command requires the signing account: --from NAME");
        }
        print(command)
    }
}

/// Returns the fields by their names in the DCL's message.
fn fields(record: &ModelVersion<'_>) -> Vec<(&'static str, Value)> {
    let header = record.header();
    let mut fields: Vec<(&'static str, Value)> = vec![
        ("vid", record.vendor_id().get().into()),
        ("pid", record.product_id().get().into()),
        ("softwareVersion", header.software_version().get().into()),
        ("softwareVersionString", header.software_version_string().get().into()),
        ("cdVersionNumber", record.cd_version_number().into()),
        (
            "minApplicableSoftwareVersion",
            record.min_applicable_version().get().into(),
        ),
        (
            "maxApplicableSoftwareVersion",
            record.max_applicable_version().get().into(),
        ),
    ];
    if let Some(text) = record.firmware_information() {
        fields.push(("firmwareInformation", text.into()));
    }
    fields.push(("softwareVersionValid", record.is_valid().into()));
    fields.push(("otaUrl", record.ota_url().get().into()));
    fields.push(("otaFileSize", record.ota_file_size().into()));
    fields.push((
        "otaChecksum",
        Base64::encode_string(record.ota_checksum().as_bytes()).into(),
    ));
    fields.push(("otaChecksumType", record.ota_checksum().kind().get().into()));
    if let Some(url) = header.release_notes_url() {
        fields.push(("releaseNotesUrl", url.get().into()));
    }
    fields
}

fn command(fields: &[(&str, Value)], from: Option<&str>) -> String {
    let mut command = "dcld tx model add-model-version".to_owned();
    for (name, value) in fields {
        let value = match value {
            Value::String(text) => quoted(text),
            other => other.to_string(),
        };
        command.push_str(&format!(" --{name}={value}"));
    }
    if let Some(from) = from {
        command.push_str(&format!(" --from={}", quoted(from)));
    }
    command
}

/// Quotes a text as one word for a shell.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.,:/+=@%".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
