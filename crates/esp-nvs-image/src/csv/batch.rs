//! Batches: what every device stores in one file, the values of each device in a row of another, as ESP-IDF's
//! `tools/mass_mfg/mfg_gen.py` reads them.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::encode::encode_rows;
use super::error::{CsvError, CsvReason};
use super::records::{Cell, Place, Records};
use super::rows::{Form, Refused};
use super::{CsvFile, CsvRow};
use crate::config::{BlobVersion, PartitionSize};
use crate::name::{Key, Namespace};

/// The devices of a batch, one after another, each with the rows that its partition stores.
///
/// The configuration has no header; its rows are `name,namespace,` and `key,type,encoding[,REPEAT]` for the keys of that
/// namespace, with the types and encodings of [`crate::read_csv`], and lines that begin with `#` are left out. The values
/// have a header that names a column for each key, in any order and among others, and a row for each device. A key that
/// stands in two namespaces has two columns, in the configuration's order. Nothing is a comment there, and lines of blanks
/// are left out.
///
/// A key with `REPEAT` has the first device's value on all devices: the cells below are empty or say the same. (The
/// programming guide asks for empty cells; `mfg_gen.py` silently puts the first value over what stands there.)
///
/// An error concerns one device; the next one may be in order.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use esp_nvs_image::{BlobVersion, CsvBatch, CsvFile};
///
/// let config = "app,namespace,\nmodel,data,string,REPEAT\nserial,data,string\n";
/// let values = "model,serial\nA-1,0001\n,0002\n";
/// let config = CsvFile { name: "config.csv", text: config };
/// let values = CsvFile { name: "values.csv", text: values };
/// let no_files = |_: &str| Err("no files".to_owned());
/// for device in CsvBatch::new(config, values, no_files)? {
///     let image = device?.encode("0x3000".parse()?, BlobVersion::V2)?;
///     assert_eq!(image.len(), 0x3000);
/// }
/// # Ok(())
/// # }
/// ```
pub struct CsvBatch<'a, L> {
    config: CsvFile<'a>,
    values: CsvFile<'a>,
    rows: Vec<ConfigRow>,
    header: Vec<Cell>,
    records: Records<'a>,
    /// The first device's cells, if a key repeats one of them.
    first: Option<Vec<Cell>>,
    load: L,
}

/// A row of the configuration.
enum ConfigRow {
    Namespace(Place, Namespace),
    Key(ConfigKey),
}

struct ConfigKey {
    namespace: Namespace,
    key: Key,
    in_file: bool,
    form: Form,
    repeat: bool,
    /// The number of its column in the values.
    column: usize,
}

/// One device of a batch.
#[derive(Clone)]
pub struct CsvDevice<'a> {
    /// The line of its values, from 1.
    pub line: u32,
    /// What its partition stores. The numbers of the files are 0 for the configuration and 1 for the values.
    pub rows: Vec<CsvRow>,
    cells: Vec<Cell>,
    files: [CsvFile<'a>; 2],
}

impl<'a, L: FnMut(&str) -> Result<Vec<u8>, String>> CsvBatch<'a, L> {
    /// Reads the configuration and the values' header. `load` reads the files that values name, and its error is shown
    /// as it is.
    ///
    /// # Errors
    ///
    /// [`CsvError`] for a configuration that cannot be used whatever the values are, and for a header in which the column
    /// of a key is missing or stands more than once.
    pub fn new(config: CsvFile<'a>, values: CsvFile<'a>, load: L) -> Result<Self, CsvError> {
        let mut rows = read_config(&config).map_err(|refused| config.refuse(refused))?;
        let mut records = Records::without_comments(values.text);
        let header = records.by_ref().find(|record| !is_blank(record)).unwrap_or_default();
        find_columns(&mut rows, &header).map_err(|refused| values.refuse(refused))?;
        Ok(Self {
            config,
            values,
            rows,
            header,
            records,
            first: None,
            load,
        })
    }

    /// Returns the number of the values' first column of that name, for [`CsvDevice::cell`].
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|cell| cell.text == name)
    }

    fn device(&mut self, record: Vec<Cell>) -> Result<CsvDevice<'a>, Refused> {
        let place = start(&record);
        if record.len() != self.header.len() {
            let (cells, columns) = (record.len(), self.header.len());
            return Err((place, CsvReason::CellCount { cells, columns }));
        }
        let first = self.first.get_or_insert_with(|| record.clone());
        let mut rows = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            let row = match row {
                ConfigRow::Namespace(at, namespace) => CsvRow {
                    file: 0,
                    line: at.line,
                    column: at.column,
                    namespace: *namespace,
                    entry: None,
                },
                ConfigRow::Key(key) => key.row(&record, first, &mut self.load)?,
            };
            rows.push(row);
        }
        Ok(CsvDevice {
            line: place.line,
            rows,
            cells: record,
            files: [self.config, self.values],
        })
    }
}

impl<'a, L: FnMut(&str) -> Result<Vec<u8>, String>> Iterator for CsvBatch<'a, L> {
    type Item = Result<CsvDevice<'a>, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.records.by_ref().find(|record| !is_blank(record))?;
        Some(self.device(record).map_err(|refused| self.values.refuse(refused)))
    }
}

