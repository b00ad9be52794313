use core::fmt;

use esp_flash_image::{Chip, Error as ImageError};
use esp_secure_boot::Error as BootError;
use matter_types::Severity;

/// An error, warning or note about a payload for an ESP32.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EspFinding {
    /// The bytes after the app image are not a signature.
    Behind {
        /// Number of bytes.
        count: usize,
    },
    /// The image is for another chip.
    ChipOther {
        /// The expected chip.
        expected: Chip,
        /// The chip ID in the image.
        id: u16,
    },
    /// The image is for an unknown chip.
    ChipUnknown {
        /// The chip ID in the image.
        id: u16,
    },
    /// A patch has no bytes.
    DeltaEmpty,
    /// A patch applies to one version, but the header does not state it.
    DeltaRange,
    /// The size of an encrypted image differs from its header.
    EncryptedSize {
        /// The size in its header.
        size: u32,
        /// Its size in bytes.
        found: u64,
    },
    /// The payload is not a whole app image.
    Image {
        /// The reason.
        error: ImageError,
    },
    /// The image has no app description, which ESP-IDF puts into every app.
    NoDescription,
    /// The image has no SHA-256 at its end.
    NoHash,
    /// The image is not signed.
    NotSigned {
        /// Whether it must be.
        must: bool,
    },
    /// The payload is not for an ESP32.
    Other,
    /// Reserved bytes of a header are not zero.
    ReservedBytes,
    /// The signature is wrong, or not by a trusted key.
    Signature {
        /// The reason.
        error: BootError,
    },
    /// A version 1 signature cannot be verified with the digest of a key.
    V1NotVerified,
    /// The version in the app description differs from the version string in the header.
    Version,
}

impl EspFinding {
    /// Returns a stable name.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Behind { .. } => "esp-behind-image",
            Self::ChipOther { .. } => "esp-chip",
            Self::ChipUnknown { .. } => "esp-chip-unknown",
            Self::DeltaEmpty => "esp-delta-empty",
            Self::DeltaRange => "esp-delta-range",
            Self::EncryptedSize { .. } => "esp-encrypted-size",
            Self::Image { .. } => "esp-image",
            Self::NoDescription => "esp-no-description",
            Self::NoHash => "esp-no-hash",
            Self::NotSigned { .. } => "esp-not-signed",
            Self::Other => "esp-payload",
            Self::ReservedBytes => "esp-reserved",
            Self::Signature { .. } => "esp-signature",
            Self::V1NotVerified => "esp-v1-not-verified",
            Self::Version => "esp-version",
        }
    }

    /// Returns the severity.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::ChipUnknown { .. } | Self::DeltaRange | Self::NoHash | Self::NoDescription => Severity::Warning,
            Self::NotSigned { must: false } => Severity::Note,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for EspFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behind { count } => write!(f, "the {count} bytes after the app image are not a signature"),
            Self::ChipOther { expected, id } => match Chip::from_image_id(*id) {
                Some(chip) => write!(f, "app image is for {chip}, not for {expected}"),
                None => write!(f, "app image is for chip ID {id}, not for {expected}"),
            },
            Self::ChipUnknown { id } => write!(f, "app image is for the unknown chip ID {id}"),
            Self::DeltaEmpty => f.write_str("patch has no bytes after its header"),
            Self::DeltaRange => f.write_str(
                "patch applies to a single base image: the smallest and the largest applicable version should be that \
                 image's",
            ),
            Self::EncryptedSize { size, found } => {
                write!(
                    f,
                    "encrypted image has {found} bytes after its header, which states {size}"
                )
            }
            Self::Image { error } => write!(f, "payload is not a whole app image: {error}"),
            Self::NoDescription => f.write_str("app image has no description: it may be a bootloader"),
            Self::NoHash => f.write_str("app image has no SHA-256 at its end"),
            Self::NotSigned { .. } => f.write_str("app image is not signed"),
            Self::Other => f.write_str("payload is not an app image, patch or encrypted image of an ESP32"),
            Self::ReservedBytes => f.write_str("reserved bytes of the payload's header are not zero"),
            Self::Signature { error } => write!(f, "signature of the app image: {error}"),
            Self::V1NotVerified => {
                f.write_str("app image has a secure boot v1 signature, which can only be verified with the key itself")
            }
            Self::Version => f.write_str("version in the app description differs from the software version string"),
        }
    }
}
