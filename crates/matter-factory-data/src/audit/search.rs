//! Private keys in bytes that may be anything, in whichever form they are written.
//!
//! All known keys are looked for at once. The bytes are read as they are, and what is text in them once more as each form
//! in which text has bytes: digits of hexadecimal in words, lists and dumps, decimal numbers, escapes of C and Python,
//! Base64. Each such reading is a [`Stream`] of bytes, of which the last ones are compared with the known keys. Archives
//! are inflated and searched the same way. Of keys that are not known, those in DER and PEM are told, and values that are
//! as long as a key when their public key is known.
//!
//! The work is linear in the number of bytes, and whether unknown bytes are a valid key, which takes a multiplication on
//! the curve, is looked at a limited number of times.

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

/// How many keys of one form are told, for each key that is known, and of all others.
pub(super) const MAX_FOUND: u8 = 16;
/// More than these nobody reads.
const MAX_TOLD: usize = 1024;

/// The start of an ECPrivateKey (RFC 5915) with a scalar of P-256: version 1 and an octet string of 32.
const SEC1_HEAD: [u8; 5] = [0x02, 0x01, 0x01, 0x04, 0x20];

/// Finds private keys of P-256: known ones in every form, and others as far as they show what they are.
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

/// The keys of a device, and perhaps those of others.
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

    /// Tells whether a known key may have these eight bytes at its end: `false` is certain, and `true` in one of sixteen
    /// cases.
    #[inline]
    fn may_end(self, tail: u64) -> bool {
        !self.own.is_empty() && self.own.may_end(tail) || self.shared.is_some_and(|keys| keys.may_end(tail))
    }

    /// How many bytes of known keys are behind these eight, for each key that has them at its end; each number once.
    fn ends(self, tail: u64) -> impl Iterator<Item = usize> {
        (0..ENDS).filter(move |behind| self.sets().any(|keys| keys.ends(tail).any(|found| found == *behind)))
    }

    /// The known key that 32 bytes are, and how they are arranged.
    pub(super) fn find(self, bytes: &[u8; 32]) -> Option<(&'k PrivateKey, Arrangement)> {
        self.sets().find_map(|keys| keys.find(bytes))
    }
}

/// What a search has found so far.
pub(super) struct Finder<'k, 't> {
    keys: Keys<'k>,
    tried: &'t mut TriedScalars,
    found: Vec<FoundKey>,
    /// How often each form was found, of each known key and of all others.
    counts: BTreeMap<(Form, Option<[u8; 32]>), u8>,
    /// How many bytes a character has in what is read now.
    width: usize,
    /// Where archives may begin.
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

    /// Looks at 32 bytes of which a known key has the last eight, or which are behind the start of a key in DER.
    fn look(&mut self, bytes: &[u8; 32], is_der: bool, (start, end): (usize, usize), form: Form) {
        let form = if is_der && form == Form::Bare { Form::Sec1 } else { form };
        if let Some((key, arrangement)) = self.keys.find(bytes) {
            self.tell(What::Key(key.clone()), form, arrangement, start, end);
        } else if is_der && self.counts.get(&(form, None)).is_none_or(|count| *count < MAX_FOUND) {
            // In other bytes the pattern before it stands once in 2^40 places.
            if let Ok(key) = PrivateKey::from_scalar(bytes) {
                self.tell(What::Key(key), form, Arrangement::PLAIN, start, end);
            }
        }
    }

    /// Looks at a value that is as long as a key. A known one is found as one of many bytes.
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
                // The x coordinate is enough to tell them apart.
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

    /// What was found, each key once in each place.
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
