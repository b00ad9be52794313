//! What an error of a damaged image says.

use esp_nvs_image::Error;

/// The name of the fault and its offset, as the tables of the tests have them.
pub(crate) fn place(error: Error) -> (&'static str, Option<usize>) {
    match error.finding() {
        Some(finding) => (finding.kind.id(), finding.offset),
        None => ("not damaged", None),
    }
}
