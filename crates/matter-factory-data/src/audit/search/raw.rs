//! Raw bytes.

use super::archive::is_archive;
use super::containers::{self, PKCS};
use super::{Arrangement, ENDS, Finder, Form, SEC1_HEAD, What};

const SCALAR: usize = 32;
const TAIL: usize = 8;
/// Number of bytes compared with erased flash at once.
const BLOCK: usize = 64;
/// Length of the SDK's `P256SerializedKeypair`: the uncompressed point, then the scalar.
const KEYPAIR: usize = 97;
/// Longer than the head of any container.
const CONTAINER: usize = 64;

/// The first bytes of items that are recognized by their start.
const BEGINS: [bool; 256] = {
    let mut begins = [false; 256];
    // A key in DER, an object identifier, zip, gzip, and a PDF stream.
    begins[0x02] = true;
    begins[0x2A] = true;
    begins[0x50] = true;
    begins[0x1F] = true;
    begins[0x73] = true;
    begins
};

/// Searches raw bytes.
pub(super) fn search(bytes: &[u8], finder: &mut Finder<'_, '_>) {
    search_known(bytes, finder);
    // Most of an image is erased flash; nothing starts with its bytes.
    let is_blank = |bytes: &[u8]| bytes.iter().fold(0xFF, |all, byte| all & byte) == 0xFF;
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        if is_blank(block) {
            continue;
        }
        for (start, first) in (number * BLOCK..).zip(block) {
            if BEGINS.get(usize::from(*first)) == Some(&true) {
                look_at_beginning(bytes, start, finder);
            }
        }
    }
    if let Some((scalar, start)) = alone(bytes) {
        finder.look_alone(scalar, start, bytes.len(), Form::Bare);
    }
}

/// Searches for known keys; every third position is enough.
fn search_known(bytes: &[u8], finder: &mut Finder<'_, '_>) {
    let is_blank_an_end = finder.keys.may_end(u64::MAX);
    let mut rest = bytes;
    let mut end = TAIL;
    while let Some(tail) = rest.first_chunk::<TAIL>() {
        let tail = u64::from_be_bytes(*tail);
        if (tail != u64::MAX || is_blank_an_end) && finder.keys.may_end(tail) {
            for after in finder.keys.ends(tail) {
                look_at_known(bytes, end + after, finder);
            }
        }
        rest = rest.get(ENDS..).unwrap_or_default();
        end += ENDS;
    }
}

/// The scalar that a whole value consists of, optionally after a public point.
pub(in crate::audit) fn alone(bytes: &[u8]) -> Option<(&[u8; SCALAR], usize)> {
    let is_value = match (bytes.len(), bytes.first()) {
        (SCALAR, _) => true,
        // No multiplication for values with another first byte, such as a verifier.
        (KEYPAIR, first) => first == Some(&0x04),
        _ => false,
    };
    let scalar = bytes.last_chunk().filter(|_| is_value)?;
    Some((scalar, bytes.len() - SCALAR))
}

#[cold]
fn look_at_known(bytes: &[u8], end: usize, finder: &mut Finder<'_, '_>) {
    let before = bytes.get(..end).unwrap_or_default();
    // A key in DER is found by the bytes before it.
    if let Some((before, scalar)) = before.split_last_chunk()
        && !before.ends_with(&SEC1_HEAD)
    {
        finder.look(scalar, false, (before.len(), end), Form::Bare);
    }
}

#[cold]
fn look_at_beginning(bytes: &[u8], start: usize, finder: &mut Finder<'_, '_>) {
    let rest = bytes.get(start..).unwrap_or_default();
    let Some(first) = rest.first_chunk().map(|first| u64::from_be_bytes(*first)) else {
        return;
    };
    if is_archive(first) {
        finder.archives.add(bytes, start);
    } else if first >> 16 == PKCS {
        let end = start + TAIL;
        let before = bytes.get(end.saturating_sub(CONTAINER)..end).unwrap_or_default();
        if let Some((kind, back)) = containers::ending(before) {
            finder.tell(What::Container(kind), Form::Bare, Arrangement::PLAIN, end - back, end);
        }
    } else if let Some(scalar) = rest.strip_prefix(&SEC1_HEAD).and_then(|after| after.first_chunk()) {
        let end = start + SEC1_HEAD.len() + SCALAR;
        finder.look(scalar, true, (start, end), Form::Bare);
    }
}
