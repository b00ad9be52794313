//! Arranges a label: the QR code beside or above its texts, both as large as the label allows.
//!
//! ```text
//! +--------------------------+      +----------------+
//! | +--------+ Product       |      |   +--------+   |
//! | |   QR   | Vendor        |      |   |   QR   |   |
//! | |  code  | 3497-011-2332 |      |   |  code  |   |
//! | +--------+ S/N 0042      |      |   +--------+   |
//! +--------------------------+      | 3497-011-2332  |
//!                                   |    Product     |
//!                                   |    S/N 0042    |
//!                                   +----------------+
//! ```

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::helvetica::{Weight, width};
use super::{DeviceLabel, LabelError, QUIET_ZONE, SERIAL};
use crate::{Extent, Millimetres};

/// Millimetres of white at a label's edge, the tolerance of cutting and feeding (our choice).
const EDGE: f64 = 1.0;
/// Size in millimetres of a dot at 600 dpi. Modules are whole dots, so that all are equally large; an even number of dots
/// is also whole at 300 dpi.
const DOT: f64 = 25.4 / 600.0;
/// Dots of the smallest module: four, as the inventor of the code advises (DENSO WAVE, "Point for setting the module
/// size").
const MIN_DOTS: u32 = 4;
/// The smallest module in millimetres, for messages.
pub(crate) const MIN_MODULE: f64 = 0.17;
/// Dots of the largest automatic module: 1.5 mm (our choice).
const MAX_DOTS: u32 = 35;
/// Letter sizes to try, in millimetres; 1.4 mm are 4 points (our choice).
const LETTERS: [f64; 14] = [
    4.5, 4.0, 3.6, 3.2, 2.8, 2.6, 2.4, 2.2, 2.0, 1.9, 1.8, 1.7, 1.6, MIN_LETTER,
];
pub(crate) const MIN_LETTER: f64 = 1.4;
/// Size at which modules and letters are easy to read: both reach it before either grows further (our choice).
const EASY_MODULE: f64 = 0.42;
const EASY_LETTER: f64 = 2.0;
/// As multiples of the letter size: line spacing, height of capital letters, descent below the last baseline.
const LEADING: f64 = 1.22;
const CAPITAL: f64 = 0.72;
const DESCENT: f64 = 0.22;
/// Most lines of a name or a serial number, and of the smallest letters.
const MAX_LINES: usize = 2;
const MAX_SMALL_LINES: usize = 3;
/// A serial number of up to this many bytes, prefix included, is broken only at the smallest letter size.
const SHORT_SERIAL: usize = 24;
/// The width of a digit as a fraction of its size.
const DIGIT: f64 = 0.556;

/// A label with everything placed, in millimetres from its upper left corner.
pub(crate) struct Fitted<'l> {
    label: &'l DeviceLabel,
    /// Upper left corner of the dark modules.
    pub(crate) origin: (f64, f64),
    pub(crate) module: f64,
    pub(crate) texts: Vec<Text>,
}

/// A line of text.
pub(crate) struct Text {
    pub(crate) left: f64,
    pub(crate) baseline: f64,
    pub(crate) size: f64,
    pub(crate) width: f64,
    pub(crate) weight: Weight,
    kind: Kind,
    pub(crate) text: Zeroizing<String>,
}

/// Adjacent dark modules of a row, counted from the first column.
pub(crate) struct Run {
    pub(crate) column: usize,
    pub(crate) row: usize,
    pub(crate) len: usize,
}

impl Fitted<'_> {
    /// Returns the upper left corner of the dark modules for a label at `place`, aligned to the dots of a 600 dpi
    /// printer.
    pub(crate) fn grid_origin(&self, place: (f64, f64)) -> (f64, f64) {
        let on_grid = |length: f64| (length / DOT).round() * DOT;
        (on_grid(place.0 + self.origin.0), on_grid(place.1 + self.origin.1))
    }

    /// Returns the runs of dark modules of all rows.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.label.rows.iter().enumerate().flat_map(|(row, modules)| {
            let mut len = 0;
            // A light module after the last one ends the last run.
            let modules = modules.iter().copied().chain([false]).enumerate();
            modules.filter_map(move |(column, dark)| {
                let ended = if dark { 0 } else { len };
                len = if dark { len + 1 } else { 0 };
                (ended > 0).then(|| Run {
                    column: column - ended,
                    row,
                    len: ended,
                })
            })
        })
    }
}

