use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use matter_attestation::{PrivateKey, PublicKey};

use super::Arrangement;
use crate::audit::key_set::KeyOwner;
use crate::audit::{Check, Finding};

/// The encoding of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::audit) enum Form {
    Bare,
    Sec1,
    Hex,
    Dump,
    Base64,
    Decimal,
    Escaped,
    Pem,
    /// For items that are reported as such.
    Archive,
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare scalar",
            Self::Sec1 => "SEC 1",
            Self::Hex => "hexadecimal",
            Self::Dump => "hexadecimal dump",
            Self::Base64 => "Base64",
            Self::Decimal => "decimal numbers",
            Self::Escaped => "escaped bytes",
            Self::Pem => "PEM",
            Self::Archive => "archive",
        }
    }
}

/// The kind of a found item.
#[derive(Clone)]
pub(in crate::audit) enum What {
    Key(PrivateKey),
    /// A PEM label announces it, but it cannot be decoded.
    Unreadable,
    /// A private key in a format that cannot be read.
    Container(&'static str),
    /// An archive that may contain keys and was not opened.
    Unopened(String),
}

/// A private key found in bytes, or something that may contain one and could not be opened.
///
/// `Display` writes its owner, its form and its position.
#[derive(Clone)]
pub struct FoundKey {
    pub(in crate::audit) what: What,
    pub(in crate::audit) form: Form,
    arrangement: Arrangement,
    width: usize,
    owner: Option<KeyOwner>,
    pub(in crate::audit) start: usize,
    pub(in crate::audit) end: usize,
    /// The archive that contains it, and its position.
    inside: Option<(String, usize)>,
}

impl FoundKey {
    pub(super) const fn new(
        what: What,
        form: Form,
        arrangement: Arrangement,
        width: usize,
        start: usize,
        end: usize,
    ) -> Self {
        Self {
            what,
            form,
            arrangement,
            width,
            owner: None,
            start,
            end,
            inside: None,
        }
    }

    pub(super) fn set_owner<'o>(&mut self, owner: impl FnOnce(&PrivateKey) -> Option<&'o KeyOwner>) {
        if let What::Key(key) = &self.what {
            self.owner = owner(key).cloned();
        }
    }

    /// Records that it was found in an archive at a position.
    pub(super) fn put_inside(&mut self, archive: &str, place: usize) {
        let archive = match self.inside.take() {
            Some((inner, place)) => alloc::format!("{inner} at offset {place:#x} in {archive}"),
            None => archive.into(),
        };
        self.inside = Some((archive, place));
    }

