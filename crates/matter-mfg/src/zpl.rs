//! Labels in ZPL II, the language of label printers (Zebra, "Programming Guide").
//!
//! ```text
//! ^XA                                start of a label
//! ^CI28                              texts are UTF-8
//! ^PW ^LL ^LH                        width, length and origin, in dots
//! ^FO x,y ^BQN,2,m ^FDMA,text ^FS    QR code, model 2, m dots to a module, level M
//! ^FO x,y ^A0N,h,h ^FB w,1,0,C ^FH_ ^FDtext ^FS    a centred line of text; at the left, without ^FB, if it has a `\`
//! ^PQ1 ^XZ                           one copy, end
//! ```

use std::fmt::{self, Write as _};
use std::str::FromStr;

use matter_setup_payload::{ImageError, Label, QrImage, SetupPayload};
use zeroize::Zeroizing;

/// White modules around the code (ISO/IEC 18004, "quiet zone").
const QUIET_ZONE: u32 = 4;
/// The largest magnification of `^BQ`.
const MAX_MAGNIFICATION: u32 = 10;
/// Printers place a QR code below its `^FO` by the height of `^BY`: 10 dots unless set.
const SINK: u32 = 10;
/// Height of a letter and of a line, in tenths of a millimetre.
const LETTER: u32 = 20;
const LINE: u32 = 28;
/// Width of the widest letters of font 0, with a margin, in hundredths of their height.
const LETTER_WIDTH: u32 = 70;

/// The resolution of a label printer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrintDensity {
    /// 6 dots per millimetre.
    Dpi152,
    /// 8 dots per millimetre, the most common resolution.
    #[default]
    Dpi203,
    /// 12 dots per millimetre.
    Dpi300,
    /// 24 dots per millimetre.
    Dpi600,
}

impl PrintDensity {
    const ALL: [(&str, Self); 4] = [
        ("152", Self::Dpi152),
        ("203", Self::Dpi203),
        ("300", Self::Dpi300),
        ("600", Self::Dpi600),
    ];

    /// Returns the dots per millimetre.
    #[must_use]
    pub(crate) const fn dots_per_millimetre(self) -> u32 {
        match self {
            Self::Dpi152 => 6,
            Self::Dpi203 => 8,
            Self::Dpi300 => 12,
            Self::Dpi600 => 24,
        }
    }
}

/// Error when a text is not a [`PrintDensity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DensityUnknown;

impl fmt::Display for DensityUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be 152, 203, 300 or 600 dots per inch")
    }
}

impl std::error::Error for DensityUnknown {}

impl FromStr for PrintDensity {
    type Err = DensityUnknown;

    /// Reads dots per inch.
    fn from_str(text: &str) -> Result<Self, DensityUnknown> {
        let known = Self::ALL.into_iter().find(|(name, _)| *name == text);
        known.map(|(_, density)| density).ok_or(DensityUnknown)
    }
}

/// A label for a ZPL II printer: the QR code, the grouped manual code, and custom lines of text.
///
/// # Examples
///
/// ```
/// use matter_mfg::{PrintDensity, ZplLabel};
///
/// let payload = "MT:Y.K9042C00KA0648G00".parse()?;
/// let zpl = ZplLabel::new(&payload, &["SN-0042"])?.to_zpl(PrintDensity::Dpi203);
/// assert!(zpl.contains("^FDMA,MT:Y.K9042C00KA0648G00^FS"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ZplLabel {
    qr: Zeroizing<String>,
    modules: u32,
    lines: Vec<Zeroizing<String>>,
}

impl fmt::Debug for ZplLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ZplLabel([elided])")
    }
}

impl ZplLabel {
    /// Makes the label of a payload, with lines of text below its codes.
    ///
    /// # Errors
    ///
    /// [`ImageError::Text`], which does not occur: every payload fits a QR code.
    pub fn new(payload: &SetupPayload, lines: &[&str]) -> Result<Self, ImageError> {
        let qr = payload.qr_text();
        let label = lines
            .iter()
            .fold(Label::new(payload)?, |label, line| label.with_line(*line));
        let texts = label.lines().map(|text| Zeroizing::new(text.to_owned()));
        Ok(Self {
            modules: u32::try_from(QrImage::new(qr.as_str())?.modules()).map_err(|_| ImageError::Text)?,
            qr: Zeroizing::new(qr.as_str().to_owned()),
            lines: texts.collect(),
        })
    }

    /// Writes the label, which shows the passcode.
    #[must_use]
    pub fn to_zpl(&self, density: PrintDensity) -> Zeroizing<String> {
        let dots = density.dots_per_millimetre();
        // Half a millimetre per module, as on the other labels; less at 600 dpi, where `^BQ` is limited to 10 dots.
        let magnification = (dots / 2).clamp(1, MAX_MAGNIFICATION);
        let side = self.modules.saturating_mul(magnification);
        let quiet = QUIET_ZONE * magnification;
        let (letter, line) = (LETTER * dots / 10, LINE * dots / 10);
        let widest = self.lines.iter().map(|text| text.chars().count()).max();
        let widest = widest.and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
        let text_width = widest.saturating_mul(letter).saturating_mul(LETTER_WIDTH) / 100;
        let width = side.saturating_add(2 * quiet).max(text_width);
        let first = quiet.saturating_add(side).saturating_add(SINK + quiet / 2);
        let count = u32::try_from(self.lines.len()).unwrap_or_default();
        let length = first.saturating_add(count.saturating_mul(line)).saturating_add(dots);
        let left = width.saturating_sub(side) / 2;

        let mut zpl = Zeroizing::new(String::with_capacity(self.capacity()));
        // Writing to a string does not fail.
        let _ = write!(
            *zpl,
            "^XA\n^CI28\n^LH0,0\n^PW{width}\n^LL{length}\n^FO{left},{quiet}^BQN,2,{magnification}^FDMA,{}^FS\n",
            self.qr.as_str()
        );
        for (number, text) in (0u32..).zip(&self.lines) {
            let top = first.saturating_add(number.saturating_mul(line));
            let _ = write!(*zpl, "^FO0,{top}^A0N,{letter},{letter}");
            // In ^FB a `\` begins a command, and programs differ in reading `\\`; without ^FB it is an ordinary
            // character.
            if !text.contains('\\') {
                let _ = write!(*zpl, "^FB{width},1,0,C");
            }
            zpl.push_str("^FH_^FD");
            escape(text, &mut zpl);
            zpl.push_str("^FS\n");
        }
        zpl.push_str("^PQ1\n^XZ\n");
        zpl
    }

