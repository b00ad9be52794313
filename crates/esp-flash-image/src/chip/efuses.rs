use super::BootScheme;

/// How keys are assigned to the eFuse blocks of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAssignment {
    /// Each block has a fixed purpose: ESP32.
    Fixed,
    /// Any block can hold any key; KEY_PURPOSE_n states which.
    Purpose,
    /// All keys share one block and must be burned together: ESP32-C2.
    Shared,
}

/// The eFuse key blocks of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyBlocks {
    /// The block names for espefuse's `burn-key`.
    pub names: &'static [&'static str],
    /// How keys are assigned to the blocks.
    pub assignment: KeyAssignment,
    /// The alias of the flash encryption block, where blocks have fixed purposes.
    pub flash_encryption: Option<&'static str>,
    /// The alias of the block for the secure boot version 1 key.
    pub secure_boot_v1: Option<&'static str>,
    /// The alias of the block for the secure boot version 2 key digest, where blocks have fixed purposes.
    pub secure_boot_v2: Option<&'static str>,
    /// Blocks that cannot hold a flash encryption key because of a hardware fault.
    pub without_encryption_key: &'static [&'static str],
    /// Blocks that cannot hold a key of the ECDSA peripheral because of a hardware fault.
    pub without_ecdsa_key: &'static [&'static str],
    /// The purposes of the secure boot key digests, the first key first; empty where blocks have fixed purposes.
    pub digest_purposes: &'static [&'static str],
}

impl KeyBlocks {
    /// Returns the number of blocks.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.names.len()
    }
}

/// An eFuse and the value to burn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EfuseValue {
    /// Its name.
    pub name: &'static str,
    /// The value.
    pub value: u8,
}

/// The names of a chip's eFuses, as espefuse takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EfuseNames {
    /// The flash encryption counter; encryption is on while an odd number of its bits is set.
    pub crypt_count: &'static str,
    /// Number of bits of the counter; when all are set, encryption is permanent.
    pub crypt_count_bits: u8,
    /// FLASH_CRYPT_CONFIG, where the chip has it.
    pub crypt_config: Option<&'static str>,
    /// Enables secure boot version 1.
    pub secure_boot_v1: Option<&'static str>,
    /// Enables secure boot version 2.
    pub secure_boot_v2: Option<&'static str>,
    /// Revokes the secure boot key digests, the first key first.
    pub revoke: &'static [&'static str],
    /// Revokes a key at the first signature that fails verification.
    pub aggressive_revoke: Option<&'static str>,
    /// The eFuses that ESP-IDF's bootloader burns for flash encryption in development mode.
    pub development: &'static [EfuseValue],
    /// The eFuses that ESP-IDF's bootloader burns for flash encryption in release mode.
    pub release: &'static [EfuseValue],
    /// The eFuses that ESP-IDF's bootloader burns for secure boot.
    pub secure_boot: &'static [EfuseValue],
    /// The eFuse for read protection; write-protecting it prevents further read protection.
    pub read_protection: &'static str,
    /// The eFuse that is write-protected with flash encryption, so that the cache cannot be disabled for good.
    pub cache: Option<&'static str>,
    /// Disables download mode.
    pub download_off: &'static str,
    /// Enables secure download mode, which can only write flash.
    pub secure_download: Option<&'static str>,
    /// The pseudo round level, 0 to 3.
    pub pseudo_rounds: Option<&'static str>,
}

impl EfuseNames {
    /// Returns the eFuse that enables a secure boot scheme.
    #[must_use]
    pub const fn secure_boot_enable(&self, scheme: BootScheme) -> Option<&'static str> {
        match scheme {
            BootScheme::V1 => self.secure_boot_v1,
            BootScheme::V2Rsa | BootScheme::V2Ecdsa => self.secure_boot_v2,
        }
    }

    /// Returns the counter value that makes flash encryption permanent.
    #[must_use]
    pub const fn crypt_count_max(&self) -> u8 {
        // 3 or 7 bits.
        !(u8::MAX << self.crypt_count_bits)
    }
}
