//! Finds private keys where they are not allowed: in the images, in the device's files, in the rest of its flash.

mod search;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use esp_nvs_image::{Entry, StoredValue};
use esp_secure_cert::{Image, Record, RecordType};
use matter_attestation::{Certificate, PrivateKey, PublicKey};

use super::key_set::{KeyOwner, KeySet};
use super::search::{Form, FoundKey, Keys, MAX_FOUND, What};
use super::{Artifacts, Check, Expected, Finding};
use crate::{KeyPlace, NAMESPACE};
use search::{Searched, offset_in, search};

/// Longer files, far above the size of a key, are not decoded as a key as a whole.
const MAX_KEY_FILE: usize = 8 << 10;
/// Limit of search rounds: a key found in one place may occur elsewhere in a form in which only known keys are found.
const MAX_ROUNDS: u8 = 4;

const THE_DACS: &str = "the DAC's key";
const ANOTHER: &str = "another key";

/// A device to search.
pub(super) struct Subject<'a> {
    pub(super) artifacts: &'a Artifacts<'a>,
    /// The decrypted NVS image and its entries.
    pub(super) nvs: Option<(&'a [u8], &'a [Entry<'a>])>,
    pub(super) place: KeyPlace,
    /// The key stored in an image.
    pub(super) stored: Option<&'a PrivateKey>,
    pub(super) is_in_nvs: bool,
    pub(super) dac: Option<&'a PublicKey>,
    pub(super) pai: Option<&'a [u8]>,
    /// Offsets of secure-cert records that are already reported to leak a key.
    pub(super) leaking: &'a [usize],
}

/// The keys of a device that other devices are searched for.
pub(super) struct DeviceKeys {
    /// The stored key and keys with known owners, unless already known.
    pub(super) new: Vec<PrivateKey>,
    /// Keys outside Matter's namespace.
    pub(super) customers: Vec<PublicKey>,
}

/// Finds private keys where they are not allowed.
pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) -> DeviceKeys {
    let shared = subject.artifacts.known_keys;
    let mut own = subject.own_keys();
    // Other devices are searched for the stored key first.
    let mut new = subject
        .stored
        .filter(|key| own.contains(key))
        .cloned()
        .into_iter()
        .collect::<Vec<_>>();
    let mut rounds = 0;
    let found = loop {
        let found = search(subject, Keys::new(&own, shared));
        let before = new.len();
        for key in found
            .all()
            .filter(|found| subject.is_own(found) || found.is_attesting())
        {
            new.extend(key.key().filter(|key| own.insert_new(key, shared)).cloned());
        }
        rounds += 1;
        if new.len() == before || rounds == MAX_ROUNDS {
            break found;
        }
    };
    subject.report(&found, findings);
    let customers = found.nvs.iter().filter(|found| subject.is_customers(found));
    let customers = customers.filter_map(FoundKey::public_key).collect();
    DeviceKeys { new, customers }
}

impl KeySet {
    /// Adds a key unless it is in either set.
    fn insert_new(&mut self, key: &PrivateKey, shared: Option<&Self>) -> bool {
        shared.is_none_or(|shared| !shared.contains(key)) && self.insert(key)
    }
}