    /// Returns its position, or that of the archive that contains it.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.inside.as_ref().map_or(self.start, |(_, place)| *place)
    }

    /// Adds an offset, for a caller that searched a part of something.
    #[must_use]
    pub fn moved_by(mut self, offset: usize) -> Self {
        if let Some((_, place)) = &mut self.inside {
            *place = place.saturating_add(offset);
        } else {
            self.start = self.start.saturating_add(offset);
            self.end = self.end.saturating_add(offset);
        }
        self
    }

    /// Maps its position from a value to the bytes of the value in the image.
    pub(in crate::audit) fn placed(mut self, place: impl Fn(usize) -> usize) -> Self {
        match &mut self.inside {
            Some((_, at)) => *at = place(*at),
            None => {
                self.start = place(self.start);
                // Map the last byte, because the byte after it may be elsewhere.
                self.end = self.end.checked_sub(1).map_or(0, |last| place(last) + 1);
            }
        }
        self
    }

    /// Returns the owner of the key, if known.
    #[must_use]
    pub const fn owner(&self) -> Option<&KeyOwner> {
        self.owner.as_ref()
    }

    /// Returns the key, if it could be decoded.
    #[must_use]
    pub const fn key(&self) -> Option<&PrivateKey> {
        match &self.what {
            What::Key(key) => Some(key),
            _ => None,
        }
    }

    /// Whether it is the same key, or of the same kind if neither can be decoded.
    pub(in crate::audit) fn is_like(&self, other: &Self) -> bool {
        match (&self.what, &other.what) {
            (What::Key(key), What::Key(other)) => key.public_key() == other.public_key(),
            (What::Container(kind), What::Container(other)) => kind == other,
            (What::Unreadable, What::Unreadable) => true,
            _ => false,
        }
    }

    /// Whether it is the bare scalar.
    pub(in crate::audit) fn is_bare(&self) -> bool {
        self.form == Form::Bare && self.arrangement.is_plain() && self.inside.is_none()
    }

    pub(in crate::audit) fn public_key(&self) -> Option<PublicKey> {
        self.key().map(PrivateKey::public_key)
    }

    /// Returns whether it is a private key and not an unopened archive.
    #[must_use]
    pub const fn is_key(&self) -> bool {
        !matches!(self.what, What::Unopened(_))
    }

    /// Returns the check: a key in a wrong place, an unreadable key, or an unopened archive.
    #[must_use]
    pub const fn check(&self) -> Check {
        match self.what {
            What::Key(_) | What::Unreadable => Check::KeyLeaked,
            What::Container(_) => Check::KeyContainer,
            What::Unopened(_) => Check::NotChecked,
        }
    }

    /// Returns the finding for a key in a wrong place, unless it is a [customer's](KeyOwner::Customer).
    #[must_use]
    pub fn finding(&self, object: &str) -> Finding {
        let is_customers = self.owner == Some(KeyOwner::Customer);
        let check = if is_customers { Check::CustomerKey } else { self.check() };
        Finding::of(check, object, self)
    }

    /// Returns whether it is known as the key of a device, a PAI or a PAA.
    #[must_use]
    pub fn is_attesting(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| *owner != KeyOwner::Customer)
    }

    /// Writes owner, form and position.
    pub(in crate::audit) fn describe(&self, whose: &str) -> String {
        let Self { form, arrangement, .. } = self;
        let form = match self.what {
            What::Key(_) | What::Unreadable => form.name(),
            What::Container(_) if matches!(form, Form::Hex | Form::Dump | Form::Base64 | Form::Escaped | Form::Pem) => {
                form.name()
            }
            What::Container(_) | What::Unopened(_) => "",
        };
        let comma = if form.is_empty() { "" } else { ", " };
        let width = match self.width {
            2 => " in UTF-16",
            4 => " in UTF-32",
            _ => "",
        };
        let mut text = alloc::format!("{whose}{comma}{form}{arrangement}{width} at offset {:#x}", self.start);
        if let Some((archive, place)) = &self.inside {
            text.push_str(&alloc::format!(" of {archive} at offset {place:#x}"));
        }
        text
    }
}

impl fmt::Display for FoundKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (&self.what, &self.owner) {
            (What::Key(_), Some(owner)) => self.describe(&alloc::format!("{owner}")),
            (What::Key(_), None) => self.describe("another key"),
            (What::Unreadable, _) => self.describe("a key"),
            (What::Container(kind), _) => self.describe(kind),
            (What::Unopened(what), _) => self.describe(what),
        };
        f.write_str(&text)
    }
}

impl fmt::Debug for FoundKey {
    /// Like `Display`, without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FoundKey({self})")
    }
}

/// Sorts the findings and removes those found again at the same position, where several forms may match. A PEM block is
/// replaced by the key found in it.
pub(in crate::audit) fn without_repeats(mut found: Vec<FoundKey>) -> Vec<FoundKey> {
    found.sort_by_key(|found| (found.start, core::cmp::Reverse(found.end)));
    let mut kept = Vec::<FoundKey>::new();
    // Earlier ranges do not overlap later ones.
    let mut first = 0;
    for next in found {
        while kept.get(first).is_some_and(|kept| kept.end <= next.start) {
            first += 1;
        }
        let overlapping = kept.iter_mut().skip(first).filter(|kept| kept.end > next.start);
        let mut is_new = true;
        for other in overlapping {
            match (&other.what, &next.what) {
                (What::Unreadable, What::Key(_) | What::Container(_)) if other.form == Form::Pem => {
                    other.what = next.what.clone();
                    is_new = false;
                }
                (What::Key(a), What::Key(b)) if a.public_key() == b.public_key() => is_new = false,
                (What::Container(_) | What::Unreadable, What::Container(_) | What::Unreadable) => is_new = false,
                _ => {}
            }
        }
        if is_new {
            kept.push(next);
        }
    }
    kept
}
