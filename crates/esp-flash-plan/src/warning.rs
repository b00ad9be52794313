use alloc::string::String;
use core::fmt;

use esp_flash_image::{BootScheme, ChipRevision};

/// A warning about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The bootloader header states less flash than there is; the rest cannot be used.
    BootloaderFlashSize {
        /// The size in the header.
        header: u32,
        /// The size in the profile.
        profile: u32,
    },
    /// The ESP32's key must match the coding scheme of its blocks.
    CodingScheme {
        /// Length of the key in bytes.
        key_len: usize,
    },
    /// Flash encryption can be turned off once more.
    DevelopmentMode,
    /// Download mode stays open: the chip or its revision has no eFuse to close it.
    DownloadModeOpen,
    /// The firmware must be configured with the block of its HMAC key.
    HmacBlock {
        /// The value of the option NVS_SEC_HMAC_EFUSE_KEY_ID.
        id: usize,
    },
    /// ESP-IDF marks the secure boot scheme as insecure on this chip.
    InsecureScheme {
        /// The scheme.
        scheme: BootScheme,
        /// The reason.
        reason: &'static str,
        /// Another scheme that the chip supports.
        alternative: Option<BootScheme>,
    },
    /// Anyone can read the flash.
    NoFlashEncryption,
    /// Anyone can replace the firmware.
    NoSecureBoot,
    /// NVS is not encrypted although the rest of the flash is.
    PlainNvs {
        /// The label.
        part: String,
    },
    /// A private key is stored unencrypted in the flash.
    PlainKey {
        /// The label.
        part: String,
    },
    /// The profile does not state the revision, and not every revision supports the scheme.
    RevisionUnknown {
        /// The scheme.
        scheme: BootScheme,
        /// The first revision that supports it.
        min: ChipRevision,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BootloaderFlashSize { header, profile } => write!(
                f,
                "bootloader header states {header:#x} bytes of flash; the chip has {profile:#x}"
            ),
            Self::CodingScheme { key_len } => {
                let scheme = if *key_len == 24 { "3/4" } else { "NONE" };
                write!(
                    f,
                    "key of {key_len} bytes fits only chips with CODING_SCHEME {scheme}; check with 'espefuse summary' first"
                )
            }
            Self::DevelopmentMode => {
                f.write_str("flash encryption in development mode can be turned off; do not use it in production")
            }
            Self::DownloadModeOpen => f.write_str(
                "download mode stays open: this chip revision has no eFuse to close it, or the revision is unknown",
            ),
            Self::HmacBlock { id } => write!(
                f,
                "firmware must be built with NVS_SEC_HMAC_EFUSE_KEY_ID={id}, the key block of its HMAC key"
            ),
            Self::InsecureScheme {
                scheme,
                reason,
                alternative,
            } => {
                write!(f, "secure boot {scheme}: {reason}")?;
                match alternative {
                    Some(other) => write!(f, "; prefer {other}, which this chip has"),
                    None => f.write_str("; this chip has no other"),
                }
            }
            Self::NoFlashEncryption => f.write_str("no flash encryption: anyone can read the flash"),
            Self::NoSecureBoot => {
                f.write_str("no secure boot: anyone who can write the flash can replace the firmware")
            }
            Self::PlainNvs { part } => write!(
                f,
                "NVS partition '{part}' is not covered by flash encryption; use NVS encryption"
            ),
            Self::PlainKey { part } => write!(
                f,
                "'{part}' contains a private key that anyone with access to the flash can read"
            ),
            Self::RevisionUnknown { scheme, min } => write!(
                f,
                "secure boot {scheme} requires chip revision {min} or later; the profile does not state the revision"
            ),
        }
    }
}
