#[cfg(any(feature = "ecdsa", feature = "rsa"))]
mod signing_failure;

use core::fmt;

#[cfg(any(feature = "ecdsa", feature = "rsa"))]
pub use self::signing_failure::SigningFailure;
use crate::RecordType;

/// An image, record or value that cannot be read or written. Offsets are bytes from the start of
/// the image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The caller's buffer is too small.
    BufferTooSmall {
        /// Number of bytes needed.
        needed: usize,
        /// Number of bytes available.
        available: usize,
    },
    /// A certificate is not in the requested form, DER or PEM.
    CertificateForm,
    /// A record's checksum is wrong.
    Crc {
        /// The offset of the record.
        offset: usize,
    },
    /// The data of a record exceeds the firmware's 16-bit record size.
    DataTooLong {
        /// The length in bytes.
        len: usize,
    },
    /// Decryption failed: the HMAC key is another one, or the ciphertext is damaged.
    #[cfg(feature = "hmac")]
    Decryption,
    /// The key derived from an HMAC key and a salt is 0, 1 or not below the order of the curve.
    #[cfg(feature = "hmac")]
    DerivedKeyOutOfRange,
    /// The size of an RSA key is not a multiple of 32 bits from 1024 to 4096.
    DsBits {
        /// The size in bits.
        bits: u16,
    },
    /// The ciphertext of an RSA key does not have the length of any chip.
    DsCiphertext {
        /// The length in bytes.
        len: usize,
    },
    /// DS_DATA and DS_CONTEXT do not match.
    DsContext,
    /// A record with this type and subtype already exists.
    Duplicate {
        /// The type.
        kind: RecordType,
        /// The subtype.
        subtype: u8,
        /// The offset of the existing record.
        offset: usize,
    },
    /// The number of an eFuse key block is outside 0 to 5.
    EfuseKey {
        /// The number.
        id: u8,
    },
    /// Encrypted data is not longer than its authentication tag.
    EncryptedLength {
        /// The length in bytes.
        len: usize,
    },
    /// An HMAC key is all 0x00 or all 0xFF, as in a blank eFuse block or blank flash.
    #[cfg(feature = "hmac")]
    HmacKeyBlank,
    /// The length of an HMAC key is not 32 bytes.
    #[cfg(feature = "hmac")]
    HmacKeySize {
        /// The length in bytes.
        len: usize,
    },
    /// An INTEGRITY record is not the SHA-256 of the bytes before it.
    Integrity {
        /// The offset of the record.
        offset: usize,
    },
    /// The stated subtype of a computed INTEGRITY is not the next free one.
    #[cfg(feature = "serde")]
    IntegritySubtype {
        /// The stated subtype.
        stated: u8,
        /// The next free subtype.
        next: u8,
    },
    /// A private key is not in the requested form, SEC 1 in DER or PEM.
    KeyForm,
    /// Data that must be an encrypted key is a plain key.
    KeyNotEncrypted,
    /// A record contains key bytes although its key is stored elsewhere.
    KeyNotKeyless {
        /// The offset of the record.
        offset: usize,
    },
    /// A record that a private key needs is missing.
    KeyRecord {
        /// The type of the missing record.
        missing: RecordType,
    },
    /// The length of a derived key's salt is outside 16 to 64 bytes.
    KeySaltLength {
        /// The length in bytes.
        len: usize,
    },
    /// An item of Matter's commissionable data is out of range.
    MatterValue {
        /// The subtype of the item.
        subtype: u8,
        /// The number, or the length of the salt in bytes.
        found: u64,
    },
    /// The image has no record to sign or to hash.
    NoRecords,
    /// A type is not one of USER_DATA_1 to USER_DATA_5.
    NotUserData {
        /// The type.
        kind: RecordType,
    },
    /// The records do not fit into the partition.
    PartitionFull {
        /// Number of bytes needed.
        needed: usize,
        /// Number of bytes available for records.
        capacity: usize,
    },
    /// A partition's size is not a multiple of 0x1000 from 0x1000 to 0x10000.
    PartitionSize {
        /// The rejected size in bytes.
        bytes: usize,
    },
    /// The text of a partition size is not a decimal or `0x` hexadecimal number.
    PartitionSizeText,
    /// An RSA key does not have 3072 bits and an exponent of at most 32 bits.
    #[cfg(feature = "rsa")]
    RsaKey {
        /// The size of the modulus in bits.
        bits: u32,
        /// The size of the public exponent in bits.
        exponent_bits: u32,
    },
    /// SEC_CFG does not have 40 bytes that start with an eFuse block from 4 to 9.
    SecCfg {
        /// The offset of the record.
        offset: usize,
        /// The length of its data in bytes.
        len: usize,
        /// The first byte of its data, if there is one.
        block: Option<u8>,
    },
    /// The image already contains an encrypted record.
    SecondEncrypted {
        /// The offset of the existing record.
        offset: usize,
    },
    /// The data of a SIGNATURE_BLOCK is malformed.
    SignatureBlock {
        /// Its length in bytes.
        len: usize,
        /// The version, if the data has a whole header.
        version: Option<u8>,
        /// The number of the algorithm, if the data has a whole header.
        algorithm: Option<u8>,
    },
    /// A signature does not verify.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignatureInvalid,
    /// The image has no signature by the key.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignatureMissing,
    /// A signature states a range other than the bytes before the first SIGNATURE_BLOCK.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignatureRange,
    /// The image is already signed by the key.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignedAlready,
    /// The signer failed, or its signature does not verify with its own public key.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SigningFailed(SigningFailure),
    /// The data of a record to write is in a file that is not read yet.
    #[cfg(feature = "serde")]
    SourceIsFile,
    /// The data of a record does not have the stated length.
    #[cfg(feature = "serde")]
    StatedLength {
        /// The stated length.
        stated: usize,
        /// The length of the data.
        len: usize,
    },
    /// A subtype is outside 0 to 253.
    Subtype {
        /// The rejected number.
        subtype: u8,
    },
    /// The bytes after the records are neither erased flash nor an end marker.
    Tail {
        /// The offset of these bytes.
        offset: usize,
    },
    /// INTEGRITY records use all subtypes up to 16.
    TooManyIntegrity,
    /// The image already has three signatures.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    TooManySignatures,
    /// A record exceeds the image.
    Truncated {
        /// The offset of the record.
        offset: usize,
        /// Number of bytes needed.
        needed: usize,
        /// Number of bytes left.
        available: usize,
    },
    /// A record after the first signature is not covered by it.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    Unsigned {
        /// The offset of the record.
        offset: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BufferTooSmall { needed, available } => {
                write!(f, "buffer is too small: {available} bytes; {needed} are needed")
            }
            Self::CertificateForm => f.write_str("certificate is not a single DER SEQUENCE or PEM CERTIFICATE block"),
            Self::Crc { offset } => write!(f, "checksum of the record at offset {offset:#x} is wrong"),
            Self::DataTooLong { len } => write!(f, "data is too long: {len} bytes; at most 65504 are allowed"),
            #[cfg(feature = "hmac")]
            Self::Decryption => f.write_str("encrypted key is damaged or was encrypted with another HMAC key"),
            #[cfg(feature = "hmac")]
            Self::DerivedKeyOutOfRange => {
                f.write_str("HMAC key and salt derive no valid P-256 private key; draw another salt")
            }
            Self::DsBits { bits } => write!(
                f,
                "RSA key size {bits} is not a multiple of 32 bits in the range 1024 to 4096"
            ),
            Self::DsCiphertext { len } => write!(
                f,
                "RSA ciphertext has {len} bytes; 1200 (keys up to 3072 bits) or 1584 are allowed"
            ),
            Self::DsContext => f.write_str("DS_DATA and DS_CONTEXT do not match in length or key size"),
            Self::Duplicate { kind, subtype, offset } => {
                write!(f, "{kind} with subtype {subtype} already exists at offset {offset:#x}")
            }
            Self::EfuseKey { id } => write!(f, "eFuse key block {id} is not in the range 0 to 5"),
            Self::EncryptedLength { len } => {
                write!(
                    f,
                    "encrypted key is too short: {len} bytes; at least 17 are needed, including the tag"
                )
            }
            #[cfg(feature = "hmac")]
            Self::HmacKeyBlank => f.write_str("HMAC key is blank: all bytes are 0x00 or 0xff"),
            #[cfg(feature = "hmac")]
            Self::HmacKeySize { len } => write!(f, "HMAC key has {len} bytes; exactly 32 are allowed"),
            Self::Integrity { offset } => write!(
                f,
                "INTEGRITY at offset {offset:#x} is not the SHA-256 of the bytes before it"
            ),
            #[cfg(feature = "serde")]
            Self::IntegritySubtype { stated, next } => {
                write!(
                    f,
                    "subtype {stated} of a computed INTEGRITY is not the next free one, {next}"
                )
            }
            Self::KeyForm => f.write_str("private key is not a single SEC 1 key in DER or PEM"),
            Self::KeyNotEncrypted => f.write_str("key must be encrypted but starts like a plain key"),
            Self::KeyNotKeyless { offset } => write!(
                f,
                "PRIV_KEY at offset {offset:#x} contains data although its key is stored outside the partition; it must be empty"
            ),
            Self::KeyRecord { missing } => write!(f, "{missing} record of the private key is missing"),
            Self::KeySaltLength { len } => write!(f, "salt has {len} bytes; 16 to 64 are allowed"),
            Self::MatterValue { subtype: 0, found } => write!(f, "discriminator {found} is not in the range 0 to 4095"),
            Self::MatterValue { subtype: 2, found } => {
                write!(f, "SPAKE2+ salt has {found} bytes; 16 to 32 are allowed")
            }
            Self::MatterValue { found, .. } => {
                write!(f, "SPAKE2+ iteration count {found} is not in the range 1000 to 100000")
            }
            Self::NoRecords => f.write_str("image has no records; at least one is needed"),
            Self::NotUserData { kind } => {
                write!(
                    f,
                    "{kind} is not a user data type; USER_DATA_1 to USER_DATA_5 are allowed"
                )
            }
            Self::PartitionFull { needed, capacity } => write!(
                f,
                "records are too long: {needed} bytes; the partition has room for {capacity}"
            ),
            Self::PartitionSize { bytes } => write!(
                f,
                "partition size {bytes:#x} is not a multiple of 0x1000 in the range 0x1000 to 0x10000"
            ),
            Self::PartitionSizeText => {
                f.write_str("partition size is not a number; multiples of 0x1000 from 0x1000 to 0x10000 are allowed")
            }
            #[cfg(feature = "rsa")]
            Self::RsaKey { bits, exponent_bits } => write!(
                f,
                "RSA key has {bits} bits and an exponent of {exponent_bits} bits; 3072 and at most 32 are allowed"
            ),
            Self::SecCfg { offset, len, block } => {
                write!(f, "SEC_CFG at offset {offset:#x} has {len} bytes")?;
                block.map_or(Ok(()), |block| write!(f, " that start with {block}"))?;
                f.write_str("; 40 bytes that start with an eFuse block from 4 to 9 are required")
            }
            Self::SecondEncrypted { offset } => write!(
                f,
                "record at offset {offset:#x} is already encrypted; an image may contain only one encrypted record"
            ),
            Self::SignatureBlock {
                len,
                version,
                algorithm,
            } => {
                f.write_str(
                    "signature block is malformed: not version 1 with RSA-3072 or ECDSA P-192, P-256 or P-384, or wrong length",
                )?;
                if let (Some(version), Some(algorithm)) = (version, algorithm) {
                    write!(f, " (version {version}, algorithm {algorithm}, {len} bytes)")
                } else {
                    write!(f, " ({len} bytes)")
                }
            }
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignatureInvalid => f.write_str("signature does not verify"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignatureMissing => f.write_str("image has no signature by this key"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignatureRange => {
                f.write_str("signature does not cover exactly the bytes before the first signature, or covers no bytes")
            }
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignedAlready => f.write_str("image is already signed by this key"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SigningFailed(_) => {
                f.write_str("signer failed, or its signature does not verify with its public key")
            }
            #[cfg(feature = "serde")]
            Self::SourceIsFile => f.write_str("data of the record is in a file that was not read"),
            #[cfg(feature = "serde")]
            Self::StatedLength { stated, len } => write!(f, "length is {stated}, but data has {len} bytes"),
            Self::Subtype { subtype } => write!(f, "subtype {subtype} is not in the range 0 to 253"),
            Self::Tail { offset } => write!(
                f,
                "bytes from offset {offset:#x} on are not a record, erased flash or an end marker"
            ),
            Self::TooManyIntegrity => f.write_str("INTEGRITY with the last allowed subtype, 16, already exists"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::TooManySignatures => f.write_str("image already has three signatures, the most allowed"),
            Self::Truncated {
                offset,
                needed,
                available,
            } => write!(
                f,
                "record at offset {offset:#x} is truncated: {needed} bytes are needed, {available} are left"
            ),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::Unsigned { offset } => write!(
                f,
                "record at offset {offset:#x} follows the first signature, which does not cover it"
            ),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SigningFailed(failure) => failure.cause(),
            _ => None,
        }
    }
}
