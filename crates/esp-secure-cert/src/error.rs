#[cfg(any(feature = "ecdsa", feature = "rsa"))]
mod signing_failure;

use core::fmt;

#[cfg(any(feature = "ecdsa", feature = "rsa"))]
pub use self::signing_failure::SigningFailure;
use crate::RecordType;

/// Why an image cannot be read or written. Offsets are bytes from the start of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The caller's buffer is too small.
    BufferTooSmall {
        /// Bytes needed.
        needed: usize,
        /// Bytes given.
        available: usize,
    },
    /// A certificate is neither DER nor PEM, as was asked for.
    CertificateForm,
    /// A record's checksum is wrong.
    Crc {
        /// Where the record starts.
        offset: usize,
    },
    /// The data of a record is longer than the firmware can count.
    DataTooLong {
        /// Its bytes.
        len: usize,
    },
    /// What was decrypted is not what was encrypted: another HMAC key, or damage.
    #[cfg(feature = "hmac")]
    Decryption,
    /// The key that is derived from an HMAC key and a salt is 0, 1 or not below the order of the curve.
    #[cfg(feature = "hmac")]
    DerivedKeyOutOfRange,
    /// The bits of an RSA key are not a multiple of 32 in 1024..=4096.
    DsBits {
        /// The bits.
        bits: u16,
    },
    /// The ciphertext of an RSA key has not the length of any chip.
    DsCiphertext {
        /// Its bytes.
        len: usize,
    },
    /// DS_DATA and DS_CONTEXT do not fit each other.
    DsContext,
    /// A record of that type and subtype is there already.
    Duplicate {
        /// The type.
        kind: RecordType,
        /// The subtype.
        subtype: u8,
        /// Where the other one starts.
        offset: usize,
    },
    /// The number of an eFuse key block is not in 0..=5.
    EfuseKey {
        /// The number.
        id: u8,
    },
    /// Encrypted data is not longer than its tag.
    EncryptedLength {
        /// Its bytes.
        len: usize,
    },
    /// An HMAC key is all 0x00 or all 0xFF: none was burned or stored yet.
    #[cfg(feature = "hmac")]
    HmacKeyBlank,
    /// An HMAC key's length is not 32 bytes.
    #[cfg(feature = "hmac")]
    HmacKeySize {
        /// Its bytes.
        len: usize,
    },
    /// An INTEGRITY record is not the SHA-256 of what is before it.
    Integrity {
        /// Where the record starts.
        offset: usize,
    },
    /// A computed INTEGRITY has another subtype than is stated.
    #[cfg(feature = "serde")]
    IntegritySubtype {
        /// The subtype that is stated.
        stated: u8,
        /// The next one, which it has.
        next: u8,
    },
    /// A private key is not SEC 1 in DER or PEM, as was asked for.
    KeyForm,
    /// What should be an encrypted key is a key.
    KeyNotEncrypted,
    /// There are key bytes in a record that must not have any.
    KeyNotKeyless {
        /// Where the record starts.
        offset: usize,
    },
    /// A record that belongs to a private key is missing.
    KeyRecord {
        /// Its type.
        missing: RecordType,
    },
    /// The salt of a derived key has not 16..=64 bytes.
    KeySaltLength {
        /// Its bytes.
        len: usize,
    },
    /// An item of Matter's commissionable data is out of range.
    MatterValue {
        /// Its subtype.
        subtype: u8,
    },
    /// There is no record to sign or to compute a digest of.
    NoRecords,
    /// A type is not one of USER_DATA_1 to USER_DATA_5.
    NotUserData {
        /// The type.
        kind: RecordType,
    },
    /// The records do not fit into the partition.
    PartitionFull {
        /// Bytes needed.
        needed: usize,
        /// Bytes that records can take.
        capacity: usize,
    },
    /// A partition's size is not a multiple of 0x1000 in 0x1000..=0x10000.
    PartitionSize {
        /// The refused size in bytes.
        bytes: usize,
    },
    /// A partition's size is not a decimal or 0x hexadecimal number.
    PartitionSizeText,
    /// An RSA key does not have 3072 bits and an exponent of at most 32.
    #[cfg(feature = "rsa")]
    RsaKey,
    /// SEC_CFG is not 40 bytes that begin with an eFuse key block in 4..=9.
    SecCfg {
        /// Where the record starts.
        offset: usize,
    },
    /// An encrypted record is there already.
    SecondEncrypted {
        /// Where it starts.
        offset: usize,
    },
    /// The data of a SIGNATURE_BLOCK is malformed.
    SignatureBlock,
    /// A signature does not verify.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignatureInvalid,
    /// No signature in the image is by that key.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignatureMissing,
    /// A signature states another range than the bytes before the first SIGNATURE_BLOCK.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignatureRange,
    /// The image has a signature by that key already.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SignedAlready,
    /// The signer failed, or made a signature that its own public key does not verify.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    SigningFailed(SigningFailure),
    /// The data of a record to write is still in a file.
    #[cfg(feature = "serde")]
    SourceIsFile,
    /// The data of a record have another length than is stated.
    #[cfg(feature = "serde")]
    StatedLength {
        /// The length that is stated.
        stated: usize,
        /// The length of the data.
        len: usize,
    },
    /// A subtype is not in 0..=253.
    Subtype {
        /// The refused number.
        subtype: u8,
    },
    /// There is something behind the records that is neither erased nor an end marker.
    Tail {
        /// Where it starts.
        offset: usize,
    },
    /// There are INTEGRITY records up to subtype 16 already.
    TooManyIntegrity,
    /// There are three signatures already.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    TooManySignatures,
    /// A record runs over the end of the image.
    Truncated {
        /// Where the record starts.
        offset: usize,
        /// Bytes that it needs.
        needed: usize,
        /// Bytes that are left.
        available: usize,
    },
    /// A record behind the first signature is not covered by it.
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    Unsigned {
        /// Where the record starts.
        offset: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::BufferTooSmall { needed, available } => {
                write!(f, "buffer of {available} bytes is smaller than the {needed} needed")
            }
            Self::CertificateForm => f.write_str("certificate is not one whole DER SEQUENCE or PEM CERTIFICATE block"),
            Self::Crc { offset } => write!(f, "checksum of the record at offset {offset:#x} is wrong"),
            Self::DataTooLong { len } => write!(f, "data of {len} bytes is longer than the 65504 allowed"),
            #[cfg(feature = "hmac")]
            Self::Decryption => f.write_str("encrypted key is damaged or of another HMAC key"),
            #[cfg(feature = "hmac")]
            Self::DerivedKeyOutOfRange => {
                f.write_str("HMAC key and salt give no private key in 2..n of P-256; draw another salt")
            }
            Self::DsBits { bits } => write!(f, "RSA key of {bits} bits is not a multiple of 32 in 1024..=4096"),
            Self::DsCiphertext { len } => write!(
                f,
                "RSA ciphertext of {len} bytes; 1200 for keys up to 3072 bits and 1584 for all are allowed"
            ),
            Self::DsContext => {
                f.write_str("DS_DATA and DS_CONTEXT do not fit each other in length or in the key's bits")
            }
            Self::Duplicate { kind, subtype, offset } => {
                write!(f, "{kind} with subtype {subtype} stands at offset {offset:#x} already")
            }
            Self::EfuseKey { id } => write!(f, "eFuse key block {id} is not in 0..=5"),
            Self::EncryptedLength { len } => {
                write!(
                    f,
                    "encrypted key of {len} bytes; 17 or more, the tag included, are allowed"
                )
            }
            #[cfg(feature = "hmac")]
            Self::HmacKeyBlank => f.write_str("HMAC key is all 0x00 or all 0xff, which stands for no key"),
            #[cfg(feature = "hmac")]
            Self::HmacKeySize { len } => write!(f, "HMAC key of {len} bytes; exactly 32 are allowed"),
            Self::Integrity { offset } => write!(
                f,
                "INTEGRITY at offset {offset:#x} is not the SHA-256 of the bytes before it"
            ),
            #[cfg(feature = "serde")]
            Self::IntegritySubtype { stated, next } => {
                write!(
                    f,
                    "subtype {stated} of an INTEGRITY to be computed is not the next one, {next}"
                )
            }
            Self::KeyForm => f.write_str("private key is not one whole SEC 1 key in DER or PEM"),
            Self::KeyNotEncrypted => f.write_str("key that should be encrypted begins as one that is not"),
            Self::KeyNotKeyless { offset } => write!(
                f,
                "PRIV_KEY at offset {offset:#x} holds bytes although its key is not in the partition; 0 are allowed"
            ),
            Self::KeyRecord { missing } => write!(f, "{missing} of the private key is missing"),
            Self::KeySaltLength { len } => write!(f, "salt of {len} bytes; 16..=64 are allowed"),
            Self::MatterValue { subtype } => f.write_str(match subtype {
                0 => "discriminator is not in 0..=4095",
                2 => "SPAKE2+ salt does not have 16..=32 bytes",
                _ => "SPAKE2+ iteration count is not in 1000..=100000",
            }),
            Self::NoRecords => f.write_str("image has no records yet; one or more are needed"),
            Self::NotUserData { kind } => {
                write!(
                    f,
                    "{kind} is not a type for user data; USER_DATA_1 to USER_DATA_5 are allowed"
                )
            }
            Self::PartitionFull { needed, capacity } => write!(
                f,
                "records of {needed} bytes do not fit into the {capacity} that the partition has for them"
            ),
            Self::PartitionSize { bytes } => write!(
                f,
                "partition size {bytes:#x} is not a multiple of 0x1000 in 0x1000..=0x10000"
            ),
            Self::PartitionSizeText => {
                f.write_str("partition size is not a number; a multiple of 0x1000 in 0x1000..=0x10000 is allowed")
            }
            #[cfg(feature = "rsa")]
            Self::RsaKey => f.write_str("RSA key does not have exactly 3072 bits and an exponent below 2^32"),
            Self::SecCfg { offset } => write!(
                f,
                "SEC_CFG at offset {offset:#x} is not 40 bytes that begin with an eFuse block in 4..=9"
            ),
            Self::SecondEncrypted { offset } => write!(
                f,
                "record at offset {offset:#x} is encrypted already; only one in an image is allowed"
            ),
            Self::SignatureBlock => f.write_str(
                "signature block is not version 1 of RSA-3072 or ECDSA P-192, P-256 or P-384 with its exact length",
            ),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignatureInvalid => f.write_str("signature does not verify"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignatureMissing => f.write_str("image has no signature by that key"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignatureRange => {
                f.write_str("signature does not cover exactly the bytes before the first signature, or there are none")
            }
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SignedAlready => f.write_str("image has a signature by that key already"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::SigningFailed(_) => {
                f.write_str("signer failed, or its signature does not verify with its public key")
            }
            #[cfg(feature = "serde")]
            Self::SourceIsFile => f.write_str("data of the record is in a file, which was not read"),
            #[cfg(feature = "serde")]
            Self::StatedLength { stated, len } => write!(f, "length is not that of data, {len}, but {stated}"),
            Self::Subtype { subtype } => write!(f, "subtype {subtype} is not in 0..=253"),
            Self::Tail { offset } => write!(
                f,
                "bytes from offset {offset:#x} are neither a record nor erased flash nor an end marker"
            ),
            Self::TooManyIntegrity => f.write_str("INTEGRITY stands with subtype 16, the last one allowed"),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::TooManySignatures => f.write_str("image has the three signatures allowed already"),
            Self::Truncated {
                offset,
                needed,
                available,
            } => write!(
                f,
                "record at offset {offset:#x} needs {needed} bytes but the image has {available} left"
            ),
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            Self::Unsigned { offset } => write!(
                f,
                "record at offset {offset:#x} lies behind the first signature, which does not cover it"
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
