//! A Matter OTA image file (Matter Core Specification 11.21). Integers are little-endian.
//!
//! ```text
//! +---------------------------+ 0
//! | file identifier           |
//! | total size                | 4    of the file
//! | header size               | 12   of the structure
//! +---------------------------+ 16
//! | structure (TLV)           |      tags 0 to 9, ascending
//! +---------------------------+ 16 + header size
//! | payload                   |      length given by tag 4
//! +---------------------------+ total size
//! ```

/// The number that every Matter OTA image file starts with.
pub const FILE_IDENTIFIER: u32 = 0x1BEE_F11E;

/// Number of bytes before the structure.
pub const FIXED_HEADER_LEN: usize = 16;

/// The longest structure that the SDK's parser reads, in bytes.
pub const MAX_HEADER_LEN: usize = 1024;

pub(crate) const VENDOR_ID: u8 = 0;
pub(crate) const PRODUCT_ID: u8 = 1;
pub(crate) const SOFTWARE_VERSION: u8 = 2;
pub(crate) const SOFTWARE_VERSION_STRING: u8 = 3;
pub(crate) const PAYLOAD_SIZE: u8 = 4;
pub(crate) const MIN_APPLICABLE_VERSION: u8 = 5;
pub(crate) const MAX_APPLICABLE_VERSION: u8 = 6;
pub(crate) const RELEASE_NOTES_URL: u8 = 7;
pub(crate) const DIGEST_TYPE: u8 = 8;
pub(crate) const DIGEST: u8 = 9;

/// Returns the name of a tag in the specification.
pub(crate) const fn tag_name(tag: u8) -> &'static str {
    match tag {
        VENDOR_ID => "VendorID",
        PRODUCT_ID => "ProductID",
        SOFTWARE_VERSION => "SoftwareVersion",
        SOFTWARE_VERSION_STRING => "SoftwareVersionString",
        PAYLOAD_SIZE => "PayloadSize",
        MIN_APPLICABLE_VERSION => "MinApplicableSoftwareVersion",
        MAX_APPLICABLE_VERSION => "MaxApplicableSoftwareVersion",
        RELEASE_NOTES_URL => "ReleaseNotesURL",
        DIGEST_TYPE => "ImageDigestType",
        DIGEST => "ImageDigest",
        _ => "unknown element",
    }
}
