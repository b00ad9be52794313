use core::fmt::{self, Write};
use std::string::String;
use std::vec::Vec;

use super::{ImageError, QrImage, svg};
use crate::code::GroupedManualCode;
use crate::{CommissioningFlow, SetupPayload};

/// Millimetres of a module, which ISO/IEC 18004 leaves open: a plain code is as wide as its manual code below.
const MODULE: f64 = 0.5;
/// Millimetres around everything, and of a line of text.
const MARGIN: f64 = 1.0;
const LINE: f64 = 2.8;
const FONT: f64 = 2.0;
/// Width of a character of a monospaced font, as a part of its size: 0.6 in all common ones, and some room.
const CHARACTER: f64 = 0.64;
/// Characters of a long manual code on the first line, which are those of a short one: `1234-567-8901`.
const SHORT: usize = 13;

/// A label: the QR code, the manual code in groups, and lines of text of your own, all from one payload.
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
    /// Makes the label of a payload.
    ///
    /// # Errors
    ///
    /// [`ImageError::Text`], which no payload gives: each fits a QR code.
    pub fn new(payload: &SetupPayload) -> Result<Self, ImageError> {
        Ok(Self {
            image: QrImage::new(payload.qr_text())?,
            manual: payload.manual_code().grouped(),
            long: payload.flow() != CommissioningFlow::Standard,
            lines: Vec::new(),
        })
    }

    /// Adds a line of text below the codes, such as a product's name or a serial number.
    #[must_use]
    pub fn with_line(mut self, text: impl Into<String>) -> Self {
        self.lines.push(text.into());
        self
    }

    /// Draws the label as an SVG with its size in millimetres, 0.5 mm to a module.
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

    /// Draws the label as an SVG group with its upper left corner at a place in millimetres, for a sheet of labels whose
    /// user unit is the millimetre.
    #[must_use]
    pub fn to_svg_group(&self, x: f64, y: f64) -> String {
        let mut svg = String::new();
        let _ = write!(svg, "<g transform=\"translate({x:.2} {y:.2})\">");
        self.write_svg(&mut svg);
        svg.push_str("</g>");
        svg
    }

    /// Returns how large the label is.
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

    /// Returns the black rectangles of the QR code, for what draws no SVG.
    pub fn rectangles(&self) -> impl Iterator<Item = Rectangle> + '_ {
        let left = (self.size().width - self.qr_side()) / 2.0;
        self.image.runs().map(move |run| Rectangle {
            x: left + small(run.x) * MODULE,
            y: MARGIN + small(run.y) * MODULE,
            width: small(run.len) * MODULE,
            height: MODULE,
        })
    }

    /// Returns the lines of text below the QR code, for what draws no SVG.
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
            // One line would be wider than the QR code; the hyphen between the parts belongs to neither.
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

/// How large a label is, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// A black rectangle, in millimetres from the label's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    /// From the left edge.
    pub x: f64,
    /// From the upper edge.
    pub y: f64,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// A line of text, in millimetres from the label's upper left corner.
#[derive(Clone, Copy, PartialEq)]
pub struct Line<'a> {
    /// Where its middle is, from the left edge.
    pub middle: f64,
    /// Where it stands, from the upper edge.
    pub baseline: f64,
    /// The size of its letters.
    pub font_size: f64,
    /// What it says, which may be the manual code.
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

/// A count of modules or characters as a length: far below 2^32.
fn small(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// Writes text as XML: markup escaped, and control characters, which XML does not have, replaced.
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
