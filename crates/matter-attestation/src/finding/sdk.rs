use core::fmt;

use super::object::Object;

macro_rules! results {
    ($($variant:ident = $number:literal,)+) => {
        /// A result of the Matter SDK's attestation verifier: `AttestationVerificationResult` of connectedhomeip,
        /// `credentials/attestation_verifier/DeviceAttestationVerifier.h`, whose numbers are shown by applications.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names are those of the SDK, without the k")]
        #[non_exhaustive]
        pub enum SdkResult {
            $($variant = $number,)+
        }

        impl SdkResult {
            /// Returns the number that is shown to users.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }

            /// Returns the name in the SDK.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("k", stringify!($variant)),)+
                }
            }

            /// Returns the result with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

results! {
    Success = 0,
    PaaUntrusted = 100,
    PaaNotFound = 101,
    PaaExpired = 102,
    PaaSignatureInvalid = 103,
    PaaRevoked = 104,
    PaaFormatInvalid = 105,
    PaaArgumentInvalid = 106,
    PaiExpired = 200,
    PaiSignatureInvalid = 201,
    PaiRevoked = 202,
    PaiFormatInvalid = 203,
    PaiArgumentInvalid = 204,
    PaiVendorIdMismatch = 205,
    PaiAuthorityNotFound = 206,
    PaiMissing = 207,
    PaiAndDacRevoked = 208,
    DacExpired = 300,
    DacSignatureInvalid = 301,
    DacRevoked = 302,
    DacFormatInvalid = 303,
    DacArgumentInvalid = 304,
    DacVendorIdMismatch = 305,
    DacProductIdMismatch = 306,
    DacAuthorityNotFound = 307,
    FirmwareInformationMismatch = 400,
    FirmwareInformationMissing = 401,
    AttestationSignatureInvalid = 500,
    AttestationElementsMalformed = 501,
    AttestationNonceMismatch = 502,
    AttestationSignatureInvalidFormat = 503,
    CertificationDeclarationNoKeyId = 600,
    CertificationDeclarationNoCertificateFound = 601,
    CertificationDeclarationInvalidSignature = 602,
    CertificationDeclarationInvalidFormat = 603,
    CertificationDeclarationInvalidVendorId = 604,
    CertificationDeclarationInvalidProductId = 605,
    CertificationDeclarationInvalidPAA = 606,
    NoMemory = 700,
    InvalidArgument = 701,
    InternalError = 702,
    NotImplemented = 703,
}

impl SdkResult {
    /// Returns the position of this result among the steps of the SDK's verifier, which stops at the first fault.
    ///
    /// Results of one step are distinguished by the order of findings. A declaration's content is checked after its
    /// signature, and revocation is checked in a separate call.
    pub(crate) const fn step(self, object: Object) -> u8 {
        match (self, object) {
            (Self::InvalidArgument, _) => 0,
            (Self::PaiMissing, _) => 1,
            (Self::PaiFormatInvalid, _) => 2,
            (Self::DacFormatInvalid, _) => 3,
            (Self::DacVendorIdMismatch, _) => 4,
            (Self::DacProductIdMismatch, _) => 5,
            (Self::AttestationSignatureInvalidFormat, _) => 6,
            (Self::AttestationSignatureInvalid, _) => 7,
            (Self::PaaNotFound, _) => 8,
            (Self::PaiVendorIdMismatch, _) => 10,
            (Self::PaaFormatInvalid, _) => 9,
            (Self::DacExpired, _) => 11,
            (Self::DacSignatureInvalid, _) => 12,
            (Self::AttestationElementsMalformed, Object::Elements) => 13,
            (Self::AttestationNonceMismatch, _) => 14,
            (Self::CertificationDeclarationNoKeyId, _) => 15,
            (Self::CertificationDeclarationNoCertificateFound, _) => 16,
            (Self::CertificationDeclarationInvalidSignature, _) => 17,
            (Self::CertificationDeclarationInvalidFormat, _) => 18,
            (Self::AttestationElementsMalformed, _) => 19,
            (Self::CertificationDeclarationInvalidVendorId, _) => 20,
            (Self::CertificationDeclarationInvalidProductId, _) => 21,
            (Self::CertificationDeclarationInvalidPAA, _) => 22,
            _ => 23,
        }
    }
}

/// The results of the two builds of the SDK: with OpenSSL, and with BoringSSL as used by Home Assistant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SdkResults {
    pub(crate) openssl: Option<SdkResult>,
    pub(crate) boringssl: Option<SdkResult>,
}

impl SdkResults {
    /// Returns the same result for one build or both.
    pub(crate) const fn of(result: SdkResult, openssl: bool, boringssl: bool) -> Self {
        Self {
            openssl: if openssl { Some(result) } else { None },
            boringssl: if boringssl { Some(result) } else { None },
        }
    }

    /// Returns different results for the two builds.
    pub(crate) const fn either(openssl: SdkResult, boringssl: SdkResult) -> Self {
        Self {
            openssl: Some(openssl),
            boringssl: Some(boringssl),
        }
    }
}

impl From<Option<SdkResult>> for SdkResults {
    /// Returns the same result for both builds.
    fn from(result: Option<SdkResult>) -> Self {
        Self {
            openssl: result,
            boringssl: result,
        }
    }
}

impl fmt::Display for SdkResult {
    /// Writes number and name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.name())
    }
}
