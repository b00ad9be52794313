//! Pictures of QR codes.

use png::{ColorType, Decoder, Limits, Transformations};
use rqrr::PreparedImage;
use zeroize::Zeroizing;

/// Pictures of a label are smaller.
const MAX_SIDE: u32 = 4096;

/// Reads the one QR code of a PNG.
pub(super) fn read(file: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    let mut decoder = Decoder::new_with_limits(std::io::Cursor::new(file), Limits { bytes: 64 << 20 });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| "it is no PNG")?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err("it is larger than 4096 by 4096 pixels");
    }
    let len = reader.output_buffer_size().ok_or("it is too large")?;
    let mut pixels = Zeroizing::new(vec![0; len]);
    let frame = reader.next_frame(&mut pixels).map_err(|_| "the PNG is damaged")?;
    let step = match frame.color_type {
        ColorType::Grayscale | ColorType::Indexed => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
    };
    let size = |side: u32| usize::try_from(side).map_err(|_| "it is too large");
    let (width, height) = (size(width)?, size(height)?);
    let grey = |x: usize, y: usize| pixels.get(y * frame.line_size + x * step).copied().unwrap_or(0xFF);
    let mut image = PreparedImage::prepare_from_greyscale(width, height, grey);
    match image.detect_grids().as_slice() {
        [] => Err("there is no QR code in it"),
        [grid] => grid
            .decode()
            .map(|(_, text)| Zeroizing::new(text))
            .map_err(|_| "its QR code cannot be read"),
        _ => Err("there is more than one QR code in it"),
    }
}
