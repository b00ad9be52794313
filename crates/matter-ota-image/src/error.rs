use core::fmt;

use crate::SdkCode;
use crate::layout::tag_name;

/// An error in making or reading a header, or a defect of a file. Offsets are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An image applies to a version that is not lower than its own.
    ApplicableNotBelowVersion {
        /// The applicable version.
        applicable: u32,
        /// The image's version.
        version: u32,
    },
    /// The smallest applicable version is above the largest.
    ApplicableRange {
        /// The smallest applicable version.
        min: u32,
        /// The largest applicable version.
        max: u32,
    },
    /// There are bytes between the structure and the payload.
    BehindStructure {
        /// The offset of the first one.
        offset: usize,
    },
    /// The caller's buffer is too small.
    BufferTooSmall {
        /// The required size in bytes.
        needed: usize,
    },
    /// An encrypted image cannot be decrypted: wrong key or damaged image.
    #[cfg(feature = "encryption")]
    Decryption,
    /// The header of a patch is missing.
    #[cfg(feature = "esp")]
    DeltaHeader,
    /// An HMAC key does not yield a P-256 private key.
    #[cfg(feature = "encryption")]
    DeviceKey,
    /// The digest is a character string.
    DigestIsText,
    /// The length of a digest does not suit its type.
    DigestLength {
        /// The number of the type.
        code: u8,
        /// Length of the digest in bytes.
        len: usize,
    },
    /// The payload digest does not match the header.
    DigestMismatch,
    /// The digest type name is unknown.
    DigestName,
    /// The DCL does not accept digests of less than 256 bits.
    DigestNotForLedger {
        /// The number of the type.
        code: u8,
    },
    /// The number of a digest type is unknown.
    DigestType {
        /// The number.
        code: u8,
    },
    /// The header ends inside an element.
    ElementTruncated {
        /// The offset of the element.
        offset: usize,
    },
    /// The header of an encrypted image is missing.
    #[cfg(feature = "esp")]
    EncryptedHeader,
    /// The length of an encrypted image differs from its header.
    #[cfg(feature = "encryption")]
    EncryptedSize {
        /// The size in the header.
        size: u32,
        /// Its length in bytes.
        found: usize,
    },
    /// An image is too long for encryption.
    #[cfg(feature = "encryption")]
    EncryptedTooLong,
    /// The structure ends early, or its end is missing.
    EndOfStructure {
        /// The offset of the end.
        offset: usize,
    },
    /// The file does not start with the Matter OTA file identifier.
    FileIdentifier {
        /// The first four bytes.
        found: u32,
    },
    /// The firmware information for the DCL is too long.
    FirmwareInformationTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The header is longer than the SDK's parser allows.
    HeaderTooLong {
        /// Its length in bytes.
        len: u32,
    },
    /// A tag belongs to an implicit profile, which the header does not use.
    ImplicitTag {
        /// The offset of the element.
        offset: usize,
    },
    /// The input ends inside the header.
    Incomplete {
        /// Number of bytes known to be needed.
        needed: usize,
    },
    /// The length of a string does not fit into 32 bits.
    LengthTooWide {
        /// The offset of the element.
        offset: usize,
    },
    /// The first element is not an anonymous structure.
    NotAStructure {
        /// Whether it has a tag; otherwise it is not a structure.
        found_tag: bool,
    },
    /// A number does not fit into its field.
    NumberTooWide {
        /// The tag.
        tag: u8,
        /// Number of bits of the field.
        bits: u8,
        /// The number.
        value: u64,
    },
    /// The size of the file does not fit into 64 bits.
    PayloadTooLarge {
        /// Size of the payload in bytes.
        size: u64,
    },
    /// The file ends inside the payload.
    PayloadTruncated {
        /// Size of the payload in bytes, as stated in the header.
        expected: u64,
        /// Number of bytes after the header.
        found: u64,
    },
    /// The product ID is 0, which means more than one product.
    ProductIdZero,
    /// An element has a reserved type, or ends a container that is not open.
    ReservedElement {
        /// The offset of the element.
        offset: usize,
    },
    /// An RSA key does not have 3072 bits.
    #[cfg(feature = "encryption")]
    RsaKey {
        /// Its size in bits.
        bits: u32,
    },
    /// A text is not a software version.
    SoftwareVersion,
    /// A tag has a fully qualified form that only the SDK accepts as a context tag.
    TagForm {
        /// The offset of the element.
        offset: usize,
    },
    /// A tag is not allowed at its position.
    TagNotAllowed {
        /// The offset of the element.
        offset: usize,
    },
    /// The total size differs from the sum of the parts.
    TotalSize {
        /// The total size in the header.
        found: u64,
        /// The sum of the parts.
        expected: u64,
    },
    /// There are bytes after the payload.
    TrailingBytes {
        /// Number of bytes.
        count: u64,
    },
    /// An element does not have the expected tag.
    UnexpectedElement {
        /// The offset of the element.
        offset: usize,
        /// The expected tag.
        expected: u8,
    },
    /// There is an element after the digest.
    UnknownElement {
        /// The offset of the element.
        offset: usize,
    },
    /// A URL contains a space or a character that is not printable ASCII.
    UrlCharacter {
        /// Its offset in bytes.
        position: usize,
    },
    /// A URL does not start with `https://` and a host.
    UrlNotHttps,
    /// The release notes URL contains U+001F, at which the SDK truncates it.
    UrlSeparator,
    /// A URL is too long.
    UrlTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The vendor ID is reserved.
    VendorIdReserved {
        /// The ID.
        value: u16,
    },
    /// The vendor ID is 0, which means more than one vendor.
    VendorIdZero,
    /// The version string is empty.
    VersionStringEmpty,
    /// The version string is not UTF-8.
    VersionStringNotUtf8,
    /// The version string contains U+001F, at which the SDK truncates it.
    VersionStringSeparator,
    /// The version string is too long.
    VersionStringTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// An element has the wrong type for its field.
    WrongType {
        /// The offset of the element.
        offset: usize,
        /// Its tag.
        tag: u8,
    },
}

