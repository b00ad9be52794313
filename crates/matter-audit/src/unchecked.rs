//! Checks that an audit could not make, reported so that their absence is not taken for success.

use matter_factory_data::{Check, DeviceReport, Expected, Finding};

use crate::device_files::DeviceFiles;

/// Number of devices, and of those that lack the input of a check.
#[derive(Default)]
pub(crate) struct Unchecked {
    devices: usize,
    chains: usize,
    without_image: usize,
    without_nvs: usize,
    without_codes: usize,
    without_picture: usize,
    not_recomputed: usize,
    unread_pictures: usize,
}

impl Unchecked {
    /// Counts a device. `slow` states that the slow checks were done.
    pub(crate) fn add(&mut self, device: &DeviceFiles, report: &DeviceReport, slow: bool) {
        let (has_nvs, has_secure_cert) = (device.nvs.is_some(), device.secure_cert.is_some());
        let has_image = has_nvs || has_secure_cert;
        let (has_codes, has_picture) = (device.codes.is_some(), device.picture.is_some());
        let count = |is: bool| usize::from(is);
        self.devices += 1;
        self.chains += count(report.pai().is_some());
        // A folder without an image is an error, as is a file that is not an image or a label.
        self.without_image += count(!has_image && !device.is_folder && (has_codes || has_picture));
        self.without_nvs += count(has_secure_cert && !has_nvs && !device.is_folder);
        self.without_codes += count(has_image && !has_codes && !has_picture);
        self.without_picture += count(has_codes && !has_picture);
        self.not_recomputed += count((has_codes || has_picture) && !slow);
        self.unread_pictures += count(has_picture && slow && cfg!(not(feature = "pictures")));
    }

    /// Returns a note for each check that was not made.
    pub(crate) fn notes(&self, expected: &Expected<'_>) -> Vec<Finding> {
        let mut notes = Vec::new();
        let missing = expected.missing();
        if self.chains > 0 && !missing.is_empty() {
            let text = format!("nothing was given to compare the devices with: {}", missing.join(", "));
            notes.push(Finding::of(Check::NotChecked, "expected", text));
        }
        let mut note = |count: usize, object: &str, text: &str| {
            if count > 0 {
                let text = format!("{count} of {} devices {text}", self.devices);
                notes.push(Finding::of(Check::NotChecked, object, text));
            }
        };
        note(
            self.without_image,
            "image",
            "have only a label and no image to compare it with",
        );
        note(
            self.without_nvs,
            "nvs",
            "have no NVS image, which contains vendor and product",
        );
        note(
            self.unread_pictures,
            "qr picture",
            "have a picture of their QR code that this build cannot read",
        );
        if !expected.has_dynamic_passcode() {
            note(self.without_codes, "label", "have no onboarding codes");
            note(self.without_picture, "qr picture", "have no picture of their QR code");
            let text = "were not checked for verifier and QR code picture";
            note(self.not_recomputed, "verifier", text);
        }
        notes
    }
}
