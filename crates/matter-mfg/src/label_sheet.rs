use crate::message::message;
use crate::{Error, Extent, Field, Message, Millimetres, PrintOffset};

mod page;
mod pdf;
mod stock;
mod svg;
mod writer;

pub(crate) use self::page::Page;
pub use self::stock::LabelStock;
pub use self::writer::DrawnLabels;
pub(crate) use self::writer::SheetWriter;

/// Maximum number of columns and of rows of a page.
const MAX_COUNT: u32 = 100;
/// Smallest label and largest page, in thousandths of a millimetre.
const MIN_LABEL: i32 = 8_000;
const MAX_PAGE: i32 = 1_200_000;
/// Largest correction of a printer's misalignment, in thousandths of a millimetre.
const MAX_OFFSET: i32 = 20_000;
/// White edge of a label, which may extend beyond the page, in thousandths of a millimetre.
const EDGE: i32 = 1_000;
/// Space for cut marks around the labels, in thousandths of a millimetre.
const MARKS: i32 = 3_000;
/// Smallest and largest module size that can be requested, in thousandths of a millimetre.
const MODULES: (i32, i32) = (100, 5_000);

/// The file format of label sheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelFormat {
    /// PDF files of up to a hundred pages, with text in standard fonts.
    Pdf,
    /// An SVG for each page.
    Svg,
}

/// The layout of printed labels: their places on a page and the size of their codes.
///
/// # Examples
///
/// ```
/// use matter_mfg::{LabelSheet, LabelStock};
///
/// let stock = LabelStock::named("L7160").ok_or("stock")?;
/// // Seven labels of the first page are used already.
/// let sheet = LabelSheet::new(&stock)?.with_offset("0.5,-1".parse()?)?.with_start(8)?;
/// assert_eq!(sheet.labels(), 21);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSheet {
    stock: LabelStock,
    /// Place of the first label and distance to the next, in thousandths of a millimetre.
    first: (i64, i64),
    pitch: Extent,
    start: u32,
    cut_marks: bool,
    module: Option<Millimetres>,
}

impl Default for LabelSheet {
    /// Returns plain A4 paper with 28 labels.
    fn default() -> Self {
        Self::unchecked(&LabelStock::PLAIN)
    }
}

impl LabelSheet {
    /// Checks that the labels are within the page and do not overlap.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] with the fault and the allowed values.
    pub fn new(stock: &LabelStock) -> Result<Self, Error> {
        let sheet = Self::unchecked(stock);
        sheet.check_sizes()?;
        sheet.check_place(Field::LabelGrid)?;
        Ok(sheet)
    }

    fn unchecked(stock: &LabelStock) -> Self {
        let pitch = stock.pitch.unwrap_or(stock.label);
        let used = |count: u32, pitch: Millimetres, label: Millimetres| {
            pitch.times(count.saturating_sub(1)) + i64::from(label.micrometres())
        };
        let first = stock.margins.map_or_else(
            || {
                let used = (
                    used(stock.columns, pitch.width, stock.label.width),
                    used(stock.rows, pitch.height, stock.label.height),
                );
                (
                    (i64::from(stock.page.width.micrometres()) - used.0).div_euclid(2),
                    (i64::from(stock.page.height.micrometres()) - used.1).div_euclid(2),
                )
            },
            |margins| (margins.width.micrometres().into(), margins.height.micrometres().into()),
        );
        Self {
            stock: *stock,
            first,
            pitch,
            start: 1,
            cut_marks: false,
            module: None,
        }
    }

    /// Moves all labels, for a misaligned printer: by up to 20 mm, and not beyond the page.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] for a larger offset.
    pub fn with_offset(mut self, offset: PrintOffset) -> Result<Self, Error> {
        let (right, down) = (offset.right.micrometres(), offset.down.micrometres());
        if right.abs().max(down.abs()) > MAX_OFFSET {
            let reason = format!("moves labels by more than the {} mm allowed", MAX_OFFSET / 1000);
            return Err(Error::field(Field::LabelOffset, reason));
        }
        self.first.0 += i64::from(right);
        self.first.1 += i64::from(down);
        self.check_place(Field::LabelOffset)?;
        Ok(self)
    }

    /// Starts the first page at a label, counted from 1 by rows; the ones before it are used.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] for a label beyond the page.
    pub fn with_start(mut self, start: u32) -> Result<Self, Error> {
        if start == 0 || start > self.labels() {
            let reason = format!("is not in the range 1 to {}, the labels of a page", self.labels());
            return Err(Error::field(Field::LabelStart, reason));
        }
        self.start = start;
        Ok(self)
    }

    /// Draws cut marks outside the labels.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] when there are less than 3 mm of paper around the labels.
    pub fn with_cut_marks(mut self) -> Result<Self, Error> {
        let least = self.free().into_iter().min().unwrap_or_default();
        if least < i64::from(MARKS) {
            let reason = format!(
                "requires {} mm of paper around the labels, but there are {} mm; use larger margins or fewer labels",
                MARKS / 1000,
                Millimetres::show(least)
            );
            return Err(Error::field(Field::LabelMarks, reason));
        }
        self.cut_marks = true;
        Ok(self)
    }

