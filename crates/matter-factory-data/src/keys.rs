//! The NVS keys of factory data.
//!
//! Source: connectedhomeip, `src/platform/ESP32/ESP32Config.cpp` and `ESP32FactoryDataProvider.cpp`.

use esp_nvs_image::{Key, Namespace};

use crate::ProductInformation;

/// The namespace of all values that Matter firmware reads: `chip-factory`.
pub const NAMESPACE: Namespace = match Namespace::new("chip-factory") {
    Ok(namespace) => namespace,
    Err(_) => unreachable!(),
};

/// A key that is valid at compile time.
pub(crate) const fn constant(text: &str) -> Key {
    match Key::new(text) {
        Ok(key) => key,
        Err(_) => unreachable!(),
    }
}

macro_rules! keys {
    ($($name:ident = $text:literal),+ $(,)?) => {
        $(pub(crate) const $name: Key = constant($text);)+

        /// The keys that are not list items, besides those of [`ProductInformation`]; keys of list items have numbers
        /// after a slash.
        const SINGLE: &[Key] = &[$($name),+];
    };
}

keys! {
    DISCRIMINATOR = "discriminator",
    ITERATION_COUNT = "iteration-count",
    SALT = "salt",
    VENDOR_ID = "vendor-id",
    PRODUCT_ID = "product-id",
    ROTATING_ID = "rd-id-uid",
    DAC_CERT = "dac-cert",
    DAC_KEY = "dac-key",
    DAC_PUBLIC_KEY = "dac-pub-key",
    PAI_CERT = "pai-cert",
    VERIFIER = "verifier",
    CERTIFICATION_DECLARATION = "cert-dclrn",
    LOCALE_COUNT = "locale-sz",
    // A plain-text passcode, which old firmware reads and no device should have.
    PIN_CODE = "pin-code",
}

/// The location capability (Matter Core Specification 11.10), which the firmware reads; no tool writes it on its own.
pub(crate) const LOCATION_CAPABILITY: Key = constant("loc-capability");
pub(crate) const MAX_LOCATION_CAPABILITY: u32 = 2;

/// Name of the vendor's random numbers in a conflict. It is not an NVS key.
pub(crate) const SECURE_CERT_NUMBERS: Key = constant("MATTER_1/128");

pub(crate) const LOCALE: &str = "locale/";
pub(crate) const FIXED_LABEL_COUNT: &str = "fl-sz/";
pub(crate) const FIXED_LABEL_KEY: &str = "fl-k/";
pub(crate) const FIXED_LABEL_VALUE: &str = "fl-v/";
pub(crate) const MODE_COUNT: &str = "sm-sz/";
pub(crate) const MODE_LABEL: &str = "sm-label/";
pub(crate) const MODE: &str = "sm-mode/";
pub(crate) const TAG_COUNT: &str = "sm-st-sz/";
pub(crate) const TAG_VALUE: &str = "st-v/";
pub(crate) const TAG_MFG_CODE: &str = "st-mfg/";

const NUMBERED: [&str; 10] = [
    LOCALE,
    FIXED_LABEL_COUNT,
    FIXED_LABEL_KEY,
    FIXED_LABEL_VALUE,
    MODE_COUNT,
    MODE_LABEL,
    MODE,
    TAG_COUNT,
    TAG_VALUE,
    TAG_MFG_CODE,
];

/// Returns whether a key of [`NAMESPACE`] belongs to a field of the record, so that no vendor entry may use it.
///
/// This includes `pin-code`, the plain-text passcode that old firmware reads: no device is given one.
#[must_use]
pub fn is_field_key(key: &Key) -> bool {
    SINGLE.contains(key)
        || ProductInformation::field(key).is_some()
        || NUMBERED.iter().any(|prefix| key.as_str().starts_with(prefix))
}
