use core::fmt;

use crate::{Chip, EncryptionScheme};

/// An error from reading, writing or encrypting flash content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A piece to encrypt or decrypt does not start at a multiple of 16.
    AddressAlignment {
        /// Its address.
        address: u32,
    },
    /// The secure boot scheme name is unknown.
    BootSchemeName,
    /// The chip name is unknown.
    ChipName,
    /// A chip revision is not of the form `1.2`, with a major number of 0 to 654 and a minor number of 0 to 99.
    ChipRevision,
    /// The XOR checksum of the segments differs from the stored one.
    Checksum {
        /// Its offset.
        offset: usize,
        /// The checksum of the segments.
        expected: u8,
        /// The stored checksum.
        found: u8,
    },
    /// FLASH_CRYPT_CONFIG is above 15.
    CryptConfig {
        /// The value.
        value: u8,
    },
    /// There are no bytes to encrypt or decrypt.
    Empty,
    /// The flash encryption scheme name is unknown.
    EncryptionSchemeName,
    /// A piece to encrypt or decrypt ends after the last address of the scheme.
    EndOfFlash {
        /// Its address.
        address: u32,
        /// Its length in bytes.
        len: usize,
        /// The end of the scheme's address range.
        limit: u64,
    },
    /// A flash size is not of the form `4MB`, or is not a multiple of 4 KiB.
    FlashSize,
    /// The appended-hash flag is neither 0 nor 1.
    HashFlag {
        /// The byte.
        value: u8,
    },
    /// The SHA-256 after the image does not match the image.
    ImageHash {
        /// Its offset.
        offset: usize,
    },
    /// An image does not begin with 0xE9.
    ImageMagic {
        /// The first byte.
        found: u8,
    },
    /// A key has the wrong length for its scheme.
    KeyLength {
        /// The scheme.
        scheme: EncryptionScheme,
        /// Its length in bytes.
        len: usize,
    },
    /// The length of a piece to encrypt or decrypt is not a multiple of 16.
    LengthAlignment {
        /// Its length in bytes.
        len: usize,
    },
    /// The chip does not support this MMU page size.
    MmuPage {
        /// The size.
        size: u32,
    },
    /// The checksum of an otadata entry is wrong.
    OtaChecksum {
        /// The checksum of its sequence number.
        expected: u32,
        /// The stored checksum.
        found: u32,
    },
    /// The sequence number of an otadata entry is 0 or 0xFFFFFFFF.
    OtaSequence {
        /// The number.
        value: u32,
    },
    /// The state of an otadata entry is unknown.
    OtaState {
        /// The state.
        state: u32,
    },
    /// The otadata state name is unknown.
    OtaStateName,
    /// A padding byte is not 0xFF.
    Padding {
        /// The offset of the first such byte.
        offset: usize,
    },
    /// A reserved byte is not zero.
    Reserved {
        /// The offset of the first such byte.
        offset: usize,
    },
    /// An image to be padded for secure boot has no appended SHA-256.
    SecurePadWithoutHash,
    /// The number of segments is not 1 to 16.
    SegmentCount {
        /// The number.
        count: usize,
    },
    /// The length of a segment is not a multiple of 4, or is 16 MiB or more.
    SegmentLength {
        /// The offset of its header.
        offset: usize,
        /// The length.
        len: usize,
    },
    /// There are bytes after the end.
    Trailing {
        /// Number of bytes.
        len: usize,
    },
    /// The input ends too early.
    Truncated {
        /// Number of bytes needed.
        needed: usize,
        /// Number of bytes available.
        available: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressAlignment { address } => write!(f, "flash address {address:#x} is not a multiple of 16"),
            Self::BootSchemeName => f.write_str("unknown secure boot scheme; allowed: v1, v2-rsa, v2-ecdsa"),
            Self::ChipName => {
                f.write_str("unknown chip; allowed:")?;
                Chip::ALL.iter().enumerate().try_for_each(|(index, chip)| {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma} {chip}")
                })
            }
            Self::ChipRevision => f.write_str("chip revision is not MAJOR.MINOR with a minor number of 0 to 99"),
            Self::Checksum {
                offset,
                expected,
                found,
            } => {
                write!(
                    f,
                    "checksum at offset {offset:#x} is {found:#04x}; the segments have {expected:#04x}"
                )
            }
            Self::CryptConfig { value } => write!(f, "FLASH_CRYPT_CONFIG is {value}; allowed: 0 to 15"),
            Self::Empty => f.write_str("no bytes to encrypt or decrypt"),
            Self::EncryptionSchemeName => {
                f.write_str("unknown flash encryption scheme; allowed: esp32, xts-128, xts-128-derived, xts-256")
            }
            Self::EndOfFlash { address, len, limit } => {
                write!(f, "{len} bytes at flash address {address:#x} end after {limit:#x}")
            }
            Self::FlashSize => f.write_str("flash size is not a multiple of 4 KiB such as 4MB or 0x400000"),
            Self::HashFlag { value } => {
                write!(f, "appended-hash flag of the image header is {value}; allowed: 0 and 1")
            }
            Self::ImageHash { offset } => {
                write!(
                    f,
                    "SHA-256 at offset {offset:#x} does not match the image: the file is damaged or truncated"
                )
            }
            Self::ImageMagic { found } => write!(f, "image begins with {found:#04x}; expected 0xe9"),
            Self::KeyLength { scheme, len } => {
                let other = if *scheme == EncryptionScheme::Esp32 {
                    ", or 24 with 3/4 coding"
                } else {
                    ""
                };
                write!(f, "key has {len} bytes; {scheme} needs {}{other}", scheme.key_len())
            }
            Self::LengthAlignment { len } => write!(f, "length of {len} bytes is not a multiple of 16"),
            Self::MmuPage { size } => write!(f, "the chip has no MMU page size of {size:#x} bytes"),
            Self::OtaChecksum { expected, found } => write!(
                f,
                "checksum of the otadata entry is {found:#010x}; its sequence number has {expected:#010x}"
            ),
            Self::OtaSequence { value } => write!(f, "otadata sequence number is {value}; allowed: 1 to 4294967294"),
            Self::OtaState { state } => write!(
                f,
                "otadata state {state:#x} is neither in the range 0 to 4 nor 0xffffffff"
            ),
            Self::OtaStateName => {
                f.write_str("otadata state is not new, pending-verify, valid, invalid, aborted or undefined")
            }
            Self::Padding { offset } => write!(f, "byte at offset {offset:#x} is not 0xff (erased flash)"),
            Self::Reserved { offset } => write!(f, "reserved byte at offset {offset:#x} is not zero"),
            Self::SecurePadWithoutHash => f.write_str("secure padding requires an image with an appended SHA-256"),
            Self::SegmentCount { count } => write!(f, "image has {count} segments; allowed: 1 to 16"),
            Self::SegmentLength { offset, len } => write!(
                f,
                "segment at offset {offset:#x} has {len:#x} bytes; allowed: multiples of 4 below 0x1000000"
            ),
            Self::Trailing { len } => write!(f, "{len} unexpected bytes after the end"),
            Self::Truncated { needed, available } => write!(f, "{needed} bytes needed, {available} available"),
        }
    }
}

impl core::error::Error for Error {}