/// A text before placement; its kind determines weight and size.
struct Block<'t> {
    text: Cow<'t, str>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Manual,
    Product,
    Vendor,
    Serial,
}

impl Kind {
    const fn weight(self) -> Weight {
        match self {
            Self::Manual | Self::Product => Weight::Bold,
            Self::Vendor | Self::Serial => Weight::Regular,
        }
    }

    /// Returns the letter size relative to plain text.
    const fn scale(self) -> f64 {
        match self {
            Self::Manual => 1.25,
            Self::Product => 1.1,
            Self::Vendor | Self::Serial => 1.0,
        }
    }

    /// Returns the gap above the first line, relative to the size of plain letters.
    const fn gap(self) -> f64 {
        match self {
            Self::Manual | Self::Serial => 0.35,
            Self::Product | Self::Vendor => 0.0,
        }
    }
}

/// A line of a column of texts.
struct Line {
    text: Zeroizing<String>,
    kind: Kind,
    size: f64,
    width: f64,
    /// From the column's upper edge.
    baseline: f64,
}

/// A column of lines.
struct Column {
    lines: Vec<Line>,
    height: f64,
}

/// Position of the texts relative to the code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrangement {
    Beside,
    Below,
}

/// Layout parameters shared by all labels of a page.
#[derive(Clone, Copy)]
struct Choice {
    arrangement: Arrangement,
    letter: f64,
    module: f64,
}

impl Choice {
    /// Returns a rank; better choices compare greater.
    fn merit(self) -> (f64, f64) {
        let easy = (self.module / EASY_MODULE).min(1.0) * (self.letter / EASY_LETTER).min(1.0);
        (easy, self.module * self.module.sqrt() * self.letter)
    }
}

/// Arranges labels of one size alike, with modules of a given size or as large as possible.
pub(crate) fn fit_all(
    labels: &[DeviceLabel],
    size: Extent,
    module: Option<Millimetres>,
) -> Result<Vec<Fitted<'_>>, LabelError> {
    let modules = match module {
        Some(module) => vec![module.get()],
        None => (MIN_DOTS..=MAX_DOTS).map(|dots| f64::from(dots) * DOT).collect(),
    };
    let mut best = None::<Choice>;
    for arrangement in [Arrangement::Beside, Arrangement::Below] {
        let blocks = labels.iter().map(|label| (label, label.blocks(arrangement)));
        let blocks = blocks.collect::<Vec<_>>();
        for letter in LETTERS {
            let choice = |module: f64| Choice {
                arrangement,
                letter,
                module,
            };
            let better = |module: f64| best.is_none_or(|best| choice(module).merit() > best.merit());
            // Module sizes that fit all labels. Sizes that cannot improve the result are not tried.
            let mut fitting = modules.as_slice();
            for (label, blocks) in &blocks {
                if !fitting.last().is_some_and(|module| better(*module)) {
                    break;
                }
                let fits = fitting.partition_point(|module| label.has_room(blocks, choice(*module), size));
                fitting = fitting.get(..fits).unwrap_or_default();
            }
            if let Some(module) = fitting.last().filter(|module| better(**module)) {
                best = Some(choice(*module));
            }
        }
    }
    match (best, module) {
        (Some(best), _) => Ok(labels.iter().filter_map(|label| label.place(size, best)).collect()),
        (None, Some(module)) => Err(LabelError::ModuleTooLarge {
            label: size,
            module: module.get(),
        }),
        (None, None) => Err(LabelError::TooSmall { label: size }),
    }
}