    /// Draws QR codes with modules of this size instead of the largest that fit: 0.1 to 5 mm.
    ///
    /// # Errors
    ///
    /// [`Error::Field`] for another size.
    pub fn with_module(mut self, module: Millimetres) -> Result<Self, Error> {
        if !(MODULES.0..=MODULES.1).contains(&module.micrometres()) {
            return Err(Error::field(Field::LabelModule, "is not in the range 0.1 to 5 mm"));
        }
        self.module = Some(module);
        Ok(self)
    }

    /// Returns the stock.
    #[must_use]
    pub const fn stock(&self) -> &LabelStock {
        &self.stock
    }

    /// Returns the label at which the first page starts, counted from 1.
    #[must_use]
    pub const fn start(&self) -> u32 {
        self.start
    }

    /// Returns the number of labels on a page.
    #[must_use]
    pub fn labels(&self) -> u32 {
        self.stock.columns.saturating_mul(self.stock.rows)
    }

    /// Returns the upper left corner of a label, in millimetres from the corner of the page. Labels are counted from 0.
    #[must_use]
    pub fn place(&self, number: u32) -> (f64, f64) {
        let columns = self.stock.columns.max(1);
        let x = self.first.0.saturating_add(self.pitch.width.times(number % columns));
        let y = self.first.1.saturating_add(self.pitch.height.times(number / columns));
        (millimetres(x), millimetres(y))
    }

    /// Returns the free paper left of, above, right of and below all labels, in thousandths of a millimetre.
    fn free(&self) -> [i64; 4] {
        let LabelStock {
            page,
            label,
            columns,
            rows,
            ..
        } = self.stock;
        let right = self.first.0 + self.pitch.width.times(columns.saturating_sub(1)) + label.width.times(1);
        let bottom = self.first.1 + self.pitch.height.times(rows.saturating_sub(1)) + label.height.times(1);
        [
            self.first.0,
            self.first.1,
            page.width.times(1) - right,
            page.height.times(1) - bottom,
        ]
    }

    fn check_sizes(&self) -> Result<(), Error> {
        let LabelStock {
            page,
            label,
            columns,
            rows,
            ..
        } = self.stock;
        let within = |size: Extent, least: i32| {
            [size.width, size.height]
                .iter()
                .all(|length| (least..=MAX_PAGE).contains(&length.micrometres()))
        };
        let range = |field, size: Extent| {
            let reason = format!(
                "is {size}; width and height must be {} to {} mm",
                MIN_LABEL / 1000,
                MAX_PAGE / 1000
            );
            Err(Error::field(field, reason))
        };
        if !within(label, MIN_LABEL) {
            return range(Field::LabelSize, label);
        }
        if !within(page, MIN_LABEL) {
            return range(Field::LabelPage, page);
        }
        if [columns, rows].iter().any(|count| !(1..=MAX_COUNT).contains(count)) {
            let reason = format!("is {columns} x {rows}; columns and rows must be 1 to {MAX_COUNT}");
            return Err(Error::field(Field::LabelGrid, reason));
        }
        if self.pitch.width < label.width || self.pitch.height < label.height {
            let reason = message![
                format!(
                    "is {}, so labels of {label} overlap; increase it or reduce ",
                    self.pitch
                ),
                Field::LabelSize
            ];
            return Err(Error::field(Field::LabelPitch, reason));
        }
        Ok(())
    }

    /// Refuses labels outside the page. The white edge of a label may extend beyond it because of an offset.
    fn check_place(&self, field: Field) -> Result<(), Error> {
        let slack = if field == Field::LabelOffset { EDGE } else { 0 };
        let edges = ["left of", "above", "right of", "below"];
        let worst = edges.into_iter().zip(self.free()).min_by_key(|(_, free)| *free);
        let Some((edge, beyond)) = worst.filter(|(_, free)| *free < -i64::from(slack)) else {
            return Ok(());
        };
        let told = format!(
            "puts labels {} mm {edge} the page of {}",
            Millimetres::show(-beyond),
            self.stock.page
        );
        let reason = match (field, self.stock.margins) {
            (Field::LabelOffset, _) => message![told, "; use a smaller offset"],
            (_, Some(_)) => message![
                format!(
                    "of {} x {} labels {told}; use fewer or smaller labels, or another ",
                    self.stock.columns, self.stock.rows
                ),
                Field::LabelMargins,
                " or ",
                Field::LabelPitch
            ],
            (_, None) => message![
                format!(
                    "of {} x {} labels {told}; use fewer or smaller labels, or another ",
                    self.stock.columns, self.stock.rows
                ),
                Field::LabelPitch
            ],
        };
        Err(Error::field(field, reason))
    }
}

/// Converts thousandths of a millimetre to millimetres.
fn millimetres(micrometres: i64) -> f64 {
    // No page is longer than fits 32 bits.
    let limit = i64::from(i32::MAX);
    i32::try_from(micrometres.clamp(-limit, limit)).map_or(0.0, f64::from) / 1000.0
}

/// The smallest module in millimetres for scanners of usual resolution (DENSO WAVE, "Point for setting the module
/// size", readers of the standard type).
const READABLE: f64 = 0.25;

/// Returns a warning if modules are small.
pub(crate) fn small_modules(module: f64, label: Extent) -> Option<Message> {
    (module < READABLE).then(|| {
        let text = format!(
            ": modules of {module:.2} mm are smaller than the {READABLE} mm that scanners of usual resolution read; \
             use labels larger than {label}, or shorter texts"
        );
        message![Field::Labels, text]
    })
}
