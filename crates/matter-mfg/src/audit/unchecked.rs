//! What an audit could not look at, so that nobody takes its silence for an answer.

use matter_factory_data::{Check, Expected, Finding, Report};

use super::files::DeviceFiles;
use super::finding;

/// How many devices there are, and how many of them lack what something is checked with.
#[derive(Default)]
pub(super) struct Unchecked {
    devices: usize,
    chains: usize,
    without_image: usize,
    without_codes: usize,
    without_picture: usize,
    not_recomputed: usize,
}

impl Unchecked {
    /// Counts a device. `slow` tells whether what takes long was done.
    pub(super) fn add(&mut self, device: &DeviceFiles, report: &Report, slow: bool) {
        let has_image = device.nvs.is_some() || device.secure_cert.is_some();
        let has_label = device.codes.is_some() || device.picture.is_some();
        let count = |is: bool| usize::from(is);
        self.devices += 1;
        self.chains += count(report.pai().is_some());
        // A folder without an image is an error.
        self.without_image += count(!has_image && !device.is_folder);
        self.without_codes += count(has_image && !has_label);
        self.without_picture += count(device.codes.is_some() && device.picture.is_none());
        self.not_recomputed += count(has_label && !slow);
    }

    /// Returns a note for each thing that was not looked at.
    pub(super) fn notes(&self, expected: &Expected<'_>) -> Vec<Finding> {
        let mut notes = Vec::new();
        if self.chains > 0 && !expected.has_paa_store() {
            let text = "no PAA is given: whether anybody trusts the issuer of the PAI is not known";
            notes.push(finding(Check::NotChecked, "paa", text));
        }
        let mut note = |count: usize, object: &str, text: &str| {
            if count > 0 {
                let text = format!("{count} of {} devices {text}", self.devices);
                notes.push(finding(Check::NotChecked, object, text));
            }
        };
        note(
            self.without_image,
            "image",
            "have a label only, and no image to hold it against",
        );
        if !expected.has_dynamic_passcode() {
            note(self.without_codes, "label", "have no onboarding codes");
            note(self.without_picture, "qr picture", "have no picture of their QR code");
            let text = "had neither their verifier derived again nor the picture of their QR code read";
            note(self.not_recomputed, "verifier", text);
        }
        notes
    }
}
