use core::fmt;

use super::Error;
use crate::layout::MAX_STRING;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BlobTooLong { len, max } => write!(f, "blob of {len} bytes is longer than the {max} allowed"),
            Self::BlobTooManyChunks => f.write_str("blob needs more than the 127 chunks allowed"),
            Self::BlobTooScattered { offset } => write!(
                f,
                "blob index at offset {offset:#x} is too far from its chunks, as many others are"
            ),
            Self::BufferTooSmall { needed, available } => {
                write!(
                    f,
                    "buffer of {available} bytes is smaller than the {needed} needed"
                )
            }
            Self::Damaged(finding) => finding.fmt(f),
            Self::DuplicateKey { key } => write!(f, "duplicate key '{key}' in its namespace"),
            #[cfg(feature = "encryption")]
            Self::EncryptionKeysBlank => f.write_str("encryption keys are all 0xff, which stands for no keys"),
            #[cfg(feature = "encryption")]
            Self::EncryptionKeysEqual => f.write_str("data key and tweak key are the same; they have to differ"),
            #[cfg(feature = "encryption")]
            Self::HmacKeyBlank => f.write_str("HMAC key is all 0x00 or all 0xff, which stands for no key"),
            #[cfg(feature = "encryption")]
            Self::HmacKeySize { len } => write!(f, "HMAC key of {len} bytes; exactly 32 are allowed"),
            Self::Illegible(finding) => write!(
                f,
                "no entry can be read: the image is perhaps encrypted, or was decrypted with other keys (first fault: {finding})"
            ),
            Self::KeyEmpty => f.write_str("key is empty; 1..=15 bytes are allowed"),
            Self::KeyHasNul => f.write_str("key contains a NUL"),
            #[cfg(feature = "encryption")]
            Self::KeyPartitionCrc => f.write_str("checksum of the key partition is wrong"),
            #[cfg(feature = "encryption")]
            Self::KeyPartitionSize { len } => {
                write!(
                    f,
                    "key partition of {len} bytes is shorter than its 68 of keys and checksum"
                )
            }
            Self::KeyTooLong { len } => write!(f, "key of {len} bytes is longer than the 15 allowed"),
            Self::NamespaceEmpty => f.write_str("namespace is empty; 1..=15 bytes are allowed"),
            Self::NamespaceHasNul => f.write_str("namespace contains a NUL"),
            Self::NamespaceTooLong { len } => write!(f, "namespace of {len} bytes is longer than the 15 allowed"),
            #[cfg(feature = "alloc")]
            Self::NoEmptyPage => f.write_str("partition has no empty page; at least one is needed to write to it"),
            #[cfg(feature = "alloc")]
            Self::NotAnInteger { encoding } => {
                let (min, max) = encoding.range().unwrap_or_default();
                write!(f, "not an integer in {min}..={max}, as {encoding} asks for")
            }
            #[cfg(feature = "alloc")]
            Self::NotANumber => f.write_str("not a decimal number with or without fraction and exponent"),
            #[cfg(feature = "alloc")]
            Self::NotAText => f.write_str("not a text, as string asks for"),
            #[cfg(feature = "alloc")]
            Self::NotBase64 => f.write_str("not base64: the characters of RFC 4648, blanks and line ends, padding at the end, and no bits left over"),
            #[cfg(feature = "alloc")]
            Self::NotHexadecimal => f.write_str("not pairs of hexadecimal digits"),
            #[cfg(feature = "csv")]
            Self::NotInCsv { namespace, key, line } => {
                write!(
                    f,
                    "line {line} of the string '{key}' in namespace '{namespace}' begins with # or has a carriage return, which \
                     the generator's CSV files cannot hold"
                )
            }
            #[cfg(feature = "alloc")]
            Self::PageSequence => f.write_str("sequence numbers of the pages are used up; they have 32 bits"),
            Self::PartitionFull { usable_pages } => {
                write!(
                    f,
                    "entries do not fit into the {usable_pages} usable pages of the partition"
                )
            }
            Self::PartitionSize { bytes } => {
                write!(
                    f,
                    "partition size {bytes:#x} is not a multiple of 0x1000 in 0x1000..=0x7ffff000"
                )
            }
            Self::PartitionSizeText => {
                f.write_str("partition size is not a number; a multiple of 0x1000 in 0x1000..=0x7ffff000 is allowed")
            }
            Self::PartitionTooSmall { size, needed } => {
                let missing = needed.get().saturating_sub(size.get());
                write!(
                    f,
                    "entries need a partition of {needed} bytes, {missing:#x} more than its {size}"
                )
            }
            Self::StringHasNul => f.write_str("string contains a NUL"),
            Self::StringTooLong { len } => {
                write!(f, "string of {len} bytes is longer than the {} allowed", MAX_STRING - 1)
            }
            Self::TooManyNamespaces => f.write_str("more than the 254 namespaces allowed"),
            #[cfg(feature = "alloc")]
            Self::UnknownEncoding => {
                f.write_str("unknown encoding (u8 i8 u16 i16 u32 i32 u64 i64 float double string binary hex2bin base64 are allowed)")
            }
        }
    }
}
