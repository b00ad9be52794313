use super::finding::Severity;
use crate::{RecordType, Storage};

/// The kind of a finding with its values. Offsets are bytes from the start of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// A record's checksum is wrong.
    Crc,
    /// DS_DATA and DS_CONTEXT are malformed or do not match.
    DsParameters,
    /// Two records have the same type and subtype.
    Duplicate {
        /// The offset of the first record.
        earlier: usize,
    },
    /// Encrypted data is not longer than its tag.
    EncryptedLength {
        /// The length in bytes.
        len: usize,
    },
    /// Two records are encrypted with the same key and initialization vector.
    EncryptedTwice {
        /// The offset of the first record.
        earlier: usize,
    },
    /// The end marker of the vendor's tool follows the records.
    EndMarker,
    /// The flags are undefined, or undefined for the type.
    Flags {
        /// The flags.
        flags: u8,
    },
    /// A certificate or key is neither DER nor PEM followed by a NUL.
    Form,
    /// The image length is not a multiple of 16.
    ImageAlignment {
        /// The length in bytes.
        len: usize,
    },
    /// INTEGRITY does not have the length of a SHA-256.
    IntegrityLength {
        /// The length in bytes.
        len: usize,
    },
    /// INTEGRITY is not the SHA-256 of the bytes before it.
    IntegrityMismatch {
        /// Whether it is the last one, which the firmware checks.
        last: bool,
    },
    /// There are records after the last INTEGRITY.
    IntegrityNotLast {
        /// Number of these records.
        records: usize,
    },
    /// The subtype of an INTEGRITY does not follow the one before, or is above 16.
    IntegritySubtype {
        /// The expected subtype.
        expected: u8,
        /// The subtype.
        found: u8,
    },
    /// A PRIV_KEY exists in addition to the key for the digital signature peripheral.
    KeyBesideDs,
    /// A plain key has no bytes.
    KeyEmpty,
    /// A record contains key bytes although its key is stored elsewhere.
    KeyInKeylessRecord {
        /// The storage stated by the record's flags.
        storage: Storage,
        /// The length in bytes.
        len: usize,
    },
    /// A record that is marked as encrypted contains a plain key.
    KeyNotEncrypted,
    /// A record that a key needs is missing.
    KeyRecordMissing {
        /// The type of the missing record.
        missing: RecordType,
    },
    /// The salt of a derived key does not have 16 to 64 bytes.
    KeySaltLength {
        /// The length in bytes.
        len: usize,
    },
    /// The record has the header of the first version of the format.
    LegacyHeader,
    /// An item of Matter's commissionable data has a length that the firmware does not accept.
    MatterLength {
        /// The length in bytes.
        len: usize,
        /// The minimum length.
        min: usize,
        /// The maximum length.
        max: usize,
    },
    /// The image has no records.
    NoRecords,
    /// The padding of a record is not 0.
    Padding,
    /// The records fill the whole partition.
    PartitionFull,
    /// The records, or the image, are longer than the partition.
    PartitionOverflow {
        /// The length in bytes.
        len: usize,
        /// Number of bytes available.
        capacity: usize,
    },
    /// The reserved bytes of a record are not 0.
    ReservedBytes,
    /// The subtype is 254 or 255.
    ReservedSubtype {
        /// The subtype.
        subtype: u8,
    },
    /// The type is 50, 254 or 255.
    ReservedType {
        /// The type code.
        code: u8,
    },
    /// SEC_CFG is not an eFuse block from 4 to 9 followed by 39 zeros.
    SecCfg,
    /// SIGNATURE_BLOCK is malformed.
    SignatureBlock,
    /// There are no records before the first SIGNATURE_BLOCK.
    SignatureCoversNothing,
    /// The range in SIGNATURE_BLOCK is not the bytes before the first one.
    SignatureRange {
        /// The stated length.
        stated: u32,
        /// The number of bytes before the first SIGNATURE_BLOCK.
        actual: usize,
    },
    /// The subtypes of SIGNATURE_BLOCK are not 0, 1, 2.
    SignatureSubtype {
        /// The expected subtype.
        expected: u8,
        /// The subtype.
        found: u8,
    },
    /// There are bytes after the records.
    TrailingBytes {
        /// Number of these bytes.
        len: usize,
    },
    /// A record exceeds the image.
    Truncated,
    /// The type is unknown.
    UnknownType {
        /// The type code.
        code: u8,
    },
    /// Records after a signature are not covered by it.
    Unsigned {
        /// Number of these records.
        records: usize,
    },
}

impl FindingKind {
    /// Returns the id, which is stable between releases.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Crc => "crc",
            Self::DsParameters => "ds-parameters",
            Self::Duplicate { .. } => "duplicate",
            Self::EncryptedLength { .. } => "encrypted-length",
            Self::EncryptedTwice { .. } => "encrypted-twice",
            Self::EndMarker => "end-marker",
            Self::Flags { .. } => "flags",
            Self::Form => "form",
            Self::ImageAlignment { .. } => "image-alignment",
            Self::IntegrityLength { .. } => "integrity-length",
            Self::IntegrityMismatch { .. } => "integrity-mismatch",
            Self::IntegrityNotLast { .. } => "integrity-not-last",
            Self::IntegritySubtype { .. } => "integrity-subtype",
            Self::KeyBesideDs => "key-beside-ds",
            Self::KeyEmpty => "key-empty",
            Self::KeyInKeylessRecord { .. } => "key-in-keyless-record",
            Self::KeyNotEncrypted => "key-not-encrypted",
            Self::KeyRecordMissing { .. } => "key-record-missing",
            Self::KeySaltLength { .. } => "key-salt-length",
            Self::LegacyHeader => "legacy-header",
            Self::MatterLength { .. } => "matter-length",
            Self::NoRecords => "no-records",
            Self::Padding => "padding",
            Self::PartitionFull => "partition-full",
            Self::PartitionOverflow { .. } => "partition-overflow",
            Self::ReservedBytes => "reserved-bytes",
            Self::ReservedSubtype { .. } => "reserved-subtype",
            Self::ReservedType { .. } => "reserved-type",
            Self::SecCfg => "sec-cfg",
            Self::SignatureBlock => "signature-block",
            Self::SignatureCoversNothing => "signature-covers-nothing",
            Self::SignatureRange { .. } => "signature-range",
            Self::SignatureSubtype { .. } => "signature-subtype",
            Self::TrailingBytes { .. } => "trailing-bytes",
            Self::Truncated => "truncated",
            Self::UnknownType { .. } => "unknown-type",
            Self::Unsigned { .. } => "unsigned",
        }
    }

    /// Returns the severity.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::LegacyHeader | Self::UnknownType { .. } => Severity::Note,
            Self::EndMarker
            | Self::Flags { .. }
            | Self::ImageAlignment { .. }
            | Self::IntegrityMismatch { last: false }
            | Self::IntegrityNotLast { .. }
            | Self::IntegritySubtype { .. }
            | Self::KeyBesideDs
            | Self::KeySaltLength { .. }
            | Self::Padding
            | Self::PartitionFull
            | Self::ReservedBytes
            | Self::ReservedSubtype { .. }
            | Self::ReservedType { .. }
            | Self::TrailingBytes { .. }
            | Self::Unsigned { .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
