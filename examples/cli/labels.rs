//! The options of a label sheet.

use matter_mfg::{Error, Extent, LabelSheet, LabelStock, PrintOffset};

use crate::{Failure, parse, parse_number};

/// The options of a label sheet as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct LabelTexts<'t> {
    /// `--label-stock`
    pub stock: Option<&'t str>,
    /// `--label-size`
    pub size: Option<&'t str>,
    /// `--label-page`
    pub page: Option<&'t str>,
    /// `--label-grid`
    pub grid: Option<&'t str>,
    /// `--label-margins`
    pub margins: Option<&'t str>,
    /// `--label-pitch`
    pub pitch: Option<&'t str>,
    /// `--label-offset`
    pub offset: Option<&'t str>,
    /// `--label-start`
    pub start: Option<&'t str>,
    /// `--label-marks`
    pub marks: bool,
    /// `--label-module`
    pub module: Option<&'t str>,
}

/// Declares options with those of a label sheet among them, and `label_texts`, which returns those as text. A second
/// block has the options after them.
#[macro_export]
macro_rules! options_with_labels {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($before:tt)* } $({ $($after:tt)* })?) => {
        $crate::options! {
            $(#[$meta])*
            $visibility struct $name {
                $($before)*
                /// Labels as sold: a name such as L7160 or 5160 (docs/output.md lists all), or the size of single
                /// labels on a roll such as 62x29 [default: A4, plain paper with 28 labels]
                #[arg(long, value_name = "NAME|WxH", help_heading = "Labels")]
                label_stock: Option<$crate::Text>,
                /// Width and height of a label in millimetres, or in inches with the suffix `in` [default: those of
                /// --label-stock]
                #[arg(long, value_name = "WxH", help_heading = "Labels")]
                label_size: Option<$crate::Text>,
                /// Width and height of the page: A4, Letter or lengths [default: that of --label-stock, or A4]
                #[arg(long, value_name = "WxH", help_heading = "Labels")]
                label_page: Option<$crate::Text>,
                /// Columns and rows of labels, 1x1 to 100x100 [default: those of --label-stock, or as many as fit]
                #[arg(long, value_name = "COLUMNSxROWS", help_heading = "Labels")]
                label_grid: Option<$crate::Text>,
                /// Distance from the left and upper edge of the page to the first label [default: labels are centred]
                #[arg(long, value_name = "LEFTxTOP", help_heading = "Labels")]
                label_margins: Option<$crate::Text>,
                /// Distance from one label to the next, to the right and down [default: that of --label-stock, or no
                /// gaps]
                #[arg(long, value_name = "RIGHTxDOWN", help_heading = "Labels")]
                label_pitch: Option<$crate::Text>,
                /// Offset of all labels to the right and down, negative to the left and up, for a misaligned printer:
                /// up to 20 mm
                #[arg(long, value_name = "RIGHT,DOWN", allow_hyphen_values = true, help_heading = "Labels")]
                label_offset: Option<$crate::Text>,
                /// First unused label of the first page, counted by rows from 1 [default: 1]
                #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Labels")]
                label_start: Option<$crate::Text>,
                /// Draw cut marks beside the labels
                #[arg(long, help_heading = "Labels")]
                label_marks: bool,
                /// Size of a module of the QR codes in millimetres, 0.1 to 5 [default: the largest that fits, up to
                /// 1.5]
                #[arg(long, value_name = "MM", allow_hyphen_values = true, help_heading = "Labels")]
                label_module: Option<$crate::Text>,
                $($($after)*)?
            }
        }

        impl $name {
            /// Returns the options of the label sheet as text.
            #[must_use]
            $visibility fn label_texts(&self) -> $crate::LabelTexts<'_> {
                use $crate::Written as _;
                $crate::LabelTexts {
                    stock: self.label_stock.written(),
                    size: self.label_size.written(),
                    page: self.label_page.written(),
                    grid: self.label_grid.written(),
                    margins: self.label_margins.written(),
                    pitch: self.label_pitch.written(),
                    offset: self.label_offset.written(),
                    start: self.label_start.written(),
                    marks: self.label_marks,
                    module: self.label_module.written(),
                }
            }
        }
    };
}

