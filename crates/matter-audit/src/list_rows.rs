//! Manifests and ledgers as rows: the values of each device, and faults of the list.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use factory_fs::without_bom;
use matter_ledger::{Error as LedgerError, Ledger, LedgerPlace, ListedDevice};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use zeroize::Zeroizing;

use crate::json_list::{self, JsonPart, ListFault, TextPlace};
use crate::list_bytes::{self, ListBytes, MAX_ROWS, csv_text};
use crate::{AuditInput, Error};

/// The contents of a list.
#[derive(Default)]
pub(crate) struct ListRows {
    pub(crate) rows: Vec<ListRow>,
    /// The names of devices that are no longer in use.
    pub(crate) retired: Vec<String>,
    /// Whether the list is for test devices.
    pub(crate) is_test: bool,
}

/// The values of a device in a list; missing ones are `None`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListRow {
    pub(crate) uuid: Option<ListedValue>,
    pub(crate) vid: Option<ListedValue>,
    pub(crate) pid: Option<ListedValue>,
    pub(crate) discriminator: Option<ListedValue>,
    pub(crate) passcode: Option<ListedValue>,
    pub(crate) serial: Option<ListedValue>,
    pub(crate) dac_serial: Option<ListedValue>,
    pub(crate) dac_public_key_sha256: Option<ListedValue>,
    pub(crate) qr: Option<ListedValue>,
    pub(crate) manual: Option<ListedValue>,
    pub(crate) test: Option<ListedValue>,
    pub(crate) files: BTreeMap<String, ListedFile>,
    /// Known only to a ledger of this tool.
    #[serde(skip)]
    pub(crate) run: Option<ListedRun>,
}

/// The run that made a device.
pub(crate) struct ListedRun {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) passcode_mac: Option<Vec<u8>>,
}

/// The entry of a file in a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListedFile {
    pub(crate) size: Option<ListedValue>,
    pub(crate) sha256: Option<ListedValue>,
}

/// A value of a list, of any type; some are secret.
pub(crate) enum ListedValue {
    Number(Zeroizing<u64>),
    Text(Zeroizing<String>),
    Bool(bool),
    Other,
}

impl ListedValue {
    /// Returns a number, or a text with one, also in hexadecimal after `0x`.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(**number),
            Self::Text(text) => matter_types::parse_u32(text.trim()).ok().map(u64::from),
            Self::Bool(_) | Self::Other => None,
        }
    }

    /// Returns a text; an empty one counts as missing.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Returns whether there is a value.
    pub(crate) fn is_present(&self) -> bool {
        !matches!(self, Self::Text(text) if text.is_empty())
    }

    /// Returns whether it means yes, also in the spelling of spreadsheets.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
            || self.number() == Some(1)
            || self.text().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }
}

