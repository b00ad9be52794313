use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::error::{CsvError, CsvReason};
use super::fill::Fill;
use super::records::{Cell, Place, Records};
use super::wifi::Wifi;
use super::{CsvCompat, CsvFile, CsvRow};
use crate::encoding::Encoding;
use crate::name::{Key, Namespace};
use crate::owned::OwnedValue;

type Load<'l> = &'l mut dyn FnMut(&str) -> Result<Vec<u8>, String>;
/// Receives a row; returns `Break` to stop.
type Take<'l> = &'l mut dyn FnMut(CsvRow) -> ControlFlow<()>;

/// Parses rows of several files and passes them on.
pub(super) struct Reader<'l> {
    load: Load<'l>,
    compat: CsvCompat,
    wifi: Wifi,
    files: usize,
    current: Option<Namespace>,
    known: BTreeSet<Namespace>,
    /// The position of each key: file name and line.
    seen: BTreeMap<(Namespace, Key), (String, u32)>,
    take: Take<'l>,
    /// The receiver has stopped.
    is_done: bool,
}

/// The positions of the columns.
pub(super) struct Header {
    pub(super) key: usize,
    pub(super) kind: usize,
    encoding: usize,
    pub(super) value: usize,
    /// Whether each column has a name.
    named: Vec<bool>,
}

/// A reason with its position.
pub(super) type Refused = (Place, CsvReason);

impl<'l> Reader<'l> {
    pub(super) fn new(compat: CsvCompat, load: Load<'l>, take: Take<'l>) -> Self {
        Self {
            load,
            compat,
            wifi: Wifi::default(),
            files: 0,
            current: None,
            known: BTreeSet::new(),
            seen: BTreeMap::new(),
            take,
            is_done: false,
        }
    }

    pub(super) fn read(&mut self, file: &CsvFile<'_>) -> Result<(), CsvError> {
        if self.is_done {
            return Ok(());
        }
        self.read_rows(file).map_err(|refused| file.refuse(refused))
    }

    fn read_rows(&mut self, file: &CsvFile<'_>) -> Result<(), Refused> {
        let mut records = Records::new(file.text);
        let header = Header::read(&mut records)?;
        for record in records {
            self.row(file.name, &header, &record?)?;
            if self.is_done {
                break;
            }
        }
        self.files += 1;
        Ok(())
    }

    fn row(&mut self, file: &str, header: &Header, record: &[Cell]) -> Result<(), Refused> {
        let need = |at: usize, column| {
            record
                .get(at)
                .ok_or((start_of(record), CsvReason::CellMissing { column }))
        };
        header.check(record)?;
        let (name, kind) = (need(header.key, "key")?, need(header.kind, "type")?);
        let as_data = self.compat == CsvCompat::On && Wifi::is_station(&name.text);
        if kind.text == "namespace" && !as_data {
            let namespace = Namespace::new(&name.text).map_err(|error| (name.place, CsvReason::Nvs(error)))?;
            self.namespace(name.place, namespace);
            return Ok(());
        }
        if !matches!(kind.text.as_str(), "data" | "file") && !as_data {
            return Err((kind.place, CsvReason::UnknownType));
        }
        let (encoding, value) = (need(header.encoding, "encoding")?, need(header.value, "value")?);
        let namespace = self.current.ok_or((name.place, CsvReason::NamespaceMissing))?;
        let key = Key::new(&name.text).map_err(|error| (name.place, CsvReason::Nvs(error)))?;
        if self.compat == CsvCompat::On
            && let Some((hidden, blob)) = self.wifi.before(key.as_str(), &value.text)
        {
            self.hidden(file, value.place, namespace, hidden, blob)?;
        }
        let form = Form::new(encoding)?;
        let contents = if kind.text == "file" && !as_data {
            Some((self.load)(&value.text).map_err(|reason| (value.place, CsvReason::File(reason)))?)
        } else {
            None
        };
        let stored = form.read(value, contents)?;
        self.entry(file, (name.place, value.place), namespace, key, stored)?;
        if self.compat == CsvCompat::On {
            for (hidden, blob) in self.wifi.after(&key) {
                self.hidden(file, value.place, namespace, hidden, blob)?;
            }
        }
        Ok(())
    }

    fn namespace(&mut self, at: Place, namespace: Namespace) {
        let is_new = self.known.insert(namespace);
        // A peculiarity of the generator: a repeated namespace row has no effect.
        if is_new || self.compat == CsvCompat::Off {
            self.current = Some(namespace);
            self.push(at, namespace, None);
        }
    }

