//! Percent-encoding (RFC 3986, 2.1).

use crate::Error;

/// Decodes the value of an attribute to bytes.
pub(super) fn decode(attribute: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
        let value = value.and_then(|value| u8::try_from(value).ok());
        bytes.push(
            value.ok_or_else(|| Error::uri(attribute, "has a '%' without two hexadecimal digits; write '%' as %25"))?,
        );
    }
    Ok(bytes)
}

/// Decodes the value to text without control characters.
pub(super) fn decode_text(attribute: &'static str, text: &str) -> Result<String, Error> {
    let text = String::from_utf8(decode(attribute, text)?).map_err(|_| Error::uri(attribute, "is not UTF-8"))?;
    if text.contains(char::is_control) {
        return Err(Error::uri(attribute, "contains a control character"));
    }
    Ok(text)
}

/// Encodes bytes as the value of an attribute.
#[cfg(feature = "pkcs11")]
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
