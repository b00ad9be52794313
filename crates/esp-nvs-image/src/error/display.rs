use core::fmt;

use super::Error;
use crate::layout::MAX_STRING;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BlobTooLong { len, max } => write!(f, "blob is too long: {len} bytes; at most {max} are allowed"),
            Self::BlobTooManyChunks => f.write_str("blob needs more than 127 chunks, the most allowed"),
            Self::BlobTooScattered { offset } => write!(
                f,
                "blob index at offset {offset:#x} is too far from its chunks, as are too many other blobs"
            ),
            Self::BufferTooSmall { needed, available } => {
                write!(
                    f,
                    "buffer is too small: {available} bytes; {needed} are needed"
                )
            }
            Self::Damaged(finding) => finding.fmt(f),
            Self::DuplicateKey { key } => write!(f, "duplicate key '{key}' in its namespace"),
            #[cfg(feature = "encryption")]
            Self::EncryptionKeysBlank => f.write_str("encryption keys are blank: all bytes are 0xff"),
            #[cfg(feature = "encryption")]
            Self::EncryptionKeysEqual => f.write_str("data key and tweak key are equal; they must differ"),
            #[cfg(feature = "encryption")]
            Self::HmacKeyBlank => f.write_str("HMAC key is blank: all bytes are 0x00 or 0xff"),
            #[cfg(feature = "encryption")]
            Self::HmacKeySize { len } => write!(f, "HMAC key has {len} bytes; exactly 32 are allowed"),
            Self::Illegible(finding) => write!(
                f,
                "no entry can be read: the image may be encrypted, or was decrypted with other keys (first fault: {finding})"
            ),
            Self::KeyEmpty => f.write_str("key is empty; 1 to 15 bytes are allowed"),
            Self::KeyHasNul => f.write_str("key contains a NUL"),
            #[cfg(feature = "encryption")]
            Self::KeyPartitionCrc => f.write_str("checksum of the key partition is wrong"),
            #[cfg(feature = "encryption")]
            Self::KeyPartitionSize { len } => {
                write!(
                    f,
                    "key partition is too short: {len} bytes; at least 68 are needed"
                )
            }
            Self::KeyTooLong { len } => write!(f, "key is too long: {len} bytes; at most 15 are allowed"),
            Self::NamespaceEmpty => f.write_str("namespace is empty; 1 to 15 bytes are allowed"),
            Self::NamespaceHasNul => f.write_str("namespace contains a NUL"),
            Self::NamespaceTooLong { len } => write!(f, "namespace is too long: {len} bytes; at most 15 are allowed"),
            #[cfg(feature = "alloc")]
            Self::NoEmptyPage => f.write_str("partition has no empty page; writing needs at least one"),
            #[cfg(feature = "alloc")]
            Self::NotAnInteger { encoding } => {
                let (min, max) = encoding.range().unwrap_or_default();
                write!(f, "not an integer in the range {min} to {max}, as required by {encoding}")
            }
            #[cfg(feature = "alloc")]
            Self::NotANumber => f.write_str("not a decimal number with or without fraction and exponent"),
            #[cfg(feature = "alloc")]
            Self::NotAText => f.write_str("not a string"),
            #[cfg(feature = "alloc")]
            Self::NotBase64 => f.write_str("not base64: only characters of RFC 4648, whitespace and line ends are allowed, with padding at the end and no unused bits"),
            #[cfg(feature = "alloc")]
            Self::NotHexadecimal => f.write_str("not pairs of hexadecimal digits"),
            #[cfg(feature = "csv")]
            Self::NotInCsv { namespace, key, line } => {
                write!(
                    f,
                    "line {line} of string '{key}' in namespace '{namespace}' starts with # or contains a carriage return, which \
                     the generator's CSV files cannot represent"
                )
            }
            #[cfg(feature = "alloc")]
            Self::PageSequence => f.write_str("page sequence numbers are exhausted; they have 32 bits"),
            Self::PartitionFull { usable_pages } => {
                write!(
                    f,
                    "entries do not fit into the {usable_pages} usable pages of the partition"
                )
            }
            Self::PartitionSize { bytes } => {
                write!(
                    f,
                    "partition size {bytes:#x} is not a multiple of 0x1000 in the range 0x1000 to 0x7ffff000"
                )
            }
            Self::PartitionSizeText => {
                f.write_str("partition size is not a number; multiples of 0x1000 from 0x1000 to 0x7ffff000 are allowed")
            }
            Self::PartitionTooSmall { size, needed } => {
                let missing = needed.get().saturating_sub(size.get());
                write!(
                    f,
                    "entries do not fit: a partition of {needed} bytes is needed, {missing:#x} more than its {size}"
                )
            }
            Self::StringHasNul => f.write_str("string contains a NUL"),
            Self::StringTooLong { len } => {
                write!(f, "string is too long: {len} bytes; at most {} are allowed", MAX_STRING - 1)
            }
            Self::TooManyNamespaces => f.write_str("too many namespaces; at most 254 are allowed"),
            #[cfg(feature = "alloc")]
            Self::UnknownEncoding => {
                f.write_str("unknown encoding (u8 i8 u16 i16 u32 i32 u64 i64 float double string binary hex2bin base64 are allowed)")
            }
        }
    }
}
