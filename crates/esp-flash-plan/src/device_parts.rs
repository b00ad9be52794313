//! The parts of one device: images and keys.

use alloc::vec::Vec;
use core::fmt;

use esp_flash_image::FlashKey;
use esp_secure_boot::BootloaderKeyV1;

/// The image of one device's partition.
#[derive(Clone, Copy)]
pub struct DeviceImage<'a> {
    pub(crate) label: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) holds_plain_key: bool,
}

impl<'a> DeviceImage<'a> {
    /// Makes an image for the partition with a label, such as NVS or `nvs_keys`.
    #[must_use]
    pub const fn new(label: &'a str, bytes: &'a [u8]) -> Self {
        Self {
            label,
            bytes,
            holds_plain_key: false,
        }
    }

    /// Sets whether the bytes contain a readable private key. A production profile requires such bytes to be encrypted.
    #[must_use]
    pub const fn with_plain_key(mut self, holds_plain_key: bool) -> Self {
        self.holds_plain_key = holds_plain_key;
        self
    }
}

/// Elides the bytes, which may contain keys.
impl fmt::Debug for DeviceImage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceImage")
            .field("label", &self.label)
            .field("len", &self.bytes.len())
            .field("holds_plain_key", &self.holds_plain_key)
            .finish()
    }
}

/// The images of one device.
#[derive(Clone, Debug, Default)]
pub struct DeviceParts<'a> {
    pub(crate) images: Vec<DeviceImage<'a>>,
    pub(crate) file_prefix: &'a str,
}

impl<'a> DeviceParts<'a> {
    /// Makes an empty set of parts.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            images: Vec::new(),
            file_prefix: "",
        }
    }

    /// Adds an image.
    #[must_use]
    pub fn with_image(mut self, image: DeviceImage<'a>) -> Self {
        self.images.push(image);
        self
    }

    /// Sets the prefix of flash file names in commands, such as a folder and `/`.
    #[must_use]
    pub const fn with_file_prefix(mut self, prefix: &'a str) -> Self {
        self.file_prefix = prefix;
        self
    }
}

/// The keys of one device and their file names; a plan contains only the names.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeviceKeys<'a> {
    pub(crate) flash: Option<(&'a FlashKey, &'a str)>,
    pub(crate) hmac_file: Option<&'a str>,
    pub(crate) ecdsa: Option<(usize, &'a str)>,
    pub(crate) bootloader: Option<(&'a BootloaderKeyV1, &'a str, &'a [u8; 128])>,
}

impl<'a> DeviceKeys<'a> {
    /// Makes an empty set of keys.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            flash: None,
            hmac_file: None,
            ecdsa: None,
            bootloader: None,
        }
    }

    /// Sets the flash encryption key, which should be different for each device.
    #[must_use]
    pub const fn with_flash_key(mut self, key: &'a FlashKey, file: &'a str) -> Self {
        self.flash = Some((key, file));
        self
    }

    /// Sets the file name of the HMAC key from which the NVS encryption keys are derived.
    #[must_use]
    pub const fn with_hmac_file(mut self, file: &'a str) -> Self {
        self.hmac_file = Some(file);
        self
    }

    /// Sets the file name of a P-256 key in PEM for the ECDSA peripheral, and its block number, which must be one of
    /// [`SecurityProfile::with_reserved_block`](crate::SecurityProfile::with_reserved_block).
    #[must_use]
    pub const fn with_ecdsa_key(mut self, block: usize, file: &'a str) -> Self {
        self.ecdsa = Some((block, file));
        self
    }

    /// Sets the key of the bootloader digest, for secure boot version 1; `iv` must be random.
    #[must_use]
    pub const fn with_bootloader_key(mut self, key: &'a BootloaderKeyV1, file: &'a str, iv: &'a [u8; 128]) -> Self {
        self.bootloader = Some((key, file, iv));
        self
    }

    pub(crate) const fn flash_key(&self) -> Option<&'a FlashKey> {
        match self.flash {
            Some((key, _)) => Some(key),
            None => None,
        }
    }
}
