use alloc::string::String;
use alloc::vec::Vec;

use esp_flash_image::{
    BootScheme, Chip, ChipRevision, EncryptionScheme, FlashCryptConfig, FlashSize, KeyAssignment, PartitionTable,
};
use esp_secure_boot::{BootKeyKind, BootPublicKey};

use crate::{Error, KeyUse};

/// The configuration of a locked device: the chip, its flash and its protection.
///
/// Nothing is enabled by default. [`FlashPlan::new`](crate::FlashPlan::new) refuses inconsistent settings.
///
/// # Examples
///
/// ```
/// use esp_flash_plan::esp_flash_image::{Chip, ChipRevision, PartitionTable, TableOptions};
/// use esp_flash_plan::{EncryptionMode, FlashEncryption, SecurityProfile};
///
/// let table = PartitionTable::from_csv("nvs,data,nvs,0x9000,0x6000\nfactory,app,factory,0x10000,1M", &TableOptions::new())?;
/// let profile = SecurityProfile::new(Chip::Esp32c3, "4MB".parse()?, table)
///     .with_revision(ChipRevision::new(0, 4)?)
///     .with_flash_encryption(FlashEncryption::new(EncryptionMode::Release));
/// assert_eq!(profile.chip(), Chip::Esp32c3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SecurityProfile {
    pub(crate) chip: Chip,
    pub(crate) revision: Option<ChipRevision>,
    pub(crate) flash_size: FlashSize,
    pub(crate) table: PartitionTable,
    pub(crate) secure_boot: Option<SecureBoot>,
    pub(crate) encryption: Option<FlashEncryption>,
    pub(crate) nvs: NvsEncryption,
    pub(crate) fill_gaps: bool,
    pub(crate) download_mode: Option<DownloadMode>,
    pub(crate) key_blocks: Vec<(KeyUse, usize)>,
    pub(crate) reserved_blocks: Vec<usize>,
}

impl SecurityProfile {
    /// Makes a profile without any protection.
    #[must_use]
    pub const fn new(chip: Chip, flash_size: FlashSize, table: PartitionTable) -> Self {
        Self {
            chip,
            revision: None,
            flash_size,
            table,
            secure_boot: None,
            encryption: None,
            nvs: NvsEncryption::Off,
            fill_gaps: false,
            download_mode: None,
            key_blocks: Vec::new(),
            reserved_blocks: Vec::new(),
        }
    }

