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
        let lines = self.text();
        let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
        let side = small(self.image.side()) * MODULE;
        let width = side.max(small(widest) * FONT * CHARACTER) + 2.0 * MARGIN;
        let height = side + small(lines.len()) * LINE + 2.0 * MARGIN;
        let left = (width - side) / 2.0;
        let middle = width / 2.0;
        let mut svg = String::new();
        // Writing into a string does not fail.
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.1}mm\" height=\"{height:.1}mm\" \
             viewBox=\"0 0 {width:.1} {height:.1}\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
             <path fill=\"#000\" shape-rendering=\"crispEdges\" transform=\"translate({left:.2} {MARGIN}) \
             scale({MODULE})\" d=\""
        );
        svg::write_path(&self.image, &mut svg);
        svg.push_str("\"/>");
        for (number, line) in lines.into_iter().enumerate() {
            let baseline = MARGIN + side + FONT + small(number) * LINE;
            let _ = write!(
                svg,
                "<text x=\"{middle:.2}\" y=\"{baseline:.2}\" font-family=\"monospace\" font-size=\"{FONT}\" \
                 text-anchor=\"middle\">"
            );
            svg::escape_xml(line, &mut svg);
            svg.push_str("</text>");
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// Returns the lines of text below the QR code, for other output formats than SVG: the manual code and the custom
    /// lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text().into_iter()
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