impl DeviceLabel {
    /// Returns the texts in reading order.
    fn blocks(&self, arrangement: Arrangement) -> Vec<Block<'_>> {
        let block = |text, kind| Block { text, kind };
        let manual = self
            .manual
            .iter()
            .map(|part| block(Cow::Borrowed(part.as_str()), Kind::Manual));
        let product = self
            .product
            .iter()
            .map(|name| block(Cow::Borrowed(name.as_str()), Kind::Product));
        let vendor = self
            .vendor
            .iter()
            .map(|name| block(Cow::Borrowed(name.as_str()), Kind::Vendor));
        let serial = self
            .serial
            .iter()
            .map(|number| block(Cow::Owned(format!("{SERIAL}{number}")), Kind::Serial));
        match arrangement {
            Arrangement::Beside => product.chain(vendor).chain(manual).chain(serial).collect(),
            // The manual code is directly below the QR code that it replaces.
            Arrangement::Below => manual.chain(product).chain(vendor).chain(serial).collect(),
        }
    }

    fn has_room(&self, blocks: &[Block<'_>], choice: Choice, size: Extent) -> bool {
        let (width, height) = inner(size);
        let code = count(self.modules()) * choice.module;
        if code > width.min(height) {
            return false;
        }
        let (width, height) = match choice.arrangement {
            Arrangement::Beside => (width - code, height),
            Arrangement::Below => (width, height - code),
        };
        column_height(blocks, choice.letter, width).is_some_and(|column| column <= height)
    }

    /// Places everything; `None` if the choice does not fit.
    fn place(&self, size: Extent, choice: Choice) -> Option<Fitted<'_>> {
        let (width, height) = inner(size);
        let module = choice.module;
        let (side, quiet) = (count(self.modules()) * module, count(QUIET_ZONE) * module);
        let blocks = self.blocks(choice.arrangement);
        let (column, left, top, text_left, text_top) = match choice.arrangement {
            Arrangement::Beside => {
                let column = Column::new(&blocks, choice.letter, width - side)?;
                let text_top = EDGE + (height - column.height) / 2.0;
                (column, EDGE, EDGE + (height - side) / 2.0, EDGE + side, text_top)
            }
            Arrangement::Below => {
                let column = Column::new(&blocks, choice.letter, width)?;
                let top = EDGE + (height - side - column.height) / 2.0;
                (column, EDGE + (width - side) / 2.0, top, EDGE, top + side)
            }
        };
        let texts = column.lines.into_iter().map(|line| Text {
            left: match choice.arrangement {
                Arrangement::Beside => text_left,
                Arrangement::Below => text_left + (width - line.width) / 2.0,
            },
            baseline: text_top + line.baseline,
            size: line.size,
            width: line.width,
            weight: line.kind.weight(),
            kind: line.kind,
            text: line.text,
        });
        let mut texts = texts.collect::<Vec<_>>();
        // The manual code is always the first text of a label.
        texts.sort_by_key(|text| text.kind != Kind::Manual);
        Some(Fitted {
            label: self,
            origin: (left + quiet, top + quiet),
            module,
            texts,
        })
    }
}