    /// Sets the chip revision. Without it, a feature that requires a revision gives a warning.
    #[must_use]
    pub fn with_revision(mut self, revision: ChipRevision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// Enables secure boot.
    #[must_use]
    pub fn with_secure_boot(mut self, secure_boot: SecureBoot) -> Self {
        self.secure_boot = Some(secure_boot);
        self
    }

    /// Enables flash encryption.
    #[must_use]
    pub fn with_flash_encryption(mut self, encryption: FlashEncryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// Sets where the NVS encryption keys are stored.
    #[must_use]
    pub const fn with_nvs_encryption(mut self, nvs: NvsEncryption) -> Self {
        self.nvs = nvs;
        self
    }

    /// Writes 0xFF between the parts, up to the last one, so that there is one file without gaps.
    ///
    /// A partition flagged `encrypted` without an image then contains encrypted 0xFF, as the bootloader leaves it.
    #[must_use]
    pub const fn with_fill_gaps(mut self, fill_gaps: bool) -> Self {
        self.fill_gaps = fill_gaps;
        self
    }

    /// Sets the final download mode; by default it stays open, and with [`EncryptionMode::Release`] it is restricted as far
    /// as the chip supports.
    #[must_use]
    pub const fn with_download_mode(mut self, mode: DownloadMode) -> Self {
        self.download_mode = Some(mode);
        self
    }

    /// Assigns the key block with this number to a key, 0 for `BLOCK_KEY0`; by default keys use the first free blocks.
    ///
    /// An XTS-AES-256 key also uses the next block.
    #[must_use]
    pub fn with_key_block(mut self, key: KeyUse, block: usize) -> Self {
        self.key_blocks.push((key, block));
        self
    }

    /// Leaves the key block with this number unused, for example for a DAC key of the ECDSA peripheral.
    #[must_use]
    pub fn with_reserved_block(mut self, block: usize) -> Self {
        self.reserved_blocks.push(block);
        self
    }

    /// Returns the chip.
    #[must_use]
    pub const fn chip(&self) -> Chip {
        self.chip
    }

    /// Returns the chip revision.
    #[must_use]
    pub const fn revision(&self) -> Option<ChipRevision> {
        self.revision
    }

    /// Returns the flash size.
    #[must_use]
    pub const fn flash_size(&self) -> FlashSize {
        self.flash_size
    }

    /// Returns the partition table.
    #[must_use]
    pub const fn table(&self) -> &PartitionTable {
        &self.table
    }

    /// Returns whether this is a production profile: flash encryption with [`EncryptionMode::Release`].
    #[must_use]
    pub fn is_release(&self) -> bool {
        self.encryption
            .as_ref()
            .is_some_and(|encryption| encryption.mode == EncryptionMode::Release)
    }

    /// Returns the flash encryption scheme: the configured one, or the chip's preferred one compatible with secure boot.
    #[must_use]
    pub fn encryption_scheme(&self) -> Option<EncryptionScheme> {
        let encryption = self.encryption.as_ref()?;
        let facts = self.chip.facts();
        let fits = |scheme: &&EncryptionScheme| facts.has_encryption(**scheme, self.secure_boot.is_some());
        encryption
            .scheme
            .or_else(|| facts.encryption.iter().find(fits).copied())
    }

    /// Returns the secure boot scheme.
    #[must_use]
    pub fn boot_scheme(&self) -> Option<BootScheme> {
        self.secure_boot.as_ref().map(|secure_boot| secure_boot.scheme)
    }

    /// Returns where the NVS encryption keys are stored.
    #[must_use]
    pub const fn nvs_encryption(&self) -> NvsEncryption {
        self.nvs
    }

    /// Returns the final download mode.
    #[must_use]
    pub fn download_mode(&self) -> DownloadMode {
        let least = match self.chip.facts().efuses.secure_download {
            Some(_) => DownloadMode::Secure,
            None => DownloadMode::Off,
        };
        match self.download_mode {
            Some(mode) => mode,
            None if self.is_release() => least,
            None => DownloadMode::Full,
        }
    }

    pub(crate) fn has_fixed_blocks(&self) -> bool {
        self.chip.facts().key_blocks.assignment == KeyAssignment::Fixed
    }
}

/// Secure boot and the keys that a device trusts.
#[derive(Clone, Debug)]
pub struct SecureBoot {
    pub(crate) scheme: BootScheme,
    pub(crate) keys: Vec<BootKey>,
}

/// A trusted key.
#[derive(Clone, Debug)]
pub(crate) struct BootKey {
    pub(crate) key: Option<BootPublicKey>,
    pub(crate) digest: [u8; 32],
    pub(crate) file: Option<String>,
}

impl SecureBoot {
    /// Makes secure boot without a key; at least one must be added.
    #[must_use]
    pub const fn new(scheme: BootScheme) -> Self {
        Self {
            scheme,
            keys: Vec::new(),
        }
    }

    /// Adds a trusted public key. For version 1 it is the P-256 key that verifies the apps.
    #[must_use]
    pub fn with_key(mut self, key: BootPublicKey) -> Self {
        self.keys.push(BootKey {
            digest: *key.key_digest(),
            key: Some(key),
            file: None,
        });
        self
    }

    /// Adds a trusted version 2 key by its digest.
    #[must_use]
    pub fn with_key_digest(mut self, digest: [u8; 32]) -> Self {
        self.keys.push(BootKey {
            key: None,
            digest,
            file: None,
        });
        self
    }

    /// Sets the file name of the digest of the last added key; the default is `secure-boot-digestN.bin`.
    #[must_use]
    pub fn with_digest_file(mut self, file: &str) -> Self {
        if let Some(last) = self.keys.last_mut() {
            last.file = Some(file.into());
        }
        self
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = BootKeyKind> {
        self.keys.iter().filter_map(|key| Some(key.key.as_ref()?.kind()))
    }
}

/// Flash encryption.
#[derive(Clone, Debug)]
pub struct FlashEncryption {
    pub(crate) mode: EncryptionMode,
    pub(crate) scheme: Option<EncryptionScheme>,
    pub(crate) crypt_config: FlashCryptConfig,
    pub(crate) whole_apps: bool,
}

impl FlashEncryption {
    /// Makes flash encryption with the chip's preferred scheme.
    #[must_use]
    pub const fn new(mode: EncryptionMode) -> Self {
        Self {
            mode,
            scheme: None,
            crypt_config: FlashCryptConfig::DEFAULT,
            whole_apps: true,
        }
    }

    /// Sets the scheme.
    #[must_use]
    pub const fn with_scheme(mut self, scheme: EncryptionScheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Sets FLASH_CRYPT_CONFIG of the ESP32; the key must have the same value.
    #[must_use]
    pub const fn with_crypt_config(mut self, config: FlashCryptConfig) -> Self {
        self.crypt_config = config;
        self
    }

    /// Sets whether all of an app partition is encrypted, or only the image, as the bootloader does with the option
    /// SECURE_FLASH_ENCRYPT_ONLY_IMAGE_LEN_IN_APP_PART.
    #[must_use]
    pub const fn with_whole_apps(mut self, whole: bool) -> Self {
        self.whole_apps = whole;
        self
    }

    /// Returns the mode.
    #[must_use]
    pub const fn mode(&self) -> EncryptionMode {
        self.mode
    }
}

/// The flash encryption mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncryptionMode {
    /// Encryption can be turned off once more, and a host can write unencrypted data for the chip to encrypt.
    Development,
    /// Encryption is permanent, and only the firmware writes to the flash: a production profile.
    Release,
}

/// The location of the NVS encryption keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NvsEncryption {
    /// None: NVS is not encrypted. Flash encryption does not cover it.
    Off,
    /// In the partition `nvs_keys`, protected by flash encryption.
    NvsKeys,
    /// Derived from an HMAC key in an eFuse block.
    Hmac,
}

/// The final download mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DownloadMode {
    /// Fully open.
    Full,
    /// Restricted to commands that cannot read memory or run code. No eFuse can be burned afterwards.
    Secure,
    /// Disabled.
    Off,
}

impl SecurityProfile {
    /// Checks a file name for use in a command.
    pub(crate) fn check_file(name: &str) -> Result<(), Error> {
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Error::FileName);
        }
        Ok(())
    }
}
