use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use matter_types::Passcode;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Check, DeviceReport, Finding, Severity};

/// The values of a device in a manifest or a ledger, for [`BatchAudit::add_listed`].
#[derive(Clone, Copy, Default)]
pub struct ListedTraces<'a> {
    /// The serial number.
    pub serial: Option<&'a str>,
    /// SHA-256 of the DAC's public key, 65 bytes of an uncompressed point.
    pub key_sha256: Option<&'a [u8; 32]>,
    /// The DAC's serial number.
    pub certificate_serial: Option<&'a [u8]>,
    /// The passcode.
    pub passcode: Option<&'a Passcode>,
    /// A value that is equal for equal passcodes, if the list does not contain the passcodes.
    pub passcode_tag: Option<&'a [u8]>,
}

impl fmt::Debug for ListedTraces<'_> {
    /// Omits the passcode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedTraces")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

/// Compares devices with each other and reports values that must differ but do not.
///
/// It keeps sixteen bytes of each value, an HMAC with a key drawn by the caller, so that no passcode can be read or
/// guessed from it.
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
    devices: Vec<Device>,
    seen: BTreeMap<(Check, [u8; 16]), usize>,
    /// Pairs of devices reported already, because several lists may contain the same pair.
    reported: BTreeSet<(Check, usize, usize)>,
    findings: Vec<Finding>,
}

struct Device {
    name: String,
    /// Whether the device's files were audited.
    is_here: bool,
}

impl BatchAudit {
    /// Creates an empty batch. Draw the key at random for each batch.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            key: Zeroizing::new(*key),
            devices: Vec::new(),
            seen: BTreeMap::new(),
            reported: BTreeSet::new(),
            findings: Vec::new(),
        }
    }

    /// Compares a device with all devices added before.
    pub fn add(&mut self, name: &str, report: &DeviceReport) {
        let index = self.devices.len();
        self.devices.push(Device {
            name: name.into(),
            is_here: true,
        });
        let mut compare = |check, value: &[&[u8]]| {
            let first = self.first(check, value, index);
            if let Some(other) = self.devices.get(first).filter(|_| first != index) {
                let detail = format_args!("{} and {name}", other.name);
                self.findings.push(Finding::of(check, name, detail));
            }
        };
        compare(Check::DuplicateDevice, &[name.as_bytes()]);
        let traces = &report.traces;
        if let Some(serial) = &traces.serial {
            compare(Check::DuplicateSerial, &[serial.as_str().as_bytes()]);
        }
        if let Some(key) = &traces.public_key {
            compare(Check::DuplicateKey, &[&Sha256::digest(key.as_bytes())]);
        }
        if let Some((issuer, serial)) = &traces.certificate {
            let len = issuer.len().to_le_bytes();
            compare(Check::DuplicateCertificateSerial, &[&len, issuer, serial]);
        }
        if let Some(passcode) = &traces.passcode {
            let passcode = Zeroizing::new(passcode.expose().to_le_bytes());
            compare(Check::DuplicatePasscode, &[&*passcode]);
        }
        if let Some(parameters) = &traces.parameters {
            compare(Check::DuplicateSalt, &[parameters.salt.as_bytes()]);
        }
        if let Some(verifier) = &traces.verifier {
            compare(Check::DuplicateVerifier, &[verifier.expose_bytes()]);
        }
        if let Some(id) = &traces.rotating_id {
            compare(Check::DuplicateRotatingId, &[id.expose_bytes()]);
        }
    }

    /// Compares a device's entry in a list with all devices added before. Two devices whose files were audited are not
    /// compared again; devices with the same name are the same device.
    ///
    /// A list does not contain the issuers of DACs, so serial numbers of DACs are compared between lists only.
    pub fn add_listed(&mut self, name: &str, device: &ListedTraces<'_>) {
        let new = self.devices.len();
        let index = self.first(Check::DuplicateDevice, &[name.as_bytes()], new);
        if index == new {
            self.devices.push(Device {
                name: name.into(),
                is_here: false,
            });
        }
        let is_here = |devices: &[Device], index: usize| devices.get(index).is_some_and(|device| device.is_here);
        let mut compare = |check, value: &[u8]| {
            let first = self.first(check, &[value], index);
            let known = is_here(&self.devices, first) && is_here(&self.devices, index);
            let is_new = first != index && !known && self.reported.insert((check, first, index));
            let other = self.devices.get(first).filter(|_| is_new)?;
            let unknown = check == Check::DuplicateCertificateSerial;
            let condition = if unknown { ", if both have the same issuer" } else { "" };
            let mut finding = Finding::of(check, name, format_args!("{} and {name}{condition}", other.name));
            if unknown {
                finding.severity = Severity::Warning;
            }
            Some(finding)
        };
        let passcode = device
            .passcode
            .map(|passcode| Zeroizing::new(passcode.expose().to_le_bytes()));
        let values = [
            (Check::DuplicateSerial, device.serial.map(str::as_bytes)),
            (Check::DuplicateKey, device.key_sha256.map(<[u8; 32]>::as_slice)),
            (Check::DuplicateCertificateSerial, device.certificate_serial),
            (
                Check::DuplicatePasscode,
                passcode.as_ref().map(|passcode| &passcode[..]),
            ),
            (Check::DuplicatePasscode, device.passcode_tag),
        ];
        let found = values.map(|(check, value)| compare(check, value?));
        self.findings.extend(found.into_iter().flatten());
    }

    /// Returns the number of added devices.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.devices.len()
    }

    /// Returns whether no device was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// Returns the findings, in the order of the devices.
    #[must_use]
    pub fn finish(self) -> Vec<Finding> {
        self.findings
    }

    /// Returns the first device with the value; this one if there is none.
    fn first(&mut self, check: Check, value: &[&[u8]], index: usize) -> usize {
        #[expect(clippy::expect_used, reason = "HMAC accepts keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.key).expect("any length is valid");
        for part in value {
            mac.update(part);
        }
        let mut tag = [0; 16];
        let bytes = mac.finalize().into_bytes();
        tag.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
        *self.seen.entry((check, tag)).or_insert(index)
    }
}

impl fmt::Debug for BatchAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchAudit")
            .field("devices", &self.devices.len())
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}
