use std::fmt;

use matter_setup_payload::{CommissioningFlow, ImageError, QrImage, SetupPayload};
use zeroize::Zeroizing;

use crate::Extent;

mod fit;
mod helvetica;

pub(crate) use self::fit::{Fitted, MIN_LETTER, MIN_MODULE, Text, fit_all};
pub(crate) use self::helvetica::{Weight, has as has_exact_width};

/// White modules around the code (ISO/IEC 18004, "quiet zone").
const QUIET_ZONE: usize = 4;
/// Characters of a long manual code on its first line, as many as a short code has: `1234-567-8901`.
const SHORT: usize = 13;
/// Prefix of a printed serial number.
const SERIAL: &str = "S/N ";

/// The content of a device's label: QR code, grouped manual code, names of product and vendor, and serial number.
///
/// The arrangement follows from the size of the label; see [`LabelSheet`](crate::LabelSheet).
///
/// # Examples
///
/// ```
/// use matter_mfg::DeviceLabel;
///
/// let payload = "MT:Y.K9042C00KA0648G00".parse()?;
/// let label = DeviceLabel::new(&payload)?.with_product("Lamp 7").with_serial("SN-0042");
/// assert!(label.to_svg("62x29".parse()?)?.starts_with(b"<svg"));
/// assert!(label.to_pdf("62x29".parse()?)?.starts_with(b"%PDF"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeviceLabel {
    rows: Vec<Vec<bool>>,
    manual: Vec<Zeroizing<String>>,
    product: Option<String>,
    vendor: Option<String>,
    serial: Option<String>,
}

impl fmt::Debug for DeviceLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLabel")
            .field("product", &self.product)
            .field("vendor", &self.vendor)
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

impl DeviceLabel {
    /// Makes the label of a payload.
    ///
    /// # Errors
    ///
    /// [`ImageError::Text`], which does not occur: every payload fits a QR code.
    pub fn new(payload: &SetupPayload) -> Result<Self, ImageError> {
        let image = QrImage::new(payload.qr_text().as_str())?;
        let code = payload.manual_code().grouped();
        let code = code.as_str();
        let (first, second) = match payload.flow() {
            CommissioningFlow::Standard => (code, ""),
            // A code with vendor and product is twice as long; the hyphen between the parts is dropped.
            _ => code.split_at_checked(SHORT).unwrap_or((code, "")),
        };
        let parts = [first, second.trim_start_matches('-')].into_iter();
        Ok(Self {
            rows: image.rows().map(Iterator::collect).collect(),
            manual: parts
                .filter(|part| !part.is_empty())
                .map(|part| Zeroizing::new(part.to_owned()))
                .collect(),
            product: None,
            vendor: None,
            serial: None,
        })
    }

    /// Adds the name of the product.
    #[must_use]
    pub fn with_product(mut self, name: &str) -> Self {
        self.product = Some(name.into());
        self
    }

    /// Adds the name of the vendor.
    #[must_use]
    pub fn with_vendor(mut self, name: &str) -> Self {
        self.vendor = Some(name.into());
        self
    }

    /// Adds the serial number, which is printed after `S/N`.
    #[must_use]
    pub fn with_serial(mut self, number: &str) -> Self {
        self.serial = Some(number.into());
        self
    }

    /// Returns all printed texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let others = [&self.product, &self.vendor, &self.serial].into_iter().flatten();
        let manual = self.manual.iter().map(|part| part.as_str());
        manual.chain(others.map(String::as_str))
    }

    /// Returns the width of the QR code in modules, including its quiet zone.
    fn modules(&self) -> usize {
        self.rows.len() + 2 * QUIET_ZONE
    }
}

/// Error when a label cannot be drawn.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LabelError {
    /// A character is outside Latin-1, which the fonts of PDF labels cover.
    Character {
        /// The character.
        character: char,
    },
    /// The label is too small for the QR code, with modules of the requested size, and the texts.
    ModuleTooLarge {
        /// The label.
        label: Extent,
        /// Size of a module in millimetres.
        module: f64,
    },
    /// The label is too small for the QR code and the texts even at their smallest.
    TooSmall {
        /// The label.
        label: Extent,
    },
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { character } => write!(
                f,
                "'{character}' is not in the fonts of PDF labels, which cover Latin-1; use SVG"
            ),
            Self::ModuleTooLarge { label, module } => write!(
                f,
                "a label of {label} is too small for a QR code with modules of {module} mm and its texts; use smaller \
                 modules, a larger label or shorter texts"
            ),
            Self::TooSmall { label } => write!(
                f,
                "a label of {label} is too small for a QR code with modules of {MIN_MODULE} mm and texts of {MIN_LETTER} mm; \
                 use a larger label or shorter texts"
            ),
        }
    }
}

impl std::error::Error for LabelError {}
