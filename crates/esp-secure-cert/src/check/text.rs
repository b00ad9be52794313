use core::fmt;

use super::kind::FindingKind;

/// Formats the fault and its consequence, to follow an offset.
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
            Self::DsParameters => f.write_str("DS_DATA is malformed or does not match DS_CONTEXT"),
            Self::Duplicate { earlier } => write!(
                f,
                "the record has the same type and subtype as the record at offset {earlier:#x}"
            ),
            Self::EncryptedLength { len } => {
                write!(
                    f,
                    "the encrypted data has {len} bytes, which is not longer than the tag of 16 bytes"
                )
            }
            Self::EncryptedTwice { earlier } => {
                write!(f, "the record is encrypted, like the record at offset {earlier:#x}")
            }
            Self::EndMarker => f.write_str("there is an end marker"),
            Self::Flags { flags } => write!(f, "the flags {flags:#04x} are undefined for the type"),
            Self::Form => f.write_str("the data is neither complete DER nor PEM followed by a NUL"),
            Self::ImageAlignment { len } => write!(f, "the image length of {len} bytes is not a multiple of 16"),
            Self::IntegrityLength { len } => write!(f, "INTEGRITY has {len} bytes instead of 32"),
            Self::IntegrityMismatch { .. } => f.write_str("INTEGRITY is not the SHA-256 of the bytes before it"),
            Self::IntegrityNotLast { records } => {
                write!(f, "there are records ({records}) after the last INTEGRITY")
            }
            Self::IntegritySubtype { expected, found } => {
                write!(
                    f,
                    "INTEGRITY has subtype {found} instead of {expected}; at most 16 is allowed"
                )
            }
            Self::KeyBesideDs => f.write_str("PRIV_KEY and DS_DATA exist with the same subtype"),
            Self::KeyEmpty => f.write_str("PRIV_KEY is plain but has no data"),
            Self::KeyInKeylessRecord { storage, len } => {
                write!(f, "PRIV_KEY contains {len} bytes although its flags state {storage}")
            }
            Self::KeyNotEncrypted => f.write_str("the record is marked as encrypted but contains a plain key"),
            Self::KeyRecordMissing { missing } => {
                write!(
                    f,
                    "the record needs a {missing} record with the same subtype, which is missing"
                )
            }
            Self::KeySaltLength { len } => write!(f, "the salt has {len} bytes, not 16 to 64"),
            Self::LegacyHeader => f.write_str("the record has the header of the first version of the format"),
            Self::MatterLength { len, min, max } if min == max => {
                write!(f, "the Matter data has {len} bytes instead of {min}")
            }
            Self::MatterLength { len, min, max } => {
                write!(f, "the Matter data has {len} bytes, not {min} to {max}")
            }
            Self::NoRecords => f.write_str("the image has no records"),
            Self::Padding => f.write_str("the padding of the record is not 0"),
            Self::PartitionFull => f.write_str("the records fill the whole partition"),
            Self::PartitionOverflow { len, capacity } => {
                write!(
                    f,
                    "the records or the image have {len} bytes, but the partition has room for {capacity}"
                )
            }
            Self::ReservedBytes => f.write_str("the reserved bytes of the record are not 0"),
            Self::ReservedSubtype { subtype } => write!(f, "the record has the reserved subtype {subtype}"),
            Self::ReservedType { code } => write!(f, "the record has the reserved type {code}"),
            Self::SecCfg => f.write_str("SEC_CFG is not an eFuse block from 4 to 9 followed by 39 zeros"),
            Self::SignatureBlock => f.write_str("SIGNATURE_BLOCK is malformed"),
            Self::SignatureCoversNothing => f.write_str("the first SIGNATURE_BLOCK has nothing before it"),
            Self::SignatureRange { stated, actual } => write!(
                f,
                "SIGNATURE_BLOCK does not cover exactly the {actual} bytes before the first one; it states {stated}"
            ),
            Self::SignatureSubtype { expected, found } => {
                write!(
                    f,
                    "SIGNATURE_BLOCK has subtype {found} instead of {expected}; at most 2 is allowed"
                )
            }
            Self::TrailingBytes { len } => {
                write!(f, "{len} bytes after the records are not erased")
            }
            Self::Truncated => f.write_str("the record exceeds the image"),
            Self::UnknownType { code } => write!(f, "the type {code} is unknown"),
            Self::Unsigned { records } => {
                write!(f, "there are records ({records}) after the first SIGNATURE_BLOCK")
            }
        }
    }

    const fn effect(&self) -> &'static str {
        match self {
            Self::Crc => "the firmware does not return it",
            Self::DsParameters => "the digital signature peripheral rejects the key",
            Self::Duplicate { .. } => "the firmware finds only the first one",
            Self::EncryptedLength { .. } => "the firmware cannot decrypt it",
            Self::EncryptedTwice { .. } => {
                "both use the same key and initialization vector, which reveals their contents"
            }
            Self::EndMarker => "the device cannot append a record there, because that needs erased flash",
            Self::Flags { .. } => "the firmware misreads the record or ignores them",
            Self::Form => "the firmware cannot parse it",
            Self::ImageAlignment { .. } => "it cannot be written to an encrypted partition unchanged",
            Self::IntegrityLength { .. } => "the firmware's check fails",
            Self::IntegrityMismatch { last: true } => "the firmware's check fails",
            Self::IntegrityMismatch { last: false } => {
                "the firmware checks only the last one, but this one never matched"
            }
            Self::IntegrityNotLast { .. } => "it does not cover them",
            Self::IntegritySubtype { .. } => "tools continue from the highest subtype and stop at 16",
            Self::KeyBesideDs => "PRIV_KEY may be the plain text of the protected key",
            Self::KeyEmpty => "the firmware has no key",
            Self::KeyInKeylessRecord { .. } => {
                "the private key leaks to anyone who reads the image; PRIV_KEY must have length 0"
            }
            Self::KeyNotEncrypted => "the private key leaks to anyone who reads the image",
            Self::KeyRecordMissing { .. } => "the firmware cannot use the key",
            Self::KeySaltLength { .. } => "a short salt may repeat on several devices",
            Self::LegacyHeader => "the firmware reads it as unencrypted",
            Self::MatterLength { .. } => "the firmware's data provider rejects it",
            Self::NoRecords => "the firmware reads the partition as another format",
            Self::Padding => "it may contain leftover data",
            Self::PartitionFull => "the firmware looks for the next record in the flash after it",
            Self::PartitionOverflow { .. } => {
                "the rest is in the next partition, and offsets of 64 KiB and more overflow in the firmware"
            }
            Self::ReservedBytes => "the firmware ignores them, and they may contain leftover data",
            Self::ReservedSubtype { .. } => "look-ups by subtype do not find it",
            Self::ReservedType { .. } => "the firmware treats it as the end of the records or as invalid",
            Self::SecCfg => "the firmware uses the wrong eFuse block for the key",
            Self::SignatureBlock => "the firmware rejects the partition or crashes",
            Self::SignatureCoversNothing => "the firmware verifies the hash of no bytes, and nothing is protected",
            Self::SignatureRange { .. } => "the firmware hashes other bytes than were signed",
            Self::SignatureSubtype { .. } => "the firmware hashes up to subtype 0 and looks up at most three",
            Self::TrailingBytes { .. } => "the device cannot append its next record there",
            Self::Truncated => "the firmware reads the flash after the image",
            Self::UnknownType { .. } => "the firmware returns it to an application that looks it up",
            Self::Unsigned { .. } => "anyone can change them without invalidating the signature",
        }
    }
}
