use core::fmt;
use std::string::String;
use std::vec::Vec;

use fast_qr::{ECL, Mode, QRBuilder, QRCode};

mod label;
mod png;
mod svg;
mod terminal;

pub use self::label::Label;
pub use self::svg::escape_xml;

/// Light modules around the code (ISO/IEC 18004, "quiet zone").
const QUIET_ZONE: usize = 4;
/// Capacity in characters of version 40 at level M in alphanumeric mode (ISO/IEC 18004 table 7).
const MAX_LEN: usize = 3391;

/// A picture that cannot be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// The picture would be too large, or the scale is 0.
    Scale,
    /// The text has a character that is not in alphanumeric mode, or exceeds the largest QR code.
    Text,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scale => f.write_str("scale is not in the range 1 to 255 pixels per module"),
            Self::Text => f.write_str(
                "text has characters other than 0-9 A-Z $%*+-./: and space, or is longer than 3391 characters",
            ),
        }
    }
}

impl core::error::Error for ImageError {}

/// A QR code: alphanumeric mode, error correction level M, the smallest version that fits.
///
/// Every picture includes the quiet zone of four modules that the standard requires. The code and
/// its pictures contain the passcode.
///
/// # Examples
///
/// ```
/// let code = matter_setup_payload::QrImage::new("MT:Y.K9042C00KA0648G00")?;
/// assert_eq!(code.modules(), 25);
/// assert!(code.to_svg().starts_with("<svg"));
/// # Ok::<(), matter_setup_payload::ImageError>(())
/// ```
pub struct QrImage {
    code: QRCode,
}

impl QrImage {
    /// Creates the QR code of a text with one or more payloads.
    ///
    /// # Errors
    ///
    /// [`ImageError::Text`] if the text cannot be encoded.
    pub fn new(text: impl AsRef<str>) -> Result<Self, ImageError> {
        let text = text.as_ref();
        if text.is_empty() || text.len() > MAX_LEN || !text.bytes().all(is_alphanumeric) {
            return Err(ImageError::Text);
        }
        let code = QRBuilder::new(text)
            .ecl(ECL::M)
            .mode(Mode::Alphanumeric)
            .build()
            .map_err(|_| ImageError::Text)?;
        Ok(Self { code })
    }

    /// Returns the number of modules on a side without the quiet zone: 21 to 177.
    #[must_use]
    pub const fn modules(&self) -> usize {
        self.code.size
    }

    /// Draws a black and white PNG with `scale` pixels per module.
    ///
    /// # Errors
    ///
    /// [`ImageError::Scale`] if `scale` is 0.
    pub fn to_png(&self, scale: u8) -> Result<Vec<u8>, ImageError> {
        png::draw(self, scale)
    }

    /// Draws an SVG with one unit per module.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::draw(self)
    }

    /// Draws lines of half blocks, two modules per character, for a terminal with light text on a
    /// dark background.
    #[must_use]
    pub fn to_terminal(&self) -> String {
        terminal::draw(self)
    }

    /// Returns the modules of each row without the quiet zone; `true` is dark.
    pub fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = bool> + '_> {
        let size = self.code.size;
        let rows = self.code.data.chunks(size.max(1)).take(size);
        rows.map(|row| row.iter().map(|module| module.value()))
    }

    /// Returns each run of dark modules in a row; coordinates include the quiet zone.
    fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.rows().enumerate().flat_map(|(y, modules)| {
            let mut len = 0;
            // A light module after the last one ends the last run.
            modules.chain([false]).enumerate().filter_map(move |(x, dark)| {
                let ended = if dark { 0 } else { len };
                len = if dark { len + 1 } else { 0 };
                (ended > 0).then(|| Run {
                    x: QUIET_ZONE + x - ended,
                    y: QUIET_ZONE + y,
                    len: ended,
                })
            })
        })
    }

    /// Returns whether a module is dark; coordinates include the quiet zone.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(QUIET_ZONE), y.checked_sub(QUIET_ZONE)) else {
            return false;
        };
        x < self.code.size
            && self
                .code
                .data
                .get(y * self.code.size + x)
                .is_some_and(|module| module.value())
    }

    /// Returns the number of modules on a side with the quiet zone.
    const fn side(&self) -> usize {
        self.code.size + 2 * QUIET_ZONE
    }
}

/// A run of adjacent dark modules.
struct Run {
    x: usize,
    y: usize,
    len: usize,
}

impl fmt::Debug for QrImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QrImage([elided])")
    }
}

/// Draws a QR code as a black and white PNG; see [`QrImage`].
///
/// # Examples
///
/// ```
/// let png = matter_setup_payload::qr_png("MT:Y.K9042C00KA0648G00", 6)?;
/// assert!(png.starts_with(b"\x89PNG"));
/// # Ok::<(), matter_setup_payload::ImageError>(())
/// ```
///
/// # Errors
///
/// [`ImageError::Text`] if the text cannot be encoded, [`ImageError::Scale`] if `scale` is 0.
pub fn qr_png(text: impl AsRef<str>, scale: u8) -> Result<Vec<u8>, ImageError> {
    QrImage::new(text)?.to_png(scale)
}

/// The 45 characters of the alphanumeric mode (ISO/IEC 18004 table 5).
const fn is_alphanumeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}
