//! `show`: the contents of a header, and the kind of the payload.

use std::path::PathBuf;

use base16ct::lower::encode_string as hex;
use clap::Args;
use cli::{Failure, print, print_json, say};
use matter_ota_image::{DigestType, RawHeader};
use serde_json::{Map, Value};

use crate::findings::Finding;
use crate::options::PayloadRules;
use crate::scan::{Scanned, Watched};

/// The arguments of `show`.
#[derive(Args)]
pub(crate) struct Show {
    /// File to read
    file: PathBuf,
    /// Write JSON: {"vendor_id", "product_id", "software_version", "software_version_string", "payload_size",
    /// "min_applicable_version"?, "max_applicable_version"?, "release_notes_url"?, "digest_type", "digest_type_name"?,
    /// "digest", "header_size", "payload"?: {"kind", …}}
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let scanned = Scanned::read(&self.file, |_| Ok(()))?;
        let shown = self.file.display();
        let header = scanned
            .header()
            .map_err(|error| Failure::Input(format!("{shown}: {error}")))?;
        let rows = rows(&header, &scanned);
        if self.json {
            let object: Map<String, Value> = rows.into_iter().map(|row| (row.name.into(), row.value)).collect();
            print_json(format_args!("{:#}", Value::Object(object)))?;
        } else {
            for row in rows.iter().filter(|row| !row.text.is_empty()) {
                print(line(row.name, &row.text))?;
            }
            for (name, value) in payload(&scanned.payload).into_iter().flatten() {
                let text = match value {
                    Value::String(text) => text,
                    Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                    other => other.to_string(),
                };
                print(line(&format!("payload {name}"), &text))?;
            }
        }
        let judged = scanned.judge(&PayloadRules::none(), &[]);
        let (damage, others): (Vec<_>, Vec<_>) = judged.into_iter().partition(|judged| {
            matches!(judged.finding, Finding::File(error) if matches!(
                error.id(),
                "payload-truncated" | "trailing-bytes" | "digest-mismatch"
            ))
        });
        others.iter().for_each(|judged| say(judged.line()));
        match damage.first() {
            None => Ok(()),
            Some(damage) => Err(Failure::Input(format!("{shown}: {}", damage.finding.text()))),
        }
    }
}

/// A member of the JSON, and its text form.
struct Row {
    name: &'static str,
    value: Value,
    text: String,
}

impl Row {
    fn new(name: &'static str, value: impl Into<Value>, text: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
            text: text.into(),
        }
    }

    fn number(name: &'static str, value: impl Into<u64>) -> Self {
        let value = value.into();
        Self::new(name, value, value.to_string())
    }
}

fn line(name: &str, text: &str) -> String {
    format!("{:25} {text}", name.replace('_', " "))
}

fn rows(header: &RawHeader<'_>, scanned: &Scanned) -> Vec<Row> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let id = |name, value: u16| Row::new(name, value, format!("{value:#06X}"));
    let mut rows = vec![
        id("vendor_id", header.vendor_id),
        id("product_id", header.product_id),
        Row::number("software_version", header.software_version),
    ];
    let version = text(header.software_version_string);
    rows.push(Row::new("software_version_string", version.clone(), version));
    rows.push(Row::number("payload_size", header.payload_size));
    if let Some(min) = header.min_applicable_version {
        rows.push(Row::number("min_applicable_version", min));
    }
    if let Some(max) = header.max_applicable_version {
        rows.push(Row::number("max_applicable_version", max));
    }
    if let Some(url) = header.release_notes_url {
        rows.push(Row::new("release_notes_url", text(url), text(url)));
    }
    let name = DigestType::new(header.digest_type).map(DigestType::name);
    let code = header.digest_type;
    rows.push(Row::new(
        "digest_type",
        code,
        format!("{code} ({})", name.unwrap_or("unknown")),
    ));
    if let Ok(name) = name {
        // For programs; the text form has it after the number.
        rows.push(Row::new("digest_type_name", name, ""));
    }
    rows.push(Row::new("digest", hex(header.digest), hex(header.digest)));
    if let Ok(fixed) = scanned.fixed() {
        rows.push(Row::number("header_size", fixed.header_size));
        rows.push(Row::number("total_size", fixed.total_size));
    }
    if let Some(payload) = payload(&scanned.payload) {
        let members = payload.into_iter().map(|(name, value)| (name.to_owned(), value));
        rows.push(Row::new("payload", Value::Object(members.collect()), ""));
    }
    rows
}

/// Describes a payload for an ESP32.
fn payload(watched: &Watched) -> Option<Vec<(&'static str, Value)>> {
    let app = match watched.app() {
        Some(Ok(app)) => app,
        Some(Err(_)) => return Some(vec![("kind", "esp-app".into()), ("hash", "wrong".into())]),
        None => return other_payload(watched),
    };
    let header = app.image().header();
    let chip = header.chip();
    let chip = chip.map_or_else(|| header.chip_id().to_string(), |chip| chip.to_string());
    let mut members: Vec<(&str, Value)> = vec![("kind", "esp-app".into()), ("chip", chip.into())];
    if let Some(description) = app.image().app_description() {
        members.extend([
            ("project", description.project_name().into()),
            ("version", description.version().into()),
            ("idf_version", description.idf_version().into()),
            ("secure_version", description.secure_version().into()),
        ]);
    }
    members.push(("hash", app.image().hash().map_or("none", |_| "valid").into()));
    members.push(("signature", app.signature().to_string().into()));
    let digests: Vec<_> = app.key_digests().map(|digest| hex(digest)).collect();
    if !digests.is_empty() {
        members.push(("key_digests", digests.into()));
    }
    Some(members)
}

fn other_payload(watched: &Watched) -> Option<Vec<(&'static str, Value)>> {
    if let Some(delta) = watched.delta() {
        return Some(vec![
            ("kind", "esp-delta".into()),
            ("base_hash", hex(delta.base_hash()).into()),
        ]);
    }
    let encrypted = watched.encrypted()?;
    Some(vec![
        ("kind", "esp-encrypted".into()),
        ("form", encrypted.form().to_string().into()),
        ("image_size", encrypted.size().into()),
    ])
}
