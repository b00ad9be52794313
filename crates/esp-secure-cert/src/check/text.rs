use core::fmt;

use super::kind::FindingKind;

/// Writes what is wrong and what follows from it, as it follows on the offset.
impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_fault(f)?;
        f.write_str(": ")?;
        f.write_str(self.effect())
    }
}

impl FindingKind {
    fn write_fault(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Crc => f.write_str("the checksum of the record is wrong"),
            Self::DsParameters => f.write_str("DS_DATA is malformed or does not fit DS_CONTEXT"),
            Self::Duplicate { earlier } => write!(
                f,
                "the record has the type and subtype of the one at offset {earlier:#x}"
            ),
            Self::EncryptedLength { len } => {
                write!(f, "the encrypted data of {len} bytes is not longer than its tag of 16")
            }
            Self::EncryptedTwice { earlier } => {
                write!(f, "the record is encrypted as the one at offset {earlier:#x} is")
            }
            Self::EndMarker => f.write_str("there is an end marker"),
            Self::Flags { flags } => write!(f, "the flags {flags:#04x} have no meaning for the type"),
            Self::Form => f.write_str("the data is neither whole DER nor PEM with a NUL behind it"),
            Self::ImageAlignment { len } => write!(f, "the image of {len} bytes is no multiple of 16"),
            Self::IntegrityLength { len } => write!(f, "INTEGRITY has {len} bytes instead of 32"),
            Self::IntegrityMismatch { .. } => f.write_str("INTEGRITY is not the SHA-256 of what is before it"),
            Self::IntegrityNotLast { records } => {
                write!(f, "there are records ({records}) behind the last INTEGRITY")
            }
            Self::IntegritySubtype { expected, found } => {
                write!(
                    f,
                    "INTEGRITY has subtype {found} where {expected} of at most 16 is next"
                )
            }
            Self::KeyBesideDs => f.write_str("PRIV_KEY stands beside a DS_DATA of the same subtype"),
            Self::KeyEmpty => f.write_str("PRIV_KEY is plain but has no data"),
            Self::KeyInKeylessRecord { storage, len } => {
                write!(f, "PRIV_KEY holds {len} bytes although its flags say {storage}")
            }
            Self::KeyNotEncrypted => f.write_str("the record is marked as encrypted but holds a plain key"),
            Self::KeyRecordMissing { missing } => {
                write!(
                    f,
                    "there is no {missing} with the subtype of the record, which needs one"
                )
            }
            Self::KeySaltLength { len } => write!(f, "the salt has {len} bytes, not 16 to 64"),
            Self::LegacyHeader => f.write_str("the record is of the first version of the format"),
            Self::MatterLength { len, min, max } if min == max => {
                write!(f, "the Matter data has {len} bytes instead of {min}")
            }
            Self::MatterLength { len, min, max } => {
                write!(f, "the Matter data has {len} bytes, not {min} to {max}")
            }
            Self::NoRecords => f.write_str("the image has no records"),
            Self::Padding => f.write_str("the padding of the record is not 0"),
            Self::PartitionFull => f.write_str("the records fill the partition to its last byte"),
            Self::PartitionOverflow { len, capacity } => {
                write!(f, "there are {len} bytes for a partition with room for {capacity}")
            }
            Self::ReservedBytes => f.write_str("the reserved bytes of the record are not 0"),
            Self::ReservedSubtype { subtype } => write!(f, "the record has the reserved subtype {subtype}"),
            Self::ReservedType { code } => write!(f, "the record has the reserved type {code}"),
            Self::SecCfg => f.write_str("SEC_CFG is not an eFuse block in 4..=9 and 39 zeros"),
            Self::SignatureBlock => f.write_str("SIGNATURE_BLOCK is malformed"),
            Self::SignatureCoversNothing => f.write_str("the first SIGNATURE_BLOCK has nothing before it"),
            Self::SignatureRange { stated, actual } => write!(
                f,
                "SIGNATURE_BLOCK states {stated} bytes from the start but there are {actual} before the first one"
            ),
            Self::SignatureSubtype { expected, found } => {
                write!(
                    f,
                    "SIGNATURE_BLOCK has subtype {found} where {expected} of at most 2 is next"
                )
            }
            Self::TrailingBytes { len } => {
                write!(
                    f,
                    "there are bytes behind the records that are not erased ({len} in all)"
                )
            }
            Self::Truncated => f.write_str("the record runs over the end of the image"),
            Self::UnknownType { code } => write!(f, "the type {code} has no name"),
            Self::Unsigned { records } => {
                write!(f, "there are records ({records}) behind the first SIGNATURE_BLOCK")
            }
        }
    }

    const fn effect(&self) -> &'static str {
        match self {
            Self::Crc => "the firmware does not hand it out",
            Self::DsParameters => "the digital signature peripheral refuses the key",
            Self::Duplicate { .. } => "the firmware finds the first one only",
            Self::EncryptedLength { .. } => "the firmware cannot decrypt it",
            Self::EncryptedTwice { .. } => {
                "both have the same key and initialisation vector, so that each gives the other away"
            }
            Self::EndMarker => "it lies where the device would append its next record, which needs erased flash",
            Self::Flags { .. } => "the firmware takes the record for something else or ignores them",
            Self::Form => "the firmware cannot parse it",
            Self::ImageAlignment { .. } => "it cannot be written to an encrypted partition as it is",
            Self::IntegrityLength { .. } => "the firmware's check fails",
            Self::IntegrityMismatch { last: true } => "the firmware's check fails",
            Self::IntegrityMismatch { last: false } => "the firmware checks a later one, but this never fitted",
            Self::IntegrityNotLast { .. } => "it does not cover them",
            Self::IntegritySubtype { .. } => "tools go on counting from the highest and stop at 16",
            Self::KeyBesideDs => "the key that the peripheral protects may stand there in plain",
            Self::KeyEmpty => "the firmware has no key",
            Self::KeyInKeylessRecord { .. } => {
                "the private key leaks to whoever reads the image; it must have length 0"
            }
            Self::KeyNotEncrypted => "the private key leaks to whoever reads the image",
            Self::KeyRecordMissing { .. } => "the firmware cannot use the key",
            Self::KeySaltLength { .. } => "a short salt may be the same on many devices",
            Self::LegacyHeader => "the firmware reads it as plain",
            Self::MatterLength { .. } => "the firmware's data provider refuses it",
            Self::NoRecords => "the firmware takes the partition for one of another format",
            Self::Padding => "it may hold what should not be there",
            Self::PartitionFull => "the firmware looks for the next record in the flash behind it",
            Self::PartitionOverflow { .. } => {
                "the rest lies in the next partition, and from 64 KiB the firmware loses its way"
            }
            Self::ReservedBytes => "the firmware ignores them, and they may hold what should not be there",
            Self::ReservedSubtype { .. } => "no look-up finds it by its subtype",
            Self::ReservedType { .. } => "the firmware uses it for the end of the records or for none",
            Self::SecCfg => "the firmware asks the wrong eFuse block for the key",
            Self::SignatureBlock => "the firmware refuses the partition or crashes",
            Self::SignatureCoversNothing => "the firmware verifies the hash of no bytes, so that nothing is signed",
            Self::SignatureRange { .. } => "the signature is not one of what the firmware hashes",
            Self::SignatureSubtype { .. } => "the firmware hashes up to subtype 0 and looks for no more than three",
            Self::TrailingBytes { .. } => "they lie where the device would append its next record",
            Self::Truncated => "the firmware reads what is in the flash behind it",
            Self::UnknownType { .. } => "the firmware hands it out to an application that asks for it",
            Self::Unsigned { .. } => "anybody can change them without breaking the signature",
        }
    }
}
