use super::BootScheme;

/// How the eFuse blocks of a chip get their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAssignment {
    /// Each block is for one key: ESP32.
    Fixed,
    /// Any block takes any key, and says in KEY_PURPOSE_n which.
    Purpose,
    /// All keys have to share the one block, and are to be burned in one go: ESP32-C2.
    Shared,
}

/// The eFuse blocks for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyBlocks {
    /// Their names for espefuse's `burn-key`.
    pub names: &'static [&'static str],
    /// How they get their keys.
    pub assignment: KeyAssignment,
    /// The other name of the block for the key of flash encryption, where each block is for one key.
    pub flash_encryption: Option<&'static str>,
    /// The other name of the block for the key of secure boot version 1.
    pub secure_boot_v1: Option<&'static str>,
    /// The other name of the block for the key digest of secure boot version 2, where each block is for one key.
    pub secure_boot_v2: Option<&'static str>,
    /// Those that cannot hold a key of flash encryption, because of a fault of the hardware.
    pub without_encryption_key: &'static [&'static str],
    /// Those that cannot hold a key of the ECDSA peripheral, because of a fault of the hardware.
    pub without_ecdsa_key: &'static [&'static str],
    /// The purposes of secure boot's key digests, the first key first; none where a block is for them.
    pub digest_purposes: &'static [&'static str],
}

impl KeyBlocks {
    /// Returns how many there are.
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

/// Names of a chip's eFuses, as espefuse takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EfuseNames {
    /// The counter of flash encryption, which is on with an odd number of bits set.
    pub crypt_count: &'static str,
    /// Bits of the counter; all set is on for ever.
    pub crypt_count_bits: u8,
    /// FLASH_CRYPT_CONFIG where there is one.
    pub crypt_config: Option<&'static str>,
    /// Turns on secure boot version 1.
    pub secure_boot_v1: Option<&'static str>,
    /// Turns on secure boot version 2.
    pub secure_boot_v2: Option<&'static str>,
    /// Revokes the key digests of secure boot, the first key first.
    pub revoke: &'static [&'static str],
    /// Revokes a key at the first signature that does not verify.
    pub aggressive_revoke: Option<&'static str>,
    /// What ESP-IDF's bootloader burns with flash encryption for development.
    pub development: &'static [EfuseValue],
    /// What ESP-IDF's bootloader burns with flash encryption for release.
    pub release: &'static [EfuseValue],
    /// What ESP-IDF's bootloader burns with secure boot.
    pub secure_boot: &'static [EfuseValue],
    /// What may be read-protected; write-protecting it ends all read protection.
    pub read_protection: &'static str,
    /// What is write-protected with flash encryption, lest somebody turns off the cache and the chip.
    pub cache: Option<&'static str>,
    /// Turns off download mode.
    pub download_off: &'static str,
    /// Leaves a download mode that can only write flash.
    pub secure_download: Option<&'static str>,
    /// The level of pseudo rounds, 0 to 3.
    pub pseudo_rounds: Option<&'static str>,
}

impl EfuseNames {
    /// Returns the eFuse that turns on a scheme of secure boot.
    #[must_use]
    pub const fn secure_boot_enable(&self, scheme: BootScheme) -> Option<&'static str> {
        match scheme {
            BootScheme::V1 => self.secure_boot_v1,
            BootScheme::V2Rsa | BootScheme::V2Ecdsa => self.secure_boot_v2,
        }
    }

    /// Returns the value of the counter that leaves flash encryption on for ever.
    #[must_use]
    pub const fn crypt_count_max(&self) -> u8 {
        // 3 or 7 bits.
        !(u8::MAX << self.crypt_count_bits)
    }
}
