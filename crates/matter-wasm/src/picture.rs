//! QR codes in pictures.

use zeroize::Zeroizing;

/// The limit for pictures; those of a label are smaller.
const MAX_PIXELS: usize = 4096 * 4096;

/// Reads the only QR code of a picture; `grey` has one byte per pixel, row by row.
///
/// The decoder is a third-party crate. A crash of it does not affect other
/// [`Inspector`](crate::Inspector) instances: the page reads each picture in a separate instance.
///
/// # Errors
///
/// The reason in words, if there is no code, more than one, or an unreadable one.
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
