use core::fmt;

/// Why flash content cannot be read, written or encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A piece for encryption does not start at a multiple of 16.
    AddressAlignment {
        /// Its address.
        address: u32,
    },
    /// A name is none of the chips.
    ChipName,
    /// A chip revision is not like `1.2`, with a major number of 0 to 654 and a minor one of 0 to 99.
    ChipRevision,
    /// The XOR of the segments' bytes is another one than the image states.
    Checksum {
        /// Where it stands.
        offset: usize,
        /// What it should be.
        expected: u8,
        /// What it is.
        found: u8,
    },
    /// FLASH_CRYPT_CONFIG has four bits.
    CryptConfig {
        /// The value.
        value: u8,
    },
    /// No bytes were given for encryption.
    Empty,
    /// A piece for encryption ends behind the last address of the scheme.
    EndOfFlash {
        /// Where it starts.
        address: u32,
        /// Its bytes.
        len: usize,
        /// The end of the scheme's addresses.
        limit: u64,
    },
    /// A flash size is not like `4MB`, or is no multiple of 4 KiB.
    FlashSize,
    /// The byte for the appended hash is neither 0 nor 1.
    HashFlag {
        /// The byte.
        value: u8,
    },
    /// The SHA-256 behind the image is not that of the image.
    ImageHash {
        /// Where it stands.
        offset: usize,
    },
    /// An image does not begin with 0xE9.
    ImageMagic {
        /// What it begins with.
        found: u8,
    },
    /// A key has not the length that its scheme wants.
    KeyLength {
        /// Its bytes.
        len: usize,
    },
    /// The length of a piece for encryption is no multiple of 16.
    LengthAlignment {
        /// Its bytes.
        len: usize,
    },
    /// A chip has no MMU page of that size.
    MmuPage {
        /// The size.
        size: u32,
    },
    /// An entry of otadata has a checksum of something else.
    OtaChecksum,
    /// The sequence number of an otadata entry is 0 or 0xFFFFFFFF.
    OtaSequence,
    /// The state of an otadata entry is none of those that are defined.
    OtaState {
        /// The state.
        state: u32,
    },
    /// A name is none of the states of otadata.
    OtaStateName,
    /// Bytes that padding leaves free are not as erased flash is.
    Padding {
        /// The first of them.
        offset: usize,
    },
    /// Bytes that a format leaves zero are not.
    Reserved {
        /// The first of them.
        offset: usize,
    },
    /// A name is none of the schemes.
    SchemeName,
    /// An image is to be padded for secure boot, but has no appended SHA-256.
    SecurePadWithoutHash,
    /// The number of segments is not in 1 to 16.
    SegmentCount {
        /// The number.
        count: usize,
    },
    /// The length of a segment is no multiple of 4, or 16 MiB or more.
    SegmentLength {
        /// Where its header stands.
        offset: usize,
        /// The length.
        len: usize,
    },
    /// Bytes are behind what is read.
    Trailing {
        /// How many.
        len: usize,
    },
    /// The bytes end inside of what is read.
    Truncated {
        /// Bytes needed.
        needed: usize,
        /// Bytes there.
        available: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressAlignment { address } => write!(f, "flash address {address:#x} is not a multiple of 16"),
            Self::ChipName => f.write_str("unknown chip: expected a name such as esp32c3"),
            Self::ChipRevision => f.write_str("chip revision is not MAJOR.MINOR with a minor number of 0 to 99"),
            Self::Checksum {
                offset,
                expected,
                found,
            } => {
                write!(
                    f,
                    "checksum at offset {offset:#x} is {found:#04x}, the segments have {expected:#04x}"
                )
            }
            Self::CryptConfig { value } => write!(f, "FLASH_CRYPT_CONFIG is {value}, allowed are 0 to 15"),
            Self::Empty => f.write_str("no bytes to encrypt or decrypt"),
            Self::EndOfFlash { address, len, limit } => {
                write!(f, "{len} bytes at flash address {address:#x} end behind {limit:#x}")
            }
            Self::FlashSize => f.write_str("flash size is not a multiple of 4 KiB such as 4MB or 0x400000"),
            Self::HashFlag { value } => write!(
                f,
                "appended-hash flag of the image header is {value}, allowed are 0 and 1"
            ),
            Self::ImageHash { offset } => {
                write!(
                    f,
                    "SHA-256 at offset {offset:#x} is not that of the image: it was changed or cut"
                )
            }
            Self::ImageMagic { found } => write!(f, "image begins with {found:#04x} instead of 0xe9"),
            Self::KeyLength { len } => write!(f, "key of {len} bytes does not fit the encryption scheme"),
            Self::LengthAlignment { len } => write!(f, "length of {len} bytes is not a multiple of 16"),
            Self::MmuPage { size } => write!(f, "{size:#x} bytes is no MMU page size of the chip"),
            Self::OtaChecksum => f.write_str("checksum of the otadata entry is wrong"),
            Self::OtaSequence => f.write_str("otadata sequence number is not 1 to 4294967294"),
            Self::OtaState { state } => write!(f, "otadata state {state:#x} is not 0 to 4 or 0xffffffff"),
            Self::OtaStateName => {
                f.write_str("otadata state is not new, pending-verify, valid, invalid, aborted or undefined")
            }
            Self::Padding { offset } => write!(f, "byte at offset {offset:#x} is not 0xff as in erased flash"),
            Self::Reserved { offset } => write!(f, "reserved byte at offset {offset:#x} is not zero"),
            Self::SchemeName => f.write_str("unknown scheme name"),
            Self::SecurePadWithoutHash => f.write_str("secure padding needs an image with appended SHA-256"),
            Self::SegmentCount { count } => write!(f, "image has {count} segments, allowed are 1 to 16"),
            Self::SegmentLength { offset, len } => write!(
                f,
                "segment at offset {offset:#x} has {len:#x} bytes, allowed are multiples of 4 below 0x1000000"
            ),
            Self::Trailing { len } => write!(f, "{len} bytes are behind the end"),
            Self::Truncated { needed, available } => write!(f, "{needed} bytes needed, {available} there"),
        }
    }
}

impl core::error::Error for Error {}
