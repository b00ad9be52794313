use core::fmt;

use crate::SdkCode;
use crate::layout::tag_name;

/// Why a header cannot be made or read, or what is wrong with a file. Offsets are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An image applies to a version that it is not newer than.
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
    /// Bytes are behind the structure and before the payload.
    BehindStructure {
        /// Where they start.
        offset: usize,
    },
    /// The caller's buffer is too small.
    BufferTooSmall {
        /// Bytes that are enough.
        needed: usize,
    },
    /// An encrypted image does not open: another key, or damage.
    #[cfg(feature = "encryption")]
    Decryption,
    /// The header of a patch is missing.
    #[cfg(feature = "esp")]
    DeltaHeader,
    /// An HMAC key leads to no private key of P-256.
    #[cfg(feature = "encryption")]
    DeviceKey,
    /// The digest is a character string.
    DigestIsText,
    /// A digest is not as long as its type says.
    DigestLength {
        /// The number of the type.
        code: u8,
        /// Bytes of the digest.
        len: usize,
    },
    /// The payload has another digest than the header says.
    DigestMismatch,
    /// A text does not name a digest type.
    DigestName,
    /// The ledger does not take digests of less than 256 bits.
    DigestNotForLedger {
        /// The number of the type.
        code: u8,
    },
    /// The number of a digest type is unknown.
    DigestType {
        /// The number.
        code: u8,
    },
    /// The header ends inside of an element.
    ElementTruncated {
        /// Where the element starts.
        offset: usize,
    },
    /// The header of an encrypted image is missing.
    #[cfg(feature = "esp")]
    EncryptedHeader,
    /// An encrypted image is not as long as its header says.
    #[cfg(feature = "encryption")]
    EncryptedSize {
        /// The size in the header.
        size: u32,
        /// Its bytes.
        found: usize,
    },
    /// An image is too long to be encrypted.
    #[cfg(feature = "encryption")]
    EncryptedTooLong,
    /// The structure ends where an element is expected, or its end is missing.
    EndOfStructure {
        /// Where it ends.
        offset: usize,
    },
    /// The file does not start as a Matter OTA image does.
    FileIdentifier {
        /// The first four bytes.
        found: u32,
    },
    /// The ledger's firmware information is too long.
    FirmwareInformationTooLong {
        /// Its bytes.
        len: usize,
    },
    /// The header is longer than the SDK's parser reads.
    HeaderTooLong {
        /// Its bytes.
        len: u32,
    },
    /// A tag is one of an implicit profile, which the header does not have.
    ImplicitTag {
        /// Where the element starts.
        offset: usize,
    },
    /// The input ends inside of the header.
    Incomplete {
        /// Bytes that are known to be needed.
        needed: usize,
    },
    /// The length of a string does not fit 32 bits.
    LengthTooWide {
        /// Where the element starts.
        offset: usize,
    },
    /// The first element is not an anonymous structure.
    NotAStructure {
        /// Whether it has a tag; otherwise it is something else than a structure.
        found_tag: bool,
    },
    /// A number does not fit its field.
    NumberTooWide {
        /// The tag.
        tag: u8,
        /// Bits of the field.
        bits: u8,
        /// The number.
        value: u64,
    },
    /// The size of the file does not fit 64 bits.
    PayloadTooLarge {
        /// Bytes of the payload.
        size: u64,
    },
    /// The file ends inside of the payload.
    PayloadTruncated {
        /// Bytes of the payload, as the header says.
        expected: u64,
        /// Bytes behind the header.
        found: u64,
    },
    /// The product id is 0, which means more than one product.
    ProductIdZero,
    /// An element has a reserved type, or ends a container that is not open.
    ReservedElement {
        /// Where the element starts.
        offset: usize,
    },
    /// An RSA key has not 3072 bits.
    #[cfg(feature = "encryption")]
    RsaKey,
    /// A text is not a software version.
    SoftwareVersion,
    /// A tag is in a fully qualified form that only the SDK takes for a context tag.
    TagForm {
        /// Where the element starts.
        offset: usize,
    },
    /// A tag is not allowed at its place.
    TagNotAllowed {
        /// Where the element starts.
        offset: usize,
    },
    /// The total size is not the sum of the parts.
    TotalSize {
        /// The total size in the header.
        found: u64,
        /// The sum of the parts.
        expected: u64,
    },
    /// Bytes are behind the payload.
    TrailingBytes {
        /// How many.
        count: u64,
    },
    /// An element has another tag than the one that comes next.
    UnexpectedElement {
        /// Where the element starts.
        offset: usize,
        /// The tag that is expected.
        expected: u8,
    },
    /// An element is behind the digest.
    UnknownElement {
        /// Where it starts.
        offset: usize,
    },
    /// A URL has a character that is not printable ASCII, or a blank.
    UrlCharacter {
        /// Where it is, in bytes.
        position: usize,
    },
    /// A URL does not start with `https://` and a host.
    UrlNotHttps,
    /// The release notes URL has a U+001F, at which the SDK cuts it.
    UrlSeparator,
    /// A URL is too long.
    UrlTooLong {
        /// Its bytes.
        len: usize,
    },
    /// The vendor id is reserved.
    VendorIdReserved {
        /// The id.
        value: u16,
    },
    /// The vendor id is 0, which means more than one vendor.
    VendorIdZero,
    /// The version string is empty.
    VersionStringEmpty,
    /// The version string is not UTF-8.
    VersionStringNotUtf8,
    /// The version string has a U+001F, at which the SDK cuts it.
    VersionStringSeparator,
    /// The version string is too long.
    VersionStringTooLong {
        /// Its bytes.
        len: usize,
    },
    /// An element has another type than its field.
    WrongType {
        /// Where the element starts.
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
            Self::RsaKey => "rsa-key",
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

    /// Returns the result with which the SDK's parser refuses the same, or `None` where it accepts it.
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

    /// Returns what to do about it, where there is more to say than the sentence does.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::DigestLength { .. } => Some("change-header with a digest type computes it again"),
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
                "image of version {version} applies to version {applicable}, which must be below it"
            ),
            Self::ApplicableRange { min, max } => {
                write!(f, "smallest applicable version {min} is above the largest, {max}")
            }
            Self::BehindStructure { offset } => {
                write!(f, "header has bytes behind its structure, from offset {offset} of it")
            }
            Self::BufferTooSmall { needed } => write!(f, "buffer is too small, {needed} bytes are enough"),
            #[cfg(feature = "encryption")]
            Self::Decryption => f.write_str("encrypted image does not open: another key, or it is damaged"),
            #[cfg(feature = "esp")]
            Self::DeltaHeader => f.write_str("no header of a patch of esp_delta_ota"),
            #[cfg(feature = "encryption")]
            Self::DeviceKey => f.write_str("HMAC key leads to no private key of P-256; draw another one"),
            Self::DigestIsText => f.write_str("digest is a character string instead of bytes"),
            Self::DigestLength { code, len } => write!(f, "digest of {len} bytes does not fit its type {code}"),
            Self::DigestMismatch => f.write_str("payload has another digest than the header says"),
            Self::DigestName => f.write_str(
                "not a digest type: sha256, sha384, sha512, sha3-256, sha3-384 or sha3-512, or a shorter one to read",
            ),
            Self::DigestNotForLedger { code } => write!(
                f,
                "digest type {code} is not allowed in the ledger: 1, 7, 8, 10, 11 or 12"
            ),
            Self::DigestType { code } => write!(f, "digest type {code} is unknown: 1 to 12"),
            Self::ElementTruncated { offset } => write!(
                f,
                "header ends inside of the element at offset {offset} of its structure"
            ),
            #[cfg(feature = "esp")]
            Self::EncryptedHeader => f.write_str("no header of an encrypted image of esp_encrypted_img"),
            #[cfg(feature = "encryption")]
            Self::EncryptedSize { size, found } => {
                write!(f, "encrypted image has {found} bytes, its header says {size}")
            }
            #[cfg(feature = "encryption")]
            Self::EncryptedTooLong => f.write_str("image is too long to be encrypted: less than 4 GiB"),
            Self::EndOfStructure { offset } => write!(
                f,
                "structure of the header ends at offset {offset}, where an element or its end is expected"
            ),
            Self::FileIdentifier { found } => write!(
                f,
                "not a Matter OTA image: it starts with {found:#010X} instead of 0x1BEEF11E"
            ),
            Self::FirmwareInformationTooLong { len } => {
                write!(f, "firmware information of {len} bytes is too long: at most 512")
            }
            Self::HeaderTooLong { len } => write!(f, "header of {len} bytes is too long: at most 1024"),
            Self::ImplicitTag { offset } => write!(
                f,
                "tag of the element at offset {offset} of the structure is of an implicit profile"
            ),
            Self::Incomplete { needed } => write!(
                f,
                "file ends inside of its header: at least {needed} more bytes are needed"
            ),
            Self::LengthTooWide { offset } => write!(
                f,
                "length of the string at offset {offset} of the structure does not fit 32 bits"
            ),
            Self::NotAStructure { .. } => f.write_str("header does not start with an anonymous structure"),
            Self::NumberTooWide { tag, bits, value } => {
                write!(f, "{} {value:#X} does not fit {bits} bits", tag_name(*tag))
            }
            Self::PayloadTooLarge { size } => write!(
                f,
                "payload of {size} bytes is too large: the size of the file must fit 64 bits"
            ),
            Self::PayloadTruncated { expected, found } => {
                write!(f, "file is cut: its payload has {found} of {expected} bytes")
            }
            Self::ProductIdZero => f.write_str("product id is 0, which means more than one product"),
            Self::ReservedElement { offset } => write!(
                f,
                "element at offset {offset} of the structure has a reserved type or ends nothing"
            ),
            #[cfg(feature = "encryption")]
            Self::RsaKey => f.write_str("RSA key has another length than 3072 bits"),
            Self::SoftwareVersion => f.write_str("not a software version: 0 to 4294967295, decimal or 0x hexadecimal"),
            Self::TagForm { offset } => write!(
                f,
                "tag of the element at offset {offset} of the structure is not written as a context tag"
            ),
            Self::TagNotAllowed { offset } => write!(
                f,
                "tag of the element at offset {offset} of the structure is not allowed there"
            ),
            Self::TotalSize { found, expected } => write!(
                f,
                "total size is {found} in the header, its parts have {expected} bytes"
            ),
            Self::TrailingBytes { count } => write!(f, "file has {count} bytes behind its payload"),
            Self::UnexpectedElement { offset, expected } => write!(
                f,
                "element at offset {offset} of the structure is not {}, which comes next: tags ascend, 0 to 4, 8 and 9 are required",
                tag_name(*expected)
            ),
            Self::UnknownElement { offset } => write!(
                f,
                "unknown element at offset {offset} of the structure, behind the digest"
            ),
            Self::UrlCharacter { position } => {
                write!(f, "URL has a character at {position} that is not printable ASCII")
            }
            Self::UrlNotHttps => f.write_str("URL does not start with https:// and a host"),
            Self::UrlSeparator => f.write_str("release notes URL has a U+001F, at which the SDK cuts it"),
            Self::UrlTooLong { len } => write!(f, "URL of {len} bytes is too long: at most 256"),
            Self::VendorIdReserved { value } => write!(f, "vendor id {value:#06X} is reserved: 0x0001 to 0xFFF4"),
            Self::VendorIdZero => f.write_str("vendor id is 0, which means more than one vendor"),
            Self::VersionStringEmpty => f.write_str("software version string is empty: 1 to 64 bytes"),
            Self::VersionStringNotUtf8 => f.write_str("software version string is not UTF-8"),
            Self::VersionStringSeparator => {
                f.write_str("software version string has a U+001F, at which the SDK cuts it")
            }
            Self::VersionStringTooLong { len } => write!(
                f,
                "software version string of {len} bytes is too long: 1 to 64, and letters beyond ASCII have more than one"
            ),
            Self::WrongType { offset, tag } => write!(
                f,
                "{} at offset {offset} of the structure has another type than its field",
                tag_name(*tag)
            ),
        }
    }
}

impl core::error::Error for Error {}
