use core::fmt;
use std::vec::Vec;

use fast_qr::{ECL, Mode, QRBuilder};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

/// Modules of white around the code (ISO/IEC 18004, "quiet zone").
const QUIET_ZONE: usize = 4;
/// Characters that version 40 holds at level M in alphanumeric mode (ISO/IEC 18004 table 7).
const MAX_LEN: usize = 3391;

/// Why a picture cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// The text has a character that the alphanumeric mode does not have, or is too long for any QR code.
    Text,
    /// The picture would be too large, or the scale is 0.
    Scale,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => {
                f.write_str("text does not fit a QR code in alphanumeric mode at level M (at most 3391 characters)")
            }
            Self::Scale => f.write_str("scale is not in 1..=255 pixels to a module"),
        }
    }
}

impl core::error::Error for ImageError {}

/// Draws a QR code as a black and white PNG: alphanumeric mode, error correction level M, the smallest version that
/// fits, a quiet zone of four modules, `scale` pixels to a module.
///
/// # Errors
///
/// [`ImageError::Text`] for what no such code can hold, [`ImageError::Scale`] for a scale of 0.
pub fn qr_png(text: &str, scale: u8) -> Result<Vec<u8>, ImageError> {
    if scale == 0 {
        return Err(ImageError::Scale);
    }
    if text.len() > MAX_LEN || !text.bytes().all(is_alphanumeric) {
        return Err(ImageError::Text);
    }
    let code = QRBuilder::new(text)
        .ecl(ECL::M)
        .mode(Mode::Alphanumeric)
        .build()
        .map_err(|_| ImageError::Text)?;
    let scale = usize::from(scale);
    let side = (code.size + 2 * QUIET_ZONE) * scale;
    let stride = side.div_ceil(8);
    let mut pixels = Vec::with_capacity(stride * side);
    pixels.resize(stride * QUIET_ZONE * scale, 0xFF);
    for y in 0..code.size {
        let mut row = std::vec![0xFF; stride];
        let modules = code.data.get(y * code.size..(y + 1) * code.size).unwrap_or_default();
        for (x, _) in modules.iter().enumerate().filter(|(_, module)| module.value()) {
            for pixel in (QUIET_ZONE + x) * scale..(QUIET_ZONE + x + 1) * scale {
                if let Some(byte) = row.get_mut(pixel / 8) {
                    *byte &= !(0x80 >> (pixel % 8));
                }
            }
        }
        for _ in 0..scale {
            pixels.extend_from_slice(&row);
        }
    }
    pixels.resize(stride * side, 0xFF);
    write_png(&pixels, u32::try_from(side).map_err(|_| ImageError::Scale)?)
}

fn write_png(pixels: &[u8], side: u32) -> Result<Vec<u8>, ImageError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header().map_err(|_| ImageError::Scale)?;
    writer.write_image_data(pixels).map_err(|_| ImageError::Scale)?;
    writer.finish().map_err(|_| ImageError::Scale)?;
    Ok(file)
}

/// The 45 characters of the alphanumeric mode (ISO/IEC 18004 table 5).
const fn is_alphanumeric(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'$' | b'%' | b'*' | b'+' | b'-' | b'.' | b'/' | b':')
}
