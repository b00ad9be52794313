//! Keys in Base64 (RFC 4648), of which nobody knows where it began.

use alloc::vec::Vec;

use matter_attestation::PrivateKey;
use zeroize::Zeroizing;

use super::{SEC1_HEAD, accept};

/// The shortest text in which a scalar can be.
pub(super) const SCALAR_DIGITS: usize = 43;
/// The bits by which a key is recognised: those of [`SEC1_HEAD`], and as many of a known scalar.
const HEAD: u64 = (1 << 40) - 1;

/// The first octets of the known scalars.
pub(super) struct Heads(Zeroizing<Vec<u64>>);

impl Heads {
    pub(super) fn new(known: &[PrivateKey]) -> Self {
        let mut heads = Zeroizing::new(Vec::with_capacity(known.len()));
        heads.extend(known.iter().map(|key| {
            let scalar = key.expose_scalar();
            scalar.first_chunk().map_or(0, head)
        }));
        Self(heads)
    }
}

fn head(octets: &[u8; 5]) -> u64 {
    octets.iter().fold(0, |head, octet| head << 8 | u64::from(*octet))
}

/// The keys in texts without the lines of PEM around them, each with where its text starts.
pub(super) fn keys<'a>(
    bytes: &'a [u8],
    heads: &'a Heads,
    known: &'a [PrivateKey],
) -> impl Iterator<Item = (usize, PrivateKey)> + 'a {
    texts(bytes).flat_map(move |(start, text)| {
        let mut rest = text;
        core::iter::from_fn(move || {
            let (key, len) = next(rest, heads, known)?;
            rest = rest.get(len..)?;
            Some((start, key))
        })
    })
}

/// The texts of digits and line ends that are long enough, each with where it starts.
fn texts(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let is_text = |byte: &u8| digit(*byte).is_some() || matches!(byte, b'\r' | b'\n');
    let mut start = 0;
    core::iter::from_fn(move || {
        loop {
            // In most bytes there is no text, so that one of each 43 tells.
            let fewest = bytes.get(start..start + SCALAR_DIGITS)?;
            if let Some(last) = fewest.iter().rposition(|byte| !is_text(byte)) {
                start += last + 1;
                continue;
            }
            let text = bytes.get(start..)?;
            let len = text.iter().position(|byte| !is_text(byte)).unwrap_or(text.len());
            let found = (start, text.get(..len)?);
            start += len;
            return Some(found);
        }
    })
}

/// The first key in a text, whatever stands between its digits.
pub(super) fn first_key(text: &[u8], heads: &Heads, known: &[PrivateKey]) -> Option<PrivateKey> {
    next(text, heads, known).map(|(key, _)| key)
}

/// The first key in a text, and where it ends.
fn next(text: &[u8], heads: &Heads, known: &[PrivateKey]) -> Option<(PrivateKey, usize)> {
    let mut window = 0u64;
    for (at, byte) in text.iter().enumerate() {
        let Some(sextet) = digit(*byte) else { continue };
        window = window << 6 | u64::from(sextet);
        // Octets end at each second bit; what ends with the digit before has been seen.
        for bits in [0, 2, 4] {
            let last = window >> bits & HEAD;
            let is_der = last == head(SEC1_HEAD);
            if !is_der && !heads.0.contains(&last) {
                continue;
            }
            let behind = text.get(at + 1..).unwrap_or_default();
            let mut scalar = Zeroizing::new([0; 32]);
            let (start, rest) = scalar.split_first_chunk_mut()?;
            let len = if is_der {
                fill(&mut *scalar, window, bits, behind)
            } else {
                let [_, _, _, octets @ ..] = last.to_be_bytes();
                *start = octets;
                fill(rest, window, bits, behind)
            };
            let Some(len) = len else { continue };
            let key = if is_der {
                accept(&scalar, known)
            } else {
                known.iter().find(|key| key.has_scalar(&scalar)).cloned()
            };
            if let Some(key) = key {
                return Some((key, at + 1 + len));
            }
        }
    }
    None
}

/// Decodes octets, of which the first begins with the last bits of the window. Returns how much of the text that takes.
fn fill(octets: &mut [u8], window: u64, mut bits: u32, text: &[u8]) -> Option<usize> {
    let mut octets = octets.iter_mut();
    let mut value = window;
    for (at, byte) in text.iter().enumerate() {
        let Some(sextet) = digit(*byte) else { continue };
        value = value << 6 | u64::from(sextet);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            let [.., octet] = (value >> bits).to_be_bytes();
            *octets.next()? = octet;
            if octets.len() == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

/// The scalar that a text of 43 digits is.
pub(super) fn scalar(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut scalar = Zeroizing::new([0; 32]);
    fill(&mut *scalar, 0, 0, text)?;
    Some(scalar)
}

/// The value of a digit, in either alphabet.
pub(super) const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
