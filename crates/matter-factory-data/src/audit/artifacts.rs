use core::fmt;

#[cfg(feature = "encryption")]
use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;

use super::{Attested, Expected, KeySet};
use crate::Images;

/// The images and label texts of one device. None of it is trusted, and all of it is optional.
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

/// The texts on the label.
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
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the image of the whole NVS partition.
    #[must_use]
    pub const fn with_nvs(mut self, image: &'a [u8]) -> Self {
        self.nvs = Some(image);
        self
    }

    /// Sets the keys that decrypt the NVS image.
    #[cfg(feature = "encryption")]
    #[must_use]
    pub const fn with_nvs_keys(mut self, keys: &'a NvsKeys) -> Self {
        self.nvs_keys = Some(keys);
        self
    }

    /// Sets the esp_secure_cert partition's image, with or without the erased bytes after its records.
    #[must_use]
    pub const fn with_secure_cert(mut self, image: &'a [u8]) -> Self {
        self.secure_cert = Some(image);
        self
    }

    /// Sets the size of the esp_secure_cert partition, by default 0x2000 bytes.
    #[must_use]
    pub const fn with_secure_cert_size(mut self, size: PartitionSize) -> Self {
        self.secure_cert_size = Some(size);
        self
    }

    /// Sets both partitions, as returned by [`DeviceRecord::encode`](crate::DeviceRecord::encode).
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

    /// Sets the text decoded from the picture of the QR code.
    #[must_use]
    pub fn with_picture(mut self, text: &'a (impl AsRef<str> + ?Sized)) -> Self {
        self.label.picture = Some(text.as_ref());
        self
    }

    /// Sets the discriminator and the passcode printed next to the codes, in decimal. The passcode is empty if the
    /// firmware generates it.
    #[must_use]
    pub const fn with_numbers(mut self, discriminator: &'a str, passcode: &'a str) -> Self {
        self.label.discriminator = Some(discriminator);
        self.label.passcode = Some(passcode);
        self
    }

    /// Sets the expected properties of the device.
    #[must_use]
    pub const fn with_expected(mut self, expected: &'a Expected<'a>) -> Self {
        self.expected = Some(expected);
        self
    }

    /// Sets the checked parts that many devices share; a device with other parts is checked in full.
    #[must_use]
    pub const fn with_attested(mut self, attested: &'a Attested<'a>) -> Self {
        self.attested = Some(attested);
        self
    }

    /// Sets other files of the device, each with a name for the findings. They must not contain any private key.
    #[must_use]
    pub const fn with_files(mut self, files: &'a [(&'a str, &'a [u8])]) -> Self {
        self.files = files;
        self
    }

    /// Sets the files that may contain the DAC's key, and no other key, unless the key is
    /// [elsewhere](crate::KeyPlace::Elsewhere).
    #[must_use]
    pub const fn with_key_files(mut self, files: &'a [(&'a str, &'a [u8])]) -> Self {
        self.key_files = files;
        self
    }

    /// Sets the rest of the device's flash: firmware and its data, which may contain keys of their own, but not the
    /// DAC's. Encrypted flash is given twice, encrypted and decrypted.
    #[must_use]
    pub const fn with_flash(mut self, flash: &'a [(&'a str, &'a [u8])]) -> Self {
        self.flash = flash;
        self
    }

    /// Sets the private keys of all devices and of the issuers; no file of this device may contain those of others.
    #[must_use]
    pub const fn with_known_keys(mut self, keys: &'a KeySet) -> Self {
        self.known_keys = Some(keys);
        self
    }

    /// Sets the name of the device as the [owner](crate::KeyOwner::Device) of known keys, which identifies its own key
    /// if its DAC cannot be read.
    #[must_use]
    pub const fn with_name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets the only file that may contain the DAC's key when it is [elsewhere](crate::KeyPlace::Elsewhere): the file
    /// used to burn it into the chip.
    #[must_use]
    pub const fn with_efuse_key(mut self, name: &'a str, bytes: &'a [u8]) -> Self {
        self.efuse_key = Some((name, bytes));
        self
    }
}

impl fmt::Debug for Artifacts<'_> {
    /// Shows which artifacts are present, without their secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifacts")
            .field("nvs", &self.nvs.map(<[u8]>::len))
            .field("secure_cert", &self.secure_cert.map(<[u8]>::len))
            .field("qr", &self.label.qr.is_some())
            .field("manual", &self.label.manual.is_some())
            .finish_non_exhaustive()
    }
}
