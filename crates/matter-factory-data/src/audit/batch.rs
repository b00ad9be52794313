use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::report::sentence;
use super::{Check, Finding, Report};

/// Compares devices with each other: what must differ, and does not.
///
/// It keeps sixteen bytes for each value, an HMAC under a key that the caller draws, so that no passcode can be read
/// or guessed from it.
///
/// # Examples
///
/// ```
/// use matter_factory_data::{Artifacts, BatchAudit, audit};
///
/// let mut batch = BatchAudit::new(&[7; 32]);
/// batch.add("device 1", &audit(&Artifacts::new()));
/// assert!(batch.finish().is_empty());
/// ```
pub struct BatchAudit {
    key: Zeroizing<[u8; 32]>,
    names: Vec<String>,
    seen: BTreeMap<(Check, [u8; 16]), usize>,
    findings: Vec<Finding>,
}

impl BatchAudit {
    /// Starts without devices. The key should be drawn at random for each batch.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            key: Zeroizing::new(*key),
            names: Vec::new(),
            seen: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    /// Compares a device with all before it.
    pub fn add(&mut self, name: &str, report: &Report) {
        let index = self.names.len();
        self.names.push(name.into());
        self.compare(Check::DuplicateDevice, &[name.as_bytes()], index);
        let traces = &report.traces;
        if let Some(serial) = &traces.serial {
            self.compare(Check::DuplicateSerial, &[serial.as_bytes()], index);
        }
        if let Some(key) = &traces.public_key {
            self.compare(Check::DuplicateKey, &[key.as_bytes()], index);
        }
        if let Some((issuer, serial)) = &traces.certificate {
            let len = issuer.len().to_le_bytes();
            self.compare(Check::DuplicateCertificateSerial, &[&len, issuer, serial], index);
        }
        if let Some(passcode) = &traces.passcode {
            let passcode = Zeroizing::new(passcode.expose().to_le_bytes());
            self.compare(Check::DuplicatePasscode, &[&*passcode], index);
        }
        if let Some(parameters) = &traces.parameters {
            self.compare(Check::DuplicateSalt, &[parameters.salt.as_bytes()], index);
        }
        if let Some(verifier) = &traces.verifier {
            self.compare(Check::DuplicateVerifier, &[verifier.expose_bytes()], index);
        }
        if let Some(id) = &traces.rotating_id {
            self.compare(Check::DuplicateRotatingId, &[id], index);
        }
    }

    /// Returns how many devices were added.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.names.len()
    }

    /// Tells whether no device was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns what was found, in the order of the devices.
    #[must_use]
    pub fn finish(self) -> Vec<Finding> {
        self.findings
    }

    fn compare(&mut self, check: Check, value: &[&[u8]], index: usize) {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.key).expect("every length is a key");
        for part in value {
            mac.update(part);
        }
        let tag = mac.finalize().into_bytes();
        let Some(tag) = tag.first_chunk::<16>() else { return };
        match self.seen.entry((check, *tag)) {
            Entry::Vacant(free) => {
                free.insert(index);
            }
            Entry::Occupied(taken) => {
                let name = |index: usize| self.names.get(index).map_or("", String::as_str);
                let detail = format_args!("{} and {}", name(*taken.get()), name(index));
                self.findings.push(sentence(check, name(index), detail));
            }
        }
    }
}

impl fmt::Debug for BatchAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchAudit")
            .field("devices", &self.names.len())
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}