impl<L> fmt::Debug for CsvBatch<'_, L> {
    /// Leaves out the values, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvBatch")
            .field("config", &self.config)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CsvDevice<'_> {
    /// Leaves out the cells, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvDevice")
            .field("line", &self.line)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl ConfigKey {
    fn row(
        &self,
        record: &[Cell],
        first: &[Cell],
        load: &mut impl FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<CsvRow, Refused> {
        // Every record is as long as the header.
        let missing = || (start(record), CsvReason::KeyColumnMissing { key: self.key });
        let own = record.get(self.column).ok_or_else(missing)?;
        let mut value = own;
        if self.repeat {
            value = first.get(self.column).ok_or_else(missing)?;
            if !own.text.is_empty() && own.text != value.text {
                return Err((own.place, CsvReason::RepeatDiffers { key: self.key }));
            }
        }
        let contents = if self.in_file {
            Some(load(&value.text).map_err(|reason| (value.place, CsvReason::File(reason)))?)
        } else {
            None
        };
        let stored = self.form.read(value, contents)?;
        Ok(CsvRow {
            file: 1,
            line: value.place.line,
            column: value.place.column,
            namespace: self.namespace,
            entry: Some((self.key, stored)),
        })
    }
}

impl CsvDevice<'_> {
    /// Returns a cell of the device's row by its column's number, from 0.
    #[must_use]
    pub fn cell(&self, column: usize) -> Option<&str> {
        self.cells.get(column).map(|cell| cell.text.as_str())
    }

    /// Encodes the device's partition.
    ///
    /// # Errors
    ///
    /// As [`crate::encode_csv`]; the place is a cell of the values, or of the configuration for a namespace.
    pub fn encode(&self, size: PartitionSize, version: BlobVersion) -> Result<Vec<u8>, CsvError> {
        encode_rows(&self.files, size, version, |encoder| {
            let _ = self.rows.iter().try_for_each(|row| encoder.put(row));
            Ok(())
        })
    }
}

fn read_config(config: &CsvFile<'_>) -> Result<Vec<ConfigRow>, Refused> {
    let mut rows = Vec::new();
    let mut seen = BTreeMap::new();
    let mut current = None;
    for record in Records::new(config.text).filter(|record| !is_blank(record)) {
        let at = start(&record);
        let need = |index: usize, column| record.get(index).ok_or((at, CsvReason::CellMissing { column }));
        let (name, kind) = (need(0, "key")?, need(1, "type")?);
        if kind.text == "namespace" {
            let namespace = Namespace::new(&name.text).map_err(|error| (name.place, CsvReason::Nvs(error)))?;
            current = Some(namespace);
            rows.push(ConfigRow::Namespace(name.place, namespace));
            continue;
        }
        if !matches!(kind.text.as_str(), "data" | "file") {
            return Err((kind.place, CsvReason::UnknownType));
        }
        let form = Form::new(need(2, "encoding")?)?;
        let repeat = match record.get(3) {
            Some(cell) if cell.text == "REPEAT" => true,
            Some(cell) if !cell.text.is_empty() => return Err((cell.place, CsvReason::Repeat)),
            _ => false,
        };
        if let Some(cell) = record.get(4) {
            return Err((cell.place, CsvReason::Repeat));
        }
        let namespace = current.ok_or((name.place, CsvReason::NamespaceMissing))?;
        let key = Key::new(&name.text).map_err(|error| (name.place, CsvReason::Nvs(error)))?;
        if let Some(line) = seen.insert((namespace, key), name.place.line) {
            let file = config.name.into();
            return Err((name.place, CsvReason::Duplicate { key, file, line }));
        }
        rows.push(ConfigRow::Key(ConfigKey {
            namespace,
            key,
            in_file: kind.text == "file",
            form,
            repeat,
            column: 0,
        }));
    }
    Ok(rows)
}

/// Gives every key its column: the first key of a name the first column of that name, and so on.
fn find_columns(rows: &mut [ConfigRow], header: &[Cell]) -> Result<(), Refused> {
    let mut columns: BTreeMap<&str, VecDeque<(usize, Place)>> = BTreeMap::new();
    for (column, cell) in header.iter().enumerate() {
        columns.entry(&cell.text).or_default().push_back((column, cell.place));
    }
    for row in rows.iter_mut() {
        let ConfigRow::Key(config) = row else { continue };
        let key = config.key;
        let found = columns.get_mut(key.as_str()).and_then(VecDeque::pop_front);
        (config.column, _) = found.ok_or((start(header), CsvReason::KeyColumnMissing { key }))?;
    }
    for row in rows {
        let ConfigRow::Key(ConfigKey { key, .. }) = row else {
            continue;
        };
        if let Some((_, place)) = columns.get(key.as_str()).and_then(VecDeque::front) {
            return Err((*place, CsvReason::KeyColumnRepeated { key: *key }));
        }
    }
    Ok(())
}

fn start(record: &[Cell]) -> Place {
    record.first().map_or(Place { line: 1, column: 1 }, |cell| cell.place)
}

/// Tells whether a record is a line of blanks. Nothing within quotes is a value.
fn is_blank(record: &[Cell]) -> bool {
    matches!(record, [cell] if !cell.text.is_empty() && cell.text.trim().is_empty())
}
