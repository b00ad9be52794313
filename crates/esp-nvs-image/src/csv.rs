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

/// A CSV file in memory, with its name for errors.
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
    /// Omits the text, which may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The harmless peculiarities of the generator to reproduce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CsvCompat {
    /// None: a row belongs to the namespace row before it, and no hidden rows are added.
    #[default]
    Off,
    /// Rows after a repeated namespace row go to the newest namespace, and Wi-Fi keys add the
    /// generator's hidden rows.
    On,
}

/// A parsed row of a CSV file.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvRow {
    /// The index of the file, from 0.
    pub file: usize,
    /// The line of the value, from 1.
    pub line: u32,
    /// The column of the value in characters, from 1.
    pub column: u32,
    /// The namespace, which is empty if no entry follows.
    pub namespace: Namespace,
    /// The key and its value; `None` for a row of type `namespace`.
    pub entry: Option<(Key, OwnedValue)>,
}

/// Parses CSV files of one image in the generator's dialect.
///
/// The header contains the columns `key`, `type`, `encoding` and `value` in any order, and possibly
/// others, and determines the separator: a semicolon if it has more semicolons than commas, a tab
/// if it has neither, otherwise a comma. Types are `namespace`, `data` and `file`, whose value is a
/// file name: `load` reads the file, and its error is reported unchanged. Encodings are those of
/// [`crate::Encoding`], and `blob_fill(LEN;0xPP)` and `blob_sz_fill(LEN;0xPP)`, which pad a blob.
/// Lines that start with `#` and empty rows are skipped.
///
/// A row `blob_fill(508000;0xFF)` results in a blob of 508,000 bytes: the rows can be 10,000 times larger than the
/// file. [`encode_csv`](crate::encode_csv) keeps only what fits the partition.
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
/// [`CsvError`] with file, line and column for everything that the generator rejects, and for input
/// whose image the firmware reads differently: a duplicate key, a row before any namespace, an
/// unknown type. Also for input that the generator ignores: a cell outside the columns, a duplicate
/// column, an unclosed quote, a file without a header.
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

/// Encodes CSV files into one image, like the generator's `generate` command.
///
/// Memory holds the image and one value, regardless of the number of rows. After a row that does not
/// fit, the rest is read only to compute the partition size that fits.
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
/// As [`read_csv`]; also for a value that is too long, for more than 254 namespaces, and for
/// entries that do not fit, with the size that fits.
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
