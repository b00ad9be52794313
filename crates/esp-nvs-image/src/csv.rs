//! The CSV files of the reference generator: `key,type,encoding,value`.

mod encode;
mod error;
mod fill;
mod records;
mod rows;
mod warnings;
mod wifi;
mod write;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::ControlFlow;

use self::encode::encode_rows;
pub use self::error::{CsvError, CsvReason};
use self::records::Place;
use self::rows::{Reader, Refused};
pub use self::warnings::{CsvWarning, CsvWarningKind, csv_warnings, has_wifi_rows};
pub use self::write::{CsvWriter, to_csv};
use crate::config::{BlobVersion, PartitionSize};
use crate::name::{Key, Namespace};
use crate::owned::OwnedValue;

/// A CSV file in memory, and the name by which errors call it.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{CsvCompat, CsvFile, csv_warnings};
///
/// let file = CsvFile { name: "a.csv", text: "key,type,encoding,value\nwifi ,namespace,,\n" };
/// let warning = &csv_warnings(&[file], CsvCompat::Off)[0];
/// assert_eq!((warning.line, warning.column), (2, 1));
/// ```
#[derive(Clone, Copy)]
pub struct CsvFile<'a> {
    /// The name.
    pub name: &'a str,
    /// The contents.
    pub text: &'a str,
}

impl CsvFile<'_> {
    fn refuse(&self, (Place { line, column }, reason): Refused) -> CsvError {
        CsvError {
            file: self.name.into(),
            line,
            column,
            reason,
        }
    }
}

impl fmt::Debug for CsvFile<'_> {
    /// Leaves out the text, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Which of the generator's harmless oddities are reproduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CsvCompat {
    /// None: a row goes into the namespace that it stands under, and no hidden rows are added.
    #[default]
    Off,
    /// Rows under a namespace that stands for the second time go into the newest namespace, and Wi-Fi keys bring the
    /// generator's hidden rows with them.
    On,
}

/// A row of a CSV file, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvRow {
    /// The number of its file, from 0.
    pub file: usize,
    /// The line of its value, from 1.
    pub line: u32,
    /// The column of its value in characters, from 1.
    pub column: u32,
    /// The namespace, which stays empty when no entry follows.
    pub namespace: Namespace,
    /// The key and its value; a row of type `namespace` has none.
    pub entry: Option<(Key, OwnedValue)>,
}

/// Reads CSV files in the generator's dialect, all of them for one image.
///
/// The header names the columns `key`, `type`, `encoding` and `value` in any order, among others, and says what separates
/// cells: a semicolon if it has more of them than commas, a tab if it has neither, else a comma. Types are `namespace`,
/// `data` and `file`, whose value names a file: `load` reads it, and its error is shown as it is. Encodings are those of
/// [`crate::Encoding`], and `blob_fill(LEN;0xPP)` and `blob_sz_fill(LEN;0xPP)`, which fill a blob up. Lines that begin
/// with `#` are left out, and so are rows in which nothing stands.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{CsvCompat, CsvFile, read_csv};
///
/// let text = "key,type,encoding,value\nwifi,namespace,,\nchannel,data,u8,6\n";
/// let file = CsvFile { name: "wifi.csv", text };
/// // Called for rows of the type `file`.
/// let load = |path: &str| std::fs::read(path).map_err(|error| error.to_string());
/// let rows = read_csv(&[file], CsvCompat::Off, load)?;
/// let (key, value) = rows[1].entry.as_ref().ok_or("a row with a value")?;
/// assert_eq!((key.as_str(), value.as_u8()), ("channel", Some(6)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`CsvError`] with file, line and column for everything that the generator refuses, and for what it writes in a way
/// that the firmware reads differently: a key that stands twice, a row before any namespace, an unknown type. Also for what
/// the generator passes over: a cell that is in no column, a column that stands twice, a quote that is not closed, a file
/// without a header.
pub fn read_csv(
    files: &[CsvFile<'_>],
    compat: CsvCompat,
    mut load: impl FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<CsvRow>, CsvError> {
    let mut rows = Vec::new();
    read_each(files, compat, &mut load, &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

fn read_each(
    files: &[CsvFile<'_>],
    compat: CsvCompat,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    take: &mut dyn FnMut(CsvRow) -> ControlFlow<()>,
) -> Result<(), CsvError> {
    let mut reader = Reader::new(compat, load, take);
    files.iter().try_for_each(|file| reader.read(file))
}

/// Encodes CSV files into one image, as the generator's `generate` does.
///
/// It holds the image and one value in memory, however many there are, and reads on behind a row that does not fit only
/// to find out what partition would do.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, CsvCompat, CsvFile, PartitionSize, decode, encode_csv};
///
/// let text = "key,type,encoding,value\nwifi,namespace,,\nchannel,data,u8,6\n";
/// let file = CsvFile { name: "wifi.csv", text };
/// // Called for rows of the type `file`.
/// let load = |path: &str| std::fs::read(path).map_err(|error| error.to_string());
/// let image = encode_csv(&[file], PartitionSize::new(0x3000)?, BlobVersion::V2, CsvCompat::Off, load)?;
/// assert_eq!(decode(&image)?.get("wifi", "channel").and_then(|value| value.as_u8()), Some(6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// As [`read_csv`]; also when a value is too long, when there are more than 254 namespaces, and when the entries do not
/// fit, with the size that would.
pub fn encode_csv(
    files: &[CsvFile<'_>],
    size: PartitionSize,
    version: BlobVersion,
    compat: CsvCompat,
    mut load: impl FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, CsvError> {
    encode_rows(files, size, version, |encoder| {
        read_each(files, compat, &mut load, &mut |row| encoder.put(&row))
    })
}