impl Subject<'_> {
    /// The device's own key, unless other sets contain it, with the owners of further keys.
    fn own_keys(&self) -> KeySet {
        let shared = self.artifacts.known_keys;
        let mut own = KeySet::new();
        if let Some(dac) = self
            .dac
            .filter(|dac| shared.is_none_or(|shared| shared.owner(dac).is_none()))
        {
            own.add_owner(dac, KeyOwner::Device(String::new()));
        }
        // Parts that many devices share are among the keys known for all.
        let is_shared = shared.is_some()
            && self
                .artifacts
                .attested
                .is_some_and(|attested| attested.has_pai(self.pai));
        let pai = self
            .pai
            .filter(|_| !is_shared)
            .and_then(|der| Certificate::from_der(der).ok());
        if let Some(pai) = pai {
            own.add_owner(&pai.public_key(), KeyOwner::Pai);
        }
        let trusted = self.artifacts.expected.into_iter().flat_map(Expected::trusted);
        for paa in trusted
            .filter(|_| shared.is_none())
            .filter_map(|der| Certificate::from_der(der).ok())
        {
            own.add_owner(&paa.public_key(), KeyOwner::Paa);
        }
        if let Some(key) = self.stored {
            own.insert_new(key, shared);
        }
        own
    }

    /// Whether a key is the device's own.
    fn is_own(&self, found: &FoundKey) -> bool {
        let is_named = || match (found.owner(), self.artifacts.name) {
            (Some(KeyOwner::Device(owner)), Some(name)) => self.dac.is_none() && owner == name,
            _ => false,
        };
        found.public_key().is_some_and(|key| {
            let is_stored = self.stored.is_some_and(|stored| stored.public_key() == key);
            Some(&key) == self.dac || is_stored || is_named()
        })
    }

    fn whose(&self, found: &FoundKey) -> String {
        match (&found.what, found.owner()) {
            (What::Key(_), _) if self.is_own(found) => THE_DACS.into(),
            (What::Key(_), Some(owner)) => format!("{owner}"),
            (What::Key(_), None) => ANOTHER.into(),
            (What::Unreadable, _) => "a key".into(),
            (What::Container(kind), _) => (*kind).into(),
            (What::Unopened(what), _) => what.clone(),
        }
    }

    fn leak(&self, object: &str, found: &FoundKey) -> Finding {
        Finding::of(found.check(), object, found.describe(&self.whose(found)))
    }

    fn report(&self, found: &Searched, findings: &mut Vec<Finding>) {
        self.report_nvs(&found.nvs, findings);
        self.report_secure_cert(&found.secure_cert, findings);
        if let (Some(file), Some(found)) = (self.artifacts.efuse_key, &found.efuse_key) {
            self.report_efuse_key(file, found, findings);
        }
        let customers = found
            .nvs
            .iter()
            .filter(|found| self.is_customers(found))
            .collect::<Vec<_>>();
        for ((name, _), found) in self.artifacts.files.iter().zip(&found.files) {
            self.report_each(name, found, &customers, findings);
        }
        for ((name, _), found) in self.artifacts.flash.iter().zip(&found.flash) {
            // Firmware may have unrelated keys of its own.
            let known = found
                .iter()
                .filter(|found| self.is_own(found) || found.is_attesting() || !found.is_key());
            self.report_each(name, known, &[], findings);
        }
        for ((name, bytes), found) in self.artifacts.key_files.iter().zip(&found.key_files) {
            self.report_key_file(name, bytes, found, findings);
        }
        if found.is_exhausted {
            let detail = "too many values have the length of a key; the rest was not tried";
            findings.push(Finding::of(Check::NotChecked, "device", detail));
        }
    }

    /// Reports the first occurrence of each key. The tables of a device repeat the `customers` keys of its image.
    fn report_each<'f>(
        &self,
        name: &str,
        found: impl IntoIterator<Item = &'f FoundKey>,
        customers: &[&FoundKey],
        findings: &mut Vec<Finding>,
    ) {
        let mut reported = Vec::new();
        for found in found {
            let is_customers = customers.iter().any(|customers| customers.is_like(found));
            let whose = (self.whose(found), is_customers);
            if !reported.contains(&whose) && reported.len() < MAX_FOUND.into() {
                findings.push(self.misplaced_key(name, found, is_customers));
                reported.push(whose);
            }
        }
    }

    /// In the NVS image, the stored key occurs exactly once, as a bare scalar.
    fn report_nvs(&self, found: &[FoundKey], findings: &mut Vec<Finding>) {
        let mut stored = self.stored.filter(|_| self.is_in_nvs).map(PrivateKey::public_key);
        for found in found {
            let key = found.public_key().filter(|_| found.is_bare());
            if stored.take_if(|stored| key == Some(*stored)).is_none() {
                let is_customers = self.is_customers(found);
                findings.push(self.misplaced_key("nvs", found, is_customers));
            }
        }
    }

    /// Whether a key in the NVS image is not for attestation but belongs to a customer: a firmware keeps it in its own
    /// namespace, for its cloud.
    fn is_customers(&self, found: &FoundKey) -> bool {
        let is_attesting = self.is_own(found) || found.is_attesting();
        found.is_key() && !is_attesting && self.is_outside(found.start..found.end)
    }

    fn misplaced_key(&self, object: &str, found: &FoundKey, is_customers: bool) -> Finding {
        if is_customers {
            Finding::of(Check::CustomerKey, object, found.describe(&self.whose(found)))
        } else {
            self.leak(object, found)
        }
    }

    /// Whether bytes of the NVS image belong to a value outside Matter's namespace.
    fn is_outside(&self, bytes: Range<usize>) -> bool {
        let Some((image, entries)) = self.nvs else {
            return false;
        };
        let mut outside = entries.iter().filter(|entry| entry.namespace != NAMESPACE);
        let has = |part: &[u8]| {
            let start = offset_in(image, part).unwrap_or(usize::MAX);
            start <= bytes.start && bytes.start < start.saturating_add(part.len())
        };
        outside.any(|entry| match &entry.value {
            StoredValue::Str(text) => has(text.as_bytes()),
            StoredValue::Blob(blob) => blob.chunks().any(has),
            _ => false,
        })
    }

    /// In the secure-cert image, the stored key occurs exactly once, in its record. Records that leak are already
    /// reported.
    fn report_secure_cert(&self, found: &[FoundKey], findings: &mut Vec<Finding>) {
        let Some(image) = self.artifacts.secure_cert.filter(|_| !found.is_empty()) else {
            return;
        };
        let is_stored = self.place == KeyPlace::SecureCert;
        let records = Image::new(image).records().flatten().collect::<Vec<_>>();
        let mut stored = records
            .iter()
            .find(|record| is_stored && record.kind() == RecordType::PRIV_KEY);
        for found in found {
            let is_inside = |record: &&Record<'_>| (record.offset()..record.end()).contains(&found.start);
            let is_key = matches!(found.form, Form::Sec1 | Form::Pem | Form::Base64) && self.is_stored(found);
            if is_key && stored.take_if(|record| is_inside(record)).is_some() {
                continue;
            }
            let record = records.iter().find(is_inside);
            if record.is_none_or(|record| !leaking_has(self.leaking, record.offset())) {
                findings.push(self.leak("secure-cert", found));
            }
        }
    }

    /// Whether it is the key that the image stores, if that can be read.
    fn is_stored(&self, found: &FoundKey) -> bool {
        let stored = self.stored.map(PrivateKey::public_key);
        stored.is_none() || found.public_key() == stored
    }

    /// Checks the only file that may contain the private key when it is [elsewhere](KeyPlace::Elsewhere).
    fn report_efuse_key(&self, (name, bytes): (&str, &[u8]), found: &[FoundKey], findings: &mut Vec<Finding>) {
        // There may be another key next to the readable one.
        let is_more = is_full(found) || found.iter().any(|found| found.key().is_none());
        let mut keys = found.iter().filter_map(FoundKey::public_key).collect::<Vec<_>>();
        if keys.is_empty() {
            keys.extend(whole_file(bytes).map(|key| key.public_key()));
        }
        findings.push(if keys.is_empty() {
            let detail = "it contains no readable key";
            Finding::of(Check::ArtifactMalformed, name, detail)
        } else if keys.iter().all(|key| Some(key) == self.dac) && !is_more && self.place == KeyPlace::Elsewhere {
            Finding::of(Check::EfuseKeyFile, name, "")
        } else {
            Finding::of(Check::KeyLeaked, name, "not the DAC's key for an eFuse")
        });
    }

    /// Checks a file that may contain the DAC's key as long as an image stores it in plain text, too.
    fn report_key_file(&self, name: &str, bytes: &[u8], found: &[FoundKey], findings: &mut Vec<Finding>) {
        let may_be_here = self.place != KeyPlace::Elsewhere;
        // Without a DAC, a key without a known owner cannot be attributed.
        let may_stay = |found: &FoundKey| match found.what {
            What::Key(_) => may_be_here && (self.is_own(found) || self.dac.is_none() && found.owner().is_none()),
            What::Unreadable | What::Container(_) => may_be_here,
            What::Unopened(_) => false,
        };
        if let Some(found) = found.iter().find(|found| !may_stay(found)) {
            findings.push(self.leak(name, found));
        } else if is_full(found) {
            findings.push(Finding::of(Check::KeyLeaked, name, "more keys than the DAC's"));
        } else if let Some(closed) = found.iter().find(|found| matches!(found.what, What::Container(_))) {
            let detail = closed.describe(&self.whose(closed));
            findings.push(Finding::of(Check::NotChecked, name, detail));
        } else if found.is_empty()
            && let Some(key) = whole_file(bytes)
            // A known bare scalar would have been found, so this one is not the device's.
            && !(may_be_here && self.dac.is_none())
        {
            let is_own = Some(&key.public_key()) == self.dac;
            findings.push(Finding::of(
                Check::KeyLeaked,
                name,
                if is_own { THE_DACS } else { ANOTHER },
            ));
        }
    }
}

fn leaking_has(leaking: &[usize], offset: usize) -> bool {
    leaking.contains(&offset)
}

/// Decodes a whole file as a key, in any supported form.
fn whole_file(bytes: &[u8]) -> Option<PrivateKey> {
    let is_small = bytes.len() <= MAX_KEY_FILE;
    is_small.then(|| PrivateKey::decode(bytes).ok())?
}

/// Whether there may be more keys than are reported; a file with one key has fewer.
fn is_full(found: &[FoundKey]) -> bool {
    found.len() >= MAX_FOUND.into()
}