options_with_labels! {
    /// The label sheet options of a command without a job file.
    #[derive(Debug, clap::Args)]
    pub struct LabelSheetArguments {}
}

impl LabelTexts<'_> {
    /// Returns the first option that was given.
    #[must_use]
    pub fn given(&self) -> Option<&'static str> {
        let texts = [
            ("--label-stock", self.stock),
            ("--label-size", self.size),
            ("--label-page", self.page),
            ("--label-grid", self.grid),
            ("--label-margins", self.margins),
            ("--label-pitch", self.pitch),
            ("--label-offset", self.offset),
            ("--label-start", self.start),
            ("--label-module", self.module),
        ];
        let mut texts = texts.into_iter();
        let text = texts.find_map(|(option, text)| text.map(|_| option));
        text.or_else(|| self.marks.then_some("--label-marks"))
    }

    /// Parses the options; `failure` maps the library's fields to options in errors.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with the option.
    pub fn sheet(&self, failure: impl Fn(Error) -> Failure) -> Result<LabelSheet, Failure> {
        let mut sheet = LabelSheet::new(&self.stock()?).map_err(&failure)?;
        if let Some(offset) = parse::<PrintOffset>("--label-offset", self.offset)? {
            sheet = sheet.with_offset(offset).map_err(&failure)?;
        }
        if let Some(start) = parse_number("--label-start", self.start, 1, sheet.labels())? {
            sheet = sheet.with_start(start).map_err(&failure)?;
        }
        if let Some(module) = parse("--label-module", self.module)? {
            sheet = sheet.with_module(module).map_err(&failure)?;
        }
        if self.marks {
            sheet = sheet.with_cut_marks().map_err(&failure)?;
        }
        Ok(sheet)
    }

    fn stock(&self) -> Result<LabelStock, Failure> {
        let size = parse::<Extent>("--label-size", self.size)?;
        let page = self.page.map(page).transpose()?;
        let mut stock = match (self.stock, size) {
            (Some(name), _) => named(name)?,
            (None, Some(size)) => LabelStock::filled(page.unwrap_or(LabelStock::PLAIN.page), size),
            (None, None) => LabelStock::PLAIN,
        };
        stock.label = size.unwrap_or(stock.label);
        stock.page = page.unwrap_or(stock.page);
        if let Some(text) = self.grid {
            (stock.columns, stock.rows) = grid(text)
                .ok_or_else(|| Failure::option("--label-grid", "is not a number of columns and rows, such as 3x7"))?;
        }
        stock.margins = parse("--label-margins", self.margins)?.or(stock.margins);
        stock.pitch = parse("--label-pitch", self.pitch)?.or(stock.pitch);
        Ok(stock)
    }
}

fn page(text: &str) -> Result<Extent, Failure> {
    match LabelStock::named(text) {
        // Plain paper, not label stock.
        Some(stock) if text.eq_ignore_ascii_case("a4") || text.eq_ignore_ascii_case("letter") => Ok(stock.page),
        _ => text
            .parse()
            .map_err(|error| Failure::option("--label-page", format_args!("{error}, and not A4 or Letter"))),
    }
}

fn named(text: &str) -> Result<LabelStock, Failure> {
    let single = || text.parse().ok().map(LabelStock::single);
    LabelStock::named(text).or_else(single).ok_or_else(|| {
        let names = LabelStock::names().collect::<Vec<_>>().join(", ");
        let reason = format!("must be one of {names}, or the size of single labels such as 62x29");
        Failure::option("--label-stock", reason)
    })
}

fn grid(text: &str) -> Option<(u32, u32)> {
    let (columns, rows) = text.split_once('x')?;
    let number = |text: &str| matter_types::parse_u32(text.trim()).ok();
    Some((number(columns)?, number(rows)?))
}
