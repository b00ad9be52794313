//! The output of `secure-cert` commands.

use std::path::Path;

use base16ct::lower::encode_string as hex;
use cli::{Failure, FindingLine, print, print_json, say};
use esp_secure_cert::{Error, Finding, Image, Record, Severity, Tail};
use serde_json::Value;

/// Prints the records of an image; damage is a no.
pub(crate) fn show(path: &Path, bytes: &[u8], json: bool, show_keys: bool) -> Result<(), Failure> {
    let image = Image::new(bytes);
    let mut records = Vec::new();
    let mut damage = None;
    for record in image.records() {
        match record {
            Ok(record) => {
                if !record.crc_ok() {
                    damage = damage.or(Some(Error::Crc {
                        offset: record.offset(),
                    }));
                }
                records.push(record);
            }
            Err(error) => damage = damage.or(Some(error)),
        }
    }
    if records.is_empty() {
        let reason = damage.map_or_else(|| "there is no record at its start".into(), |error| error.to_string());
        return Err(Failure::Input(format!("{}: {reason}", path.display())));
    }
    if json {
        let object = |record: &Record<'_>| match show_keys {
            true => serde_json::to_value(record.expose()),
            false => serde_json::to_value(record),
        };
        let objects = records.iter().map(object).collect::<Result<_, _>>();
        let objects = objects.map_err(|error| Failure::Work(error.to_string()))?;
        print_json(format_args!("{:#}", Value::Array(objects)))?;
    } else {
        for record in &records {
            print(line(record, show_keys))?;
        }
        let tail = match image.tail() {
            Tail::Nothing => "",
            Tail::Erased => ", followed by erased flash",
            Tail::Marker => ", followed by an end marker",
            Tail::Other => ", followed by other bytes",
        };
        say(format_args!("{} records{tail}", records.len()));
    }
    match damage {
        None => Ok(()),
        Some(error) => Err(Failure::No(format!("{}: damaged: {error}", path.display()))),
    }
}

fn line(record: &Record<'_>, show_keys: bool) -> String {
    const SHOWN: usize = 24;
    let (data, kind) = (record.data(), record.kind().to_string());
    let shown = if record.is_secret() && !show_keys {
        "[a key; --show-keys shows it]".to_owned()
    } else {
        let start = data
            .get(..SHOWN)
            .map_or_else(|| hex(data), |start| format!("{}..", hex(start)));
        if show_keys && record.is_secret() {
            hex(data)
        } else {
            start
        }
    };
    let crc = if record.crc_ok() { "" } else { "  [checksum wrong]" };
    format!(
        "{:#06x}  {kind:19}  {:3}  {:14}  {:5} bytes  {shown}{crc}",
        record.offset(),
        record.subtype(),
        record.flags().storage().name(),
        data.len()
    )
}

/// Prints findings; errors among them are a no.
pub(crate) fn show_findings(findings: &[Finding], json: bool) -> Result<(), Failure> {
    let line = |finding: &Finding| FindingLine::new(finding, finding.severity == Severity::Error);
    let lines = findings.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    cli::show_findings(&lines, json, "errors")
}
