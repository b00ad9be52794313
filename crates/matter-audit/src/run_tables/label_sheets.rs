//! Label sheets: the texts of each label.

mod pdf_texts;
mod svg_texts;

use std::collections::VecDeque;
use std::fmt::Write;

use factory_fs::Input;
use zeroize::Zeroizing;

use super::device_values::{MANUAL, SERIAL};
use super::{RunTable, TableComparison};
use crate::label_codes::digits;

/// The lines of one label. Some are secret.
type LabelLines = Vec<Zeroizing<String>>;

/// Prefix of a serial number, and the most lines that follow in a long one.
const SERIAL_MARK: &str = "S/N ";
const MORE_LINES: usize = 2;

/// Number of digits of a manual pairing code, without and with vendor and product.
const DIGITS: [usize; 2] = [11, 21];

impl TableComparison<'_> {
    /// Compares the manual code and the serial number of each label with those of the device.
    pub(super) fn read_labels(&mut self, table: &RunTable) -> Result<(), String> {
        let bytes = Input::read_file(&table.path).map_err(|error| error.to_string())?;
        let is_pdf = table.path.extension().is_some_and(|kind| kind == "pdf");
        let labels = if is_pdf {
            pdf_texts::labels(&bytes)?
        } else {
            svg_texts::labels(&bytes)?
        };
        for (number, label) in labels.iter().enumerate() {
            let codes = manuals(label);
            let numbers = serials(label);
            let by_serial = numbers.iter().find_map(|line| self.facts.device_with(SERIAL, line));
            let by_code = || codes.iter().find_map(|code| self.facts.device_with(MANUAL, code));
            let Some(device) = by_serial.or_else(by_code) else {
                let serials = numbers.iter().map(|line| (SERIAL, line.as_str()));
                let codes = codes.iter().map(|code| (MANUAL, code.as_str()));
                let identities = self.facts.identities(serials.chain(codes));
                let name = self.absent(&identities);
                self.missing(table, &name.unwrap_or_else(|| format!("label {}", number + 1)));
                continue;
            };
            self.list(table, device);
            let mut differ = String::new();
            if !codes
                .iter()
                .any(|code| self.facts.agrees(device, MANUAL, code) != Some(false))
            {
                differ.push_str("the manual code");
            }
            let serials = numbers.iter().map(|line| self.facts.agrees(device, SERIAL, line));
            let serials = serials.flatten().collect::<Vec<_>>();
            if !serials.is_empty() && !serials.contains(&true) {
                let and = if differ.is_empty() { "" } else { " and " };
                let _ = write!(differ, "{and}the serial number");
            }
            if !differ.is_empty() {
                self.differs(table, device, &differ);
            }
        }
        Ok(())
    }
}

/// Returns candidates for the serial number of a label, the most likely first: the text after `S/N`, alone and with the
/// following lines of a long one, and any other line.
fn serials(label: &LabelLines) -> Vec<Zeroizing<String>> {
    let mut numbers = VecDeque::new();
    for (at, line) in label.iter().enumerate().rev() {
        let Some(first) = line.strip_prefix(SERIAL_MARK) else {
            numbers.push_back(line.clone());
            continue;
        };
        let mut number = Zeroizing::new(first.to_owned());
        numbers.push_front(number.clone());
        for line in label.iter().skip(at + 1).take(MORE_LINES) {
            number.push_str(line);
            // The longest is the complete one.
            numbers.push_front(number.clone());
        }
    }
    numbers.into()
}

/// Returns candidates for the manual code of a label: the first line, alone and with the second line of a long code.
fn manuals(label: &LabelLines) -> Vec<Zeroizing<String>> {
    let mut codes = Vec::new();
    let mut code = Zeroizing::new(String::new());
    for line in label.iter().take(2) {
        if !line.chars().all(|letter| letter.is_ascii_digit() || letter == '-') {
            break;
        }
        code.extend(digits(line));
        if DIGITS.contains(&code.len()) {
            codes.push(code.clone());
        }
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_number_follows_its_mark_on_all_its_lines() {
        let label = |lines: &[&str]| lines.iter().map(|line| Zeroizing::new((*line).to_owned())).collect();
        let found = |lines: &[&str]| {
            serials(&label(lines))
                .iter()
                .map(|line| line.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found(&["3497-011-2332", "Lamp", "S/N 0042"]),
            ["0042", "Lamp", "3497-011-2332"]
        );
        assert_eq!(found(&["1", "S/N 00", "42"]), ["0042", "00", "42", "1"]);
        // The form of earlier sheets.
        assert_eq!(found(&["1", "0042"]), ["0042", "1"]);
        assert!(found(&[]).is_empty());
    }
    /// With a move of all lines for each mark it would take minutes.
    #[test]
    fn many_marks_take_no_time() {
        let line = Zeroizing::new(SERIAL_MARK.to_owned());
        let start = std::time::Instant::now();
        assert!(serials(&vec![line; 50_000]).len() > 50_000);
        assert!(start.elapsed().as_secs() < 20);
    }
}
