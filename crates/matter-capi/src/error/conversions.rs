use esp_nvs_image::Error as NvsError;
use esp_secure_cert::Error as SecureCertError;
use matter_setup_payload::{Error as CodeError, ErrorKind as CodeErrorKind};
use matter_spake2p::Error as VerifierError;
use matter_types::Error as ValueError;

use super::{Failure, MatterError};

impl From<NvsError> for Failure {
    fn from(error: NvsError) -> Self {
        use MatterError as To;
        let number = match error {
            NvsError::BlobTooLong { .. } => To::NvsBlobTooLong,
            NvsError::BlobTooManyChunks => To::NvsBlobTooManyChunks,
            NvsError::Damaged(_) => To::NvsDamaged,
            NvsError::DuplicateKey { .. } => To::NvsDuplicateKey,
            NvsError::EncryptionKeysBlank => To::NvsEncryptionKeysBlank,
            NvsError::EncryptionKeysEqual => To::NvsEncryptionKeysEqual,
            NvsError::Illegible(_) => To::NvsPerhapsEncrypted,
            NvsError::KeyEmpty => To::NvsKeyEmpty,
            NvsError::KeyPartitionCrc => To::NvsKeyPartitionCrc,
            NvsError::KeyPartitionSize { .. } => To::NvsKeyPartitionSize,
            NvsError::KeyTooLong { .. } => To::NvsKeyTooLong,
            NvsError::NamespaceEmpty => To::NvsNamespaceEmpty,
            NvsError::NamespaceTooLong { .. } => To::NvsNamespaceTooLong,
            NvsError::PartitionSize { .. } => To::NvsPartitionSize,
            NvsError::PartitionFull { .. } | NvsError::PartitionTooSmall { .. } => To::NvsPartitionTooSmall,
            NvsError::StringTooLong { .. } => To::NvsStringTooLong,
            NvsError::TooManyNamespaces => To::NvsTooManyNamespaces,
            _ => To::NvsOther,
        };
        Self::new(number, error)
    }
}

fn number_of_value(error: ValueError) -> MatterError {
    use MatterError as To;
    match error {
        ValueError::DiscriminatorOutOfRange { .. } => To::DiscriminatorOutOfRange,
        ValueError::PasscodeOutOfRange => To::PasscodeOutOfRange,
        ValueError::PasscodeTrivial => To::PasscodeTrivial,
        ValueError::ProductIdOutOfRange { .. } => To::ProductIdOutOfRange,
        ValueError::VendorIdOutOfRange { .. } => To::VendorIdOutOfRange,
        _ => To::ValueOther,
    }
}

impl From<ValueError> for Failure {
    fn from(error: ValueError) -> Self {
        Self::new(number_of_value(error), error)
    }
}

impl From<CodeError> for Failure {
    fn from(error: CodeError) -> Self {
        use CodeErrorKind as Kind;
        use MatterError as To;
        let number = match error.kind() {
            Kind::Value(value) => number_of_value(value),
            Kind::Character => To::CodeCharacter,
            Kind::CheckDigit => To::CodeCheckDigit,
            Kind::CommissioningFlow { .. } => To::CodeCommissioningFlow,
            Kind::DataEmpty
            | Kind::DataNotCanonical
            | Kind::DataOrder { .. }
            | Kind::DataRange { .. }
            | Kind::DataRepeated { .. }
            | Kind::DataReserved { .. }
            | Kind::DataShape
            | Kind::DataTooLong
            | Kind::DataTrailing
            | Kind::DataType { .. }
            | Kind::PbkdfHalf
            | Kind::Tlv(_) => To::CodeData,
            Kind::DiscoveryCapabilities { .. } => To::CodeDiscovery,
            Kind::Length { .. } | Kind::ManualFirstDigit { .. } | Kind::TooLong => To::CodeLength,
            Kind::Base38Overflow | Kind::ManualGroup => To::CodeOverflow,
            Kind::ManualVersion | Kind::Version { .. } => To::CodeVersion,
            Kind::Padding => To::CodePadding,
            Kind::Prefix => To::CodePrefix,
            Kind::ProductIdMissing => To::CodeProductIdMissing,
            Kind::SeveralPayloads => To::CodeSeveralPayloads,
            _ => To::CodeOther,
        };
        Self::new(number, error)
    }
}

impl From<VerifierError> for Failure {
    fn from(error: VerifierError) -> Self {
        use MatterError as To;
        let number = match error {
            VerifierError::DegenerateVerifier => To::VerifierDegenerate,
            VerifierError::IterationsOutOfRange { .. } => To::VerifierIterations,
            VerifierError::SaltLength { .. } => To::VerifierSaltLength,
            _ => To::VerifierOther,
        };
        Self::new(number, error)
    }
}

impl From<SecureCertError> for Failure {
    fn from(error: SecureCertError) -> Self {
        use MatterError as To;
        let number = match &error {
            SecureCertError::CertificateForm => To::SecureCertCertificate,
            SecureCertError::DataTooLong { .. } => To::SecureCertDataTooLong,
            SecureCertError::EfuseKey { .. } => To::SecureCertEfuseKey,
            SecureCertError::KeyForm | SecureCertError::KeyNotEncrypted => To::SecureCertKeyForm,
            SecureCertError::EncryptedLength { .. } | SecureCertError::KeySaltLength { .. } => To::SecureCertKeyLength,
            SecureCertError::PartitionFull { .. } => To::SecureCertPartitionFull,
            SecureCertError::PartitionSize { .. } => To::SecureCertPartitionSize,
            _ => To::SecureCertOther,
        };
        Self::new(number, error)
    }
}
