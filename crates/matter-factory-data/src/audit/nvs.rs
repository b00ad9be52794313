//! The NVS image: faults for the firmware, and entries that are not Matter's.

use alloc::vec::Vec;

#[cfg(feature = "encryption")]
use esp_nvs_image::NvsKeys;
use esp_nvs_image::Severity as NvsSeverity;
use matter_attestation::Severity;
#[cfg(feature = "encryption")]
use zeroize::Zeroizing;

use super::{Check, Finding};
use crate::keys;
use crate::reader::Values;

/// Reports the faults of the image itself.
pub(super) fn check(image: &[u8], findings: &mut Vec<Finding>) {
    for found in esp_nvs_image::check(image) {
        let mut finding = Finding::new(Check::Nvs(found.kind.id()), "nvs", capitalized(&found));
        finding.severity = severity(&found);
        findings.push(finding);
    }
}

pub(crate) const fn severity(found: &esp_nvs_image::Finding) -> Severity {
    match found.severity {
        NvsSeverity::Error => Severity::Error,
        NvsSeverity::Warning => Severity::Warning,
        NvsSeverity::Note => Severity::Note,
    }
}

/// Converts a message that starts with a lower-case letter and has no full stop into a sentence.
pub(super) fn capitalized(found: &impl core::fmt::Display) -> alloc::string::String {
    let text = alloc::format!("{found}.");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

/// Returns whether a plain NVS partition contains factory data.
///
/// The namespace alone is not enough: firmware creates it when it looks for factory data.
#[must_use]
pub fn holds_factory_data(store: &[u8]) -> bool {
    let holds = |name: &str| store.windows(name.len()).any(|window| window == name.as_bytes());
    holds(keys::NAMESPACE.as_str()) && holds(keys::VENDOR_ID.as_str())
}

/// Returns whether an NVS partition is more likely encrypted with these keys than plain.
#[cfg(feature = "encryption")]
#[must_use]
pub fn reads_better(store: &[u8], keys: &NvsKeys) -> bool {
    let mut plain = Zeroizing::new(store.to_vec());
    esp_nvs_image::decrypt(&mut plain, keys).is_ok()
        && esp_nvs_image::check(&plain).len() < esp_nvs_image::check(store).len()
}

/// Reports the values that are not Matter's.
pub(super) fn unread(values: &Values<'_>, findings: &mut Vec<Finding>) {
    for key in values.unread().filter(|key| **key != keys::LOCATION_CAPABILITY) {
        let check = match key {
            key if *key == keys::PIN_CODE => Check::PasscodeStored,
            key if keys::is_field_key(key) => Check::ListItemUncounted,
            _ => Check::KeyUnknown,
        };
        findings.push(Finding::of(check, key.as_str(), ""));
    }
}
