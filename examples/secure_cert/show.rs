//! What the commands of `secure-cert` print.

use std::path::Path;

use base16ct::lower::encode_string as hex;
use cli::{Failure, FindingLine, print, print_json, say};
use esp_secure_cert::{Error, Finding, Image, Record, RecordType, Severity, Storage, Tail};
use serde_json::{Map, Value};

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
        let objects = records.iter().map(|record| object(record, show_keys));
        print_json(format_args!("{:#}", Value::Array(objects.collect())))?;
    } else {
        for record in &records {
            print(line(record, show_keys))?;
        }
        let tail = match image.tail() {
            Tail::Nothing => "",
            Tail::Erased => ", erased flash behind them",
            Tail::Marker => ", an end marker behind them",
            Tail::Other => ", other bytes behind them",
        };
        say(format_args!("{} records{tail}", records.len()));
    }
    match damage {
        None => Ok(()),
        Some(error) => Err(Failure::No(format!("{}: damaged: {error}", path.display()))),
    }
}

/// Tells whether a record holds a key that only `--show-keys` shows.
fn is_secret(record: &Record<'_>) -> bool {
    let kind = record.kind();
    let key = kind == RecordType::PRIV_KEY || kind == RecordType::TEE_SEC_STORAGE_KEY;
    key && !record.data().is_empty() && record.flags().storage() != Storage::HmacEncrypted
}

fn object(record: &Record<'_>, show_keys: bool) -> Value {
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
    put("offset", record.offset().into());
    put("type", record.kind().code().into());
    put("type_name", record.kind().to_string().into());
    put("subtype", record.subtype().into());
    put("flags", record.flags().bits().into());
    put("storage", record.flags().storage().name().into());
    put("length", record.data().len().into());
    put("crc_ok", record.crc_ok().into());
    if show_keys || !is_secret(record) {
        put("data", hex(record.data()).into());
    }
    Value::Object(object)
}

fn line(record: &Record<'_>, show_keys: bool) -> String {
    const SHOWN: usize = 24;
    let (data, kind) = (record.data(), record.kind().to_string());
    let shown = if is_secret(record) && !show_keys {
        "[a key; --show-keys shows it]".to_owned()
    } else {
        let start = data
            .get(..SHOWN)
            .map_or_else(|| hex(data), |start| format!("{}..", hex(start)));
        if show_keys && is_secret(record) {
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
    let lines = findings.iter().map(|finding| FindingLine {
        id: finding.kind.id(),
        severity: finding.severity.to_string(),
        place: ("offset", finding.offset),
        text: finding.to_string(),
        is_bad: finding.severity == Severity::Error,
    });
    cli::show_findings(&lines.collect::<Vec<_>>(), json, "errors")
}
