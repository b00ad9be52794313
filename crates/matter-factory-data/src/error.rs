use core::fmt;

use esp_nvs_image::{Error as NvsError, Key};
use esp_secure_cert::{Error as SecureCertError, RecordType};
use matter_attestation::Error as AttestationError;
use matter_spake2p::Error as Spake2pError;
use matter_types::{Error as ValueError, ProductId, VendorId};

/// Why a record or its bytes are not acceptable. No variant carries a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A certificate, key or declaration cannot be used.
    Attestation(AttestationError),
    /// A value is in both partitions and differs.
    Conflict {
        /// The key that it has in NVS.
        key: Key,
    },
    /// The secure cert partition has the DAC's private key in a form that firmware for Matter does not read.
    DacKeyForm,
    /// NVS has the DAC's private key although it is said to be outside the partitions.
    DacKeyLeaked,
    /// The DAC names another product.
    DacProductId {
        /// The record's.
        expected: ProductId,
        /// The DAC's.
        found: Option<ProductId>,
    },
    /// The DAC names another vendor.
    DacVendorId {
        /// The record's.
        expected: VendorId,
        /// The DAC's.
        found: Option<VendorId>,
    },
    /// A manufacturing date is not a day of the calendar, or not in a form that the firmware reads.
    Date,
    /// A hardware version is not a number in 0..=65535.
    HardwareVersion,
    /// The key belongs to a field of the record and cannot be set beside it.
    KeyReserved {
        /// The key.
        key: Key,
    },
    /// Some of a device's data is said to be in the secure cert partition, and what must be there with it is not.
    Layout,
    /// The secure cert partition is needed, or a key outside the partitions is to be kept without it.
    LayoutKey,
    /// A locale is not a language tag of at most 35 characters.
    Locale,
    /// The firmware needs a key that is not there.
    MissingKey {
        /// The key.
        key: Key,
    },
    /// A stored number is larger than the field allows.
    NumberOutOfRange {
        /// The key.
        key: Key,
        /// The stored number.
        value: u64,
        /// The largest allowed.
        max: u64,
    },
    /// The image cannot be written or read.
    Nvs(NvsError),
    /// The NVS image has a fault of which the firmware makes something else than was written.
    NvsFault(esp_nvs_image::Finding),
    /// A rotating device id is not 32 hexadecimal digits.
    RotatingId,
    /// The secure cert partition cannot be written or read.
    SecureCert(SecureCertError),
    /// The `esp_secure_cert` image has a fault.
    SecureCertFault(esp_secure_cert::Finding),
    /// The secure cert partition has one of the vendor's two random numbers without the other.
    SecureCertNumbers,
    /// A salt, iteration count or verifier cannot be used.
    Spake2p(Spake2pError),
    /// A text contains control characters.
    TextControl {
        /// What it is.
        field: &'static str,
    },
    /// A text is empty or too long.
    TextLength {
        /// What it is.
        field: &'static str,
        /// Its bytes.
        len: usize,
        /// The most allowed.
        max: usize,
    },
    /// The secure cert partition has a record that no device of Matter has there.
    UnexpectedRecord {
        /// Its type.
        kind: RecordType,
        /// Its subtype.
        subtype: u8,
        /// Where it starts, in bytes.
        offset: usize,
    },
    /// A name is none that the field knows.
    UnknownName {
        /// The field.
        field: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A vendor id, product id or discriminator is out of range.
    Value(ValueError),
    /// A stored value has a type that the firmware does not read there.
    WrongType {
        /// The key.
        key: Key,
        /// The type that it should have.
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
            Self::Conflict { key } => write!(f, "value of key '{key}' differs between NVS and secure cert partition"),
            Self::DacKeyForm => f.write_str(
                "private key of the DAC is neither outside the secure cert partition nor in the SEC 1 form of 121 bytes that \
                 firmware for Matter reads",
            ),
            Self::DacKeyLeaked => f.write_str(
                "private key of the DAC is in NVS although the secure cert partition says that it is in an eFuse or derived \
                 from one",
            ),
            Self::DacProductId {
                expected,
                found: Some(found),
            } => {
                write!(f, "DAC is for product {found}, not for {expected}")
            }
            Self::DacProductId { expected, found: None } => {
                write!(f, "DAC names no product where {expected} is needed")
            }
            Self::DacVendorId {
                expected,
                found: Some(found),
            } => {
                write!(f, "DAC is for vendor {found}, not for {expected}")
            }
            Self::DacVendorId { expected, found: None } => {
                write!(f, "DAC names no vendor where {expected} is needed")
            }
            Self::Date => f.write_str(
                "manufacturing date is not a day as YYYYMMDD or YYYY-MM-DD with nothing, or up to 8 characters behind \
                 the first form, or up to 6 behind the second",
            ),
            Self::HardwareVersion => f.write_str("not a number in 0..=65535"),
            Self::KeyReserved { key } => write!(f, "key '{key}' belongs to a field of the record"),
            Self::Layout => f.write_str(
                "secure cert partition has attestation credentials alone, or those with all commissionable data and the \
                 rotating id's unique id",
            ),
            Self::LayoutKey => f.write_str("private key outside the partitions needs a secure cert partition"),
            Self::Locale => f.write_str("locale is not a language tag of at most 35 characters such as en-US"),
            Self::MissingKey { key } => write!(f, "key '{key}' is missing"),
            Self::NumberOutOfRange { key, value, max } => write!(f, "value {value} of key '{key}' is not in 0..={max}"),
            Self::Nvs(error) => error.fmt(f),
            Self::NvsFault(finding) => finding.fmt(f),
            Self::RotatingId => f.write_str("rotating device id is not 32 hexadecimal digits"),
            Self::SecureCert(error) => error.fmt(f),
            Self::SecureCertFault(finding) => finding.fmt(f),
            Self::SecureCertNumbers => f.write_str("MATTER_1 with subtype 128 or 129 stands without the other"),
            Self::Spake2p(error) => error.fmt(f),
            Self::TextControl { field } => write!(f, "{field} contains a control character"),
            Self::TextLength { field, len, max } => write!(f, "{field} of {len} bytes is not one of 1..={max}"),
            Self::UnexpectedRecord { kind, subtype, offset } => {
                write!(f, "{kind} with subtype {subtype} at offset {offset:#x} is nothing that a device of Matter has")
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
            // Its own sentence is this error's; what it has behind it is the cause.
            Self::Attestation(error) => error.source(),
            _ => None,
        }
    }
}
