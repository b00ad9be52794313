//! Chip properties. The numbers and names are in [`facts`], one row per chip.

mod efuses;
mod facts;
mod revision;

use core::fmt;
use core::str::FromStr;

pub use efuses::{EfuseNames, EfuseValue, KeyAssignment, KeyBlocks};
pub use revision::ChipRevision;

use crate::{EncryptionScheme, Error};

/// A chip of the ESP32 family.
///
/// # Examples
///
/// ```
/// use esp_flash_image::Chip;
///
/// let chip: Chip = "ESP32-C3".parse()?;
/// assert_eq!((chip, chip.name(), chip.image_id()), (Chip::Esp32c3, "esp32c3", 5));
/// assert_eq!(chip.facts().bootloader_offset, 0);
/// # Ok::<(), esp_flash_image::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are self-explanatory")]
pub enum Chip {
    Esp32,
    Esp32c2,
    Esp32c3,
    Esp32c5,
    Esp32c6,
    Esp32c61,
    Esp32h2,
    Esp32h21,
    Esp32h4,
    Esp32p4,
    Esp32s2,
    Esp32s3,
    Esp32s31,
}

impl Chip {
    /// All chips, by name.
    pub const ALL: &[Self] = &[
        Self::Esp32,
        Self::Esp32c2,
        Self::Esp32c3,
        Self::Esp32c5,
        Self::Esp32c6,
        Self::Esp32c61,
        Self::Esp32h2,
        Self::Esp32h21,
        Self::Esp32h4,
        Self::Esp32p4,
        Self::Esp32s2,
        Self::Esp32s3,
        Self::Esp32s31,
    ];

    /// Returns the name that esptool's `--chip` takes, such as `esp32c3`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Returns the chip ID in image headers.
    #[must_use]
    pub const fn image_id(self) -> u16 {
        self.facts().image_id
    }

    /// Returns the chip with an image header's chip ID.
    #[must_use]
    pub fn from_image_id(id: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|chip| chip.image_id() == id)
    }

    /// Returns the chip's properties.
    #[must_use]
    pub const fn facts(self) -> &'static ChipFacts {
        match self {
            Self::Esp32 => &facts::ESP32,
            Self::Esp32c2 => &facts::ESP32C2,
            Self::Esp32c3 => &facts::ESP32C3,
            Self::Esp32c5 => &facts::ESP32C5,
            Self::Esp32c6 => &facts::ESP32C6,
            Self::Esp32c61 => &facts::ESP32C61,
            Self::Esp32h2 => &facts::ESP32H2,
            Self::Esp32h21 => &facts::ESP32H21,
            Self::Esp32h4 => &facts::ESP32H4,
            Self::Esp32p4 => &facts::ESP32P4,
            Self::Esp32s2 => &facts::ESP32S2,
            Self::Esp32s3 => &facts::ESP32S3,
            Self::Esp32s31 => &facts::ESP32S31,
        }
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Chip {
    type Err = Error;

    /// Parses a name in either spelling: `esp32c3` or `ESP32-C3`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let letters = || {
            text.chars()
                .filter(|letter| *letter != '-')
                .map(|letter| letter.to_ascii_lowercase())
        };
        let found = Self::ALL.iter().find(|chip| letters().eq(chip.name().chars()));
        found.copied().ok_or(Error::ChipName)
    }
}

/// A secure boot scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BootScheme {
    /// Version 1 of the ESP32: a keyed digest of the bootloader, and ECDSA for the apps.
    V1,
    /// Version 2 with RSA-3072.
    V2Rsa,
    /// Version 2 with ECDSA.
    V2Ecdsa,
}

impl BootScheme {
    const ALL: [Self; 3] = [Self::V1, Self::V2Rsa, Self::V2Ecdsa];

    /// Returns the name used in profiles and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2Rsa => "v2-rsa",
            Self::V2Ecdsa => "v2-ecdsa",
        }
    }
}

