use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use factory_fs::{Dialect, Table, TableRow, utf8};
use matter_factory_data::SerialNumber;
use matter_types::{Discriminator, Passcode};

use crate::{Error, Field};

/// Values from a file, one for each device, each with its line.
///
/// The file has one value per line, or is a table (see [`Table`]) with one column named after the value.
/// Blank lines are skipped.
///
/// # Examples
///
/// ```
/// use std::path::Path;
///
/// use matter_mfg::{Job, ValueList};
///
/// let mut job = Job::new("0xFFF1".parse()?, "0x8000".parse()?);
/// let path = Path::new("serials.txt");
/// job.serial_numbers = Some(ValueList::serial_numbers(path, b"SN-0001\nSN-0002\n")?);
/// let error = ValueList::serial_numbers(path, b"SN-0001\nSN-0001\n").expect_err("a duplicate");
/// assert!(error.to_string().contains("line 1"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ValueList<T> {
    field: Field,
    path: PathBuf,
    values: Vec<(u64, T)>,
}

impl ValueList<Passcode> {
    /// Reads passcodes, which may repeat.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Cell`], never with a value.
    pub fn passcodes(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        const COLUMNS: [&str; 3] = ["passcode", "passcodes", "pin-code"];
        Self::read(Field::Passcodes, path, bytes, &COLUMNS, |text| {
            text.parse().map_err(|error| format!("{error}"))
        })
    }
}

impl ValueList<Discriminator> {
    /// Reads discriminators, which may repeat: there are only 4096.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Cell`], never with a value.
    pub fn discriminators(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        const COLUMNS: [&str; 2] = ["discriminator", "discriminators"];
        // An invalid discriminator may be a passcode.
        Self::read(Field::Discriminators, path, bytes, &COLUMNS, |text| {
            text.parse()
                .map_err(|_| "not a number in the range 0 to 4095".to_owned())
        })
    }
}

impl ValueList<SerialNumber> {
    /// Reads serial numbers, which must be unique.
    ///
    /// # Errors
    ///
    /// [`Error::File`] or [`Error::Cell`], never with a value.
    pub fn serial_numbers(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        const COLUMNS: [&str; 3] = ["serial-num", "serial", "serials"];
        let list = Self::read(Field::SerialNumbers, path, bytes, &COLUMNS, |text| {
            text.parse().map_err(|error| format!("{error}"))
        })?;
        let mut lines = BTreeMap::new();
        for (line, serial) in &list.values {
            if let Some(first) = lines.insert(serial.as_str(), line) {
                return Err(list.wrong(*line, format_args!("duplicate serial number of line {first}")));
            }
        }
        Ok(list)
    }
}

