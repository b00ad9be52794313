//! The codes of a label in files: lines of text, or a CSV table with one row.

use std::fmt;

use zeroize::Zeroizing;

/// The label data in a file; `None` for missing values.
#[derive(Clone, Default)]
pub(crate) struct LabelCodes {
    pub(crate) qr: Option<Zeroizing<String>>,
    pub(crate) manual: Option<Zeroizing<String>>,
    pub(crate) discriminator: Option<Zeroizing<String>>,
    pub(crate) passcode: Option<Zeroizing<String>>,
}

/// Codes and tables of one device are small.
const MAX_LEN: usize = 0x1_0000;

impl LabelCodes {
    /// Parses the codes of a file; `None` if it has none.
    pub(crate) fn read(name: &str, bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_LEN)?;
        let text = text.trim_start_matches('\u{feff}');
        Self::lines(text).or_else(|| Self::table(text, name.ends_with(".csv")))
    }

    /// Parses lines that are all codes, each of another kind.
    fn lines(text: &str) -> Option<Self> {
        let mut codes = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (place, code) = if line.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("MT:")) {
                (&mut codes.qr, line.to_owned())
            } else if is_manual(line) {
                // People also group digits with spaces.
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

    /// Parses a header and a row in the reference tool's format. Codes contain neither delimiters
    /// nor quotes.
    fn table(text: &str, is_csv: bool) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let header = lines.next()?;
        if !is_csv && !header.contains("qrcode") {
            return None;
        }
        let delimiter = [',', ';', '\t'].into_iter().find(|mark| header.contains(*mark))?;
        let row: Vec<&str> = lines.next()?.split(delimiter).map(bare).collect();
        let column = |name: &str| {
            let place = header.split(delimiter).position(|cell| bare(cell) == name)?;
            let cell = row.get(place).filter(|cell| !cell.is_empty())?;
            Some(Zeroizing::new((*cell).to_owned()))
        };
        let codes = Self {
            qr: column("qrcode"),
            manual: column("manualcode"),
            discriminator: column("discriminator"),
            passcode: column("passcode"),
        };
        (codes.qr.is_some() || codes.manual.is_some()).then_some(codes)
    }

    /// Adds the data of another file, and returns the names of values that differ.
    pub(crate) fn join(&mut self, other: Self) -> Vec<&'static str> {
        let digits = |text: &str| Zeroizing::new(text.chars().filter(char::is_ascii_digit).collect::<String>());
        let same = |a: &str, b: &str| a == b || !a.starts_with("MT:") && digits(a) == digits(b);
        let pairs = [
            ("QR code", &mut self.qr, other.qr),
            ("manual code", &mut self.manual, other.manual),
            ("discriminator", &mut self.discriminator, other.discriminator),
            ("passcode", &mut self.passcode, other.passcode),
        ];
        let mut differ = Vec::new();
        for (what, own, other) in pairs {
            match (own.as_ref(), other) {
                (Some(own), Some(other)) if !same(own, &other) => differ.push(what),
                (None, other) => *own = other,
                _ => {}
            }
        }
        differ
    }

    /// Returns the kind of the codes as a noun.
    pub(crate) const fn what(&self) -> &'static str {
        match (&self.qr, &self.manual) {
            (Some(_), None) => "Text of a QR code",
            (None, Some(_)) => "Manual pairing code",
            _ => "Onboarding codes",
        }
    }
}

impl fmt::Debug for LabelCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LabelCodes([elided])")
    }
}

fn bare(cell: &str) -> &str {
    cell.trim().trim_matches('"')
}

/// Returns whether a line has the number of digits of a manual code, and only grouping characters
/// besides.
fn is_manual(line: &str) -> bool {
    let digits = line.bytes().filter(u8::is_ascii_digit).count();
    matches!(digits, 11 | 21)
        && line
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b' '))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn codes_are_read_from_lines_and_from_tables() {
        let lines = LabelCodes::read("a.txt", "\u{feff}MT:Y.K9042C00KA0648G00\r\n3497 011 2332\n".as_bytes()).unwrap();
        assert_eq!(lines.manual.unwrap().as_str(), "34970112332");
        let table = b"qrcode,manualcode,discriminator,passcode\nMT:Y.K9042C00KA0648G00,34970112332,3840,20202021\n";
        let table = LabelCodes::read("x-onb_codes.csv", table).unwrap();
        assert_eq!(table.passcode.unwrap().as_str(), "20202021");
        assert_eq!(lines.qr, table.qr);
        for other in ["", "hello", "MT:A\nMT:B", "{}", "key,type\n1,2\n"] {
            assert!(LabelCodes::read("a.csv", other.as_bytes()).is_none(), "{other}");
        }
    }
}
