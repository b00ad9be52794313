use core::fmt;

#[cfg(feature = "encryption")]
use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;

use super::{Attested, Expected, KeySet};
use crate::Images;

/// What there is of one device: images and what its label says. Nothing of it is trusted, and nothing has to be there.
///
/// # Examples
///
/// ```
/// use matter_factory_data::{Artifacts, Check, audit};
///
/// let report = audit(&Artifacts::new().with_nvs(&[0xFF; 0x6000]));
/// assert!(report.findings().iter().any(|finding| finding.check == Check::KeyMissing));
/// ```
#[derive(Clone, Copy, Default)]
pub struct Artifacts<'a> {
    pub(super) nvs: Option<&'a [u8]>,
    #[cfg(feature = "encryption")]
    pub(super) nvs_keys: Option<&'a NvsKeys>,
    pub(super) secure_cert: Option<&'a [u8]>,
    pub(super) secure_cert_size: Option<PartitionSize>,
    pub(super) label: Label<'a>,
    pub(super) expected: Option<&'a Expected<'a>>,
    pub(super) attested: Option<&'a Attested<'a>>,
    pub(super) files: &'a [(&'a str, &'a [u8])],
    pub(super) key_files: &'a [(&'a str, &'a [u8])],
    pub(super) efuse_key: Option<(&'a str, &'a [u8])>,
    pub(super) flash: &'a [(&'a str, &'a [u8])],
    pub(super) known_keys: Option<&'a KeySet>,
    pub(super) name: Option<&'a str>,
}

/// What the label says, as text.
#[derive(Clone, Copy, Default)]
pub(super) struct Label<'a> {
    pub(super) qr: Option<&'a str>,
    pub(super) manual: Option<&'a str>,
    pub(super) picture: Option<&'a str>,
    pub(super) discriminator: Option<&'a str>,
    pub(super) passcode: Option<&'a str>,
}

impl Label<'_> {
    pub(super) const fn is_empty(&self) -> bool {
        self.qr.is_none() && self.manual.is_none() && self.picture.is_none()
    }
}

impl<'a> Artifacts<'a> {
    /// Starts with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the NVS partition's image, of the whole partition.
    #[must_use]
    pub const fn with_nvs(mut self, image: &'a [u8]) -> Self {
        self.nvs = Some(image);
        self
    }

    /// Sets the keys under which the NVS image is encrypted.
    #[cfg(feature = "encryption")]
    #[must_use]
    pub const fn with_nvs_keys(mut self, keys: &'a NvsKeys) -> Self {
        self.nvs_keys = Some(keys);
        self
    }

    /// Sets the esp_secure_cert partition's image, with or without the erased bytes behind its records.
    #[must_use]
    pub const fn with_secure_cert(mut self, image: &'a [u8]) -> Self {
        self.secure_cert = Some(image);
        self
    }

    /// Sets the size of the esp_secure_cert partition, otherwise 0x2000 bytes.
    #[must_use]
    pub const fn with_secure_cert_size(mut self, size: PartitionSize) -> Self {
        self.secure_cert_size = Some(size);
        self
    }

    /// Sets both partitions as [`DeviceRecord::encode`](crate::DeviceRecord::encode) gives them.
    #[must_use]
    pub fn with_images(self, images: &'a Images) -> Self {
        let with_nvs = self.with_nvs(images.nvs());
        match images.secure_cert() {
            Some(image) => with_nvs.with_secure_cert(image),
            None => with_nvs,
        }
    }

    /// Sets the text of the QR code.
    #[must_use]
    pub fn with_qr(mut self, text: &'a (impl AsRef<str> + ?Sized)) -> Self {
        self.label.qr = Some(text.as_ref());
        self
    }

    /// Sets the manual pairing code, with or without dashes.
    #[must_use]
    pub fn with_manual(mut self, text: &'a (impl AsRef<str> + ?Sized)) -> Self {
        self.label.manual = Some(text.as_ref());
        self
    }

    /// Sets the text that the picture of the QR code shows.
    #[must_use]
    pub fn with_picture(mut self, text: &'a (impl AsRef<str> + ?Sized)) -> Self {
        self.label.picture = Some(text.as_ref());
        self
    }

    /// Sets the discriminator and the passcode that stand beside the codes, in decimal. Where the firmware makes its own
    /// passcode, that one is empty.
    #[must_use]
    pub const fn with_numbers(mut self, discriminator: &'a str, passcode: &'a str) -> Self {
        self.label.discriminator = Some(discriminator);
        self.label.passcode = Some(passcode);
        self
    }

    /// Sets what the device is to be.
    #[must_use]
    pub const fn with_expected(mut self, expected: &'a Expected<'a>) -> Self {
        self.expected = Some(expected);
        self
    }

    /// Sets what many devices have in common, already checked; a device that has something else is checked in full.
    #[must_use]
    pub const fn with_attested(mut self, attested: &'a Attested<'a>) -> Self {
        self.attested = Some(attested);
        self
    }

    /// Sets other files of the device, each with a name for the findings: no private key may be in them, neither the
    /// device's nor another.
    #[must_use]
    pub const fn with_files(mut self, files: &'a [(&'a str, &'a [u8])]) -> Self {
        self.files = files;
        self
    }

    /// Sets the files that may hold the DAC's key, and no other, as long as it is not
    /// [elsewhere](crate::KeyPlace::Elsewhere).
    #[must_use]
    pub const fn with_key_files(mut self, files: &'a [(&'a str, &'a [u8])]) -> Self {
        self.key_files = files;
        self
    }

    /// Sets what else there is in the device's flash: firmware and its data, which may have keys of their own, and not the
    /// DAC's. Flash that is encrypted is one entry as it is, and another one decrypted.
    #[must_use]
    pub const fn with_flash(mut self, flash: &'a [(&'a str, &'a [u8])]) -> Self {
        self.flash = flash;
        self
    }

    /// Sets the private keys of all devices and of those who sign: those of others may be in no file of this one.
    #[must_use]
    pub const fn with_known_keys(mut self, keys: &'a KeySet) -> Self {
        self.known_keys = Some(keys);
        self
    }

    /// Sets what the device is called as an [owner](crate::KeyOwner::Device) of known keys, which tells its own key when its
    /// DAC cannot be read.
    #[must_use]
    pub const fn with_name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the one file that may hold the DAC's key when it is [elsewhere](crate::KeyPlace::Elsewhere): the one from
    /// which it is burned into the chip.
    #[must_use]
    pub const fn with_efuse_key(mut self, name: &'a str, bytes: &'a [u8]) -> Self {
        self.efuse_key = Some((name, bytes));
        self
    }
}

impl fmt::Debug for Artifacts<'_> {
    /// Says what is there, and nothing of its secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifacts")
            .field("nvs", &self.nvs.map(<[u8]>::len))
            .field("secure_cert", &self.secure_cert.map(<[u8]>::len))
            .field("qr", &self.label.qr.is_some())
            .field("manual", &self.label.manual.is_some())
            .finish_non_exhaustive()
    }
}
