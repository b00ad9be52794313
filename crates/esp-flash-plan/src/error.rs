use alloc::string::String;
use core::fmt;

use esp_flash_image::{BootScheme, Chip, ChipRevision, EncryptionScheme};
use esp_secure_boot::BootKeyKind;

use crate::DownloadMode;

/// What a key block is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyUse {
    /// The key of the ECDSA peripheral.
    EcdsaKey,
    /// The key of flash encryption.
    FlashEncryption,
    /// The HMAC key that the keys of NVS encryption are derived from.
    NvsHmac,
    /// The digest of a key of secure boot, 0 to 2.
    SecureBootDigest(u8),
}

impl fmt::Display for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EcdsaKey => f.write_str("key of the ECDSA peripheral"),
            Self::FlashEncryption => f.write_str("flash encryption key"),
            Self::NvsHmac => f.write_str("HMAC key of NVS encryption"),
            Self::SecureBootDigest(slot) => write!(f, "secure boot key digest {slot}"),
        }
    }
}

/// Why there is no safe plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An app is given as a plain image, which is not checked.
    AppAsImage {
        /// The label.
        part: String,
    },
    /// An app is given for one device, but apps are shared by all.
    AppOfDevice {
        /// The label.
        part: String,
    },
    /// The chip or the revision has no secure boot with such a key.
    BootCurve {
        /// The kind of the key.
        kind: BootKeyKind,
        /// The chip.
        chip: Chip,
    },
    /// Two keys of secure boot are the same.
    BootKeyDuplicate,
    /// A key of secure boot is of another scheme.
    BootKeyKind {
        /// The kind of the key.
        kind: BootKeyKind,
        /// The scheme.
        scheme: BootScheme,
    },
    /// Secure boot has no key, or more than the chip trusts.
    BootKeys {
        /// The keys.
        count: usize,
        /// How many the chip trusts.
        max: u8,
    },
    /// Version 1 needs the public key that verifies apps, not a digest.
    BootKeyV1,
    /// The chip has no such secure boot.
    BootScheme {
        /// The chip.
        chip: Chip,
        /// The scheme.
        scheme: BootScheme,
    },
    /// The header of the bootloader states more flash than there is, or less than the partitions take.
    BootloaderFlashSize {
        /// The size of the header.
        header: u32,
        /// The size of the profile.
        profile: u32,
        /// Where the last partition ends.
        partitions: u64,
    },
    /// The key of the bootloader's digest is missing, or given without secure boot version 1.
    BootloaderKey {
        /// Whether it is needed.
        needed: bool,
    },
    /// The chip looks for its bootloader elsewhere.
    BootloaderOffset {
        /// The chip.
        chip: Chip,
        /// Where it is to be.
        offset: u32,
        /// Where the chip looks.
        expected: u32,
    },
    /// The bootloader runs into the partition table.
    BootloaderTooLong {
        /// Its bytes.
        len: usize,
        /// Bytes up to the table.
        available: u32,
    },
    /// An image is for another chip.
    ChipMismatch {
        /// The image.
        part: String,
        /// The chip id in its header.
        found: u16,
        /// The chip of the profile.
        chip: Chip,
    },
    /// FLASH_CRYPT_CONFIG of the profile is 0, which leaves one key for all of the flash.
    CryptConfig,
    /// FLASH_CRYPT_CONFIG of the key is not that of the profile.
    CryptConfigDiffers {
        /// Of the key.
        key: u8,
        /// Of the profile.
        profile: u8,
    },
    /// A member of a document with a plan is not what it is said to be.
    DocumentMember {
        /// Its name.
        member: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A region of a document with a plan is not one that a plan has.
    DocumentRegion {
        /// Where it begins.
        offset: u32,
        /// Why.
        reason: &'static str,
    },
    /// A step of a document with a plan is not one that a plan has there.
    DocumentStep {
        /// Its number, the first one 1.
        step: u32,
        /// Why.
        reason: &'static str,
    },
    /// An image is longer than its partition.
    DoesNotFit {
        /// The image.
        part: String,
        /// Its bytes.
        len: usize,
        /// Bytes of the partition.
        available: u32,
    },
    /// The chip or its revision cannot have its download mode like that.
    DownloadMode {
        /// The chip.
        chip: Chip,
        /// The mode.
        mode: DownloadMode,
    },
    /// An image has no bytes.
    Empty {
        /// The image.
        part: String,
    },
    /// An NVS partition has the flag `encrypted`, which flash encryption cannot do for it.
    EncryptedNvs {
        /// The label.
        part: String,
    },
    /// A piece cannot be encrypted where it is.
    Encryption {
        /// The piece.
        part: String,
        /// Why.
        error: esp_flash_image::Error,
    },
    /// The chip has no such flash encryption.
    EncryptionScheme {
        /// The chip.
        chip: Chip,
        /// The scheme.
        scheme: EncryptionScheme,
    },
    /// The scheme needs all of the one key block, half of which secure boot takes.
    EncryptionWithSecureBoot {
        /// The scheme.
        scheme: EncryptionScheme,
    },
    /// A file name is empty or has control characters.
    FileName,
    /// The key of flash encryption is missing, or given without flash encryption.
    FlashKey {
        /// Whether it is needed.
        needed: bool,
    },
    /// The key of flash encryption is of another scheme.
    FlashKeyScheme {
        /// The scheme of the key.
        found: EncryptionScheme,
        /// The scheme of the profile.
        expected: EncryptionScheme,
    },
    /// The HMAC key of NVS encryption is missing, or given without the scheme that needs it.
    HmacKey {
        /// Whether it is needed.
        needed: bool,
    },
    /// An app or the bootloader is malformed.
    Image {
        /// The image.
        part: String,
        /// Why.
        error: esp_flash_image::Error,
    },
    /// An image is not for the revision of the chip.
    ImageRevision {
        /// The image.
        part: String,
        /// The first revision that it runs on, if the header states one.
        min: Option<ChipRevision>,
        /// The last one, if there is one.
        max: Option<ChipRevision>,
        /// The revision of the profile.
        revision: ChipRevision,
    },
    /// A key block is wanted for two things.
    KeyBlockTaken {
        /// Its name.
        block: &'static str,
        /// What does not get it.
        key: KeyUse,
    },
    /// The chip has no key block with that number.
    KeyBlockUnknown {
        /// The number.
        block: usize,
        /// How many it has.
        count: usize,
    },
    /// The chip cannot use a key in that block.
    KeyBlockUnsuited {
        /// Its name.
        block: &'static str,
        /// The key.
        key: KeyUse,
    },
    /// There are not enough key blocks.
    KeyBlocks {
        /// What does not get one.
        key: KeyUse,
    },
    /// A key file is not as long as its purpose asks for.
    KeyFileLength {
        /// Its bytes.
        len: usize,
    },
    /// There is no app.
    NoApp,
    /// The table has no partition with that label.
    NoPartition {
        /// The label.
        part: String,
    },
    /// A partition that is to hold an app is none for apps.
    NotAnApp {
        /// The label.
        part: String,
    },
    /// The chip cannot derive the keys of NVS encryption.
    NvsHmac {
        /// The chip.
        chip: Chip,
    },
    /// There is an image of an NVS partition, and none of the keys that it is encrypted with.
    NvsKeysImage,
    /// NVS encryption is to have its keys in a partition, but the table has none of subtype `nvs_keys`.
    NvsKeysPartition,
    /// NVS encryption is to have its keys in a partition, but nothing encrypts them.
    NvsKeysPlain,
    /// Two things are to be at one place.
    Overlap {
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// Where the other begins.
        offset: u32,
    },
    /// A partition ends behind the flash.
    OutsideFlash {
        /// The label.
        part: String,
        /// Where it ends.
        end: u64,
        /// Where the flash ends.
        flash_size: u32,
    },
    /// A private key would be plain in the flash of a production device.
    PlainKey {
        /// The label.
        part: String,
    },
    /// The revision of the chip does not have it yet.
    RevisionTooLow {
        /// What.
        feature: BootScheme,
        /// The first revision that has it.
        min: ChipRevision,
        /// The revision of the profile.
        revision: ChipRevision,
    },
    /// A signature is missing or is of other bytes, or its key is not trusted.
    Signature {
        /// The image.
        part: String,
        /// Why.
        error: esp_secure_boot::Error,
    },
    /// The signature is not where the device looks for it, behind the image rounded up to 4 KiB.
    SignaturePlace {
        /// The image.
        part: String,
        /// Where it is.
        found: usize,
        /// Where the device looks.
        expected: usize,
    },
    /// The signed table of secure boot version 1 is not the table of the profile.
    TableDiffers,
    /// The last sector of an image is no signature sector, or is malformed.
    Unsigned {
        /// The image.
        part: String,
        /// Why.
        error: esp_secure_boot::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BootCurve { .. }
            | Self::BootKeyDuplicate
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
            Self::BootKeyDuplicate => f.write_str("two keys of secure boot are the same"),
            Self::BootKeyKind { kind, scheme } => write!(f, "{kind} key does not go with secure boot {scheme}"),
            Self::BootKeys { count, max } => {
                write!(f, "{count} keys of secure boot, 1 to {max} are allowed")
            }
            Self::BootKeyV1 => f.write_str("secure boot v1 needs the public key of the apps, not its digest"),
            Self::BootScheme { chip, scheme } => write!(f, "{chip} has no secure boot {scheme}"),
            Self::RevisionTooLow { feature, min, revision } => {
                write!(f, "secure boot {feature} needs revision {min}, the chip has {revision}")
            }
            Self::Signature { part, error } => write!(f, "'{part}' is not signed by a trusted key: {error}"),
            Self::SignaturePlace { part, found, expected } => write!(
                f,
                "'{part}' has its signature at {found:#x}, the device looks at {expected:#x}: \
                 it was not padded, or signed twice"
            ),
            Self::TableDiffers => f.write_str("signed partition table is not the table of the profile"),
            Self::Unsigned { part, error } => write!(f, "'{part}' is not signed: {error}"),
            _ => Ok(()),
        }
    }

    fn fmt_keys(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = |needed: &bool| if *needed { "is missing" } else { "has no use" };
        match self {
            Self::BootloaderKey { needed: it } => {
                write!(f, "key of the bootloader digest (secure boot v1) {}", needed(it))
            }
            Self::FileName => f.write_str("file name is empty or has control characters"),
            Self::FlashKey { needed: it } => write!(f, "flash encryption key {}", needed(it)),
            Self::FlashKeyScheme { found, expected } => {
                write!(f, "flash encryption key is for {found}, the profile has {expected}")
            }
            Self::HmacKey { needed: it } => write!(f, "HMAC key of NVS encryption {}", needed(it)),
            Self::KeyBlockTaken { block, key } => write!(f, "{block} is taken and cannot hold the {key}"),
            Self::KeyBlockUnknown { block, count } => {
                write!(f, "key block {block} does not exist, the chip has {count}")
            }
            Self::KeyBlockUnsuited { block, key } => write!(f, "{block} of this chip cannot hold a {key}"),
            Self::KeyBlocks { key } => write!(f, "no free key block for the {key}"),
            Self::KeyFileLength { len } => write!(f, "key file of {len} bytes does not fit its purpose"),
            _ => Ok(()),
        }
    }

    fn fmt_protection(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CryptConfig => f.write_str("FLASH_CRYPT_CONFIG is 0, allowed are 1 to 15"),
            Self::CryptConfigDiffers { key, profile } => {
                write!(
                    f,
                    "FLASH_CRYPT_CONFIG of the key is {key:#x}, that of the profile {profile:#x}"
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
                "NVS partition '{part}' has the flag encrypted; NVS encryption is the only one that it can have"
            ),
            Self::Encryption { part, error } => write!(f, "'{part}' cannot be encrypted: {error}"),
            Self::EncryptionScheme { chip, scheme } => write!(f, "{chip} has no flash encryption {scheme}"),
            Self::EncryptionWithSecureBoot { scheme } => write!(
                f,
                "flash encryption {scheme} takes the whole key block, secure boot needs half of it; use xts-128-derived"
            ),
            Self::NvsHmac { chip } => {
                write!(
                    f,
                    "{chip} cannot derive the keys of NVS encryption; nvs_keys is allowed"
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
            Self::AppAsImage { part } => write!(f, "partition '{part}' is for an app, which is checked as one"),
            Self::AppOfDevice { part } => write!(f, "app '{part}' is given for one device; apps are shared by all"),
            Self::BootloaderFlashSize {
                header,
                profile,
                partitions,
            } => write!(
                f,
                "bootloader header states {header:#x} bytes of flash, allowed are {partitions:#x} (end of the last \
                 partition) to {profile:#x} (flash size)"
            ),
            Self::BootloaderOffset { chip, offset, expected } => {
                write!(f, "bootloader at {offset:#x}, {chip} looks for it at {expected:#x}")
            }
            Self::BootloaderTooLong { len, available } => write!(
                f,
                "bootloader of {len:#x} bytes runs into the partition table, {available:#x} are allowed"
            ),
            Self::ChipMismatch { part, found, chip } => {
                let expected = chip.image_id();
                write!(f, "'{part}' is for chip id {found}, {chip} has {expected}")
            }
            Self::DocumentMember { member, reason } => write!(f, "member '{member}' of the plan {reason}"),
            Self::DocumentRegion { offset, reason } => write!(f, "region of the plan at {offset:#x} {reason}"),
            Self::DocumentStep { step, reason } => write!(f, "step {step} of the plan {reason}"),
            Self::DoesNotFit { part, len, available } => {
                write!(f, "'{part}' of {len:#x} bytes does not fit into {available:#x}")
            }
            Self::Empty { part } => write!(f, "'{part}' has no bytes"),
            Self::Image { part, error } => write!(f, "'{part}' is no sound image: {error}"),
            Self::ImageRevision {
                part,
                min,
                max,
                revision,
            } => {
                let (min, max) = (Bound(*min, "unknown"), Bound(*max, "any"));
                write!(f, "'{part}' runs on revisions {min} to {max}, the chip has {revision}")
            }
            Self::NoApp => f.write_str("no app is given; one or more are needed"),
            Self::NotAnApp { part } => write!(f, "partition '{part}' is not for apps"),
            Self::NoPartition { part } => write!(f, "partition table has no partition '{part}'"),
            Self::OutsideFlash { part, end, flash_size } => {
                write!(f, "partition '{part}' ends at {end:#x}, the flash at {flash_size:#x}")
            }
            Self::Overlap { first, second, offset } => {
                write!(f, "'{second}' at {offset:#x} overlaps '{first}'")
            }
            _ => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

/// A revision, or the word for none.
struct Bound(Option<ChipRevision>, &'static str);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(revision) => revision.fmt(f),
            None => f.write_str(self.1),
        }
    }
}
