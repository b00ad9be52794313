//! The error numbers, and the conversion of the libraries' errors.

use core::ffi::CStr;
use core::fmt;

mod conversions;

/// The result of a function: 0 for success, otherwise the reason of the failure.
///
/// A number never changes its meaning; later versions may add numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MatterError {
    /// No error.
    None = 0,
    /// A required pointer is NULL.
    NullPointer = 1,
    /// A length exceeds the address space.
    Length = 2,
    /// A pointer is not aligned for its type.
    Alignment = 3,
    /// The caller's buffer is too small; `*written` is the needed length.
    BufferTooSmall = 4,
    /// A text is not UTF-8.
    NotUtf8 = 5,
    /// A text has no NUL within its maximum length.
    TextTooLong = 6,
    /// There is not enough memory.
    OutOfMemory = 7,
    /// A bug in the library; the result is not usable.
    Internal = 8,
    /// A number is not a value of its enumeration.
    UnknownKind = 9,
    /// An undefined bit is set.
    UnknownFlag = 10,
    /// An index is not below the number of entries.
    IndexOutOfRange = 11,
    /// There is no entry with this namespace and key.
    NotFound = 12,
    /// The value of the entry has another type.
    OtherType = 13,

    /// A blob exceeds the limit of an image.
    NvsBlobTooLong = 100,
    /// A blob would need more than 127 chunks at its position.
    NvsBlobTooManyChunks = 101,
    /// The image is damaged.
    NvsDamaged = 102,
    /// A key is a duplicate in its namespace.
    NvsDuplicateKey = 103,
    /// The encryption keys are all 0xFF, as in a blank key partition.
    NvsEncryptionKeysBlank = 104,
    /// The two encryption keys are equal.
    NvsEncryptionKeysEqual = 105,
    /// A key is empty.
    NvsKeyEmpty = 106,
    /// The checksum of the key partition is wrong.
    NvsKeyPartitionCrc = 107,
    /// The key partition is too short.
    NvsKeyPartitionSize = 108,
    /// A key has more than 15 bytes.
    NvsKeyTooLong = 109,
    /// The name of a namespace is empty.
    NvsNamespaceEmpty = 110,
    /// The name of a namespace has more than 15 bytes.
    NvsNamespaceTooLong = 111,
    /// The image may be encrypted, or was decrypted with other keys.
    NvsPerhapsEncrypted = 112,
    /// The size of the partition is not a multiple of 4096 from 0x1000 to 0x7FFFF000.
    NvsPartitionSize = 113,
    /// The entries need a larger partition; the message states the size.
    NvsPartitionTooSmall = 114,
    /// A string has more than 3999 bytes.
    NvsStringTooLong = 115,
    /// There are more than 254 namespaces.
    NvsTooManyNamespaces = 116,
    /// Another error of NVS images, which a later version may distinguish.
    NvsOther = 199,

    /// A discriminator is above 4095.
    DiscriminatorOutOfRange = 200,
    /// A passcode is not in the range 1 to 99999998.
    PasscodeOutOfRange = 201,
    /// A passcode is one of the twelve trivial ones.
    PasscodeTrivial = 202,
    /// A required product id is 0.
    ProductIdOutOfRange = 203,
    /// A vendor id is not in the range 1 to 0xFFF4.
    VendorIdOutOfRange = 204,
    /// Another error of a value, which a later version may distinguish.
    ValueOther = 299,

    /// A character is not allowed in the code.
    CodeCharacter = 300,
    /// The check digit is wrong.
    CodeCheckDigit = 301,
    /// The commissioning flow is not 0, 1 or 2.
    CodeCommissioningFlow = 302,
    /// The TLV data is invalid.
    CodeData = 303,
    /// The discovery capabilities are 0, or have a reserved bit.
    CodeDiscovery = 304,
    /// The length does not match any code.
    CodeLength = 305,
    /// The value of a group of characters or digits does not fit into its bytes or bits.
    CodeOverflow = 306,
    /// The padding is not zero.
    CodePadding = 307,
    /// The text does not start with `MT:`.
    CodePrefix = 308,
    /// A vendor id is given without a product id.
    CodeProductIdMissing = 309,
    /// The text contains several payloads, but one is expected.
    CodeSeveralPayloads = 310,
    /// The version is not 0.
    CodeVersion = 311,
    /// Another error of codes, which a later version may distinguish.
    CodeOther = 399,

    /// The salt gives an unusable verifier; use another salt.
    VerifierDegenerate = 400,
    /// The iteration count is not in the range 1000 to 100000.
    VerifierIterations = 401,
    /// The salt does not have 16 to 32 bytes.
    VerifierSaltLength = 402,
    /// Another error of verifiers, which a later version may distinguish.
    VerifierOther = 499,

    /// A certificate is neither a single DER SEQUENCE nor a PEM block.
    SecureCertCertificate = 500,
    /// Data exceeds the limit of a record.
    SecureCertDataTooLong = 501,
    /// The number of the eFuse key block is not in the range 0 to 5.
    SecureCertEfuseKey = 502,
    /// Key bytes are given although the key is stored outside the partition.
    SecureCertKeyBytes = 503,
    /// The private key is not SEC 1 in DER or PEM.
    SecureCertKeyForm = 504,
    /// The salt of a derived key, or an encrypted key, has a wrong length.
    SecureCertKeyLength = 505,
    /// The records do not fit into the partition.
    SecureCertPartitionFull = 506,
    /// The size of the partition is not a multiple of 0x1000 from 0x1000 to 0x10000.
    SecureCertPartitionSize = 507,
    /// Another error of secure certificates, which a later version may distinguish.
    SecureCertOther = 599,

    /// A trusted PAA is not a valid PAA certificate.
    AuditPaa = 600,
    /// The time is after the year 9999.
    AuditTime = 601,
}

