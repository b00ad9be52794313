use std::fmt::Write as _;
use std::io::Write;

use factory_fs::Dir;
use matter_setup_payload::Label;
use zeroize::Zeroizing;

use crate::message::message;
use crate::{Error, Field, Message};

mod pdf;

/// Millimetres of an A4 page, and of the label fields on it: four columns of seven.
const PAGE: (f64, f64) = (210.0, 297.0);
const COLUMNS: usize = 4;
const ROWS: usize = 7;
const FIELD: (f64, f64) = (47.5, 39.5);
/// Millimetres left and above the fields.
const EDGE: (f64, f64) = (10.0, 10.25);
/// Pages of one PDF, so that no file and no run's memory grows with the number of devices.
const PDF_PAGES: usize = 100;

/// What label sheets are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelFormat {
    /// A PDF for each hundred pages, with the text in a font that every reader has.
    Pdf,
    /// An SVG for each page.
    Svg,
}

impl LabelFormat {
    /// Refuses a text that cannot be printed in this format, or is wider than a label's field.
    pub(crate) fn check(self, text: &str) -> Result<(), Message> {
        let wrong = text.chars().find(|character| pdf::code_of(*character).is_none());
        match (self, wrong) {
            (Self::Pdf, Some(character)) => Err(message![
                format!("'{character}' is not in the fonts of a PDF label, which have the characters of Latin-1; "),
                Field::Labels,
                " svg is allowed"
            ]),
            _ => Ok(()),
        }
    }
}

/// Draws a single label as a PDF whose page is as large as the label; `None` when a text of it has characters that the fonts
/// of PDF labels do not have: those of Latin-1.
#[must_use]
pub fn label_pdf(label: &Label) -> Option<Zeroizing<Vec<u8>>> {
    let mut texts = label.lines().flat_map(|line| line.text.chars());
    if !texts.all(|character| pdf::code_of(character).is_some()) {
        return None;
    }
    let mut document = pdf::Document::new();
    document.add_label(label);
    Some(Zeroizing::new(document.finish()))
}

/// Sheets of labels for a printer, A4 with 28 labels each.
///
/// Pages appear one after the other in a folder of their own.
pub(crate) struct LabelSheets {
    format: LabelFormat,
    folder: Dir,
    page: Vec<Label>,
    document: pdf::Document,
    files: usize,
}

/// Where a label's upper left corner is, so that the label is in the middle of its field.
fn place(number: usize, label: &Label) -> (f64, f64) {
    let count = |number: usize| u32::try_from(number).map_or(0.0, f64::from);
    let (column, row) = (count(number % COLUMNS), count(number / COLUMNS));
    let size = label.size();
    (
        EDGE.0 + column * FIELD.0 + (FIELD.0 - size.width) / 2.0,
        EDGE.1 + row * FIELD.1 + (FIELD.1 - size.height) / 2.0,
    )
}

impl LabelSheets {
    /// Starts the folder `name` in `parent`.
    pub(crate) fn new(parent: &Dir, name: &str, format: LabelFormat) -> Result<Self, Error> {
        let folder = parent.create_new_child(name);
        Ok(Self {
            format,
            folder: folder.map_err(Error::write(&parent.path().join(name)))?,
            page: Vec::new(),
            document: pdf::Document::new(),
            files: 0,
        })
    }

    /// Adds a device's label.
    pub(crate) fn add(&mut self, label: Label) -> Result<(), Error> {
        self.page.push(label);
        if self.page.len() == COLUMNS * ROWS {
            self.end_page()?;
        }
        Ok(())
    }

    /// Ends the last page.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if !self.page.is_empty() {
            self.end_page()?;
        }
        self.end_document()
    }

    fn end_page(&mut self) -> Result<(), Error> {
        let labels = std::mem::take(&mut self.page);
        match self.format {
            LabelFormat::Svg => self.write("svg", svg_page(&labels).as_bytes()),
            LabelFormat::Pdf => {
                self.document.add_page(&labels);
                if self.document.pages() == PDF_PAGES {
                    self.end_document()?;
                }
                Ok(())
            }
        }
    }

    fn end_document(&mut self) -> Result<(), Error> {
        if self.document.pages() == 0 {
            return Ok(());
        }
        let document = std::mem::replace(&mut self.document, pdf::Document::new());
        let bytes = Zeroizing::new(document.finish());
        self.write("pdf", &bytes)
    }

    fn write(&mut self, extension: &str, bytes: &[u8]) -> Result<(), Error> {
        self.files += 1;
        let name = format!("{:04}.{extension}", self.files);
        let written = self
            .folder
            .create_file(&name)
            .and_then(|mut file| file.write_all(bytes));
        written.map_err(Error::write(&self.folder.path().join(name)))
    }
}

