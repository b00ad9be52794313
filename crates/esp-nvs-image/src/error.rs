mod display;

use core::convert::Infallible;

use crate::config::PartitionSize;
use crate::finding::Finding;
#[cfg(feature = "alloc")]
use crate::legibility::Legibility;
use crate::name::Key;
#[cfg(feature = "csv")]
use crate::name::Namespace;

/// An image or value that cannot be written or read. Offsets are bytes from the start of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A blob exceeds the limit of its version.
    BlobTooLong {
        /// The length in bytes.
        len: usize,
        /// The maximum length.
        max: usize,
    },
    /// A blob that starts near the end of a page would need more than 127 chunks.
    BlobTooManyChunks,
    /// The chunks of this and of many other blobs are so far from their indexes that the search
    /// without an allocator gives up.
    BlobTooScattered {
        /// The offset of the index.
        offset: usize,
    },
    /// The caller's buffer is smaller than the partition or the blob.
    BufferTooSmall {
        /// Number of bytes needed.
        needed: usize,
        /// Number of bytes available.
        available: usize,
    },
    /// An image is damaged or inconsistent: the first finding that `recover` reports.
    Damaged(Finding),
    /// A key to be written is a duplicate in its namespace.
    DuplicateKey {
        /// The key.
        key: Key,
    },
    /// The keys of an encrypted partition are all 0xFF, as in a blank key partition.
    #[cfg(feature = "encryption")]
    EncryptionKeysBlank,
    /// The two keys of an encrypted partition are the same.
    #[cfg(feature = "encryption")]
    EncryptionKeysEqual,
    /// An HMAC key is all 0x00 or all 0xFF, as in a blank eFuse block or blank flash.
    #[cfg(feature = "encryption")]
    HmacKeyBlank,
    /// The length of an HMAC key is not 32 bytes.
    #[cfg(feature = "encryption")]
    HmacKeySize {
        /// The length in bytes.
        len: usize,
    },
    /// No entry of an image can be read, and the entries look random: the image may be encrypted,
    /// or was decrypted with other keys. The finding is the same as in [`Error::Damaged`].
    Illegible(Finding),
    /// A key is empty.
    KeyEmpty,
    /// A key contains a NUL.
    KeyHasNul,
    /// The checksum of a key partition is wrong.
    #[cfg(feature = "encryption")]
    KeyPartitionCrc,
    /// A key partition is shorter than keys and checksum.
    #[cfg(feature = "encryption")]
    KeyPartitionSize {
        /// The length in bytes.
        len: usize,
    },
    /// A key has more than 15 bytes.
    KeyTooLong {
        /// The length in bytes.
        len: usize,
    },
    /// The name of a namespace is empty.
    NamespaceEmpty,
    /// The name of a namespace contains a NUL.
    NamespaceHasNul,
    /// The name of a namespace has more than 15 bytes.
    NamespaceTooLong {
        /// The length in bytes.
        len: usize,
    },
    /// No page is empty; the firmware needs an empty page to write.
    #[cfg(feature = "alloc")]
    NoEmptyPage,
    /// A text is not an integer in the range of its encoding.
    #[cfg(feature = "alloc")]
    NotAnInteger {
        /// The encoding.
        encoding: crate::Encoding,
    },
    /// A text is not a decimal number.
    #[cfg(feature = "alloc")]
    NotANumber,
    /// A value is not a string although its type is.
    #[cfg(feature = "alloc")]
    NotAText,
    /// A text is not base64: groups of four characters, with only whitespace and line ends between
    /// them.
    #[cfg(feature = "alloc")]
    NotBase64,
    /// A string or key has a line that the generator's CSV files cannot represent: a line other
    /// than the first starts with `#`, or the text contains a carriage return.
    #[cfg(feature = "csv")]
    NotInCsv {
        /// The key's namespace.
        namespace: Namespace,
        /// The key.
        key: Key,
        /// The line, from 1.
        line: usize,
    },
    /// A text is not pairs of hexadecimal digits.
    #[cfg(feature = "alloc")]
    NotHexadecimal,
    /// The sequence numbers of the pages are exhausted.
    #[cfg(feature = "alloc")]
    PageSequence,
    /// The entries do not fit into the partition's usable pages.
    PartitionFull {
        /// Number of pages of 126 slots for entries.
        usable_pages: usize,
    },
    /// A partition's size is not a multiple of 4096 from 0x1000 to 0x7FFFF000.
    PartitionSize {
        /// The rejected size in bytes.
        bytes: u32,
    },
    /// The text of a partition size is not a decimal or `0x` hexadecimal number of 32 bits.
    PartitionSizeText,
    /// All entries together need a larger partition.
    PartitionTooSmall {
        /// The partition's size.
        size: PartitionSize,
        /// The smallest size that fits the entries and that the firmware can write to.
        needed: PartitionSize,
    },
    /// A string contains a NUL, where the firmware would end it.
    StringHasNul,
    /// A string has more than 3999 bytes.
    StringTooLong {
        /// The length in bytes without the NUL.
        len: usize,
    },
    /// There are more than 254 namespaces.
    TooManyNamespaces,
    /// The name of an encoding is unknown.
    #[cfg(feature = "alloc")]
    UnknownEncoding,
}

impl Error {
    /// Returns the fault of a rejected image, from [`Error::Damaged`] or [`Error::Illegible`].
    #[must_use]
    pub const fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Damaged(finding) | Self::Illegible(finding) => Some(finding),
            _ => None,
        }
    }

    /// Converts the error if no entry of the image may be readable.
    #[cfg(feature = "alloc")]
    pub(crate) fn of_image(self, image: &[u8]) -> Self {
        match self {
            Self::Damaged(fault) if fault.offset.is_some() && Legibility::of(image) == Legibility::Encrypted => {
                Self::Illegible(fault)
            }
            other => other,
        }
    }
}

impl core::error::Error for Error {}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Accepts each fault, or rejects the image with it.
#[cfg(feature = "alloc")]
pub(crate) trait FaultSink: FnMut(Finding) -> Result<(), Error> {}
#[cfg(feature = "alloc")]
impl<F: FnMut(Finding) -> Result<(), Error>> FaultSink for F {}
