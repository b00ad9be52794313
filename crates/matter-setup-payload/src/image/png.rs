use std::vec::Vec;

use png::{BitDepth, ColorType, Compression, Encoder, Filter};

use super::{ImageError, QUIET_ZONE, QrImage};

pub(super) fn draw(code: &QrImage, scale: u8) -> Result<Vec<u8>, ImageError> {
    if scale == 0 {
        return Err(ImageError::Scale);
    }
    let scale = usize::from(scale);
    let side = code.side() * scale;
    let stride = side.div_ceil(8);
    let mut pixels = Vec::with_capacity(stride * side);
    pixels.resize(stride * QUIET_ZONE * scale, 0xFF);
    for modules in code.rows() {
        let start = pixels.len();
        pixels.resize(start + stride, 0xFF);
        let row = pixels.get_mut(start..).unwrap_or_default();
        for (x, _) in modules.enumerate().filter(|(_, dark)| *dark) {
            for pixel in (QUIET_ZONE + x) * scale..(QUIET_ZONE + x + 1) * scale {
                if let Some(byte) = row.get_mut(pixel / 8) {
                    *byte &= !(0x80 >> (pixel % 8));
                }
            }
        }
        for _ in 1..scale {
            pixels.extend_from_within(start..start + stride);
        }
    }
    pixels.resize(stride * side, 0xFF);
    write(&pixels, u32::try_from(side).map_err(|_| ImageError::Scale)?)
}

fn write(pixels: &[u8], side: u32) -> Result<Vec<u8>, ImageError> {
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
