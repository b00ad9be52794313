use core::fmt;

use esp_flash_image::ChipRevision;

use super::Error;
use crate::DownloadMode;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BootCurve { .. }
            | Self::BootKeyDuplicate { .. }
            | Self::BootKeyKind { .. }
            | Self::BootKeys { .. }
            | Self::BootKeyV1
            | Self::BootScheme { .. }
            | Self::RevisionTooLow { .. }
            | Self::Signature { .. }
            | Self::SignaturePlace { .. }
            | Self::TableDiffers
            | Self::Unsigned { .. } => self.fmt_secure_boot(f),
            Self::BootloaderKey { .. }
            | Self::FileName
            | Self::FlashKey { .. }
            | Self::FlashKeyScheme { .. }
            | Self::HmacKey { .. }
            | Self::KeyBlockNotReserved { .. }
            | Self::KeyBlockTaken { .. }
            | Self::KeyBlockUnknown { .. }
            | Self::KeyBlockUnsuited { .. }
            | Self::KeyBlocks { .. }
            | Self::KeyFileLength { .. } => self.fmt_keys(f),
            Self::CryptConfig
            | Self::CryptConfigDiffers { .. }
            | Self::DownloadMode { .. }
            | Self::EncryptedNvs { .. }
            | Self::Encryption { .. }
            | Self::EncryptionScheme { .. }
            | Self::EncryptionWithSecureBoot { .. }
            | Self::NvsHmac { .. }
            | Self::NvsKeysImage
            | Self::NvsKeysPartition
            | Self::NvsKeysPlain
            | Self::PlainKey { .. } => self.fmt_protection(f),
            _ => self.fmt_parts(f),
        }
    }
}

