//! Finds private keys in arbitrary bytes, in any form in which they are written.
//!
//! All known keys are searched for at once. The bytes are read as they are, and text among them again in each encoding
//! of bytes: hexadecimal digits in words, lists and dumps, decimal numbers, escapes of C and Python, Base64. Each such
//! reading is a [`Stream`] of bytes whose last bytes are compared with the known keys. Archives are inflated and
//! searched the same way. Unknown keys are found in DER and PEM, and as values of the length of a key if their public
//! key is known.
//!
//! The work is linear in the number of bytes. Checking whether unknown bytes are a valid key takes a multiplication on
//! the curve and is done a limited number of times.

mod archive;
mod base64;
mod containers;
mod decimal;
mod dump;
mod escapes;
mod found;
mod hex;
mod pem;
mod raw;
mod stream;
pub(super) mod text;
mod tried;
mod words;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use matter_attestation::PrivateKey;

use super::key_set::{Arrangement, ENDS, KeySet};
pub use found::FoundKey;
pub(super) use found::{Form, What, without_repeats};
pub(super) use raw::alone;
pub use tried::TriedScalars;

/// Number of keys of one form that are reported, for each known key, and for all others together.
pub(super) const MAX_FOUND: u8 = 16;
/// Limit of the total number of reported keys, to keep the report readable.
const MAX_TOLD: usize = 1024;

/// The start of an ECPrivateKey (RFC 5915) with a P-256 scalar: version 1 and an OCTET STRING of 32 bytes.
const SEC1_HEAD: [u8; 5] = [0x02, 0x01, 0x01, 0x04, 0x20];

/// Finds P-256 private keys: known keys in every form, and others in forms that are recognizable as keys.
///
/// # Examples
///
/// See [`KeySet`].
#[must_use]
pub fn find_keys(bytes: &[u8], keys: &KeySet, tried: &mut TriedScalars) -> Vec<FoundKey> {
    find(bytes, Keys::new(keys, None), tried)
}

/// Finds the keys of two sets.
pub(super) fn find(bytes: &[u8], keys: Keys<'_>, tried: &mut TriedScalars) -> Vec<FoundKey> {
    let mut room = archive::Room::new();
    find_nested(bytes, keys, tried, &mut room, 0)
}

fn find_nested(
    bytes: &[u8],
    keys: Keys<'_>,
    tried: &mut TriedScalars,
    room: &mut archive::Room,
    depth: u8,
) -> Vec<FoundKey> {
    let mut finder = Finder::new(keys, tried);
    raw::search(bytes, &mut finder);
    text::search(bytes, &mut finder);
    let archives = core::mem::take(&mut finder.archives);
    let mut found = finder.finish();
    let mut opener = archive::Opener {
        keys,
        tried,
        room,
        depth,
    };
    opener.search(bytes, &archives, &mut found);
    found.truncate(MAX_TOLD);
    found
}

/// The keys of a device, and optionally those of others.
#[derive(Clone, Copy)]
pub(super) struct Keys<'k> {
    own: &'k KeySet,
    shared: Option<&'k KeySet>,
}

impl<'k> Keys<'k> {
    pub(super) const fn new(own: &'k KeySet, shared: Option<&'k KeySet>) -> Self {
        Self { own, shared }
    }

    fn sets(self) -> impl Iterator<Item = &'k KeySet> {
        [Some(self.own), self.shared].into_iter().flatten()
    }

    /// Whether a known key may end with these eight bytes: `false` is certain, and `true` is wrong in one of sixteen
    /// cases.
    #[inline]
    fn may_end(self, tail: u64) -> bool {
        !self.own.is_empty() && self.own.may_end(tail) || self.shared.is_some_and(|keys| keys.may_end(tail))
    }

    /// Number of bytes of known keys that follow these eight, for each key that has them near its end, without
    /// duplicates.
    fn ends(self, tail: u64) -> impl Iterator<Item = usize> {
        (0..ENDS).filter(move |after| self.sets().any(|keys| keys.ends(tail).any(|found| found == *after)))
    }

    /// Returns the known key that equals 32 bytes, and their arrangement.
    pub(super) fn find(self, bytes: &[u8; 32]) -> Option<(&'k PrivateKey, Arrangement)> {
        self.sets().find_map(|keys| keys.find(bytes))
    }
}

/// The state of a search.
pub(super) struct Finder<'k, 't> {
    keys: Keys<'k>,
    tried: &'t mut TriedScalars,
    found: Vec<FoundKey>,
    /// Number of occurrences of each form, of each known key and of all others.
    counts: BTreeMap<(Form, Option<[u8; 32]>), u8>,
    /// Bytes per character of the current reading.
    width: usize,
    /// Positions where archives may begin.
    archives: archive::Places,
}

impl<'k, 't> Finder<'k, 't> {
    pub(super) fn new(keys: Keys<'k>, tried: &'t mut TriedScalars) -> Self {
        Self {
            keys,
            tried,
            found: Vec::new(),
            counts: BTreeMap::new(),
            width: 1,
            archives: archive::Places::default(),
        }
    }

    /// Checks 32 bytes that end with the last eight of a known key, or that follow the start of a key in DER.
    fn look(&mut self, bytes: &[u8; 32], is_der: bool, (start, end): (usize, usize), form: Form) {
        let form = if is_der && form == Form::Bare { Form::Sec1 } else { form };
        if let Some((key, arrangement)) = self.keys.find(bytes) {
            self.tell(What::Key(key.clone()), form, arrangement, start, end);
        } else if is_der && self.counts.get(&(form, None)).is_none_or(|count| *count < MAX_FOUND) {
            // In random bytes, the pattern before the scalar occurs once in 2^40 positions.
            if let Ok(key) = PrivateKey::from_scalar(bytes) {
                self.tell(What::Key(key), form, Arrangement::PLAIN, start, end);
            }
        }
    }

    /// Checks a value with the length of a key. Known keys are found by the search of all bytes.
    pub(super) fn look_alone(&mut self, bytes: &[u8; 32], start: usize, end: usize, form: Form) {
        if self.keys.find(bytes).is_none()
            && self.tried.take(bytes)
            && let Ok(key) = PrivateKey::from_scalar(bytes)
            && self.keys.sets().any(|keys| keys.owner(&key.public_key()).is_some())
        {
            self.tell(What::Key(key), form, Arrangement::PLAIN, start, end);
        }
    }

    fn tell(&mut self, what: What, form: Form, arrangement: Arrangement, start: usize, end: usize) {
        let known = match &what {
            What::Key(key) => self.keys.sets().any(|keys| keys.contains(key)).then(|| {
                // The x coordinate is enough to distinguish keys.
                let mut name = [0; 32];
                name.iter_mut()
                    .zip(key.public_key().as_bytes().iter().skip(1))
                    .for_each(|(to, from)| *to = *from);
                name
            }),
            _ => None,
        };
        let count = self.counts.entry((form, known)).or_default();
        if *count < MAX_FOUND && self.found.len() < MAX_TOLD {
            *count += 1;
            self.found
                .push(FoundKey::new(what, form, arrangement, self.width, start, end));
        }
    }

    /// Returns the findings, each key once in each place.
    pub(super) fn finish(self) -> Vec<FoundKey> {
        let keys = self.keys;
        let mut found = without_repeats(self.found);
        for key in &mut found {
            key.set_owner(|key| keys.sets().find_map(|keys| keys.owner(&key.public_key())));
        }
        found
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]
mod tests;
