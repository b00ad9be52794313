use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use esp_nvs_image::{Encoding, Key, Namespace};
use factory_fs::Table;
use matter_factory_data::NAMESPACE;

use crate::Error;

/// The used columns of the values file and the entries they become: the reference tool's `--csv` file.
///
/// Its rows are `key,type,encoding[,REPEAT]`; a row `name,namespace,` puts the following keys into another namespace
/// than `chip-factory`.
///
/// # Examples
///
/// ```
/// use std::path::Path;
///
/// use matter_mfg::factory_fs::Table;
/// use matter_mfg::{Columns, Job};
///
/// let mut job = Job::new("0xFFF1".parse()?, "0x8000".parse()?);
/// // Each with the file name for errors.
/// let columns = b"cloud,namespace,\ndevice-id,data,string\nserial-num,data,string\n";
/// let columns = Columns::new(&Table::parse(Path::new("columns.csv"), columns)?)?;
/// let rows = Table::parse(Path::new("values.csv"), b"device-id,serial-num\nd-1,SN-1\nd-2,SN-2\n")?;
/// job.values = Some((columns, rows));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Columns {
    list: Vec<Column>,
    keys: BTreeSet<Key>,
}

/// One row of the file.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) namespace: Namespace,
    pub(crate) key: Key,
    pub(crate) source: Source,
    pub(crate) encoding: Encoding,
    /// All rows get the first one's value; their own cells are blank or equal to it.
    pub(crate) repeat: bool,
}

/// Cells of a row: key, type, encoding, REPEAT.
const CELLS: usize = 4;

/// Location of a cell's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the cell itself.
    Data,
    /// In the file named by the cell.
    File,
}

impl Columns {
    /// Parses a table.
    ///
    /// # Errors
    ///
    /// [`Error::Cell`] with the line and the allowed values.
    pub fn new(table: &Table) -> Result<Self, Error> {
        let mut namespace = NAMESPACE;
        let mut columns = Self {
            list: Vec::new(),
            keys: BTreeSet::new(),
        };
        // The key that sets each field.
        let mut fields = BTreeMap::new();
        for row in table.rows() {
            let cell = |index: usize| row.get(index).unwrap_or_default();
            if let Some(number) = row.cells().skip(CELLS).position(|cell| !cell.is_empty()) {
                let column = format!("number {}", CELLS + number + 1);
                let reason = "has a value; a row is key,type,encoding and optionally REPEAT";
                return Err(Error::cell(table.place(row.line(), &column), reason));
            }
            let wrong =
                |column: &str, reason: &dyn Display| Error::cell(table.place(row.line(), column), reason.to_string());
            if cell(1) == "namespace" {
                namespace = Namespace::new(cell(0)).map_err(|error| wrong("key", &error))?;
                continue;
            }
            let key = Key::new(cell(0)).map_err(|error| wrong("key", &error))?;
            check_passcode(&namespace, &key).map_err(|reason| wrong("key", &reason))?;
            let source = match cell(1) {
                "data" => Source::Data,
                "file" => Source::File,
                _ => return Err(wrong("type", &"must be data, file or namespace")),
            };
            let encoding = cell(2).parse::<Encoding>().map_err(|error| wrong("encoding", &error))?;
            let repeat = match cell(3) {
                "" => false,
                "REPEAT" => true,
                _ => return Err(wrong("repeat", &"must be REPEAT or empty")),
            };
            if !columns.keys.insert(key) {
                let reason = format!("duplicate key '{key}', which has a single column of values");
                return Err(wrong("key", &reason));
            }
            if let Some(earlier) = fields.insert((namespace, field(cell(0))), key) {
                let reason = format!("'{key}' sets the same field as '{earlier}' above");
                return Err(wrong("key", &reason));
            }
            columns.list.push(Column {
                namespace,
                key,
                source,
                encoding,
                repeat,
            });
        }
        Ok(columns)
    }

    /// Returns whether a column sets this field of the device.
    pub(crate) fn sets(&self, field: &str) -> bool {
        self.iter()
            .any(|column| column.namespace == NAMESPACE && self::field(column.key.as_str()) == field)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Column> {
        self.list.iter()
    }

    /// Returns whether a column of values with this name is used.
    pub(crate) fn uses(&self, name: &str) -> bool {
        Key::new(name).is_ok_and(|key| self.keys.contains(&key))
    }
}

/// Returns the field that a column of `chip-factory` sets, in either of its spellings.
pub(crate) fn field(column: &str) -> &str {
    match column {
        "pin-code" => "passcode",
        _ => column,
    }
}

/// Returns whether a column's name means the passcode, in any spelling.
pub(crate) fn means_passcode(column: &str) -> bool {
    let bare = column.chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    let bare = bare.collect::<String>().to_ascii_lowercase();
    let bare = bare.strip_prefix("setup").unwrap_or(&bare);
    matches!(bare, "passcode" | "passcodes" | "pincode" | "pincodes")
}

/// A passcode under any name but the two known ones would be stored in plain text.
fn check_passcode(namespace: &Namespace, key: &Key) -> Result<(), String> {
    let sets = *namespace == NAMESPACE && field(key.as_str()) == "passcode";
    if sets || !means_passcode(key.as_str()) {
        return Ok(());
    }
    Err(format!(
        "'{key}' of namespace {namespace} would store a passcode in plain text; use 'passcode' or 'pin-code' of {NAMESPACE}"
    ))
}