impl MatterError {
    /// Returns the number.
    #[expect(clippy::as_conversions, reason = "the discriminant is the number")]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// Returns the C name of a number, as in the header.
    pub fn name_of(number: i32) -> &'static CStr {
        let known = NAMES.iter().find(|(error, _)| error.number() == number);
        known.map_or(c"unknown error number", |(_, name)| name)
    }
}

/// The enumerators with their names in the header.
const NAMES: &[(MatterError, &CStr)] = &[
    (MatterError::None, c"MATTER_ERROR_NONE"),
    (MatterError::NullPointer, c"MATTER_ERROR_NULL_POINTER"),
    (MatterError::Length, c"MATTER_ERROR_LENGTH"),
    (MatterError::Alignment, c"MATTER_ERROR_ALIGNMENT"),
    (MatterError::BufferTooSmall, c"MATTER_ERROR_BUFFER_TOO_SMALL"),
    (MatterError::NotUtf8, c"MATTER_ERROR_NOT_UTF8"),
    (MatterError::TextTooLong, c"MATTER_ERROR_TEXT_TOO_LONG"),
    (MatterError::OutOfMemory, c"MATTER_ERROR_OUT_OF_MEMORY"),
    (MatterError::Internal, c"MATTER_ERROR_INTERNAL"),
    (MatterError::UnknownKind, c"MATTER_ERROR_UNKNOWN_KIND"),
    (MatterError::UnknownFlag, c"MATTER_ERROR_UNKNOWN_FLAG"),
    (MatterError::IndexOutOfRange, c"MATTER_ERROR_INDEX_OUT_OF_RANGE"),
    (MatterError::NotFound, c"MATTER_ERROR_NOT_FOUND"),
    (MatterError::OtherType, c"MATTER_ERROR_OTHER_TYPE"),
    (MatterError::NvsBlobTooLong, c"MATTER_ERROR_NVS_BLOB_TOO_LONG"),
    (
        MatterError::NvsBlobTooManyChunks,
        c"MATTER_ERROR_NVS_BLOB_TOO_MANY_CHUNKS",
    ),
    (MatterError::NvsDamaged, c"MATTER_ERROR_NVS_DAMAGED"),
    (MatterError::NvsDuplicateKey, c"MATTER_ERROR_NVS_DUPLICATE_KEY"),
    (
        MatterError::NvsEncryptionKeysBlank,
        c"MATTER_ERROR_NVS_ENCRYPTION_KEYS_BLANK",
    ),
    (
        MatterError::NvsEncryptionKeysEqual,
        c"MATTER_ERROR_NVS_ENCRYPTION_KEYS_EQUAL",
    ),
    (MatterError::NvsKeyEmpty, c"MATTER_ERROR_NVS_KEY_EMPTY"),
    (MatterError::NvsKeyPartitionCrc, c"MATTER_ERROR_NVS_KEY_PARTITION_CRC"),
    (MatterError::NvsKeyPartitionSize, c"MATTER_ERROR_NVS_KEY_PARTITION_SIZE"),
    (MatterError::NvsKeyTooLong, c"MATTER_ERROR_NVS_KEY_TOO_LONG"),
    (MatterError::NvsNamespaceEmpty, c"MATTER_ERROR_NVS_NAMESPACE_EMPTY"),
    (MatterError::NvsNamespaceTooLong, c"MATTER_ERROR_NVS_NAMESPACE_TOO_LONG"),
    (MatterError::NvsPerhapsEncrypted, c"MATTER_ERROR_NVS_PERHAPS_ENCRYPTED"),
    (MatterError::NvsPartitionSize, c"MATTER_ERROR_NVS_PARTITION_SIZE"),
    (
        MatterError::NvsPartitionTooSmall,
        c"MATTER_ERROR_NVS_PARTITION_TOO_SMALL",
    ),
    (MatterError::NvsStringTooLong, c"MATTER_ERROR_NVS_STRING_TOO_LONG"),
    (
        MatterError::NvsTooManyNamespaces,
        c"MATTER_ERROR_NVS_TOO_MANY_NAMESPACES",
    ),
    (MatterError::NvsOther, c"MATTER_ERROR_NVS_OTHER"),
    (
        MatterError::DiscriminatorOutOfRange,
        c"MATTER_ERROR_DISCRIMINATOR_OUT_OF_RANGE",
    ),
    (MatterError::PasscodeOutOfRange, c"MATTER_ERROR_PASSCODE_OUT_OF_RANGE"),
    (MatterError::PasscodeTrivial, c"MATTER_ERROR_PASSCODE_TRIVIAL"),
    (
        MatterError::ProductIdOutOfRange,
        c"MATTER_ERROR_PRODUCT_ID_OUT_OF_RANGE",
    ),
    (MatterError::VendorIdOutOfRange, c"MATTER_ERROR_VENDOR_ID_OUT_OF_RANGE"),
    (MatterError::ValueOther, c"MATTER_ERROR_VALUE_OTHER"),
    (MatterError::CodeCharacter, c"MATTER_ERROR_CODE_CHARACTER"),
    (MatterError::CodeCheckDigit, c"MATTER_ERROR_CODE_CHECK_DIGIT"),
    (
        MatterError::CodeCommissioningFlow,
        c"MATTER_ERROR_CODE_COMMISSIONING_FLOW",
    ),
    (MatterError::CodeData, c"MATTER_ERROR_CODE_DATA"),
    (MatterError::CodeDiscovery, c"MATTER_ERROR_CODE_DISCOVERY"),
    (MatterError::CodeLength, c"MATTER_ERROR_CODE_LENGTH"),
    (MatterError::CodeOverflow, c"MATTER_ERROR_CODE_OVERFLOW"),
    (MatterError::CodePadding, c"MATTER_ERROR_CODE_PADDING"),
    (MatterError::CodePrefix, c"MATTER_ERROR_CODE_PREFIX"),
    (
        MatterError::CodeProductIdMissing,
        c"MATTER_ERROR_CODE_PRODUCT_ID_MISSING",
    ),
    (MatterError::CodeSeveralPayloads, c"MATTER_ERROR_CODE_SEVERAL_PAYLOADS"),
    (MatterError::CodeVersion, c"MATTER_ERROR_CODE_VERSION"),
    (MatterError::CodeOther, c"MATTER_ERROR_CODE_OTHER"),
    (MatterError::VerifierDegenerate, c"MATTER_ERROR_VERIFIER_DEGENERATE"),
    (MatterError::VerifierIterations, c"MATTER_ERROR_VERIFIER_ITERATIONS"),
    (MatterError::VerifierSaltLength, c"MATTER_ERROR_VERIFIER_SALT_LENGTH"),
    (MatterError::VerifierOther, c"MATTER_ERROR_VERIFIER_OTHER"),
    (
        MatterError::SecureCertCertificate,
        c"MATTER_ERROR_SECURE_CERT_CERTIFICATE",
    ),
    (
        MatterError::SecureCertDataTooLong,
        c"MATTER_ERROR_SECURE_CERT_DATA_TOO_LONG",
    ),
    (MatterError::SecureCertEfuseKey, c"MATTER_ERROR_SECURE_CERT_EFUSE_KEY"),
    (MatterError::SecureCertKeyBytes, c"MATTER_ERROR_SECURE_CERT_KEY_BYTES"),
    (MatterError::SecureCertKeyForm, c"MATTER_ERROR_SECURE_CERT_KEY_FORM"),
    (MatterError::SecureCertKeyLength, c"MATTER_ERROR_SECURE_CERT_KEY_LENGTH"),
    (
        MatterError::SecureCertPartitionFull,
        c"MATTER_ERROR_SECURE_CERT_PARTITION_FULL",
    ),
    (
        MatterError::SecureCertPartitionSize,
        c"MATTER_ERROR_SECURE_CERT_PARTITION_SIZE",
    ),
    (MatterError::SecureCertOther, c"MATTER_ERROR_SECURE_CERT_OTHER"),
    (MatterError::AuditPaa, c"MATTER_ERROR_AUDIT_PAA"),
    (MatterError::AuditTime, c"MATTER_ERROR_AUDIT_TIME"),
];

/// An error number with the sentence for the caller's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) error: MatterError,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(error: MatterError, text: impl fmt::Display) -> Self {
        Self {
            error,
            text: text.to_string(),
        }
    }
}
