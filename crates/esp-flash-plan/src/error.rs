mod display;

use alloc::string::String;
use core::fmt;

use esp_flash_image::{BootScheme, Chip, ChipRevision, EncryptionScheme, PartitionType};
use esp_secure_boot::BootKeyKind;

use crate::DownloadMode;

/// The use of a key block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyUse {
    /// The key of the ECDSA peripheral.
    EcdsaKey,
    /// The key of flash encryption.
    FlashEncryption,
    /// The HMAC key from which the NVS encryption keys are derived.
    NvsHmac,
    /// The digest of secure boot key 0, 1 or 2.
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

/// A reason why there is no safe plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An app is given as a plain image, which would not be checked.
    AppAsImage {
        /// The label.
        part: String,
    },
    /// An app is given for one device, although apps are shared by all devices.
    AppOfDevice {
        /// The label.
        part: String,
    },
    /// The chip or its revision does not support secure boot with such a key.
    BootCurve {
        /// The kind of the key.
        kind: BootKeyKind,
        /// The chip.
        chip: Chip,
    },
    /// Two secure boot keys are equal.
    BootKeyDuplicate {
        /// The index of one, from 0.
        first: usize,
        /// The index of the other.
        second: usize,
    },
    /// A secure boot key belongs to another scheme.
    BootKeyKind {
        /// The kind of the key.
        kind: BootKeyKind,
        /// The scheme.
        scheme: BootScheme,
    },
    /// The number of secure boot keys is 0 or too large.
    BootKeys {
        /// Number of keys.
        count: usize,
        /// Number of keys that the chip can trust.
        max: u8,
    },
    /// Version 1 requires the public key that verifies the apps, not a digest.
    BootKeyV1,
    /// The chip does not support the secure boot scheme.
    BootScheme {
        /// The chip.
        chip: Chip,
        /// The scheme.
        scheme: BootScheme,
    },
    /// The bootloader header states more flash than there is, or less than the partitions need.
    BootloaderFlashSize {
        /// The size in the header.
        header: u32,
        /// The size in the profile.
        profile: u32,
        /// The end of the last partition.
        partitions: u64,
    },
    /// The key of the bootloader digest is missing, or given without secure boot version 1.
    BootloaderKey {
        /// Whether it is required.
        needed: bool,
    },
    /// The bootloader is not where the chip expects it.
    BootloaderOffset {
        /// The chip.
        chip: Chip,
        /// The given offset.
        offset: u32,
        /// The offset that the chip expects.
        expected: u32,
    },
    /// The bootloader overlaps the partition table.
    BootloaderTooLong {
        /// Its length in bytes.
        len: usize,
        /// Number of bytes before the table.
        available: u32,
    },
    /// An image is for another chip.
    ChipMismatch {
        /// The name of the image.
        part: String,
        /// The chip ID in its header.
        found: u16,
        /// The chip of the profile.
        chip: Chip,
    },
    /// FLASH_CRYPT_CONFIG of the profile is 0, so that the whole flash is encrypted with the same key.
    CryptConfig,
    /// FLASH_CRYPT_CONFIG differs between the key and the profile.
    CryptConfigDiffers {
        /// The value of the key.
        key: u8,
        /// The value of the profile.
        profile: u8,
    },
    /// A member of a plan document is invalid.
    DocumentMember {
        /// Its name.
        member: &'static str,
        /// The reason.
        reason: &'static str,
    },
    /// A region of a plan document is invalid.
    DocumentRegion {
        /// Its flash address.
        offset: u32,
        /// The reason.
        reason: &'static str,
    },
    /// A step of a plan document is invalid.
    DocumentStep {
        /// Its number, starting at 1.
        step: u32,
        /// The reason.
        reason: &'static str,
    },
    /// An image is longer than its partition.
    DoesNotFit {
        /// The name of the image.
        part: String,
        /// Its length in bytes.
        len: usize,
        /// Size of the partition in bytes.
        available: u32,
    },
    /// The chip or its revision does not support the download mode.
    DownloadMode {
        /// The chip.
        chip: Chip,
        /// The mode.
        mode: DownloadMode,
    },
    /// An image has no bytes.
    Empty {
        /// The name of the image.
        part: String,
    },
    /// An NVS partition has the flag `encrypted`, but flash encryption does not support NVS.
    EncryptedNvs {
        /// The label.
        part: String,
    },
    /// A piece cannot be encrypted at its address.
    Encryption {
        /// The name of the piece.
        part: String,
        /// The reason.
        error: esp_flash_image::Error,
    },
    /// The chip does not support the flash encryption scheme.
    EncryptionScheme {
        /// The chip.
        chip: Chip,
        /// The scheme.
        scheme: EncryptionScheme,
    },
    /// The scheme needs the whole key block, half of which secure boot uses.
    EncryptionWithSecureBoot {
        /// The scheme.
        scheme: EncryptionScheme,
    },
    /// A file name is empty or has control characters.
    FileName,
    /// The flash encryption key is missing, or given without flash encryption.
    FlashKey {
        /// Whether it is required.
        needed: bool,
    },
    /// The flash encryption key belongs to another scheme.
    FlashKeyScheme {
        /// The scheme of the key.
        found: EncryptionScheme,
        /// The scheme of the profile.
        expected: EncryptionScheme,
    },
    /// The HMAC key of NVS encryption is missing, or given without the scheme that uses it.
    HmacKey {
        /// Whether it is required.
        needed: bool,
    },
    /// An app or the bootloader is malformed.
    Image {
        /// The name of the image.
        part: String,
        /// The reason.
        error: esp_flash_image::Error,
    },
    /// An image does not support the chip revision.
    ImageRevision {
        /// The name of the image.
        part: String,
        /// The first supported revision, if the header states one.
        min: Option<ChipRevision>,
        /// The last supported revision, if there is one.
        max: Option<ChipRevision>,
        /// The revision of the profile.
        revision: ChipRevision,
    },
    /// A key block is not reserved in the profile, so that a device cannot bring a key for it.
    KeyBlockNotReserved {
        /// Its name.
        block: &'static str,
        /// The key of the device.
        key: KeyUse,
    },
    /// A key block is assigned to two keys.
    KeyBlockTaken {
        /// Its name.
        block: &'static str,
        /// The key without a block.
        key: KeyUse,
    },
    /// The chip has no key block with that number.
    KeyBlockUnknown {
        /// The number.
        block: usize,
        /// Number of key blocks.
        count: usize,
    },
    /// The chip cannot use a key in this block.
    KeyBlockUnsuited {
        /// Its name.
        block: &'static str,
        /// The key.
        key: KeyUse,
    },
    /// There are not enough key blocks.
    KeyBlocks {
        /// The key without a block.
        key: KeyUse,
    },
    /// The length of a key file does not suit its purpose.
    KeyFileLength {
        /// Its length in bytes.
        len: usize,
    },
    /// There is no app.
    NoApp,
    /// The table has no partition with this label.
    NoPartition {
        /// The label.
        part: String,
    },
    /// A partition for an app is not of the type app.
    NotAnApp {
        /// The label.
        part: String,
        /// The type.
        kind: PartitionType,
    },
    /// The chip cannot derive the NVS encryption keys.
    NvsHmac {
        /// The chip.
        chip: Chip,
    },
    /// An NVS image is given without the image of its encryption keys.
    NvsKeysImage,
    /// The NVS encryption keys belong in a partition, but the table has none of subtype `nvs_keys`.
    NvsKeysPartition,
    /// The NVS encryption keys are stored in a partition that nothing encrypts.
    NvsKeysPlain,
    /// Two parts overlap.
    Overlap {
        /// The part at the lower address.
        first: String,
        /// The other part.
        second: String,
        /// The flash address of the other part.
        offset: u32,
    },
    /// A partition ends after the end of the flash.
    OutsideFlash {
        /// The label.
        part: String,
        /// Its end.
        end: u64,
        /// The end of the flash.
        flash_size: u32,
    },
    /// A private key would be stored unencrypted in the flash of a production device.
    PlainKey {
        /// The label.
        part: String,
    },
    /// The chip revision does not support a feature yet.
    RevisionTooLow {
        /// The feature.
        feature: BootScheme,
        /// The first revision that supports it.
        min: ChipRevision,
        /// The revision of the profile.
        revision: ChipRevision,
    },
    /// A signature is missing or wrong, or its key is not trusted.
    Signature {
        /// The name of the image.
        part: String,
        /// The reason.
        error: esp_secure_boot::Error,
    },
    /// The signature is not where the device expects it, after the image rounded up to 4 KiB.
    SignaturePlace {
        /// The name of the image.
        part: String,
        /// The actual offset.
        found: usize,
        /// The offset that the device expects.
        expected: usize,
    },
    /// The signed table of secure boot version 1 differs from the table of the profile.
    TableDiffers,
    /// The last sector of an image is not a signature sector, or is malformed.
    Unsigned {
        /// The name of the image.
        part: String,
        /// The reason.
        error: esp_secure_boot::Error,
    },
}

impl core::error::Error for Error {}