impl fmt::Display for BootScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for BootScheme {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|scheme| scheme.name() == text);
        found.ok_or(Error::BootSchemeName)
    }
}

/// An elliptic curve of the ECDSA hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are self-explanatory")]
pub enum BootCurve {
    P192,
    P256,
    P384,
}

impl fmt::Display for BootCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::P192 => "P-192",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        })
    }
}

/// A secure boot scheme that a chip supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecureBootFact {
    /// The scheme.
    pub scheme: BootScheme,
    /// The supported curves; empty for RSA.
    pub curves: &'static [BootCurve],
    /// The first chip revision that supports it, if not all do.
    pub min_revision: Option<ChipRevision>,
    /// Number of trusted keys, equal to the number of signature blocks that the ROM reads.
    pub max_keys: u8,
    /// The reason not to use it, where ESP-IDF itself marks it as insecure.
    pub insecure: Option<&'static str>,
}

/// The properties of a chip: its row of the table.
///
/// Sources: ESP-IDF's `soc_caps.h` of each chip and its guides "Flash Encryption", "Secure Boot V2" and "Security Features
/// Enablement Workflows"; eFuse names and key purposes as printed by espefuse 5.6.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChipFacts {
    /// The name that esptool's `--chip` takes.
    pub name: &'static str,
    /// The chip ID in image headers.
    pub image_id: u16,
    /// The flash address from which the ROM loads the bootloader.
    pub bootloader_offset: u32,
    /// The flash MMU page sizes that an app can be built for; usually 64 KiB.
    pub mmu_page_sizes: &'static [u32],
    /// The flash encryption schemes, the preferred one first.
    pub encryption: &'static [EncryptionScheme],
    /// Number of bytes that the chip encrypts at once when firmware writes to flash: 16 or 32.
    pub encrypted_write_step: u32,
    /// The secure boot schemes, the preferred one first.
    pub secure_boot: &'static [SecureBootFact],
    /// The eFuse key blocks.
    pub key_blocks: KeyBlocks,
    /// The eFuse names.
    pub efuses: EfuseNames,
    /// Whether the chip has an HMAC peripheral keyed from an eFuse block.
    pub hmac: bool,
    /// The longest RSA key that the Digital Signature peripheral supports, in bits.
    pub ds_bits: Option<u16>,
    /// The curves of the ECDSA peripheral keyed from an eFuse block.
    pub ecdsa_peripheral: &'static [EcdsaFact],
    /// Whether the NVS encryption keys can be derived from an HMAC key in an eFuse block instead of a partition `nvs_keys`.
    pub nvs_hmac: bool,
    /// The first revision whose flash decryption supports pseudo rounds, a protection against power analysis.
    pub pseudo_round_min_revision: Option<ChipRevision>,
}

/// A curve of the ECDSA peripheral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EcdsaFact {
    /// The curve.
    pub curve: BootCurve,
    /// The first chip revision that supports it, if not all do.
    pub min_revision: Option<ChipRevision>,
}

impl ChipFacts {
    /// Returns the properties of a secure boot scheme; if a scheme has two entries, the one for all revisions.
    #[must_use]
    pub fn secure_boot(&self, scheme: BootScheme) -> Option<&'static SecureBootFact> {
        self.secure_boot.iter().find(|fact| fact.scheme == scheme)
    }

    /// Returns whether the chip can encrypt its flash with a scheme, optionally together with secure boot.
    ///
    /// On chips with a single key block, such as the ESP32-C2, the secure boot key digest takes half of it.
    #[must_use]
    pub fn has_encryption(&self, scheme: EncryptionScheme, with_secure_boot: bool) -> bool {
        let fits = match self.key_blocks.assignment {
            KeyAssignment::Shared => !with_secure_boot || scheme == EncryptionScheme::Xts128Derived,
            KeyAssignment::Fixed | KeyAssignment::Purpose => true,
        };
        fits && self.encryption.contains(&scheme)
    }
}
