//! SPEC: records as `dump --json --show-keys` writes them, with or without `offset` and `crc_ok`, or with a `file` in the place of
//! `data`; or the table of Espressif's tool.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use cli::{Failure, parse_json};
use esp_secure_cert::{Flags, RawRecord, RecordType, Writer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::material::Place;
use crate::table::is_table;

/// The records of a file.
pub(crate) struct Spec {
    pub(crate) path: PathBuf,
    pub(crate) records: Vec<Entry>,
}

pub(crate) struct Entry {
    pub(crate) kind: RecordType,
    pub(crate) subtype: Option<u8>,
    pub(crate) flags: Flags,
    /// `None` for a digest that is computed.
    pub(crate) data: Option<Zeroizing<Vec<u8>>>,
}

const MEMBERS: [&str; 10] = [
    "offset",
    "type",
    "type_name",
    "subtype",
    "flags",
    "storage",
    "length",
    "crc_ok",
    "data",
    "file",
];

impl Spec {
    /// Reads the file strictly: what is said twice must agree, and members that are not known are refused.
    pub(crate) fn parse(place: Place<'_>, text: &[u8]) -> Result<Self, Failure> {
        let path = place.spec;
        if is_table(text) {
            return Self::from_table(place, text);
        }
        let json: Value = parse_json(path, text)?;
        let list = json
            .as_array()
            .ok_or_else(|| Failure::Input(format!("{}: not an array of records", path.display())))?;
        let entry = |(index, value): (usize, &Value)| {
            let object = value.as_object().ok_or(refused(path, index, "is no object"))?;
            let named = object.get("file").map(|file| {
                let name = file.as_str().ok_or(refused(path, index, "file is no text"))?;
                let kind = kind(object).map_err(|reason| refused(path, index, reason))?;
                place.read(name, kind)
            });
            Entry::parse(object, named.transpose()?).map_err(|reason| refused(path, index, reason))
        };
        let records = list.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        Ok(Self {
            path: path.to_owned(),
            records,
        })
    }

    /// Writes the records.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), Failure> {
        for (index, entry) in self.records.iter().enumerate() {
            entry.write(writer).map_err(|error| refused(&self.path, index, error))?;
        }
        Ok(())
    }
}

fn refused(path: &Path, index: usize, reason: impl Display) -> Failure {
    Failure::Input(format!("{}: record {index}: {reason}", path.display()))
}

impl Entry {
    fn parse(object: &Map<String, Value>, named: Option<Zeroizing<Vec<u8>>>) -> Result<Self, String> {
        if object.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(format!("has a member other than {}", MEMBERS.join(", ")));
        }
        let kind = kind(object)?;
        let stored = match object.get("storage").map(Value::as_str) {
            None => None,
            Some(name) => Some(name.and_then(flags_named).ok_or("storage is not known")?),
        };
        let flags = match (byte(object, "flags")?.map(Flags::new), stored) {
            (Some(flags), Some(stored)) if flags.storage() != stored.storage() => {
                return Err("flags and storage do not agree".into());
            }
            (flags, stored) => flags.or(stored).unwrap_or_default(),
        };
        let is_file = named.is_some();
        let data = match object.get("data") {
            Some(_) if is_file => return Err("has a file and data; one of them is allowed".into()),
            None if is_file => named,
            Some(data) => Some(
                data.as_str()
                    .and_then(|text| base16ct::mixed::decode_vec(text).ok())
                    .map(Zeroizing::new)
                    .ok_or("data is not pairs of hexadecimal digits")?,
            ),
            None if kind == RecordType::INTEGRITY => None,
            None if flags.storage().is_keyless() => Some(Zeroizing::default()),
            None => return Err("data is missing (dump leaves keys out without --show-keys)".into()),
        };
        if let (Some(length), Some(data)) = (object.get("length"), &data) {
            let stated = length.as_u64().and_then(|length| usize::try_from(length).ok());
            if stated != Some(data.len()) {
                return Err(format!("length is not that of data, {}", data.len()));
            }
        }
        let subtype = byte(object, "subtype")?.or(is_file.then_some(0));
        if subtype.is_none() && data.is_some() {
            return Err("subtype is missing".into());
        }
        Ok(Self {
            kind,
            subtype,
            flags,
            data,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), String> {
        let Some(data) = &self.data else {
            let start = writer.as_bytes().len();
            writer.push_integrity().map_err(|error| error.to_string())?;
            let written = writer.as_bytes().get(start + SUBTYPE).copied();
            return agree("subtype", written, self.subtype).map(drop);
        };
        let mut record = RawRecord::new(self.kind, self.subtype.unwrap_or_default(), data).with_flags(self.flags);
        if self.flags.is_legacy() {
            record.reserved = [0xFF; 3];
        }
        writer.push_raw(&record).map_err(|error| error.to_string())
    }
}

fn kind(object: &Map<String, Value>) -> Result<RecordType, String> {
    let named = match object.get("type_name").map(Value::as_str) {
        None => None,
        Some(name) => Some(name.and_then(type_named).ok_or("type_name is not known")?),
    };
    let kind = agree("type", byte(object, "type")?.map(RecordType::new), named)?;
    Ok(kind.ok_or("type is missing")?)
}

/// Where a record's subtype is.
const SUBTYPE: usize = 9;

/// Returns what was said, once or twice.
fn agree<T: PartialEq>(name: &str, one: Option<T>, other: Option<T>) -> Result<Option<T>, String> {
    match (&one, &other) {
        (Some(a), Some(b)) if a != b => Err(format!("{name} is said twice and does not agree")),
        _ => Ok(one.or(other)),
    }
}

fn byte(object: &Map<String, Value>, name: &str) -> Result<Option<u8>, String> {
    let Some(value) = object.get(name) else { return Ok(None) };
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
    number.map(Some).ok_or(format!("{name} is not a number in 0..=255"))
}

pub(crate) fn type_named(name: &str) -> Option<RecordType> {
    RecordType::from_name(name).or_else(|| name.parse().ok().map(RecordType::new))
}

fn flags_named(name: &str) -> Option<Flags> {
    let all = [
        Flags::PLAIN,
        Flags::EFUSE_ECDSA,
        Flags::HMAC_DERIVED,
        Flags::HMAC_ENCRYPTED,
    ];
    all.into_iter().find(|flags| flags.storage().name() == name)
}
