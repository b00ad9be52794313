use core::fmt::{self, Write};
use std::string::String;
use std::vec::Vec;

use super::{ImageError, QrImage, svg};
use crate::code::GroupedManualCode;
use crate::{CommissioningFlow, SetupPayload};

/// Size of a module in millimetres, which ISO/IEC 18004 does not specify: a plain code is as wide
/// as the manual code below it.
const MODULE: f64 = 0.5;
/// Margin around the label, and size of a line of text, in millimetres.
const MARGIN: f64 = 1.0;
const LINE: f64 = 2.8;
const FONT: f64 = 2.0;
/// Width of a monospaced character relative to the font size: 0.6 in all common fonts, plus a
/// reserve.
const CHARACTER: f64 = 0.64;
/// Characters of a long manual code on the first line: as many as in a short code, `1234-567-8901`.
const SHORT: usize = 13;

/// A label of one payload: the QR code, the manual code in groups, and custom lines of text.
///
/// # Examples
///
/// ```
/// use matter_setup_payload::{Label, SetupPayload};
///
/// let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse()?;
/// let svg = Label::new(&payload)?.with_line("Lamp, model 7").to_svg();
/// assert!(svg.contains("3497-011-2332") && svg.contains("Lamp, model 7"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Label {
    image: QrImage,
    manual: GroupedManualCode,
    long: bool,
    lines: Vec<String>,
}

impl Label {
    /// Creates the label of a payload.
    ///
    /// # Errors
    ///
    /// [`ImageError::Text`], which cannot occur in practice: every payload fits a QR code.
    pub fn new(payload: &SetupPayload) -> Result<Self, ImageError> {
        Ok(Self {
            image: QrImage::new(payload.qr_text())?,
            manual: payload.manual_code().grouped(),
            long: payload.flow() != CommissioningFlow::Standard,
            lines: Vec::new(),
        })
    }

    /// Adds a line of text below the codes, such as a product name or a serial number.
    #[must_use]
    pub fn with_line(mut self, text: impl Into<String>) -> Self {
        self.lines.push(text.into());
        self
    }

    /// Draws the label as an SVG with its size in millimetres, 0.5 mm per module.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let Size { width, height } = self.size();
        let mut svg = String::new();
        // Writing into a string does not fail.
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.1}mm\" height=\"{height:.1}mm\" \
             viewBox=\"0 0 {width:.1} {height:.1}\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
        );
        self.write_svg(&mut svg);
        svg.push_str("</svg>\n");
        svg
    }

    /// Draws the label as an SVG group with its upper left corner at a position in millimetres, for
    /// a sheet of labels whose user unit is the millimetre.
    #[must_use]
    pub fn to_svg_group(&self, x: f64, y: f64) -> String {
        let mut svg = String::new();
        let _ = write!(svg, "<g transform=\"translate({x:.2} {y:.2})\">");
        self.write_svg(&mut svg);
        svg.push_str("</g>");
        svg
    }

    /// Returns the size of the label.
    #[must_use]
    pub fn size(&self) -> Size {
        let lines = self.text();
        let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
        let qr = self.qr_side();
        Size {
            width: qr.max(small(widest) * FONT * CHARACTER) + 2.0 * MARGIN,
            height: qr + small(lines.len()) * LINE + 2.0 * MARGIN,
        }
    }

    /// Returns the black rectangles of the QR code, for other output formats than SVG.
    pub fn rectangles(&self) -> impl Iterator<Item = Rectangle> + '_ {
        let left = (self.size().width - self.qr_side()) / 2.0;
        self.image.runs().map(move |run| Rectangle {
            x: left + small(run.x) * MODULE,
            y: MARGIN + small(run.y) * MODULE,
            width: small(run.len) * MODULE,
            height: MODULE,
        })
    }

    /// Returns the lines of text below the QR code, for other output formats than SVG.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let middle = self.size().width / 2.0;
        let first = MARGIN + self.qr_side() + FONT;
        let lines = self.text().into_iter().enumerate();
        lines.map(move |(number, text)| Line {
            middle,
            baseline: first + small(number) * LINE,
            font_size: FONT,
            text,
        })
    }

    fn qr_side(&self) -> f64 {
        small(self.image.side()) * MODULE
    }

    fn text(&self) -> Vec<&str> {
        let mut lines = Vec::new();
        let code = self.manual.as_str();
        if self.long {
            // One line would be wider than the QR code. The hyphen between the parts is dropped.
            let (first, second) = code.split_at_checked(SHORT).unwrap_or((code, ""));
            lines.extend([first, second.trim_start_matches('-')]);
        } else {
            lines.push(code);
        }
        lines.extend(self.lines.iter().map(String::as_str));
        lines
    }

    fn write_svg(&self, svg: &mut String) {
        let left = (self.size().width - self.qr_side()) / 2.0;
        let _ = write!(
            svg,
            "<path fill=\"#000\" shape-rendering=\"crispEdges\" transform=\"translate({left:.2} {MARGIN}) scale({MODULE})\" \
             d=\""
        );
        svg::write_path(&self.image, svg);
        svg.push_str("\"/>");
        for line in self.lines() {
            let _ = write!(
                svg,
                "<text x=\"{:.2}\" y=\"{:.2}\" font-family=\"monospace\" font-size=\"{FONT}\" text-anchor=\"middle\">",
                line.middle, line.baseline
            );
            escape(line.text, svg);
            svg.push_str("</text>");
        }
    }
}

/// The size of a label in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// The horizontal size.
    pub width: f64,
    /// The vertical size.
    pub height: f64,
}

/// A black rectangle; positions in millimetres from the upper left corner of the label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// The distance from the left edge.
    pub x: f64,
    /// The distance from the upper edge.
    pub y: f64,
    /// The horizontal size.
    pub width: f64,
    /// The vertical size.
    pub height: f64,
}

/// A line of text; positions in millimetres from the upper left corner of the label.
#[derive(Clone, Copy, PartialEq)]
pub struct Line<'a> {
    /// The distance of the horizontal centre from the left edge.
    pub middle: f64,
    /// The distance of the baseline from the upper edge.
    pub baseline: f64,
    /// The font size.
    pub font_size: f64,
    /// The text, which may be the manual code.
    pub text: &'a str,
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line([elided])")
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Label")
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}

/// Converts a count of modules or characters, far below 2^32, to a length.
fn small(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Writes text as XML: markup is escaped, and control characters, which XML does not allow, are
/// replaced.
fn escape(text: &str, svg: &mut String) {
    for character in text.chars() {
        match character {
            '&' => svg.push_str("&amp;"),
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            '"' => svg.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => svg.push('\u{FFFD}'),
            character if character.is_control() => svg.push(' '),
            character => svg.push(character),
        }
    }
}