impl<'de> Deserialize<'de> for ListedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = ListedValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<ListedValue, E> {
                Ok(ListedValue::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<ListedValue, E> {
                Ok(ListedValue::Number(value.into()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<ListedValue, E> {
                Ok(ListedValue::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<ListedValue, E> {
                Ok(ListedValue::Other)
            }

            fn visit_str<E>(self, value: &str) -> Result<ListedValue, E> {
                Ok(ListedValue::Text(value.to_owned().into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ListedValue, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(ListedValue::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ListedValue, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(ListedValue::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl ListRow {
    /// Returns the UUID of the device in lower case.
    pub(crate) fn uuid(&self) -> Option<String> {
        Some(self.uuid.as_ref()?.text()?.to_ascii_lowercase())
    }

    /// Stores a cell of a table in the field of its column's name.
    fn set(&mut self, column: &str, cell: &str) {
        let field = match column {
            "uuid" => &mut self.uuid,
            "vid" => &mut self.vid,
            "pid" => &mut self.pid,
            "discriminator" => &mut self.discriminator,
            "passcode" => &mut self.passcode,
            "serial" => &mut self.serial,
            "dac_serial" => &mut self.dac_serial,
            "dac_public_key_sha256" => &mut self.dac_public_key_sha256,
            "qr" => &mut self.qr,
            "manual" => &mut self.manual,
            "test" => &mut self.test,
            _ => return,
        };
        *field = Some(text(cell));
    }
}

fn text(text: &str) -> ListedValue {
    ListedValue::Text(text.to_owned().into())
}

fn hex(bytes: &[u8]) -> ListedValue {
    ListedValue::Text(base16ct::lower::encode_string(bytes).into())
}

fn number(number: u16) -> ListedValue {
    ListedValue::Number(Zeroizing::new(number.into()))
}

/// The contents of a list that could be opened, or why it is invalid.
type Parsed = Result<ListRows, String>;

/// Returns the fault of JSON and its place, without the text there. The JSON begins at a place in a file.
fn reason(error: &serde_json::Error, (line, column): TextPlace) -> String {
    let what = match error.classify() {
        Category::Eof => "it ends prematurely",
        Category::Data => "a value of an unexpected type",
        Category::Io | Category::Syntax => "invalid JSON",
    };
    // Lines and columns count from 1.
    let column = if error.line() > 1 {
        error.column()
    } else {
        column + error.column().saturating_sub(1)
    };
    format!(
        "{what} at line {}, column {column}",
        line + error.line().saturating_sub(1)
    )
}

/// The member of a manifest with a row for each device.
const DEVICES: &str = "devices";

/// Reads `manifest.json`: an object with the list "devices". Also returns the hash of its bytes.
pub(crate) fn manifest(path: &Path) -> Result<(Parsed, [u8; 32]), Error> {
    let mut bytes = ListBytes::new(list_bytes::open(AuditInput::Manifest, path)?);
    let mut rows = ListRows::default();
    let read = json_list::read(&mut bytes, DEVICES, |part, place| {
        let wrong = |error: serde_json::Error| reason(&error, place);
        match part {
            JsonPart::Element(text) => rows.push(serde_json::from_slice(text).map_err(wrong)?)?,
            JsonPart::Member(DEVICES, text) => {
                // Not a list.
                serde_json::from_slice::<Vec<ListRow>>(text).map_err(wrong)?;
            }
            JsonPart::Member("test", text) => {
                rows.is_test = serde_json::from_slice::<ListedValue>(text).map_err(wrong)?.is_true()
            }
            JsonPart::Member(_, text) => {
                serde_json::from_slice::<IgnoredAny>(text).map_err(wrong)?;
            }
        }
        Ok(())
    });
    let parsed = match read {
        Ok(true) => check_some(rows),
        Ok(false) => Err(format!("it has no list \"{DEVICES}\"")),
        Err(ListFault::Malformed(reason)) => Err(reason),
        Err(ListFault::Unreadable(error)) => return Err(Error::file(AuditInput::Manifest, path, error)),
    };
    Ok((parsed, bytes.finish()))
}

/// Reads a ledger of this tool, or a file of another tool: a JSON object in each line, or CSV with a header, with the
/// device's "uuid".
pub(crate) fn ledger(place: &LedgerPlace) -> Result<Parsed, Error> {
    let Some(path) = place.file() else {
        return ours(place);
    };
    let failed = |error: io::Error| Error::file(AuditInput::Ledger, path, error);
    let mut file = list_bytes::open(AuditInput::Ledger, path)?;
    let mut head = Vec::with_capacity(Ledger::MAGIC.len());
    let len = u64::try_from(Ledger::MAGIC.len()).unwrap_or_default();
    Read::by_ref(&mut file)
        .take(len)
        .read_to_end(&mut head)
        .map_err(failed)?;
    if head == Ledger::MAGIC {
        return ours(place);
    }
    let text = without_bom(&head).to_vec();
    let is_json = text.trim_ascii_start().starts_with(b"{");
    let bytes = ListBytes::new(io::Cursor::new(text).chain(file));
    let rows = if is_json { objects(bytes) } else { cells(bytes) };
    match rows {
        Ok(rows) => Ok(check_some(rows)),
        Err(ListFault::Malformed(reason)) => Ok(Err(reason)),
        Err(ListFault::Unreadable(error)) => Err(failed(error)),
    }
}

fn ours(place: &LedgerPlace) -> Result<Parsed, Error> {
    match Ledger::list(place) {
        Ok(listing) => {
            let mut rows = ListRows {
                retired: listing.retired,
                ..ListRows::default()
            };
            rows.rows.extend(listing.devices.into_iter().map(row));
            Ok(check(rows))
        }
        Err(LedgerError::Damaged { reason, .. }) => Ok(Err(reason)),
        Err(error) => Err(error.into()),
    }
}

fn objects(mut bytes: ListBytes<impl Read>) -> Result<ListRows, ListFault> {
    let mut rows = ListRows::default();
    let mut line = Zeroizing::new(Vec::new());
    let mut number = 0;
    while bytes.read_line(&mut line)?.is_some() {
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let row = serde_json::from_slice::<ListRow>(&line);
        let row = row.map_err(|error| ListFault::Malformed(reason(&error, (number, 1))))?;
        // A line about the run instead of a device has none.
        if row.uuid.is_some() {
            rows.push(row).map_err(ListFault::Malformed)?;
        }
    }
    Ok(rows)
}

fn cells(bytes: ListBytes<impl Read>) -> Result<ListRows, ListFault> {
    let since = Cell::new(0);
    let (delimiter, text) = csv_text(bytes, &since)?;
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
    let header = reader.headers().map_err(broken)?.clone();
    let mut rows = ListRows::default();
    for cells in reader.records() {
        let (cells, mut row) = (cells.map_err(broken)?, ListRow::default());
        since.set(0);
        let pairs = header.iter().zip(&cells);
        pairs.for_each(|(name, cell)| row.set(name.trim(), cell));
        rows.push(row).map_err(ListFault::Malformed)?;
    }
    Ok(rows)
}

/// Returns the fault of CSV, without the text there.
pub(crate) fn broken(error: csv::Error) -> ListFault {
    ListFault::Malformed(match error.into_kind() {
        csv::ErrorKind::Io(error) => return error.into(),
        csv::ErrorKind::Utf8 { pos: Some(place), .. } => format!("line {} is not UTF-8", place.line()),
        csv::ErrorKind::UnequalLengths {
            pos: Some(place),
            expected_len,
            len,
        } => format!(
            "line {} has {len} cells, but the header has {expected_len}",
            place.line()
        ),
        _ => "it is not CSV".into(),
    })
}

impl ListRows {
    /// Adds a device.
    fn push(&mut self, row: ListRow) -> Result<(), String> {
        if self.rows.len() == MAX_ROWS {
            return Err(format!("it has more than {MAX_ROWS} devices"));
        }
        self.rows.push(row);
        Ok(())
    }
}

/// Refuses a list without devices.
fn check_some(rows: ListRows) -> Parsed {
    if rows.rows.is_empty() {
        return Err("it lists no device".into());
    }
    check(rows)
}

fn check(rows: ListRows) -> Parsed {
    match rows.rows.iter().position(|row| row.uuid().is_none()) {
        Some(index) => Err(format!("device {} has no \"uuid\"", index + 1)),
        None => Ok(rows),
    }
}

/// Converts a device of our ledger to a row.
fn row(device: ListedDevice) -> ListRow {
    let files = device.images.into_iter().map(|image| {
        let file = ListedFile {
            size: Some(ListedValue::Number(image.size.into())),
            sha256: Some(hex(&image.sha256)),
        };
        (image.name, file)
    });
    ListRow {
        uuid: Some(text(&device.uuid)),
        vid: Some(number(device.vendor_id)),
        pid: Some(number(device.product_id)),
        discriminator: Some(number(device.discriminator)),
        serial: device.serial.as_deref().map(text),
        dac_serial: device.dac_serial.map(|serial| hex(&serial)),
        dac_public_key_sha256: device.key_sha256.map(|hash| hex(&hash)),
        test: Some(ListedValue::Bool(device.test)),
        files: files.collect(),
        run: Some(ListedRun {
            name: device.run,
            folder: device.folder,
            passcode_mac: device.passcode_mac,
        }),
        ..ListRow::default()
    }
}
