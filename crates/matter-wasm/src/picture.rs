//! QR codes in pictures.

use zeroize::Zeroizing;

/// Pictures of a label are smaller.
const MAX_PIXELS: usize = 4096 * 4096;

/// Reads the one QR code of a picture, of which `grey` has a byte for each pixel, row by row.
///
/// The decoder is another's. Where it does not end well, [`Inspector`](crate::Inspector)s of other instances are not concerned:
/// the page reads each picture in an instance of its own.
///
/// # Errors
///
/// The reason, in words, when there is no code, or more than one, or one that cannot be read.
pub fn read_qr(width: usize, height: usize, grey: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    let pixels = width
        .checked_mul(height)
        .filter(|pixels| *pixels > 0 && *pixels <= MAX_PIXELS);
    if pixels != Some(grey.len()) {
        return Err("it is too large, or has no pixels");
    }
    let mut decoder = quircs::Quirc::new();
    let mut texts = decoder.identify(width, height, grey).map(|code| {
        let data = code.ok()?.decode().ok()?;
        Some(Zeroizing::new(String::from_utf8(data.payload).ok()?))
    });
    match (texts.next(), texts.next()) {
        (None, _) => Err("there is no QR code in it"),
        (Some(Some(text)), None) => Ok(text),
        (Some(None), None) => Err("its QR code cannot be read"),
        (_, Some(_)) => Err("there is more than one QR code in it"),
    }
}