/// Returns the height of texts in a column of width `room`.
fn column_height(blocks: &[Block<'_>], letter: f64, room: f64) -> Option<f64> {
    let mut top = Top::new(letter);
    for block in blocks {
        let lines = block.lines(letter, room)?.len();
        for _ in 0..lines {
            top.next(block.kind);
        }
    }
    Some(top.height())
}

/// Position of the next line in a column.
struct Top {
    letter: f64,
    baseline: f64,
    before: Option<Kind>,
}

impl Top {
    const fn new(letter: f64) -> Self {
        Self {
            letter,
            baseline: 0.0,
            before: None,
        }
    }

    /// Returns the baseline of a line.
    fn next(&mut self, kind: Kind) -> f64 {
        let size = self.letter * kind.scale();
        self.baseline += match self.before {
            None => size * CAPITAL,
            Some(before) if before == kind => size * LEADING,
            Some(_) => size * LEADING + self.letter * kind.gap(),
        };
        self.before = Some(kind);
        self.baseline
    }

    fn height(&self) -> f64 {
        let last = self.before.map_or(1.0, Kind::scale);
        self.baseline + self.letter * last * DESCENT
    }
}

impl Column {
    fn new(blocks: &[Block<'_>], letter: f64, room: f64) -> Option<Self> {
        let mut top = Top::new(letter);
        let mut lines = Vec::new();
        for block in blocks {
            let size = letter * block.kind.scale();
            for text in block.even_lines(letter, room)? {
                lines.push(Line {
                    width: width(text, block.kind.weight()) * size,
                    text: Zeroizing::new(text.to_owned()),
                    kind: block.kind,
                    size,
                    baseline: top.next(block.kind),
                });
            }
        }
        Some(Self {
            lines,
            height: top.height(),
        })
    }
}

impl Block<'_> {
    /// The width of a letter. In serial numbers every letter counts at least as a digit, so that numbers of equal
    /// length are drawn alike.
    fn letter(&self, letter: char) -> f64 {
        let mut bytes = [0; 4];
        let width = width(letter.encode_utf8(&mut bytes), self.kind.weight());
        if self.kind == Kind::Serial {
            width.max(DIGIT)
        } else {
            width
        }
    }

    /// Breaks the text into lines no wider than a column.
    fn lines(&self, letter: f64, room: f64) -> Option<Vec<&str>> {
        let is_small = letter <= MIN_LETTER;
        let limit = match self.kind {
            Kind::Manual => 1,
            Kind::Serial if !is_small && self.text.len() <= SHORT_SERIAL => 1,
            _ if is_small => MAX_SMALL_LINES,
            _ => MAX_LINES,
        };
        let room = room / (letter * self.kind.scale());
        self.broken(room, limit, is_small)
    }

    /// As [`Self::lines`], with lines of about equal length.
    fn even_lines(&self, letter: f64, room: f64) -> Option<Vec<&str>> {
        let mut even = self.lines(letter, room)?;
        let limit = even.len();
        if limit == 1 {
            return Some(even);
        }
        let wide = room / (letter * self.kind.scale());
        let (mut narrow, mut wide) = (wide / 2.0, wide);
        // Accurate to about a tenth of a letter.
        for _ in 0..8 {
            let middle = f64::midpoint(narrow, wide);
            match self.broken(middle, limit, letter <= MIN_LETTER) {
                Some(lines) => (wide, even) = (middle, lines),
                None => narrow = middle,
            }
        }
        Some(even)
    }

    /// Breaks the text into lines no wider than `room` times the letter size. Names break between words, and within
    /// words only if `may_split`; a serial number breaks anywhere and loses no character.
    fn broken(&self, room: f64, limit: usize, may_split: bool) -> Option<Vec<&str>> {
        let mut lines = Vec::new();
        let mut rest = &*self.text;
        while !rest.is_empty() {
            let mut used = 0.0;
            let mut blank = None;
            let mut over = None;
            for (at, letter) in rest.char_indices() {
                if letter == ' ' && at > 0 && self.kind != Kind::Serial {
                    blank = Some(at);
                }
                used += self.letter(letter);
                if used > room {
                    over = Some(at);
                    break;
                }
            }
            let (line, next) = match (over, blank) {
                (None, _) => (rest, ""),
                (Some(_), Some(blank)) => (rest.get(..blank)?, rest.get(blank..)?.trim_start()),
                (Some(over), None) if over > 0 && (may_split || self.kind == Kind::Serial) => {
                    rest.split_at_checked(over)?
                }
                _ => return None,
            };
            lines.push(line);
            rest = next;
            if lines.len() > limit || lines.len() == limit && !rest.is_empty() {
                return None;
            }
        }
        Some(lines)
    }
}

/// Returns the area within a label's white edge.
fn inner(label: Extent) -> (f64, f64) {
    (label.width.get() - 2.0 * EDGE, label.height.get() - 2.0 * EDGE)
}

/// Converts a count of modules or lines, far below 2^32, to a length.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}
