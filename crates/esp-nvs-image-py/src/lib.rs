//! The Python module `esp_nvs_image`: the functions in `README.md`, built on the public API of the
//! workspace's crates.
//!
//! This crate contains no format logic. It converts arguments to the crates' types and their errors
//! to `esp_nvs_image.Error` with the same text, and runs long calls without the interpreter's lock.
//!
//! Python bytes cannot be zeroized; therefore copies of them are not zeroized either, which would
//! take most of the encoding time. Keys, and images that are decrypted temporarily, are.

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

/// The compiled part of `esp_nvs_image`.
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