impl Error {
    fn fmt_secure_boot(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BootCurve { kind, chip } => write!(f, "{chip} has no secure boot with {kind} keys"),
            Self::BootKeyDuplicate { first, second } => {
                let [first, second] = [first, second].map(|index| index.saturating_add(1));
                write!(f, "secure boot keys {first} and {second} are equal")
            }
            Self::BootKeyKind { kind, scheme } => write!(f, "a {kind} key cannot be used with secure boot {scheme}"),
            Self::BootKeys { count, max } => {
                write!(f, "{count} secure boot keys; allowed: 1 to {max}")
            }
            Self::BootKeyV1 => {
                f.write_str("secure boot v1 requires the public key that verifies the apps, not its digest")
            }
            Self::BootScheme { chip, scheme } => write!(f, "{chip} has no secure boot {scheme}"),
            Self::RevisionTooLow { feature, min, revision } => {
                write!(
                    f,
                    "secure boot {feature} requires chip revision {min} or later; the chip has {revision}"
                )
            }
            Self::Signature { part, error } => write!(f, "'{part}' is not signed by a trusted key: {error}"),
            Self::SignaturePlace { part, found, expected } => write!(
                f,
                "'{part}' has its signature at {found:#x}; the device expects it at {expected:#x}: \
                 the image was not padded, or was signed more than once"
            ),
            Self::TableDiffers => f.write_str("signed partition table is not the table of the profile"),
            Self::Unsigned { part, error } => write!(f, "'{part}' is not signed: {error}"),
            _ => Ok(()),
        }
    }

    fn fmt_keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = |needed: &bool| if *needed { "is missing" } else { "is given but not used" };
        match self {
            Self::BootloaderKey { needed: it } => {
                write!(f, "key of the bootloader digest (secure boot v1) {}", needed(it))
            }
            Self::FileName => f.write_str("file name is empty or has control characters"),
            Self::FlashKey { needed: it } => write!(f, "flash encryption key {}", needed(it)),
            Self::FlashKeyScheme { found, expected } => {
                write!(f, "flash encryption key is for {found}; the profile uses {expected}")
            }
            Self::HmacKey { needed: it } => write!(f, "HMAC key of NVS encryption {}", needed(it)),
            Self::KeyBlockNotReserved { block, key } => {
                write!(
                    f,
                    "{block} is not reserved in the profile; the {key} needs a reserved block"
                )
            }
            Self::KeyBlockTaken { block, key } => write!(f, "{block} is taken and cannot hold the {key}"),
            Self::KeyBlockUnknown { block, count } => {
                write!(f, "key block {block} does not exist; the chip has {count}")
            }
            Self::KeyBlockUnsuited { block, key } => write!(f, "{block} of this chip cannot hold a {key}"),
            Self::KeyBlocks { key } => write!(f, "no free key block for the {key}"),
            Self::KeyFileLength { len } => write!(f, "key file of {len} bytes does not fit its purpose"),
            _ => Ok(()),
        }
    }

    fn fmt_protection(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CryptConfig => f.write_str("FLASH_CRYPT_CONFIG is 0; allowed: 1 to 15"),
            Self::CryptConfigDiffers { key, profile } => {
                write!(
                    f,
                    "FLASH_CRYPT_CONFIG of the key is {key:#x}; the profile has {profile:#x}"
                )
            }
            Self::DownloadMode { chip, mode } => {
                let mode = match mode {
                    DownloadMode::Full => "full",
                    DownloadMode::Secure => "secure",
                    DownloadMode::Off => "no",
                };
                write!(f, "{chip} of this revision cannot be left with {mode} download mode")
            }
            Self::EncryptedNvs { part } => write!(
                f,
                "NVS partition '{part}' has the flag encrypted; NVS supports only NVS encryption"
            ),
            Self::Encryption { part, error } => write!(f, "'{part}' cannot be encrypted: {error}"),
            Self::EncryptionScheme { chip, scheme } => write!(f, "{chip} has no flash encryption {scheme}"),
            Self::EncryptionWithSecureBoot { scheme } => write!(
                f,
                "flash encryption {scheme} takes the whole key block, but secure boot needs half of it; use xts-128-derived"
            ),
            Self::NvsHmac { chip } => {
                write!(
                    f,
                    "{chip} cannot derive the keys of NVS encryption; use a partition nvs_keys"
                )
            }
            Self::NvsKeysImage => f.write_str("NVS image without the image of the nvs_keys partition"),
            Self::NvsKeysPartition => f.write_str("partition table has no partition of subtype nvs_keys"),
            Self::NvsKeysPlain => f.write_str("nvs_keys partition protects nothing without flash encryption"),
            Self::PlainKey { part } => write!(
                f,
                "'{part}' holds a private key and its partition is not encrypted; set the flag encrypted, encrypt the \
                 image, or keep the key in the eFuses"
            ),
            _ => Ok(()),
        }
    }

    fn fmt_parts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AppAsImage { part } => write!(
                f,
                "partition '{part}' is for an app; give the file as an app, so that it is checked"
            ),
            Self::AppOfDevice { part } => write!(
                f,
                "app '{part}' is given for one device; apps are shared by all devices"
            ),
            Self::BootloaderFlashSize {
                header,
                profile,
                partitions,
            } => write!(
                f,
                "bootloader header states {header:#x} bytes of flash; allowed: {partitions:#x} (end of the last \
                 partition) to {profile:#x} (flash size)"
            ),
            Self::BootloaderOffset { chip, offset, expected } => {
                write!(f, "bootloader is at {offset:#x}; {chip} expects it at {expected:#x}")
            }
            Self::BootloaderTooLong { len, available } => write!(
                f,
                "bootloader of {len:#x} bytes overlaps the partition table; at most {available:#x} are allowed"
            ),
            Self::ChipMismatch { part, found, chip } => {
                let expected = chip.image_id();
                write!(f, "'{part}' is for chip ID {found}; {chip} has {expected}")
            }
            Self::DocumentMember { member, reason } => write!(f, "member '{member}' of the plan {reason}"),
            Self::DocumentRegion { offset, reason } => write!(f, "region of the plan at {offset:#x} {reason}"),
            Self::DocumentStep { step, reason } => write!(f, "step {step} of the plan {reason}"),
            Self::DoesNotFit { part, len, available } => {
                write!(f, "'{part}' of {len:#x} bytes does not fit into {available:#x}")
            }
            Self::Empty { part } => write!(f, "'{part}' has no bytes"),
            Self::Image { part, error } => write!(f, "'{part}' is not a valid image: {error}"),
            Self::ImageRevision {
                part,
                min,
                max,
                revision,
            } => {
                let (min, max) = (Bound(*min, "unknown"), Bound(*max, "any"));
                write!(f, "'{part}' runs on revisions {min} to {max}; the chip has {revision}")
            }
            Self::NoApp => f.write_str("no app is given; at least one is needed"),
            Self::NotAnApp { part, kind } => write!(f, "partition '{part}' is not for apps: its type is {kind}"),
            Self::NoPartition { part } => write!(f, "partition table has no partition '{part}'"),
            Self::OutsideFlash { part, end, flash_size } => {
                write!(
                    f,
                    "partition '{part}' ends at {end:#x}; the flash ends at {flash_size:#x}"
                )
            }
            Self::Overlap { first, second, offset } => {
                write!(f, "'{second}' at {offset:#x} overlaps '{first}'")
            }
            _ => Ok(()),
        }
    }
}

/// A revision, or the word for its absence.
struct Bound(Option<ChipRevision>, &'static str);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(revision) => revision.fmt(f),
            None => f.write_str(self.1),
        }
    }
}
