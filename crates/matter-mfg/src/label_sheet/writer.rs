use std::io::Write;

use factory_fs::Dir;
use zeroize::Zeroizing;

use super::{LabelFormat, LabelSheet, Page, pdf, small_modules, svg};
use crate::{DeviceLabel, Error, Extent, LabelError, LabelStock, Message};

/// Pages per PDF: a limit, so that neither files nor memory grow with the number of devices.
const PDF_PAGES: usize = 100;

impl LabelFormat {
    /// Refuses labels that cannot be drawn in this format. Returns their module size.
    pub(crate) fn check(self, labels: &[DeviceLabel], sheet: &LabelSheet) -> Result<f64, LabelError> {
        self.check_letters(labels)?;
        Ok(Page::new(sheet, 0, labels)?.module())
    }

    fn check_letters(self, labels: &[DeviceLabel]) -> Result<(), LabelError> {
        if self == Self::Svg {
            return Ok(());
        }
        let mut letters = labels.iter().flat_map(DeviceLabel::texts).flat_map(str::chars);
        match letters.find(|letter| pdf::code_of(*letter).is_none()) {
            Some(character) => Err(LabelError::Character { character }),
            None => Ok(()),
        }
    }

    /// Draws a page as a file.
    pub(crate) fn draw(self, page: &Page<'_>, title: &str) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Svg => Zeroizing::new(svg::draw(page, title).as_bytes().to_vec()),
            Self::Pdf => {
                let mut document = pdf::Document::new();
                document.add(page);
                Zeroizing::new(document.finish(title))
            }
        }
    }
}

/// Drawn labels.
#[derive(Debug)]
#[non_exhaustive]
pub struct DrawnLabels {
    /// PDFs of up to a hundred pages, or an SVG for each page. They show passcodes.
    pub files: Vec<Zeroizing<Vec<u8>>>,
    /// The number of pages.
    pub pages: usize,
    /// The smallest module in millimetres.
    pub module: f64,
    /// A warning if modules are small.
    pub warning: Option<Message>,
}

impl LabelSheet {
    /// Draws labels on as many pages as they require.
    ///
    /// # Errors
    ///
    /// [`LabelError`] if one does not fit, or has a text that the format cannot show.
    pub fn draw(&self, format: LabelFormat, labels: &[DeviceLabel], title: &str) -> Result<DrawnLabels, LabelError> {
        let mut drawn = DrawnLabels {
            files: Vec::new(),
            pages: 0,
            module: f64::MAX,
            warning: None,
        };
        format.check_letters(labels)?;
        let mut document = pdf::Document::new();
        let (mut rest, mut first) = (labels, self.start.saturating_sub(1));
        while !rest.is_empty() {
            let room = usize::try_from(self.labels().saturating_sub(first))
                .unwrap_or_default()
                .max(1);
            let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            let page = Page::new(self, first, now)?;
            drawn.module = drawn.module.min(page.module());
            match format {
                LabelFormat::Svg => drawn.files.push(format.draw(&page, title)),
                LabelFormat::Pdf => document.add(&page),
            }
            drawn.pages += 1;
            (rest, first) = (later, 0);
        }
        if format == LabelFormat::Pdf {
            drawn.files.push(Zeroizing::new(document.finish(title)));
        }
        drawn.warning = small_modules(drawn.module, self.stock.label);
        Ok(drawn)
    }
}

/// The title of a single label.
const SINGLE: &str = "Matter label";

impl DeviceLabel {
    /// Draws the label as a PDF with a page of its size.
    ///
    /// # Errors
    ///
    /// [`LabelError`] if it does not fit, or a text has characters beyond Latin-1.
    pub fn to_pdf(&self, size: Extent) -> Result<Zeroizing<Vec<u8>>, LabelError> {
        self.draw(LabelFormat::Pdf, size)
    }

    /// Draws the label as an SVG of its size.
    ///
    /// # Errors
    ///
    /// [`LabelError`] if it does not fit.
    pub fn to_svg(&self, size: Extent) -> Result<Zeroizing<Vec<u8>>, LabelError> {
        self.draw(LabelFormat::Svg, size)
    }

    fn draw(&self, format: LabelFormat, size: Extent) -> Result<Zeroizing<Vec<u8>>, LabelError> {
        let labels = std::slice::from_ref(self);
        format.check_letters(labels)?;
        let sheet = LabelSheet::unchecked(&LabelStock::single(size));
        Ok(format.draw(&Page::new(&sheet, 0, labels)?, SINGLE))
    }
}

/// Writes sheets of labels.
///
/// Pages are published one by one in a folder of their own.
pub(crate) struct SheetWriter {
    format: LabelFormat,
    sheet: LabelSheet,
    title: String,
    folder: Dir,
    page: Vec<DeviceLabel>,
    /// The label of the page at which it begins, from 0.
    first: u32,
    document: pdf::Document,
    files: usize,
}

impl SheetWriter {
    /// Creates the folder `name` in `parent`.
    pub(crate) fn new(
        parent: &Dir,
        name: &str,
        format: LabelFormat,
        sheet: LabelSheet,
        title: String,
    ) -> Result<Self, Error> {
        let folder = parent.create_new_child(name);
        Ok(Self {
            format,
            first: sheet.start.saturating_sub(1),
            sheet,
            title,
            folder: folder.map_err(Error::write(&parent.path().join(name)))?,
            page: Vec::new(),
            document: pdf::Document::new(),
            files: 0,
        })
    }

    /// Adds a device's label.
    pub(crate) fn add(&mut self, label: DeviceLabel) -> Result<(), Error> {
        self.page.push(label);
        let used = u32::try_from(self.page.len()).unwrap_or(u32::MAX);
        if self.first.saturating_add(used) >= self.sheet.labels() {
            self.end_page()?;
        }
        Ok(())
    }

    /// Finishes the last page.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if !self.page.is_empty() {
            self.end_page()?;
        }
        self.end_document()
    }

    fn end_page(&mut self) -> Result<(), Error> {
        let labels = std::mem::take(&mut self.page);
        let first = std::mem::take(&mut self.first);
        let page = Page::new(&self.sheet, first, &labels).map_err(Error::encode)?;
        match self.format {
            LabelFormat::Svg => {
                let drawn = svg::draw(&page, &self.title());
                self.write("svg", drawn.as_bytes())
            }
            LabelFormat::Pdf => {
                self.document.add(&page);
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
        let bytes = Zeroizing::new(document.finish(&self.title()));
        self.write("pdf", &bytes)
    }

    /// Returns the title of the next file.
    fn title(&self) -> String {
        format!("{}, file {}", self.title, self.files + 1)
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
