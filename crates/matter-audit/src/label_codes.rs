//! Onboarding codes in files: a CSV table with one row, or the codes alone as lines of text.

use factory_fs::{Dialect, utf8, without_bom};
use matter_factory_data::{Check, Finding};
use zeroize::Zeroizing;

use crate::device_files::DeviceFile;

/// The codes of a label in a file; missing ones are `None`.
#[derive(Default)]
pub(crate) struct LabelCodes {
    pub(crate) qr: Option<Zeroizing<String>>,
    pub(crate) manual: Option<Zeroizing<String>>,
    pub(crate) discriminator: Option<Zeroizing<String>>,
    pub(crate) passcode: Option<Zeroizing<String>>,
}

impl LabelCodes {
    /// Reads the codes of a file. A missing column is a finding.
    pub(crate) fn read(file: &DeviceFile, findings: &mut Vec<Finding>) -> Option<Self> {
        // A table without its header is not a text with codes.
        let lines = Self::lines(&file.bytes).filter(|_| !file.name.ends_with(".csv"));
        lines.or_else(|| Self::row(file, findings))
    }

    /// Adds the codes of another file, and returns the names of those that differ.
    pub(crate) fn join(&mut self, other: Self) -> Vec<&'static str> {
        type Same = fn(&str, &str) -> bool;
        let exactly: Same = |a, b| a == b;
        let grouped: Same = |a, b| digits(a).eq(digits(b));
        let number: Same = |a, b| a.trim().parse::<u64>().ok() == b.trim().parse().ok();
        let pairs = [
            ("QR code", exactly, &mut self.qr, other.qr),
            ("manual code", grouped, &mut self.manual, other.manual),
            ("discriminator", number, &mut self.discriminator, other.discriminator),
            ("passcode", number, &mut self.passcode, other.passcode),
        ];
        let mut differ = Vec::new();
        for (what, same, own, other) in pairs {
            match (own.as_ref(), other) {
                (Some(own), Some(other)) if !same(own, &other) => differ.push(what),
                (None, other) => *own = other,
                _ => {}
            }
        }
        differ
    }

    /// Reads lines with one code each, at most one of each kind.
    pub(crate) fn lines(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(without_bom(bytes)).ok()?;
        let mut codes = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (place, code) = if line.starts_with("MT:") {
                (&mut codes.qr, line.to_owned())
            } else if is_manual(line) {
                // Users may group digits with spaces instead of dashes.
                (&mut codes.manual, line.replace(' ', ""))
            } else {
                return None;
            };
            if place.replace(code.into()).is_some() {
                return None;
            }
        }
        (codes.qr.is_some() || codes.manual.is_some()).then_some(codes)
    }

    fn row(file: &DeviceFile, findings: &mut Vec<Finding>) -> Option<Self> {
        let mut wrong = |reason: String| findings.push(Finding::of(Check::ArtifactMalformed, &file.name, reason));
        let text = match utf8(&file.bytes) {
            Ok(text) => text.as_bytes(),
            Err(error) if error.is_utf16 => {
                wrong(error.to_string());
                return None;
            }
            Err(_) => without_bom(&file.bytes),
        };
        let Dialect { delimiter, start } = Dialect::of(text);
        let text = text.get(start..).unwrap_or_default();
        let Some(CodesTable { header, row, is_more }) = CodesTable::read(text, delimiter) else {
            wrong("a CSV header and one row are required".into());
            return None;
        };
        if is_more {
            wrong("there is more than one row; only the first is audited".into());
        }
        if row.len() != header.len() {
            wrong(format!(
                "the row has {} cells, but the header has {}",
                row.len(),
                header.len()
            ));
        }
        let mut column = |name: &str| {
            let index = header.iter().position(|column| column.trim() == name);
            if index.is_none() {
                wrong(format!("there is no column {name}"));
            }
            index
                .and_then(|index| row.get(index))
                .map(|cell| Zeroizing::new(cell.to_owned()))
        };
        Some(Self {
            qr: column("qrcode"),
            manual: column("manualcode"),
            discriminator: column("discriminator"),
            passcode: column("passcode"),
        })
    }
}

/// A header and a row.
struct CodesTable {
    // A file without a header begins with a device's row, including the passcode.
    header: Zeroizing<Vec<String>>,
    row: Zeroizing<Vec<String>>,
    is_more: bool,
}

impl CodesTable {
    fn read(text: &[u8], delimiter: u8) -> Option<Self> {
        if !text.contains(&b'"') {
            // The usual form; creating a CSV reader takes longer than everything else.
            let text = std::str::from_utf8(text).ok()?;
            let cells = |line: &str| line.split(char::from(delimiter)).map(str::to_owned).collect::<Vec<_>>();
            let mut lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
            return Some(Self {
                header: Zeroizing::new(cells(lines.next()?)),
                row: Zeroizing::new(cells(lines.next()?)),
                is_more: lines.next().is_some(),
            });
        }
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text);
        let header = Zeroizing::new(reader.headers().ok()?.iter().map(str::to_owned).collect());
        let mut rows = reader.records();
        let row = rows.next()?.ok()?.iter().map(str::to_owned).collect();
        Some(Self {
            header,
            row: Zeroizing::new(row),
            is_more: rows.next().is_some(),
        })
    }
}

/// Returns the significant characters of a manual code or a number, ignoring grouping.
pub(crate) fn digits(code: &str) -> impl Iterator<Item = char> {
    code.chars().filter(char::is_ascii_digit)
}

/// Returns whether a line has the digits of a manual code and only grouping characters besides.
fn is_manual(line: &str) -> bool {
    let digits = line.bytes().filter(u8::is_ascii_digit).count();
    let others = line.bytes().filter(|byte| !byte.is_ascii_digit());
    matches!(digits, 11 | 21) && others.into_iter().all(|byte| matches!(byte, b'-' | b' '))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn lines_are_codes_or_no_codes_at_all() {
        let qr = "MT:Y.K9042C00KA0648G00";
        let both = LabelCodes::lines(format!("\u{feff}{qr}\r\n\n 3497-011-2332\n").as_bytes()).unwrap();
        assert_eq!(both.qr.unwrap().as_str(), qr);
        assert_eq!(both.manual.unwrap().as_str(), "3497-011-2332");
        let spaced = LabelCodes::lines(b"3497 011 2332").unwrap();
        assert_eq!(spaced.manual.unwrap().as_str(), "34970112332");
        assert!(both.discriminator.is_none() && both.passcode.is_none());
        for other in [
            "",
            "\n",
            "MT:A\nMT:B",
            "34970112332\n34970112332",
            "MT:A\n1234",
            "qrcode,manualcode\nMT:A,34970112332",
            "3497_0112332",
        ] {
            assert!(LabelCodes::lines(other.as_bytes()).is_none(), "{other}");
        }
        assert!(LabelCodes::lines(b"MT:\xFF").is_none());
    }
}