/// Draws a page, one user unit to the millimetre.
fn svg_page(labels: &[Label]) -> Zeroizing<String> {
    let (width, height) = PAGE;
    let mut svg = Zeroizing::new(String::new());
    // Writing into a string does not fail.
    let _ = write!(
        *svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    for (number, label) in labels.iter().enumerate() {
        let (x, y) = place(number, label);
        svg.push_str(&label.to_svg_group(x, y));
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use matter_setup_payload::SetupPayload;

    use super::*;

    fn label() -> Label {
        let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
        Label::new(&payload)
            .unwrap()
            .with_line("Lämp (7) \\ two")
            .with_line("SN0000000000000000000000000000001")
    }

    fn sheets(format: LabelFormat, count: usize) -> Vec<(String, Vec<u8>)> {
        let top = tempfile::tempdir().unwrap();
        let dir = Dir::open(top.path()).unwrap();
        let mut sheets = LabelSheets::new(&dir, "labels-now", format).unwrap();
        for _ in 0..count {
            sheets.add(label()).unwrap();
        }
        sheets.finish().unwrap();
        let mut files = std::fs::read_dir(top.path().join("labels-now"))
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, std::fs::read(entry.path()).unwrap())
            })
            .collect::<Vec<_>>();
        files.sort();
        files
    }

    #[test]
    fn labels_of_the_longest_texts_fit_their_fields() {
        let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
        let payload = payload.with_flow(matter_setup_payload::CommissioningFlow::Custom);
        let wide = "W".repeat(32);
        let label = Label::new(&payload).unwrap().with_line(&wide).with_line(&wide);
        assert!(label.size().width <= FIELD.0 && label.size().height <= FIELD.1);
        let (right, bottom) = (EDGE.0 + 4.0 * FIELD.0, EDGE.1 + 7.0 * FIELD.1);
        assert!(right <= PAGE.0 && bottom <= PAGE.1, "the fields fit the page");
    }

    #[test]
    fn svg_has_a_file_for_each_page() {
        let files = sheets(LabelFormat::Svg, 29);
        let counts = files
            .iter()
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).matches("3497-011-2332").count())
            .collect::<Vec<_>>();
        assert_eq!(counts, [28, 1]);
        assert_eq!(files[1].0, "0002.svg");
    }

    #[test]
    fn pdf_has_all_pages_in_one_file() {
        let files = sheets(LabelFormat::Pdf, 57);
        assert_eq!(files.len(), 1);
        let text = String::from_utf8_lossy(&files[0].1).into_owned();
        assert!(text.starts_with("%PDF-1.7") && text.trim_end().ends_with("%%EOF"));
        assert!(text.contains("/Count 3"), "28, 28 and 1 labels");
    }

    #[test]
    fn pdf_of_one_label_has_a_page_of_its_size() {
        let bytes = label_pdf(&label()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let size = label().size();
        let points = format!("/MediaBox [0 0 {:.0}", size.width * 72.0 / 25.4);
        let start = points.trim_end_matches(|c: char| c.is_ascii_digit());
        let width = text.split(start).nth(1).unwrap().split(' ').next().unwrap();
        assert!(
            (width.parse::<f64>().unwrap() - size.width * 72.0 / 25.4).abs() < 0.01,
            "{width}"
        );
        assert!(text.contains("/Count 1"));
        assert!(label_pdf(&label().with_line("Лампа")).is_none());
    }

    #[test]
    fn pdf_refuses_what_its_fonts_do_not_have() {
        assert!(LabelFormat::Pdf.check("Lämp é ÿ").is_ok());
        assert!(LabelFormat::Pdf.check("Лампа").is_err());
        assert!(LabelFormat::Svg.check("Лампа").is_ok());
    }
}