    /// Upper bound of a label's bytes: reallocating the string would leave copies of the passcode.
    fn capacity(&self) -> usize {
        let bytes = |text: &Zeroizing<String>| text.len().saturating_mul(ESCAPED).saturating_add(COMMANDS);
        let head = self.qr.len().saturating_add(2 * COMMANDS);
        self.lines.iter().map(bytes).fold(head, usize::saturating_add)
    }
}

/// Upper bound of the bytes of a line's commands, with numbers of ten digits; the label's own take twice as many.
const COMMANDS: usize = 96;
/// Bytes of an escaped character.
const ESCAPED: usize = 3;

/// Escapes a text for `^FH_`: characters that the printer would read as commands become hexadecimal, and control
/// characters, which it does not print, become spaces.
fn escape(text: &str, zpl: &mut String) {
    for character in text.chars() {
        match character {
            '^' | '~' | '_' => {
                let _ = write!(zpl, "_{:02X}", u32::from(character));
            }
            character if character.is_control() => zpl.push(' '),
            character => zpl.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(lines: &[&str], density: PrintDensity) -> Zeroizing<String> {
        let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
        ZplLabel::new(&payload, lines).unwrap().to_zpl(density)
    }

    #[test]
    fn label_has_codes_and_lines_between_start_and_end() {
        let zpl = label(&["SN-0042"], PrintDensity::Dpi203);
        assert!(zpl.starts_with("^XA\n") && zpl.ends_with("^XZ\n"));
        // 25 modules of 4 dots; 13 letters are wider.
        assert!(zpl.contains("^PW145\n") && zpl.contains("^FO22,16^BQN,2,4^FDMA,MT:Y.K9042C00KA0648G00^FS"));
        let lines = zpl.lines().filter(|line| line.contains("^A0N")).collect::<Vec<_>>();
        assert!(lines[0].ends_with("^FD3497-011-2332^FS") && lines[1].ends_with("^FDSN-0042^FS"));
    }

    #[test]
    fn modules_have_half_a_millimetre_as_far_as_printers_go() {
        for (density, magnification) in [("152", 3), ("203", 4), ("300", 6), ("600", 10)] {
            let zpl = label(&[], density.parse().unwrap());
            assert!(zpl.contains(&format!("^BQN,2,{magnification}^")), "{density}");
        }
        for text in ["", "0", "204", "203dpi"] {
            assert_eq!(text.parse::<PrintDensity>(), Err(DensityUnknown), "{text}");
        }
    }

    #[test]
    fn texts_command_no_printer() {
        let zpl = label(&["a^XZ~JR_b\n\u{7f}\\&ü"], PrintDensity::Dpi203);
        assert!(zpl.contains("^FDa_5EXZ_7EJR_5Fb  \\&ü^FS\n"), "{}", *zpl);
        assert_eq!(zpl.matches("^XZ").count(), 1);
        assert!(!zpl.contains('~'));
    }

    #[test]
    fn backslash_is_printed_as_it_is() {
        let zpl = label(&["S\\N", "S/N"], PrintDensity::Dpi203);
        let line = |text| zpl.lines().find(|line| line.ends_with(text)).unwrap();
        assert!(!line("^FDS\\N^FS").contains("^FB"));
        assert!(line("^FDS/N^FS").contains("^FB"));
    }

    #[test]
    fn buffer_with_the_passcode_never_grows() {
        let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
        for text in ["", "^", "\\", "ü\u{7f}"] {
            let lines = [text.repeat(2000), text.repeat(3)];
            let lines = lines.iter().map(String::as_str).collect::<Vec<_>>();
            let label = ZplLabel::new(&payload, &lines).unwrap();
            assert!(label.to_zpl(PrintDensity::Dpi600).len() <= label.capacity(), "{text}");
        }
    }

    #[test]
    fn long_codes_take_two_lines_and_wide_texts_a_wider_label() {
        let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
        let payload = payload.with_flow(matter_setup_payload::CommissioningFlow::Custom);
        let zpl = ZplLabel::new(&payload, &[&"W".repeat(32)])
            .unwrap()
            .to_zpl(PrintDensity::Dpi203);
        assert_eq!(zpl.lines().filter(|line| line.contains("^A0N")).count(), 3);
        let width = zpl.lines().find_map(|line| line.strip_prefix("^PW")).unwrap();
        assert!(width.parse::<u32>().unwrap() >= 32 * 16 * 6 / 10);
    }
}
