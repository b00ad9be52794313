//! Bytes as they are.

use super::archive::is_archive;
use super::containers::{self, PKCS};
use super::stream::is_head;
use super::{Arrangement, Finder, Form, SEC1_HEAD, What};

const SCALAR: usize = 32;
const TAIL: usize = 8;
/// What the SDK's `P256SerializedKeypair` has: the uncompressed point, then the scalar.
const KEYPAIR: usize = 97;

/// Searches bytes as they are.
pub(super) fn search(bytes: &[u8], finder: &mut Finder<'_, '_>) {
    for (start, window) in bytes.windows(TAIL).enumerate() {
        let Some(tail) = window.first_chunk().map(|tail| u64::from_be_bytes(*tail)) else {
            continue;
        };
        if finder.keys.may_end(tail) {
            look_at_known(bytes, start + TAIL, finder);
        }
        if is_archive(tail) {
            finder.archives.add(bytes, start);
        }
        if is_head(tail) || tail >> 16 == PKCS {
            look_at_head(bytes, start + TAIL, finder);
        }
    }
    // The start of a key may be among the first bytes, of which the loop sees the end of the eighth first.
    for end in SEC1_HEAD.len()..TAIL.min(bytes.len()) {
        if bytes.get(..end).is_some_and(|first| first.ends_with(&SEC1_HEAD)) {
            look_at_head(bytes, end, finder);
        }
    }
    if let Some((scalar, start)) = alone(bytes) {
        finder.look_alone(scalar, start, bytes.len(), Form::Bare);
    }
}

/// The scalar that a whole value is: as long as one, or behind a public point.
pub(in crate::audit) fn alone(bytes: &[u8]) -> Option<(&[u8; SCALAR], usize)> {
    let is_value = match (bytes.len(), bytes.first()) {
        (SCALAR, _) => true,
        // No multiplication for what begins otherwise, as a verifier does.
        (KEYPAIR, first) => first == Some(&0x04),
        _ => false,
    };
    let scalar = bytes.last_chunk().filter(|_| is_value)?;
    Some((scalar, bytes.len() - SCALAR))
}

#[cold]
fn look_at_known(bytes: &[u8], end: usize, finder: &mut Finder<'_, '_>) {
    let before = bytes.get(..end).unwrap_or_default();
    let Some((before, scalar)) = before.split_last_chunk() else {
        return;
    };
    // One in DER is found by what is in front of it.
    if !before.ends_with(&SEC1_HEAD) {
        finder.look(scalar, false, (before.len(), end), Form::Bare);
    }
}

#[cold]
fn look_at_head(bytes: &[u8], end: usize, finder: &mut Finder<'_, '_>) {
    let (before, behind) = bytes.split_at_checked(end).unwrap_or_default();
    if before.ends_with(&SEC1_HEAD)
        && let Some(scalar) = behind.first_chunk()
    {
        let start = end - SEC1_HEAD.len();
        finder.look(scalar, true, (start, end + SCALAR), Form::Bare);
    }
    if let Some((kind, back)) = containers::ending(before.get(end.saturating_sub(64)..).unwrap_or_default()) {
        finder.tell(What::Container(kind), Form::Bare, Arrangement::PLAIN, end - back, end);
    }
}