    fn hidden(&mut self, file: &str, at: Place, namespace: Namespace, key: &str, blob: Vec<u8>) -> Result<(), Refused> {
        let key = Key::new(key).map_err(|error| (at, CsvReason::Nvs(error)))?;
        self.entry(file, (at, at), namespace, key, OwnedValue::Blob(blob))
    }

    fn entry(
        &mut self,
        file: &str,
        (key_at, value_at): (Place, Place),
        namespace: Namespace,
        key: Key,
        value: OwnedValue,
    ) -> Result<(), Refused> {
        let here = (file.into(), key_at.line);
        if let Some((file, line)) = self.seen.insert((namespace, key), here) {
            return Err((key_at, CsvReason::Duplicate { key, file, line }));
        }
        self.push(value_at, namespace, Some((key, value)));
        Ok(())
    }

    fn push(&mut self, at: Place, namespace: Namespace, entry: Option<(Key, OwnedValue)>) {
        let row = CsvRow {
            file: self.files,
            line: at.line,
            column: at.column,
            namespace,
            entry,
        };
        self.is_done = self.is_done || (self.take)(row).is_break();
    }
}

impl Header {
    /// Reads the header.
    pub(super) fn read(records: &mut Records<'_>) -> Result<Self, Refused> {
        let start = Place { line: 1, column: 1 };
        Self::new(&records.next().ok_or((start, CsvReason::HeaderMissing))??)
    }

    fn new(names: &[Cell]) -> Result<Self, Refused> {
        let find = |column: &'static str| {
            // Editors pad column names with spaces.
            let mut found = names.iter().enumerate().filter(|(_, cell)| cell.text.trim() == column);
            let (at, _) = found
                .next()
                .ok_or((start_of(names), CsvReason::ColumnMissing { column }))?;
            match found.next() {
                Some((_, again)) => Err((again.place, CsvReason::ColumnTwice { column })),
                None => Ok(at),
            }
        };
        Ok(Self {
            key: find("key")?,
            kind: find("type")?,
            encoding: find("encoding")?,
            value: find("value")?,
            named: names.iter().map(|cell| !cell.is_blank()).collect(),
        })
    }

    /// Rejects a cell without a column. The generator drops its text, which usually belongs to the
    /// value.
    fn check(&self, record: &[Cell]) -> Result<(), Refused> {
        let is_named = |at: usize| self.named.get(at) == Some(&true);
        let mut cells = record.iter().enumerate();
        match cells.find(|(at, cell)| !is_named(*at) && !cell.is_blank()) {
            Some((_, cell)) => Err((cell.place, CsvReason::CellWithoutColumn)),
            None => Ok(()),
        }
    }
}

/// Returns the position of a row.
fn start_of(record: &[Cell]) -> Place {
    record.first().map_or(Place { line: 1, column: 1 }, |cell| cell.place)
}

/// The form of a value: the column `encoding`.
pub(super) enum Form {
    Fill(Fill),
    Encoding(Encoding),
}

impl Form {
    pub(super) fn new(cell: &Cell) -> Result<Self, Refused> {
        if let Some(fill) = Fill::parse(&cell.text) {
            return fill.map(Self::Fill).ok_or((cell.place, CsvReason::Fill));
        }
        let encoding = parse_encoding(&cell.text).map_err(|error| (cell.place, CsvReason::Nvs(error)))?;
        Ok(Self::Encoding(encoding))
    }

    /// Parses a cell, or the contents of its file.
    pub(super) fn read(&self, value: &Cell, contents: Option<Vec<u8>>) -> Result<OwnedValue, Refused> {
        let encoding = match self {
            Self::Fill(fill) => {
                let bytes = contents.as_deref().unwrap_or(value.text.as_bytes());
                let blob = fill.apply(bytes).map(OwnedValue::Blob);
                return blob.ok_or((value.place, CsvReason::Fill));
            }
            Self::Encoding(encoding) => encoding,
        };
        match contents {
            None => encoding.parse(&value.text),
            Some(bytes) if *encoding == Encoding::Binary => Ok(OwnedValue::Blob(bytes)),
            Some(bytes) => {
                let text = core::str::from_utf8(&bytes).map_err(|_| (value.place, CsvReason::FileNotUtf8))?;
                encoding.parse(text)
            }
        }
        .map_err(|error| (value.place, CsvReason::Nvs(error)))
    }
}

/// The generator also accepts integers and `binary` in upper case, but writes other values for the
/// other encodings.
fn parse_encoding(text: &str) -> Result<Encoding, crate::Error> {
    text.parse().or_else(|error| {
        let lower: Encoding = text.to_ascii_lowercase().parse().map_err(|_| error)?;
        match lower {
            Encoding::String | Encoding::Hex2Bin | Encoding::Base64 => Err(error),
            other => Ok(other),
        }
    })
}
