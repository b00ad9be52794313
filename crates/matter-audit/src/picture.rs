//! Pictures of QR codes.

use png::{ColorType, Decoder, Limits, Transformations};
use zeroize::Zeroizing;

/// Maximum width and height of a label's picture.
const MAX_SIDE: u32 = 4096;

/// Reads the single QR code of a PNG.
pub(crate) fn read(file: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    let mut decoder = Decoder::new_with_limits(std::io::Cursor::new(file), Limits { bytes: 64 << 20 });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|_| "it is not a PNG")?;
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
    let mut grey = Zeroizing::new(Vec::with_capacity(width * height));
    for row in pixels.chunks(frame.line_size).take(height) {
        grey.extend(row.iter().step_by(step).take(width));
    }
    // Pictures are untrusted, and the decoder is a third-party crate.
    let read = std::panic::catch_unwind(|| {
        let mut decoder = quircs::Quirc::new();
        let codes = decoder.identify(width, height, &grey).collect::<Vec<_>>();
        let texts = codes.iter().map(|code| {
            let data = code.as_ref().ok()?.decode().ok()?;
            Some(Zeroizing::new(String::from_utf8(data.payload).ok()?))
        });
        texts.collect::<Vec<_>>()
    });
    let mut texts = read.map_err(|_| "its QR code cannot be read")?;
    match (texts.pop(), texts.is_empty()) {
        (None, _) => Err("there is no QR code in it"),
        (Some(Some(text)), true) => Ok(text),
        (Some(None), true) => Err("its QR code cannot be read"),
        (_, false) => Err("there is more than one QR code in it"),
    }
}
