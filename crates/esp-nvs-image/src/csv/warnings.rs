use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::records::{Cell, Place, Records};
use super::rows::{Header, Refused};
use super::wifi::Wifi;
use super::{CsvCompat, CsvFile};
use crate::name::Key;

/// A part of a CSV file that is legal but probably a mistake, with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvWarning {
    /// The name of the file, as given by the caller.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The kind of warning.
    pub kind: CsvWarningKind,
}

/// The kind of a [`CsvWarning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsvWarningKind {
    /// A key or namespace starts or ends with an invisible character (see
    /// [`Key::has_unseen_edge`]).
    UnseenEdge,
    /// The generator adds rows for the Wi-Fi driver to this row, and [`CsvCompat::Off`] does not.
    WifiRows,
}

impl fmt::Display for CsvWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.kind)
    }
}

impl fmt::Display for CsvWarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnseenEdge => {
                "name starts or ends with whitespace or another invisible character; the firmware finds it by exactly \
                 these bytes only"
            }
            Self::WifiRows => {
                "the reference generator adds rows for the Wi-Fi driver to this row, which are missing here"
            }
        })
    }
}

/// Returns the parts of CSV files that are legal but probably mistakes. Errors are left to
/// [`encode_csv`](crate::encode_csv): the search of a file stops at the first one.
#[must_use]
pub fn csv_warnings(files: &[CsvFile<'_>], compat: CsvCompat) -> Vec<CsvWarning> {
    let mut warnings = Vec::new();
    let mut wifi = (compat == CsvCompat::Off).then(Wifi::default);
    for file in files {
        let mut add = |Place { line, column }, kind| {
            let file = file.name.into();
            warnings.push(CsvWarning {
                file,
                line,
                column,
                kind,
            });
        };
        // The error is reported by `encode_csv`.
        let _: Result<(), Refused> = read(file.text, |name, value| {
            if Key::new(&name.text).is_ok_and(|key| key.has_unseen_edge()) {
                add(name.place, CsvWarningKind::UnseenEdge);
            }
            if value.is_some_and(|value| wifi.as_mut().is_some_and(|wifi| wifi.adds(&name.text, &value.text))) {
                add(name.place, CsvWarningKind::WifiRows);
            }
        });
    }
    warnings
}

/// Returns whether the generator adds rows for the Wi-Fi driver to these keys and values.
#[must_use]
pub fn has_wifi_rows<'r>(rows: impl IntoIterator<Item = (&'r str, &'r str)>) -> bool {
    Wifi::adds_to(rows)
}

/// Calls `take` with the name and the value of each row.
fn read(text: &str, mut take: impl FnMut(&Cell, Option<&Cell>)) -> Result<(), Refused> {
    let mut records = Records::new(text);
    let header = Header::read(&mut records)?;
    for record in records {
        let record = record?;
        if let Some(name) = record.get(header.key) {
            let is_namespace = record.get(header.kind).is_some_and(|kind| kind.text == "namespace");
            // The generator ignores the type of the station's rows.
            let has_value = !is_namespace || Wifi::is_station(&name.text);
            take(name, record.get(header.value).filter(|_| has_value));
        }
    }
    Ok(())
}
