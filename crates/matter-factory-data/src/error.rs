use core::fmt;

use esp_nvs_image::{Error as NvsError, Key};
use esp_secure_cert::{Error as SecureCertError, RecordType};
use matter_attestation::Error as AttestationError;
use matter_spake2p::Error as Spake2pError;
use matter_types::{Error as ValueError, ProductId, VendorId};

/// Errors of records and of their encoded forms. No variant carries a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A certificate, key or declaration is unusable.
    Attestation(AttestationError),
    /// A value differs between the two partitions.
    Conflict {
        /// The value's key in NVS.
        key: Key,
    },
    /// The `esp_secure_cert` partition contains the DAC's private key in a form that Matter firmware does not read.
    DacKeyForm,
    /// NVS contains the DAC's private key although it should be outside the partitions.
    DacKeyLeaked,
    /// The DAC has another product id.
    DacProductId {
        /// The record's product id.
        expected: ProductId,
        /// The DAC's product id.
        found: Option<ProductId>,
    },
    /// The DAC has another vendor id.
    DacVendorId {
        /// The record's vendor id.
        expected: VendorId,
        /// The DAC's vendor id.
        found: Option<VendorId>,
    },
    /// A manufacturing date is not a valid day, or not in a form that the firmware reads.
    Date,
    /// A hardware version is not a number in the range 0 to 65535.
    HardwareVersion,
    /// The key belongs to a field of the record and cannot be added as an entry.
    KeyReserved {
        /// The key.
        key: Key,
    },
    /// The `esp_secure_cert` partition contains a part of the data that must be complete.
    Layout,
    /// A layout requires an `esp_secure_cert` partition, or keeps the key outside the partitions without one.
    LayoutKey,
    /// A locale is not a language tag of at most 35 characters.
    Locale,
    /// A key required by the firmware is missing.
    MissingKey {
        /// The key.
        key: Key,
    },
    /// A stored number is too large for its field.
    NumberOutOfRange {
        /// The key.
        key: Key,
        /// The stored number.
        value: u64,
        /// The largest allowed number.
        max: u64,
    },
    /// The image cannot be encoded or decoded.
    Nvs(NvsError),
    /// The NVS image has a fault that changes what the firmware reads.
    NvsFault(esp_nvs_image::Finding),
    /// A rotating device id is not 32 hexadecimal digits.
    RotatingId,
    /// The `esp_secure_cert` partition cannot be encoded or decoded.
    SecureCert(SecureCertError),
    /// The `esp_secure_cert` image has a fault.
    SecureCertFault(esp_secure_cert::Finding),
    /// The `esp_secure_cert` partition has only one of the vendor's two random numbers.
    SecureCertNumbers,
    /// A salt, iteration count or verifier is invalid.
    Spake2p(Spake2pError),
    /// A text contains control characters.
    TextControl {
        /// The field.
        field: &'static str,
    },
    /// A text is empty or too long.
    TextLength {
        /// The field.
        field: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The maximum length in bytes.
        max: usize,
    },
    /// The `esp_secure_cert` partition has a record that no Matter device has.
    UnexpectedRecord {
        /// Its type.
        kind: RecordType,
        /// Its subtype.
        subtype: u8,
        /// Its offset in bytes.
        offset: usize,
    },
    /// A name is unknown.
    UnknownName {
        /// The field.
        field: &'static str,
        /// The allowed names.
        allowed: &'static str,
    },
    /// A vendor id, product id or discriminator is out of range.
    Value(ValueError),
    /// A stored value does not have the type that the firmware reads.
    WrongType {
        /// The key.
        key: Key,
        /// The required type.
        expected: &'static str,
    },
}

macro_rules! from {
    ($($source:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$source> for Error {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        })+
    };
}

from!(AttestationError => Attestation, NvsError => Nvs, SecureCertError => SecureCert, Spake2pError => Spake2p, ValueError => Value);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attestation(error) => error.fmt(f),
            Self::Conflict { key } => write!(f, "value of key '{key}' differs between NVS and esp_secure_cert"),
            Self::DacKeyForm => f.write_str(
                "private key of the DAC in esp_secure_cert is not in the SEC 1 form of 121 bytes that Matter \
                 firmware reads",
            ),
            Self::DacKeyLeaked => f.write_str(
                "private key of the DAC is in NVS although esp_secure_cert states that it is in an eFuse or derived \
                 from one",
            ),
            Self::DacProductId {
                expected,
                found: Some(found),
            } => {
                write!(f, "DAC is for product {found}, not {expected}")
            }
            Self::DacProductId { expected, found: None } => {
                write!(f, "DAC has no product id; {expected} is required")
            }
            Self::DacVendorId {
                expected,
                found: Some(found),
            } => {
                write!(f, "DAC is for vendor {found}, not {expected}")
            }
            Self::DacVendorId { expected, found: None } => {
                write!(f, "DAC has no vendor id; {expected} is required")
            }
            Self::Date => f.write_str(
                "manufacturing date must be a day as YYYYMMDD, optionally followed by up to 8 characters, or as \
                 YYYY-MM-DD, optionally followed by up to 6",
            ),
            Self::HardwareVersion => f.write_str("not a number in the range 0 to 65535"),
            Self::KeyReserved { key } => write!(f, "key '{key}' belongs to a field of the record"),
            Self::Layout => f.write_str(
                "esp_secure_cert must contain the attestation credentials, either alone or with all commissionable \
                 data and the rotating id's unique id",
            ),
            Self::LayoutKey => f.write_str("private key outside the partitions requires an esp_secure_cert partition"),
            Self::Locale => f.write_str("locale is not a language tag of at most 35 characters such as en-US"),
            Self::MissingKey { key } => write!(f, "key '{key}' is missing"),
            Self::NumberOutOfRange { key, value, max } => {
                write!(f, "value {value} of key '{key}' is not in the range 0 to {max}")
            }
            Self::Nvs(error) => error.fmt(f),
            Self::NvsFault(finding) => finding.fmt(f),
            Self::RotatingId => f.write_str("rotating device id is not 32 hexadecimal digits"),
            Self::SecureCert(error) => error.fmt(f),
            Self::SecureCertFault(finding) => finding.fmt(f),
            Self::SecureCertNumbers => f.write_str("only one of MATTER_1 with subtype 128 and 129 is present"),
            Self::Spake2p(error) => error.fmt(f),
            Self::TextControl { field } => write!(f, "{field} contains a control character"),
            Self::TextLength { field, len, max } => write!(f, "{field} has {len} bytes; 1 to {max} are allowed"),
            Self::UnexpectedRecord { kind, subtype, offset } => {
                write!(
                    f,
                    "{kind} with subtype {subtype} at offset {offset:#x} is not used by Matter devices"
                )
            }
            Self::UnknownName { field, allowed } => write!(f, "unknown {field} (allowed: {allowed})"),
            Self::Value(error) => error.fmt(f),
            Self::WrongType { key, expected } => write!(f, "key '{key}' is not a {expected}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            // The source continues after this error's own message.
            Self::Attestation(error) => error.source(),
            _ => None,
        }
    }
}
