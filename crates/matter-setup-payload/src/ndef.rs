use crate::{Error, ErrorKind};

/// Header of a short record, the first and last of its message, with a type defined by the NFC
/// Forum (NDEF specification 3.2).
const HEADER: u8 = 0xD1;
/// The length of the type, which is followed by the type: a URI.
const TYPE_LEN: u8 = 1;
const TYPE: u8 = b'U';
/// No abbreviated prefix (NFC Forum URI record type definition, table 3).
const NOT_ABBREVIATED: u8 = 0x00;
/// Number of bytes before the text.
const OVERHEAD: usize = 5;
/// Maximum number of characters in a short record, besides the prefix code.
const MAX_TEXT: usize = 254;

/// Returns the length in bytes of the NDEF message for a QR text with `characters` characters.
#[must_use]
pub const fn ndef_len(characters: usize) -> usize {
    OVERHEAD + characters
}

/// Encodes a QR text as an NDEF message for an NFC tag: one short URI record with the unchanged
/// text.
///
/// # Errors
///
/// [`ErrorKind::Prefix`] for a text without `MT:`, [`ErrorKind::NdefTooLong`] above 254 characters,
/// and [`ErrorKind::BufferTooSmall`] for less than [`ndef_len`] bytes.
///
/// # Examples
///
/// ```
/// let mut buffer = [0; 64];
/// let message = matter_setup_payload::encode_ndef("MT:Y.K9042C00KA0648G00", &mut buffer)?;
/// assert_eq!(message, b"\xD1\x01\x17U\x00MT:Y.K9042C00KA0648G00");
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
pub fn encode_ndef(qr_text: impl AsRef<str>, buffer: &mut [u8]) -> Result<&[u8], Error> {
    let qr_text = qr_text.as_ref();
    if !qr_text.starts_with(crate::qr::PREFIX) {
        return Err(Error::at(ErrorKind::Prefix, 0));
    }
    if qr_text.len() > MAX_TEXT {
        return Err(ErrorKind::NdefTooLong { len: qr_text.len() }.into());
    }
    let too_small = Error::new(ErrorKind::BufferTooSmall { len: buffer.len() });
    let len = u8::try_from(qr_text.len() + 1).map_err(|_| too_small)?;
    let message = buffer.get_mut(..ndef_len(qr_text.len())).ok_or(too_small)?;
    let (head, text) = message.split_first_chunk_mut().ok_or(too_small)?;
    *head = [HEADER, TYPE_LEN, len, TYPE, NOT_ABBREVIATED];
    text.copy_from_slice(qr_text.as_bytes());
    Ok(message)
}
