//! Sheets of labels: the texts of each label.

mod pdf_texts;
mod svg_texts;

use std::fmt::Write;

use factory_fs::Input;
use zeroize::Zeroizing;

use super::device_values::{MANUAL, SERIAL};
use super::{RunTable, TableComparison};
use crate::label_codes::digits;

/// The lines of one label. Some are secret.
type LabelLines = Vec<Zeroizing<String>>;

/// The digits of a manual pairing code, with and without vendor and product.
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
            let by_serial = label.iter().rev().find_map(|line| self.facts.device_with(SERIAL, line));
            let by_code = || codes.iter().find_map(|code| self.facts.device_with(MANUAL, code));
            let Some(device) = by_serial.or_else(by_code) else {
                let serials = label.iter().map(|line| (SERIAL, line.as_str()));
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
            let serials = label.iter().map(|line| self.facts.agrees(device, SERIAL, line));
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

/// What may be the manual code of a label: the first line, and that with the second one, into which a long code goes on.
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
