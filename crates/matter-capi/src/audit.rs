use core::ffi::c_char;
use core::fmt;
use core::time::Duration;

use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;
use matter_attestation::{DateTime, PaaStore};
use matter_factory_data::{Artifacts, Expected, Finding, Severity, audit, recompute};
use matter_types::{ProductId, VendorId};
use serde_json::json;

use crate::MatterBytes;
use crate::error::{Failure, MatterError};

/// A flag of `MatterAudit`: the device is for tests; faults that are allowed in tests become
/// warnings.
pub const MATTER_AUDIT_FOR_TESTS: u32 = 1;
/// A flag of `MatterAudit`: derives the verifier from the label's passcode and compares it, which
/// takes the time of one derivation.
pub const MATTER_AUDIT_RECOMPUTE: u32 = 2;
/// A flag of `MatterAudit`: the firmware generates its own passcode, so that no verifier is stored.
pub const MATTER_AUDIT_DYNAMIC_PASSCODE: u32 = 4;
/// A flag of `MatterAudit`: the device gets its attestation credentials from elsewhere.
pub const MATTER_AUDIT_WITHOUT_ATTESTATION: u32 = 8;

const ALL_FLAGS: u32 =
    MATTER_AUDIT_FOR_TESTS | MATTER_AUDIT_RECOMPUTE | MATTER_AUDIT_DYNAMIC_PASSCODE | MATTER_AUDIT_WITHOUT_ATTESTATION;

/// The parts of a device and its expected properties. Each is optional: zero, length 0 or NULL.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct MatterAudit {
    /// The image of the NVS partition.
    pub nvs: MatterBytes,
    /// The partition with the keys of an encrypted NVS image.
    pub nvs_keys: MatterBytes,
    /// The image of the `esp_secure_cert` partition.
    pub secure_cert: MatterBytes,
    /// The size of that partition; 0 for 0x2000.
    pub secure_cert_size: usize,
    /// The text of the QR code, or NULL.
    pub qr_text: *const c_char,
    /// The manual pairing code, or NULL.
    pub manual_code: *const c_char,
    /// Trusted PAAs in DER, `paas_len` of them.
    pub paas: *const MatterBytes,
    /// The number of PAAs.
    pub paas_len: usize,
    /// The Certification Declaration that the device must contain, in its CMS envelope.
    pub declaration: MatterBytes,
    /// The time at which certificates must be valid, in seconds since the start of 1970; 0 for no
    /// check.
    pub time: u64,
    /// The vendor id that the device must have, together with the product id; 0 for any.
    pub vendor_id: u16,
    /// The product id that the device must have.
    pub product_id: u16,
    /// A sum of `MATTER_AUDIT_FOR_TESTS` and the others.
    pub flags: u32,
}

impl fmt::Debug for MatterAudit {
    /// Omits secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatterAudit")
            .field("vendor_id", &self.vendor_id)
            .field("product_id", &self.product_id)
            .finish_non_exhaustive()
    }
}

/// The number of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct MatterAuditCounts {
    /// Broken rules.
    pub errors: usize,
    /// Allowed, but probably mistakes.
    pub warnings: usize,
    /// Information.
    pub notes: usize,
}

/// The device with borrowed parts.
pub(crate) struct Device<'a> {
    pub(crate) nvs: &'a [u8],
    pub(crate) nvs_keys: &'a [u8],
    pub(crate) secure_cert: &'a [u8],
    pub(crate) secure_cert_size: usize,
    pub(crate) qr_text: Option<&'a str>,
    pub(crate) manual_code: Option<&'a str>,
    pub(crate) paas: Vec<&'a [u8]>,
    pub(crate) declaration: &'a [u8],
    pub(crate) time: u64,
    pub(crate) vendor_id: u16,
    pub(crate) product_id: u16,
    pub(crate) flags: u32,
}

impl Device<'_> {
    /// Audits the device; returns JSON and the number of findings.
    pub(crate) fn audit(&self) -> Result<(String, MatterAuditCounts), Failure> {
        if self.flags & !ALL_FLAGS != 0 {
            return Err(Failure::new(MatterError::UnknownFlag, "flags has an undefined bit"));
        }
        let paas = self.paa_store()?;
        let expected = self.expected(&paas)?;
        let keys = (!self.nvs_keys.is_empty())
            .then(|| NvsKeys::decode(self.nvs_keys))
            .transpose()?;
        let mut artifacts = Artifacts::new().with_expected(&expected);
        if !self.nvs.is_empty() {
            artifacts = artifacts.with_nvs(self.nvs);
        }
        if let Some(keys) = &keys {
            artifacts = artifacts.with_nvs_keys(keys);
        }
        if !self.secure_cert.is_empty() {
            artifacts = artifacts.with_secure_cert(self.secure_cert);
        }
        if self.secure_cert_size != 0 {
            artifacts = artifacts.with_secure_cert_size(PartitionSize::new(self.secure_cert_size)?);
        }
        if let Some(text) = self.qr_text {
            artifacts = artifacts.with_qr(text);
        }
        if let Some(code) = self.manual_code {
            artifacts = artifacts.with_manual(code);
        }
        let mut report = audit(&artifacts);
        if self.has(MATTER_AUDIT_RECOMPUTE) {
            recompute([&mut report]);
        }
        shown(report.findings())
    }

    const fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn paa_store(&self) -> Result<PaaStore, Failure> {
        let mut store = PaaStore::new();
        for (number, der) in self.paas.iter().enumerate() {
            let refused = |error| Failure::new(MatterError::AuditPaa, format_args!("paas[{number}]: {error}"));
            store.insert(der).map_err(refused)?;
        }
        Ok(store)
    }

    fn expected<'e>(&'e self, paas: &'e PaaStore) -> Result<Expected<'e>, Failure> {
        let mut expected = Expected::new();
        if self.vendor_id != 0 || self.product_id != 0 {
            expected = expected.with_product(VendorId::new(self.vendor_id)?, ProductId::new(self.product_id)?);
        }
        if !paas.is_empty() {
            expected = expected.with_paa_store(paas);
        }
        if !self.declaration.is_empty() {
            expected = expected.with_declaration(self.declaration);
        }
        if self.time != 0 {
            let time = DateTime::from_unix_duration(Duration::from_secs(self.time));
            let too_late = |_| Failure::new(MatterError::AuditTime, "time is after the year 9999");
            expected = expected.at(time.map_err(too_late)?);
        }
        if self.has(MATTER_AUDIT_FOR_TESTS) {
            expected = expected.for_tests();
        }
        if self.has(MATTER_AUDIT_DYNAMIC_PASSCODE) {
            expected = expected.with_dynamic_passcode();
        }
        if self.has(MATTER_AUDIT_WITHOUT_ATTESTATION) {
            expected = expected.without_attestation();
        }
        Ok(expected)
    }
}

fn shown(findings: &[Finding]) -> Result<(String, MatterAuditCounts), Failure> {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = MatterAuditCounts {
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
    };
    // The fields of a finding in `audit-device --json`.
    let list = findings.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
    let list = list.map_err(|error| Failure::new(MatterError::Internal, error))?;
    let summary = json!({"errors": counts.errors, "warnings": counts.warnings, "notes": counts.notes});
    Ok((json!({"findings": list, "summary": summary}).to_string(), counts))
}
