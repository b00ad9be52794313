//! The Python module `esp_nvs_image`: what `README.md` shows, over the public API of the workspace's crates.
//!
//! Nothing here decides about a format. Arguments become the crates' types, their errors become `esp_nvs_image.Error` with the
//! same sentences, and what takes long runs without the interpreter's lock.
//!
//! What Python has as bytes cannot be wiped, so that copies of it are not wiped either, which would take most of the time
//! of encoding. Keys, and images that are decrypted on the way to something else, are.

#![deny(unsafe_code)]

mod audit;
mod codes;
mod command;
mod edit;
mod encryption;
mod entry;
mod error;
mod expected;
mod finding;
mod images;
mod verifiers;
mod whole;

use pyo3::prelude::*;

/// The compiled half of `esp_nvs_image`.
#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::audit::{AuditReport, AuditedDevice, audit_device, audit_paths};
    #[pymodule_export]
    use crate::codes::{ManualPayload, SetupPayload, parse_code};
    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::edit::{get_value, remove_value, set_value};
    #[pymodule_export]
    use crate::encryption::{Keys, decrypt, encrypt};
    #[pymodule_export]
    use crate::entry::Entry;
    #[pymodule_export]
    use crate::error::Error;
    #[pymodule_export]
    use crate::expected::Expected;
    #[pymodule_export]
    use crate::finding::Finding;
    #[pymodule_export]
    use crate::images::{check, decode, encode, encode_csv, recover, to_csv, to_json};
    #[pymodule_export]
    use crate::verifiers::{verifier, verifiers};
}
