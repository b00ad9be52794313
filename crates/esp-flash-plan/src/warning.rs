use alloc::string::String;
use core::fmt;

use esp_flash_image::{BootScheme, ChipRevision};

/// What a plan does that its user should know about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The bootloader's header states less flash than there is; the rest cannot be used.
    BootloaderFlashSize {
        /// The size of the header.
        header: u32,
        /// The size of the profile.
        profile: u32,
    },
    /// The ESP32's key must fit the coding scheme of its blocks.
    CodingScheme {
        /// Bytes of the key.
        key_len: usize,
    },
    /// Flash encryption can be turned off once more.
    DevelopmentMode,
    /// Download mode stays open: the chip or its revision has no eFuse that closes it.
    DownloadModeOpen,
    /// The firmware has to name the block of its HMAC key.
    HmacBlock {
        /// The number for the option NVS_SEC_HMAC_EFUSE_KEY_ID.
        id: usize,
    },
    /// ESP-IDF itself calls the scheme of secure boot insecure on this chip.
    InsecureScheme {
        /// The scheme.
        scheme: BootScheme,
        /// Why.
        reason: &'static str,
        /// The scheme that the chip has beside it.
        alternative: Option<BootScheme>,
    },
    /// Anybody can read the flash.
    NoFlashEncryption,
    /// Anybody can replace the firmware.
    NoSecureBoot,
    /// NVS is plain although the rest of the flash is not.
    PlainNvs {
        /// The label.
        part: String,
    },
    /// A private key is plain in the flash.
    PlainKey {
        /// The label.
        part: String,
    },
    /// The profile does not say the revision, and not every revision has this.
    RevisionUnknown {
        /// The scheme.
        scheme: BootScheme,
        /// The first revision that has it.
        min: ChipRevision,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BootloaderFlashSize { header, profile } => write!(
                f,
                "bootloader header states {header:#x} bytes of flash, the chip has {profile:#x}"
            ),
            Self::CodingScheme { key_len } => {
                let scheme = if *key_len == 24 { "3/4" } else { "NONE" };
                write!(
                    f,
                    "key of {key_len} bytes fits only chips with CODING_SCHEME {scheme}: look at espefuse summary first"
                )
            }
            Self::DevelopmentMode => {
                f.write_str("flash encryption in development mode can be turned off and is no protection in the field")
            }
            Self::DownloadModeOpen => {
                f.write_str("download mode stays open: this revision has no eFuse that closes it, or it is not known")
            }
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
            Self::NoFlashEncryption => f.write_str("no flash encryption: anybody can read the flash"),
            Self::NoSecureBoot => f.write_str("no secure boot: anybody who can write the flash replaces the firmware"),
            Self::PlainNvs { part } => write!(
                f,
                "NVS partition '{part}' is not covered by flash encryption; use NVS encryption"
            ),
            Self::PlainKey { part } => write!(f, "'{part}' holds a private key that anybody with the flash can read"),
            Self::RevisionUnknown { scheme, min } => write!(
                f,
                "secure boot {scheme} needs revision {min}, and the profile does not say which the chips have"
            ),
        }
    }
}