impl<T> ValueList<T> {
    fn read(
        field: Field,
        path: &Path,
        bytes: &[u8],
        columns: &[&str],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Self, Error> {
        let mut list = Self {
            field,
            path: path.into(),
            values: Vec::new(),
        };
        let text = utf8(bytes).map_err(|error| Error::file(field, path, error.to_string()))?;
        let is_name = |cell: &str| columns.contains(&cell.trim().trim_matches('"').to_ascii_lowercase().as_str());
        let is_for_spreadsheets = Dialect::of(text.as_bytes()).start > 0;
        let mut lines = text
            .lines()
            .map(str::trim)
            .zip(1..)
            .skip(usize::from(is_for_spreadsheets))
            .filter(|(text, _)| !text.is_empty());
        let header = lines.clone().next().map_or("", |(text, _)| text);
        if header.split([',', ';', '\t']).any(is_name) {
            let table = Table::parse(path, bytes).map_err(|error| Error::file(field, path, error.to_string()))?;
            let mut rows = table.rows().iter();
            let header = rows.next();
            let Some((place, name)) =
                header.and_then(|header| header.cells().enumerate().find(|(_, cell)| is_name(cell)))
            else {
                return Err(list.wrong(1, "has no column of that name"));
            };
            let again = |header: &TableRow| header.cells().skip(place + 1).any(is_name);
            if table.rows().first().is_some_and(again) {
                return Err(list.wrong(
                    1,
                    format_args!("two columns are named after the value; '{name}' is one of them"),
                ));
            }
            for row in rows {
                let cell = row.cells().nth(place).unwrap_or_default().trim();
                let value = parse(cell).map_err(|reason| Error::cell(table.place(row.line(), name), reason))?;
                list.values.push((row.line(), value));
            }
        } else {
            let wrong = |line, reason: String| list.wrong(line, reason);
            // A quoted text is a cell of a table; the quotes would become part of the value.
            if let Some((_, line)) = lines.clone().find(|(text, _)| text.starts_with('"')) {
                let reason = "begins with a quote; values of a list without a header are not quoted";
                return Err(list.wrong(line, reason));
            }
            let values = lines
                .by_ref()
                .map(|(text, line)| Ok((line, parse(text).map_err(|reason| wrong(line, reason))?)));
            list.values = values.collect::<Result<_, Error>>()?;
        }
        if list.values.is_empty() {
            return Err(Error::file(field, path, "has no value"));
        }
        Ok(list)
    }

    fn wrong(&self, line: u64, reason: impl Display) -> Error {
        Error::file(self.field, &self.path, format!("line {line}: {reason}"))
    }

    pub(crate) const fn field(&self) -> Field {
        self.field
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of values.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether the list is empty, which never holds for a parsed list.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the values in order.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter().map(|(_, value)| value)
    }
}

impl<T> fmt::Debug for ValueList<T> {
    /// Omits the values, which may be passcodes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("path", &self.path)
            .field("len", &self.values.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "list.csv";

    #[test]
    fn values_are_in_lines_or_in_a_column() {
        for text in [
            "20202021\n12345679\n",
            "\u{feff}20202021\r\n\r\n  12345679",
            "passcode\n20202021\n12345679\n",
            "\u{feff}serial;PASSCODE;x\r\nA1;20202021;\"two\nlines\"\r\n\r\nA2;12345679;y\r\n",
            "\"note\",\"passcode\"\n\"a\",\"20202021\"\n\"b\",\"12345679\"\n",
        ] {
            let list = ValueList::passcodes(Path::new(FILE), text.as_bytes()).unwrap();
            assert!(
                list.values().map(Passcode::expose).eq([20_202_021, 12_345_679]),
                "{text:?}"
            );
        }
        let list = ValueList::serial_numbers(Path::new(FILE), b"a,b\nc;d\n").unwrap();
        assert!(
            list.values().map(SerialNumber::as_str).eq(["a,b", "c;d"]),
            "a comma alone makes no table"
        );
    }

    #[test]
    fn errors_name_the_line_and_not_the_value() {
        let passcodes = |text: &str| {
            ValueList::passcodes(Path::new(FILE), text.as_bytes())
                .unwrap_err()
                .to_string()
        };
        let serials = |text: &str| {
            ValueList::serial_numbers(Path::new(FILE), text.as_bytes())
                .unwrap_err()
                .to_string()
        };
        let discriminators = |text: &str| {
            ValueList::discriminators(Path::new(FILE), text.as_bytes())
                .unwrap_err()
                .to_string()
        };
        for (message, needle) in [
            (passcodes("20202021\n\n30303030x\n"), "line 3"),
            (passcodes("20202021\n123456789\n"), "line 2"),
            (passcodes("id,passcode\n1,20202021\n2\n"), ":3: column 'passcode'"),
            (passcodes("\n"), "has no value"),
            (passcodes("passcode\n"), "has no value"),
            (serials("S-1\nS-2\nS-1\n"), "line 3: duplicate serial number of line 1"),
            (
                serials("serial-num\nS-1\nS-2\nS-1\n"),
                "line 4: duplicate serial number of line 2",
            ),
            (passcodes("passcode,passcode\n1,2\n"), "line 1: two columns"),
            (passcodes("id;pin-code;passcode\n1;2;3\n"), "'pin-code' is one of them"),
            (serials("serial-num,serial\nS-1,S-2\n"), "line 1: two columns"),
            (
                passcodes("passcode,x\n20202021,\"a\n12345679,b\n"),
                "line 2: unclosed quote",
            ),
            (
                discriminators("5\n30303030\n"),
                "line 2: not a number in the range 0 to 4095",
            ),
        ] {
            assert!(message.contains(needle), "{message}");
            for secret in ["30303030", "123456789", "S-1", "20202021"] {
                assert!(!message.contains(secret), "{message}");
            }
        }
    }
}
