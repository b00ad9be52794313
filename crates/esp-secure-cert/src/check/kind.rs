use super::finding::Severity;
use crate::{RecordType, Storage};

/// What a finding is, with the figures that belong to it. Offsets are bytes from the start of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// A record's checksum is wrong.
    Crc,
    /// DS_DATA and DS_CONTEXT are malformed or do not fit each other.
    DsParameters,
    /// A record stands twice with one type and subtype.
    Duplicate {
        /// Where the first one starts.
        earlier: usize,
    },
    /// Encrypted data is not longer than its tag.
    EncryptedLength {
        /// Its bytes.
        len: usize,
    },
    /// Two records are encrypted, with one key and initialisation vector.
    EncryptedTwice {
        /// Where the first one starts.
        earlier: usize,
    },
    /// The vendor's tool's end marker is behind the records.
    EndMarker,
    /// Flags have no meaning, or none for that type.
    Flags {
        /// The flags.
        flags: u8,
    },
    /// A certificate or key is neither DER nor PEM with a NUL behind it.
    Form,
    /// The image's length is no multiple of 16.
    ImageAlignment {
        /// Its bytes.
        len: usize,
    },
    /// INTEGRITY has another length than a SHA-256.
    IntegrityLength {
        /// Its bytes.
        len: usize,
    },
    /// INTEGRITY is not the SHA-256 of what is before it.
    IntegrityMismatch {
        /// Whether it is the last one, which the firmware checks.
        last: bool,
    },
    /// There are records behind the last INTEGRITY.
    IntegrityNotLast {
        /// How many.
        records: usize,
    },
    /// An INTEGRITY has another subtype than the one that follows on the one before, or one above 16.
    IntegritySubtype {
        /// The subtype that follows.
        expected: u8,
        /// The subtype.
        found: u8,
    },
    /// A key stands in plain beside one that is encrypted for the digital signature peripheral.
    KeyBesideDs,
    /// A plain key has no bytes.
    KeyEmpty,
    /// There are key bytes in a record whose key is not in the partition.
    KeyInKeylessRecord {
        /// Where the key is by the record's flags.
        storage: Storage,
        /// How many bytes.
        len: usize,
    },
    /// A record that is marked as encrypted holds a key that is not.
    KeyNotEncrypted,
    /// A record that belongs to a key is missing.
    KeyRecordMissing {
        /// Its type.
        missing: RecordType,
    },
    /// The salt of a derived key has not 16 to 64 bytes.
    KeySaltLength {
        /// Its bytes.
        len: usize,
    },
    /// The record is of the first version of the format.
    LegacyHeader,
    /// An item of Matter's commissionable data has a length that the firmware does not read.
    MatterLength {
        /// Its bytes.
        len: usize,
        /// The shortest that is read.
        min: usize,
        /// The longest that is read.
        max: usize,
    },
    /// There is no record at all.
    NoRecords,
    /// The padding of a record is not 0.
    Padding,
    /// The records fill the partition to its last byte.
    PartitionFull,
    /// The records, or the image, are longer than the partition.
    PartitionOverflow {
        /// Bytes.
        len: usize,
        /// Bytes that there is room for.
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
    /// SEC_CFG is not an eFuse block in 4..=9 and 39 zeros.
    SecCfg,
    /// SIGNATURE_BLOCK is malformed.
    SignatureBlock,
    /// There is nothing before the first SIGNATURE_BLOCK.
    SignatureCoversNothing,
    /// SIGNATURE_BLOCK states another range than what is before the first one.
    SignatureRange {
        /// The length that it states.
        stated: u32,
        /// The bytes before the first SIGNATURE_BLOCK.
        actual: usize,
    },
    /// The subtypes of SIGNATURE_BLOCK are not 0, 1, 2.
    SignatureSubtype {
        /// The subtype that follows.
        expected: u8,
        /// The subtype.
        found: u8,
    },
    /// There are bytes behind the records.
    TrailingBytes {
        /// How many.
        len: usize,
    },
    /// A record runs over the end of the image.
    Truncated,
    /// The type has no name.
    UnknownType {
        /// The type code.
        code: u8,
    },
    /// There are records behind a signature that it does not cover.
    Unsigned {
        /// How many.
        records: usize,
    },
}

impl FindingKind {
    /// Returns the id, which does not change between releases.
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

    /// Returns how much it matters.
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
