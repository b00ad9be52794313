mod display;

use core::convert::Infallible;

use crate::config::PartitionSize;
use crate::finding::Finding;
#[cfg(feature = "alloc")]
use crate::legibility::Legibility;
use crate::name::Key;
#[cfg(feature = "csv")]
use crate::name::Namespace;

/// Why an image cannot be written or read. Offsets are bytes from the start of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A blob is longer than its version can hold.
    BlobTooLong {
        /// Its bytes.
        len: usize,
        /// The most that fit.
        max: usize,
    },
    /// A blob that starts where little is left of a page would need more than 127 chunks.
    BlobTooManyChunks,
    /// The chunks of a blob lie so far from its index, as do those of many others, that they are not looked for without
    /// an allocator.
    BlobTooScattered {
        /// Where the index lies.
        offset: usize,
    },
    /// The caller's buffer is smaller than the partition or the blob.
    BufferTooSmall {
        /// Bytes needed.
        needed: usize,
        /// Bytes given.
        available: usize,
    },
    /// An image is damaged, or entries in it do not fit together: the first of the damage that `recover` reports.
    Damaged(Finding),
    /// A key to be written stands twice in one namespace.
    DuplicateKey {
        /// The key.
        key: Key,
    },
    /// The keys of an encrypted partition are all 0xFF: none were made yet.
    #[cfg(feature = "encryption")]
    EncryptionKeysBlank,
    /// The two keys of an encrypted partition are the same.
    #[cfg(feature = "encryption")]
    EncryptionKeysEqual,
    /// An HMAC key is all 0x00 or all 0xFF: none was burned or stored yet.
    #[cfg(feature = "encryption")]
    HmacKeyBlank,
    /// An HMAC key's length is not 32 bytes.
    #[cfg(feature = "encryption")]
    HmacKeySize {
        /// Its bytes.
        len: usize,
    },
    /// No entry of an image can be read, and they look random: it is perhaps encrypted, or was decrypted with other keys. The
    /// first fault is that of [`Error::Damaged`].
    Illegible(Finding),
    /// A key is empty.
    KeyEmpty,
    /// A key contains a NUL.
    KeyHasNul,
    /// A key partition's checksum is wrong.
    #[cfg(feature = "encryption")]
    KeyPartitionCrc,
    /// A key partition is shorter than keys and checksum.
    #[cfg(feature = "encryption")]
    KeyPartitionSize {
        /// Its bytes.
        len: usize,
    },
    /// A key has more than 15 bytes.
    KeyTooLong {
        /// Its bytes.
        len: usize,
    },
    /// A namespace's name is empty.
    NamespaceEmpty,
    /// A namespace's name contains a NUL.
    NamespaceHasNul,
    /// A namespace's name has more than 15 bytes.
    NamespaceTooLong {
        /// Its bytes.
        len: usize,
    },
    /// No page is empty, without which the firmware does not write to a partition.
    #[cfg(feature = "alloc")]
    NoEmptyPage,
    /// A text is not the integer that its encoding asks for.
    #[cfg(feature = "alloc")]
    NotAnInteger {
        /// The encoding.
        encoding: crate::Encoding,
    },
    /// A text is not a decimal number.
    #[cfg(feature = "alloc")]
    NotANumber,
    /// A value is not a text, as its type says.
    #[cfg(feature = "alloc")]
    NotAText,
    /// A text is not base64, with whole groups of four characters and nothing else but blanks and line ends.
    #[cfg(feature = "alloc")]
    NotBase64,
    /// A string, or a key's name, has a line that the CSV files of the generator cannot hold: it begins with `#` and is not the
    /// first, or contains a carriage return.
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
    /// The sequence numbers of the pages are used up.
    #[cfg(feature = "alloc")]
    PageSequence,
    /// The entries do not fit into the partition's usable pages.
    PartitionFull {
        /// How many pages of 126 slots may hold entries.
        usable_pages: usize,
    },
    /// A partition's size is not a multiple of 4096 in 0x1000..=0x7FFFF000.
    PartitionSize {
        /// The refused size in bytes.
        bytes: u32,
    },
    /// A partition's size is not a decimal or 0x hexadecimal number of 32 bits.
    PartitionSizeText,
    /// All entries together need a larger partition.
    PartitionTooSmall {
        /// The partition's size.
        size: PartitionSize,
        /// The smallest size that holds the entries and that the firmware can write to.
        needed: PartitionSize,
    },
    /// A string contains a NUL, where the firmware would see its end.
    StringHasNul,
    /// A string has more than 3999 bytes.
    StringTooLong {
        /// Its bytes, without the NUL.
        len: usize,
    },
    /// There are more than 254 namespaces.
    TooManyNamespaces,
    /// The name of an encoding is not known.
    #[cfg(feature = "alloc")]
    UnknownEncoding,
}

impl Error {
    /// Returns the fault of the image that was refused, of [`Error::Damaged`] and [`Error::Illegible`].
    #[must_use]
    pub const fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Damaged(finding) | Self::Illegible(finding) => Some(finding),
            _ => None,
        }
    }

    /// What is wrong with an image of which perhaps nothing can be read.
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

/// Takes each fault that is found, or refuses the image with it.
#[cfg(feature = "alloc")]
pub(crate) trait FaultSink: FnMut(Finding) -> Result<(), Error> {}
#[cfg(feature = "alloc")]
impl<F: FnMut(Finding) -> Result<(), Error>> FaultSink for F {}
