//! Where private keys stand in bytes, in whichever form.

use alloc::string::String;
use alloc::vec::Vec;

use matter_attestation::PrivateKey;
use zeroize::Zeroizing;

/// A private key that was found in bytes.
pub(super) struct FoundKey {
    pub(super) offset: usize,
    pub(super) form: &'static str,
    /// The key, where the form gives it.
    pub(super) scalar: Option<Zeroizing<[u8; 32]>>,
}

pub(super) const BARE: &str = "bare scalar";
pub(super) const HEX: &str = "hexadecimal";
pub(super) const PEM: &str = "PEM";
const BASE64: &str = "Base64";

/// The start of an ECPrivateKey (RFC 5915) with a scalar of P-256: version 1 and an octet string of 32.
const SEC1: &[u8] = &[0x02, 0x01, 0x01, 0x04, 0x20];
/// Labels of PEM that hold a key in plain.
const LABELS: [(&[u8], &[u8]); 2] = [
    (b"-----BEGIN EC PRIVATE KEY-----", b"-----END EC PRIVATE KEY-----"),
    (b"-----BEGIN PRIVATE KEY-----", b"-----END PRIVATE KEY-----"),
];
/// The shortest text in Base64 in which a scalar can be.
const MIN_TEXT: usize = 43;

impl FoundKey {
    pub(super) fn is(&self, key: &PrivateKey) -> bool {
        self.scalar
            .as_ref()
            .is_some_and(|scalar| **scalar == *key.expose_scalar())
    }

    pub(super) fn key(&self) -> Option<PrivateKey> {
        PrivateKey::from_scalar(self.scalar.as_ref()?).ok()
    }
}

/// Finds private keys of P-256 in DER (SEC 1, also inside of PKCS#8), in PEM and Base64, and scalars that are known.
pub(super) fn find(bytes: &[u8], known: &[PrivateKey]) -> Vec<FoundKey> {
    let mut found = Vec::new();
    for offset in positions(bytes, SEC1) {
        if let Some(scalar) = scalar_at(bytes, offset + SEC1.len(), known) {
            found.push(FoundKey {
                offset,
                form: "SEC 1",
                scalar: Some(scalar),
            });
        }
    }
    for (begin, end) in LABELS {
        for offset in positions(bytes, begin) {
            let body = bytes.get(offset + begin.len()..).unwrap_or_default();
            let len = positions(body, end).next().unwrap_or(body.len());
            let der = decode(body.get(..len).unwrap_or_default());
            let mut starts = positions(&der, SEC1);
            let scalar = starts.find_map(|at| scalar_at(&der, at + SEC1.len(), known));
            found.push(FoundKey {
                offset,
                form: PEM,
                scalar,
            });
        }
    }
    if found.iter().all(|found| found.form != PEM) {
        find_encoded(bytes, known, &mut found);
    }
    for key in known {
        let scalar = key.expose_scalar();
        for offset in positions(bytes, &*scalar) {
            let inside = |other: &FoundKey| other.form == "SEC 1" && other.offset + SEC1.len() == offset;
            if !found.iter().any(inside) {
                found.push(FoundKey {
                    offset,
                    form: BARE,
                    scalar: None,
                });
            }
        }
        for upper in [false, true] {
            let text = hex(&*scalar, upper);
            let texts = positions(bytes, text.as_bytes());
            found.extend(texts.map(|offset| FoundKey {
                offset,
                form: HEX,
                scalar: None,
            }));
        }
    }
    found
}

/// The scalar of a key; in other bytes the pattern before it stands once in 2^40 places.
fn scalar_at(bytes: &[u8], at: usize, known: &[PrivateKey]) -> Option<Zeroizing<[u8; 32]>> {
    let scalar = Zeroizing::new(*bytes.get(at..)?.first_chunk::<32>()?);
    // A known one is valid without a look at the curve, which takes long.
    let is_key = known.iter().any(|key| *key.expose_scalar() == *scalar) || PrivateKey::from_scalar(&scalar).is_ok();
    is_key.then_some(scalar)
}

/// Finds keys in Base64 without the lines of PEM around it.
fn find_encoded(bytes: &[u8], known: &[PrivateKey], found: &mut Vec<FoundKey>) {
    let is_text = |byte: &u8| digit(*byte).is_some() || matches!(byte, b'\r' | b'\n');
    let mut offset = 0;
    for text in bytes.split(|byte| !is_text(byte)) {
        let start = offset;
        offset += text.len() + 1;
        if text.len() < MIN_TEXT {
            continue;
        }
        // What stands before it may be letters as well.
        for skip in 0..4 {
            let decoded = decode(text.get(skip..).unwrap_or_default());
            let in_der = positions(&decoded, SEC1).find_map(|at| scalar_at(&decoded, at + SEC1.len(), known));
            let is_known = |key: &PrivateKey| positions(&decoded, &*key.expose_scalar()).next().is_some();
            let scalar = in_der.or_else(|| Some(known.iter().find(|key| is_known(key))?.expose_scalar()));
            if scalar.is_some() {
                found.push(FoundKey {
                    offset: start,
                    form: BASE64,
                    scalar,
                });
                break;
            }
        }
    }
}

/// The value of a digit of Base64, in either alphabet of RFC 4648.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Decodes Base64 as far as it goes, whatever stands between the digits.
fn decode(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut value, mut bits) = (0u16, 0);
    for sextet in text.iter().filter_map(|byte| digit(*byte)) {
        value = value << 6 | u16::from(sextet);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            let [_, byte] = (value >> bits).to_be_bytes();
            bytes.push(byte);
        }
    }
    bytes
}

/// The scalar that a text of 64 hexadecimal digits is, or one of 43 of Base64.
pub(super) fn text_scalar(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let text = text.trim();
    if text.len() == 64 {
        let mut scalar = Zeroizing::new([0; 32]);
        for (octet, pair) in scalar.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
            *octet = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        return Some(scalar);
    }
    let decoded = (MIN_TEXT..=MIN_TEXT + 1)
        .contains(&text.len())
        .then(|| decode(text.as_bytes()))?;
    decoded.as_slice().try_into().ok().map(Zeroizing::new)
}

fn hex(bytes: &[u8], upper: bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]) {
        let digit = char::from_digit(nibble.into(), 16).unwrap_or_default();
        text.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
    text
}

fn positions<'b>(bytes: &'b [u8], pattern: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let first = pattern.first().copied();
    let candidates = bytes.iter().enumerate().filter(move |(_, byte)| Some(**byte) == first);
    let matches = candidates.filter(move |(at, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(pattern)));
    matches.map(|(at, _)| at)
}
