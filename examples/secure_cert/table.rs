//! The CSV file of `configure_esp_secure_cert.py`: a record for each row, from `tlv_type` to `efuse_key`.

use base16ct::mixed::decode_vec;
use cli::{Failure, check_columns};
use esp_nvs_image::{Encoding, OwnedValue};
use esp_secure_cert::{Flags, RecordSource, RecordSpec, RecordType};
use factory_fs::{Dialect, Table, TableRow, utf8};
use zeroize::Zeroizing;

use crate::material::{Place, material};
use crate::spec::{Spec, type_named};

const TYPE: &str = "tlv_type";
const SUBTYPE: &str = "tlv_subtype";
const VALUE: &str = "data_value";
const FORM: &str = "data_type";
const KEY: &str = "priv_key_type";

/// Returns whether a SPEC is such a table rather than JSON.
pub(crate) fn is_table(text: &[u8]) -> bool {
    let text = utf8(text).unwrap_or_default();
    let rows = text.get(Dialect::of(text.as_bytes()).start..).unwrap_or_default();
    rows.trim_start().trim_start_matches('"').starts_with(TYPE)
}

impl Spec {
    pub(crate) fn from_table(place: Place<'_>, text: &[u8]) -> Result<Self, Failure> {
        let path = place.spec;
        let table = Table::parse(path, text).map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
        check_columns(&table)?;
        let Some((header, rows)) = table.rows().split_first() else {
            return Err(Failure::Input(format!("{}: has no header", path.display())));
        };
        let number = |name: &str| header.cells().position(|cell| cell.trim() == name);
        for name in [TYPE, SUBTYPE, VALUE, FORM] {
            if number(name).is_none() {
                return Err(Failure::Input(format!("{}:1: has no column '{name}'", path.display())));
            }
        }
        let cell = |row: &TableRow, name: &str| {
            let cell = number(name).and_then(|number| row.get(number)).unwrap_or_default();
            Zeroizing::new(cell.trim().to_owned())
        };
        let mut records = Vec::<RecordSpec>::new();
        for row in rows {
            let first = cell(row, TYPE);
            if first.starts_with('#') || row.cells().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let wrong = |name: &str, reason: &str| {
                Failure::Input(format!("{}:{}: column '{name}': {reason}", path.display(), row.line()))
            };
            let kind = record_type(&first).ok_or(wrong(TYPE, "is not a record type"))?;
            let subtype = cell(row, SUBTYPE).parse::<u8>();
            let subtype = subtype.map_err(|_| wrong(SUBTYPE, "is not a number in the range 0 to 255"))?;
            if kind == RecordType::PRIV_KEY && !matches!(&**cell(row, KEY), "" | "plaintext") {
                let reason = "must be plaintext; keys in eFuses are made with the chip (matter-mfg --ds-peripheral)";
                return Err(wrong(KEY, reason));
            }
            if records
                .iter()
                .any(|other| (other.kind, other.subtype) == (kind, Some(subtype)))
            {
                return Err(wrong(SUBTYPE, "duplicate subtype of an earlier record of this type"));
            }
            let value = cell(row, VALUE);
            let data = match cell(row, FORM).as_str() {
                "file" => place.read(&value, kind)?,
                form => {
                    let bytes = inline(form, &value).map_err(|(name, reason)| wrong(name, reason))?;
                    material(kind, &bytes).map_err(|reason| wrong(VALUE, &reason))?
                }
            };
            records.push(RecordSpec {
                kind,
                subtype: Some(subtype),
                flags: Flags::default(),
                length: None,
                source: RecordSource::Data(data),
            });
        }
        // The tool appends a digest to its records.
        records.push(RecordSpec {
            kind: RecordType::INTEGRITY,
            subtype: None,
            flags: Flags::default(),
            length: None,
            source: RecordSource::Digest,
        });
        let path = path.to_owned();
        Ok(Self { path, records })
    }
}

/// Returns the value of a cell, or the wrong column and the reason.
fn inline(form: &str, value: &str) -> Result<Zeroizing<Vec<u8>>, (&'static str, &'static str)> {
    let bytes = match form {
        "string" => Some(value.as_bytes().to_vec()),
        "hex" => decode_vec(value.replace(' ', "")).ok(),
        "base64" => match Encoding::Base64.parse(value) {
            Ok(OwnedValue::Blob(ref bytes)) => Some(bytes.clone()),
            _ => None,
        },
        _ => return Err((FORM, "must be file, string, hex or base64")),
    };
    bytes.map(Zeroizing::new).ok_or((VALUE, "does not match data_type"))
}

/// Parses a type name of the tool, such as `ESP_SECURE_CERT_DEV_CERT_TLV`, a name of ours, or a number.
fn record_type(text: &str) -> Option<RecordType> {
    let name = text.strip_prefix("ESP_SECURE_CERT_").unwrap_or(text);
    type_named(name.strip_suffix("_TLV").unwrap_or(name))
}
