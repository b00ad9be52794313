//! The finding in the error of a damaged image.

use esp_nvs_image::Error;

/// Returns the name of the fault and its offset, as in the tables of the tests.
pub(crate) fn place(error: Error) -> (&'static str, Option<usize>) {
    match error.finding() {
        Some(finding) => (finding.kind.id(), finding.offset),
        None => ("not damaged", None),
    }
}