impl Error {
    /// Returns a stable name, such as `total-size`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ApplicableNotBelowVersion { .. } => "applicable-not-below-version",
            Self::ApplicableRange { .. } => "applicable-range",
            Self::BehindStructure { .. } => "behind-structure",
            Self::BufferTooSmall { .. } => "buffer-too-small",
            #[cfg(feature = "encryption")]
            Self::Decryption => "decryption",
            #[cfg(feature = "esp")]
            Self::DeltaHeader => "delta-header",
            #[cfg(feature = "encryption")]
            Self::DeviceKey => "device-key",
            Self::DigestIsText => "digest-is-text",
            Self::DigestLength { .. } => "digest-length",
            Self::DigestMismatch => "digest-mismatch",
            Self::DigestName => "digest-name",
            Self::DigestNotForLedger { .. } => "digest-not-for-ledger",
            Self::DigestType { .. } => "digest-type",
            Self::ElementTruncated { .. } => "element-truncated",
            #[cfg(feature = "esp")]
            Self::EncryptedHeader => "encrypted-header",
            #[cfg(feature = "encryption")]
            Self::EncryptedSize { .. } => "encrypted-size",
            #[cfg(feature = "encryption")]
            Self::EncryptedTooLong => "encrypted-too-long",
            Self::EndOfStructure { .. } => "end-of-structure",
            Self::FileIdentifier { .. } => "file-identifier",
            Self::FirmwareInformationTooLong { .. } => "firmware-information",
            Self::HeaderTooLong { .. } => "header-too-long",
            Self::ImplicitTag { .. } => "implicit-tag",
            Self::Incomplete { .. } => "incomplete",
            Self::LengthTooWide { .. } => "length-too-wide",
            Self::NotAStructure { .. } => "not-a-structure",
            Self::NumberTooWide { .. } => "number-too-wide",
            Self::PayloadTooLarge { .. } => "payload-too-large",
            Self::PayloadTruncated { .. } => "payload-truncated",
            Self::ProductIdZero => "product-id-zero",
            Self::ReservedElement { .. } => "reserved-element",
            #[cfg(feature = "encryption")]
            Self::RsaKey { .. } => "rsa-key",
            Self::SoftwareVersion => "software-version",
            Self::TagForm { .. } => "tag-form",
            Self::TagNotAllowed { .. } => "tag-not-allowed",
            Self::TotalSize { .. } => "total-size",
            Self::TrailingBytes { .. } => "trailing-bytes",
            Self::UnexpectedElement { .. } => "unexpected-element",
            Self::UnknownElement { .. } => "unknown-element",
            Self::UrlCharacter { .. } => "url-character",
            Self::UrlNotHttps => "url-not-https",
            Self::UrlSeparator => "url-separator",
            Self::UrlTooLong { .. } => "url-too-long",
            Self::VendorIdReserved { .. } => "vendor-id-reserved",
            Self::VendorIdZero => "vendor-id-zero",
            Self::VersionStringEmpty => "version-string-empty",
            Self::VersionStringNotUtf8 => "version-string-not-utf8",
            Self::VersionStringSeparator => "version-string-separator",
            Self::VersionStringTooLong { .. } => "version-string-too-long",
            Self::WrongType { .. } => "wrong-type",
        }
    }

    /// Returns the result code with which the SDK's parser refuses the same input, or `None` if it accepts it.
    #[must_use]
    pub const fn sdk_code(self) -> Option<SdkCode> {
        Some(match self {
            Self::ElementTruncated { .. } => SdkCode::TlvUnderrun,
            Self::EndOfStructure { .. } => SdkCode::EndOfTlv,
            Self::FileIdentifier { .. } => SdkCode::InvalidFileIdentifier,
            Self::HeaderTooLong { .. } => SdkCode::NoMemory,
            Self::ImplicitTag { .. } => SdkCode::UnknownImplicitTlvTag,
            Self::Incomplete { .. } => SdkCode::BufferTooSmall,
            Self::LengthTooWide { .. } => SdkCode::NotImplemented,
            Self::NumberTooWide { .. } => SdkCode::InvalidIntegerValue,
            Self::ReservedElement { .. } => SdkCode::InvalidTlvElement,
            Self::TagNotAllowed { .. } => SdkCode::InvalidTlvTag,
            Self::UnexpectedElement { .. } => SdkCode::UnexpectedTlvElement,
            Self::UrlTooLong { .. } | Self::VersionStringTooLong { .. } => SdkCode::InvalidStringLength,
            Self::WrongType { .. } => SdkCode::WrongTlvType,
            Self::NotAStructure { found_tag: true } => SdkCode::UnexpectedTlvElement,
            Self::NotAStructure { found_tag: false } => SdkCode::WrongTlvType,
            _ => return None,
        })
    }

    /// Returns a remedy, if the message does not contain one.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::DigestLength { .. } => Some("change-header with a digest type recomputes it"),
            Self::DigestMismatch => Some("the file is damaged, or the payload was changed: create it again"),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApplicableNotBelowVersion { applicable, version } => write!(
                f,
                "image version {version} applies to version {applicable}; applicable versions must be lower than the image version"
            ),
            Self::ApplicableRange { min, max } => {
                write!(f, "smallest applicable version {min} is above the largest, {max}")
            }
            Self::BehindStructure { offset } => {
                write!(f, "header has unexpected bytes after its structure, at offset {offset}")
            }
            Self::BufferTooSmall { needed } => write!(f, "buffer is too small; {needed} bytes are needed"),
            #[cfg(feature = "encryption")]
            Self::Decryption => f.write_str("encrypted image cannot be decrypted: wrong key or damaged image"),
            #[cfg(feature = "esp")]
            Self::DeltaHeader => f.write_str("not a patch of esp_delta_ota: its header is missing"),
            #[cfg(feature = "encryption")]
            Self::DeviceKey => f.write_str("HMAC key does not yield a P-256 private key; generate another one"),
            Self::DigestIsText => f.write_str("digest is a character string instead of bytes"),
            Self::DigestLength { code, len } => write!(f, "digest has {len} bytes, which does not suit digest type {code}"),
            Self::DigestMismatch => f.write_str("payload digest does not match the header"),
            Self::DigestName => f.write_str(
                "not a digest type; allowed: sha256, sha384, sha512, sha3-256, sha3-384, sha3-512 (shorter types for reading only)",
            ),
            Self::DigestNotForLedger { code } => write!(
                f,
                "digest type {code} is not allowed in the DCL; allowed: 1, 7, 8, 10, 11, 12"
            ),
            Self::DigestType { code } => write!(f, "unknown digest type {code}; allowed: 1 to 12"),
            Self::ElementTruncated { offset } => write!(
                f,
                "header ends inside the element at structure offset {offset}"
            ),
            #[cfg(feature = "esp")]
            Self::EncryptedHeader => f.write_str("not an encrypted image of esp_encrypted_img: its header is missing"),
            #[cfg(feature = "encryption")]
            Self::EncryptedSize { size, found } => {
                write!(f, "encrypted image has {found} bytes; its header states {size}")
            }
            #[cfg(feature = "encryption")]
            Self::EncryptedTooLong => f.write_str("image is too long for encryption; it must be below 4 GiB"),
            Self::EndOfStructure { offset } => write!(
                f,
                "header structure ends early at offset {offset}: an element or the end of the structure is missing"
            ),
            Self::FileIdentifier { found } => write!(
                f,
                "not a Matter OTA image: starts with {found:#010X}; expected 0x1BEEF11E"
            ),
            Self::FirmwareInformationTooLong { len } => {
                write!(f, "firmware information is too long: {len} bytes; at most 512 are allowed")
            }
            Self::HeaderTooLong { len } => write!(f, "header is too long: {len} bytes; at most 1024 are allowed"),
            Self::ImplicitTag { offset } => write!(
                f,
                "element at structure offset {offset} has a tag of an implicit profile, which is not allowed"
            ),
            Self::Incomplete { needed } => write!(
                f,
                "file ends inside its header; at least {needed} more bytes are needed"
            ),
            Self::LengthTooWide { offset } => write!(
                f,
                "string length at structure offset {offset} does not fit into 32 bits"
            ),
            Self::NotAStructure { .. } => f.write_str("header does not start with an anonymous structure"),
            Self::NumberTooWide { tag, bits, value } => {
                write!(f, "{} {value:#X} does not fit into {bits} bits", tag_name(*tag))
            }
            Self::PayloadTooLarge { size } => write!(
                f,
                "payload is too large: {size} bytes; the file size must fit into 64 bits"
            ),
            Self::PayloadTruncated { expected, found } => {
                write!(f, "file is truncated: its payload has {found} of {expected} bytes")
            }
            Self::ProductIdZero => f.write_str("product ID is 0, which means more than one product"),
            Self::ReservedElement { offset } => write!(
                f,
                "element at structure offset {offset} has a reserved type, or ends a container that is not open"
            ),
            #[cfg(feature = "encryption")]
            Self::RsaKey { bits } => write!(f, "RSA key must have 3072 bits, not {bits}"),
            Self::SoftwareVersion => f.write_str("not a software version; allowed: 0 to 4294967295, decimal or hexadecimal with 0x"),
            Self::TagForm { offset } => write!(
                f,
                "element at structure offset {offset} has a tag that is not encoded as a context tag"
            ),
            Self::TagNotAllowed { offset } => write!(
                f,
                "element at structure offset {offset} has a tag that is not allowed there"
            ),
            Self::TotalSize { found, expected } => write!(
                f,
                "total size is {found} in the header; its parts have {expected} bytes"
            ),
            Self::TrailingBytes { count } => write!(f, "file has {count} unexpected bytes after its payload"),
            Self::UnexpectedElement { offset, expected } => write!(
                f,
                "element at structure offset {offset} is not the expected {}; tags ascend, and 0 to 4, 8 and 9 are required",
                tag_name(*expected)
            ),
            Self::UnknownElement { offset } => write!(
                f,
                "unknown element at structure offset {offset}, after the digest"
            ),
            Self::UrlCharacter { position } => {
                write!(f, "URL has a character at {position} that is not printable ASCII")
            }
            Self::UrlNotHttps => f.write_str("URL does not start with https:// and a host"),
            Self::UrlSeparator => f.write_str("release notes URL contains U+001F, at which the SDK truncates it"),
            Self::UrlTooLong { len } => write!(f, "URL is too long: {len} bytes; at most 256 are allowed"),
            Self::VendorIdReserved { value } => write!(f, "vendor ID {value:#06X} is reserved; allowed: 0x0001 to 0xFFF4"),
            Self::VendorIdZero => f.write_str("vendor ID is 0, which means more than one vendor"),
            Self::VersionStringEmpty => f.write_str("software version string is empty; 1 to 64 bytes are needed"),
            Self::VersionStringNotUtf8 => f.write_str("software version string is not UTF-8"),
            Self::VersionStringSeparator => {
                f.write_str("software version string contains U+001F, at which the SDK truncates it")
            }
            Self::VersionStringTooLong { len } => write!(
                f,
                "software version string is too long: {len} bytes; at most 64 are allowed, and non-ASCII letters have more than one byte"
            ),
            Self::WrongType { offset, tag } => write!(
                f,
                "{} at structure offset {offset} has the wrong type",
                tag_name(*tag)
            ),
        }
    }
}

impl core::error::Error for Error {}
