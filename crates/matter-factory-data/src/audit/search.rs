//! Where private keys stand in bytes, in whichever form.
//!
//! The bytes may be anything, so that the work is linear in their number, and no more than [`MAX_FOUND`] keys of a form
//! are looked at: whether bytes are a valid key takes a multiplication on the curve, unless they are a known one.

mod base64;
mod pem;
mod text;

use alloc::string::String;
use alloc::vec::Vec;

use matter_attestation::PrivateKey;
use zeroize::Zeroizing;

use base64::Heads;
pub(super) use text::lone_scalars;

/// A private key that was found in bytes.
pub(super) struct FoundKey {
    pub(super) offset: usize,
    pub(super) form: &'static str,
    /// The key, unless there is only PEM's word for it.
    pub(super) key: Option<PrivateKey>,
}

pub(super) const BARE: &str = "bare scalar";
pub(super) const HEX: &str = "hexadecimal";
const SEC1: &str = "SEC 1";
const PEM: &str = "PEM";
const BASE64: &str = "Base64";

/// How many keys of one form are told.
pub(super) const MAX_FOUND: usize = 16;
/// The start of an ECPrivateKey (RFC 5915) with a scalar of P-256: version 1 and an octet string of 32.
const SEC1_HEAD: &[u8; 5] = &[0x02, 0x01, 0x01, 0x04, 0x20];

/// Finds private keys of P-256 in DER (SEC 1, also inside of PKCS#8), in PEM and Base64, and scalars that are known.
pub(super) fn find(bytes: &[u8], known: &[PrivateKey]) -> Vec<FoundKey> {
    let mut found = Vec::new();
    let in_der = positions(bytes, SEC1_HEAD).filter_map(|offset| {
        let scalar = bytes.get(offset + SEC1_HEAD.len()..)?.first_chunk()?;
        let key = Some(accept(scalar, known)?);
        Some(FoundKey {
            offset,
            form: SEC1,
            key,
        })
    });
    found.extend(in_der.take(MAX_FOUND));
    find_text(bytes, known, &mut found);
    for key in known {
        find_known(bytes, key, &mut found);
    }
    found
}

/// Finds keys in PEM, and in Base64 between such blocks.
fn find_text(bytes: &[u8], known: &[PrivateKey], found: &mut Vec<FoundKey>) {
    let heads = Heads::new(known);
    let mut encoded = Vec::new();
    let mut between = |start: usize, end: usize| {
        let text = bytes.get(start..end).unwrap_or_default();
        let free = MAX_FOUND - encoded.len();
        let keys = base64::keys(text, &heads, known).take(free);
        encoded.extend(keys.map(|(at, key)| FoundKey {
            offset: start + at,
            form: BASE64,
            key: Some(key),
        }));
    };
    let mut start = 0;
    for block in pem::key_blocks(bytes).take(MAX_FOUND) {
        between(start, block.offset);
        start = block.end;
        found.push(FoundKey {
            offset: block.offset,
            form: PEM,
            key: base64::first_key(block.body, &heads, known),
        });
    }
    between(start, bytes.len());
    found.append(&mut encoded);
}

/// Finds a known scalar as it is and in hexadecimal.
fn find_known(bytes: &[u8], key: &PrivateKey, found: &mut Vec<FoundKey>) {
    let scalar = key.expose_scalar();
    let texts = [false, true].map(|upper| hex(&scalar, upper));
    let is_in_der = |offset: &usize| bytes.get(..*offset).is_some_and(|before| before.ends_with(SEC1_HEAD));
    let bare = positions(bytes, &*scalar).filter(|offset| !is_in_der(offset));
    let bare = bare.take(MAX_FOUND).map(|offset| (offset, BARE));
    let [lower, upper] = &texts;
    let hex = positions(bytes, lower.as_bytes()).chain(positions(bytes, upper.as_bytes()));
    let hex = hex.take(MAX_FOUND).map(|offset| (offset, HEX));
    found.extend(bare.chain(hex).map(|(offset, form)| FoundKey {
        offset,
        form,
        key: Some(key.clone()),
    }));
}

/// The key that a scalar is, if it is one; in other bytes the pattern before it stands once in 2^40 places.
fn accept(scalar: &[u8; 32], known: &[PrivateKey]) -> Option<PrivateKey> {
    // A known one is valid without a look at the curve, which takes long.
    let is_known = known.iter().find(|key| key.has_scalar(scalar)).cloned();
    is_known.or_else(|| PrivateKey::from_scalar(scalar).ok())
}

fn hex(bytes: &[u8; 32], upper: bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for nibble in bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]) {
        let digit = char::from_digit(nibble.into(), 16).unwrap_or_default();
        text.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
    text
}

fn positions<'b>(bytes: &'b [u8], pattern: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    /// So many bytes are compared at once.
    const LANES: usize = 64;
    let first = pattern.first().copied().unwrap_or_default();
    let chunks = bytes.chunks(LANES).enumerate();
    let chunks = chunks.filter(move |(_, chunk)| chunk.iter().fold(false, |any, byte| any | (*byte == first)));
    let candidates = chunks.flat_map(move |(number, chunk)| {
        let offsets = chunk.iter().zip(number * LANES..);
        offsets.filter(move |(byte, _)| **byte == first).map(|(_, at)| at)
    });
    candidates.filter(move |at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(pattern)))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests;
