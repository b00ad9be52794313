//! The esp_secure_cert image: faults for the firmware.

use alloc::vec::Vec;

use esp_secure_cert::{FindingKind, PartitionSize, Severity as ImageSeverity};
use matter_attestation::Severity;

use super::nvs::capitalized;
use super::{Check, Finding};

/// Reports the faults of the image itself. Returns the offsets of records that certainly leak a key.
pub(super) fn check(image: &[u8], size: PartitionSize, findings: &mut Vec<Finding>) -> Vec<usize> {
    let mut leaking = Vec::new();
    for found in esp_secure_cert::check(image, size) {
        let check = match found.kind {
            FindingKind::KeyInKeylessRecord { .. } | FindingKind::KeyNotEncrypted | FindingKind::KeyBesideDs => {
                Check::KeyLeaked
            }
            kind => Check::SecureCert(kind.id()),
        };
        let mut finding = Finding::new(check, "secure-cert", capitalized(&found));
        finding.severity = severity(&found);
        if check == Check::KeyLeaked && finding.severity == Severity::Error {
            leaking.extend(found.offset);
        }
        findings.push(finding);
    }
    leaking
}

pub(crate) const fn severity(found: &esp_secure_cert::Finding) -> Severity {
    match found.severity {
        ImageSeverity::Error => Severity::Error,
        // In a finished image, trailing bytes are the rest of records: after a record without magic, all others are
        // lost.
        ImageSeverity::Warning if matches!(found.kind, FindingKind::TrailingBytes { .. }) => Severity::Error,
        ImageSeverity::Warning => Severity::Warning,
        ImageSeverity::Note => Severity::Note,
    }
}
