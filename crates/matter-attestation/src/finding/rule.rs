mod table;

use core::fmt;

pub use self::table::Rule;
use super::Severity;
use super::object::Object;
use super::sdk::{SdkResult, SdkResults};

/// The effect of a rule's finding in the SDK's verifier.
///
/// The SDK verifies the chain with OpenSSL and its strict flag, or with BoringSSL, which has no such flag, always
/// checks policies, and ignores the extensions and the signature of a trusted PAA.
enum Sdk {
    /// The SDK does not check it.
    Never,
    /// The certificate's format, which is checked in PAI and DAC.
    Format,
    /// Like `Format`, and a PAA that breaks the rule breaks the chain.
    FormatOrChain,
    /// Like `Format`, and neither library returns the key identifier of a PAA that breaks the rule, so it is not found.
    FormatOrNotFound,
    /// Like `FormatOrChain`, except with BoringSSL.
    FormatOrOpenSslChain,
    /// The format, which BoringSSL does not check.
    OpenSslFormat,
    /// The version: BoringSSL cannot decode other versions.
    Version,
    /// An empty certificate is treated as missing.
    Empty,
    /// The format, and a PAA that exceeds the verifier's buffer is not found.
    PaaBuffer,
    /// The certificate or its vendor and product id cannot be decoded, which is checked in all three.
    Parse,
    /// The chain, with any certificate as the cause.
    Chain,
    /// The chain, and a PAA that breaks the rule is not found.
    ChainOrNotFound,
    /// The chain, which BoringSSL checks only below the PAA.
    ChainOrOpenSslPaa,
    /// The chain, unless the cause is in the PAA.
    ChainBelowPaa,
    /// The chain, checked only by BoringSSL, and only below the PAA.
    BoringSslBelowPaa,
    /// The chain, checked only by OpenSSL.
    OpenSslChain,
    /// A date: the current validity of the DAC, otherwise the chain. BoringSSL cannot decode a malformed one.
    Date,
    /// Always this result.
    Is(SdkResult),
}

/// The rule for a finding's severity.
enum Weight {
    Error,
    /// A warning in a PAA, because published PAAs break the rule and are accepted.
    WarningInPaa,
    Warning,
    Note,
}

impl Rule {
    /// Returns the severity in [`Profile::Strict`](crate::Profile::Strict).
    #[must_use]
    pub const fn severity(self, object: Object) -> Severity {
        match (self.weight(), object) {
            (Weight::Note, _) => Severity::Note,
            (Weight::Warning, _) | (Weight::WarningInPaa, Object::Paa) => Severity::Warning,
            (Weight::Error | Weight::WarningInPaa, _) => Severity::Error,
        }
    }

    /// Returns the result of the Matter SDK's verifier, built with OpenSSL, for this fault, or `None` if it does not
    /// check it.
    #[must_use]
    pub const fn sdk_result(self, object: Object) -> Option<SdkResult> {
        self.sdk_results(object).openssl
    }

    /// Returns the same for the verifier built with BoringSSL.
    #[must_use]
    pub const fn boringssl_result(self, object: Object) -> Option<SdkResult> {
        self.sdk_results(object).boringssl
    }

    pub(crate) const fn sdk_results(self, object: Object) -> SdkResults {
        use SdkResult::{
            DacExpired, DacFormatInvalid, DacSignatureInvalid, InvalidArgument, PaaFormatInvalid, PaaNotFound,
            PaiFormatInvalid, PaiMissing,
        };
        let format_invalid = match object {
            Object::Pai => PaiFormatInvalid,
            _ => DacFormatInvalid,
        };
        let (result, openssl, boringssl) = match (self.sdk(), object) {
            (Sdk::Is(result), _) => (result, true, true),
            (Sdk::Chain, _)
            | (Sdk::ChainBelowPaa | Sdk::ChainOrNotFound | Sdk::ChainOrOpenSslPaa, Object::Pai | Object::Dac)
            | (Sdk::FormatOrChain, Object::Paa) => (DacSignatureInvalid, true, true),
            (Sdk::OpenSslChain, _) | (Sdk::ChainOrOpenSslPaa | Sdk::FormatOrOpenSslChain, Object::Paa) => {
                (DacSignatureInvalid, true, false)
            }
            (Sdk::BoringSslBelowPaa, Object::Pai | Object::Dac) => (DacSignatureInvalid, false, true),
            (Sdk::Version | Sdk::Date, Object::Paa) => {
                return SdkResults::either(DacSignatureInvalid, PaaFormatInvalid);
            }
            (Sdk::Date, Object::Pai) => return SdkResults::either(DacSignatureInvalid, format_invalid),
            (Sdk::Date, Object::Dac) => return SdkResults::either(DacExpired, format_invalid),
            (Sdk::ChainOrNotFound | Sdk::Empty | Sdk::FormatOrNotFound | Sdk::PaaBuffer, Object::Paa) => {
                (PaaNotFound, true, true)
            }
            (Sdk::Empty, Object::Pai) => (PaiMissing, true, true),
            (Sdk::Empty, Object::Dac) => (InvalidArgument, true, true),
            (Sdk::Parse, Object::Paa) => (PaaFormatInvalid, true, true),
            (
                Sdk::Format
                | Sdk::FormatOrChain
                | Sdk::FormatOrNotFound
                | Sdk::FormatOrOpenSslChain
                | Sdk::Version
                | Sdk::Parse,
                Object::Pai | Object::Dac,
            ) => (format_invalid, true, true),
            (Sdk::OpenSslFormat, Object::Pai | Object::Dac) => (format_invalid, true, false),
            _ => (SdkResult::Success, false, false),
        };
        SdkResults::of(result, openssl, boringssl)
    }
}

impl fmt::Display for Rule {
    /// Writes the id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_in_kebab_case() {
        let ids: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(ids.len(), Rule::ALL.len());
        for id in ids {
            assert!(
                id.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
                "{id}"
            );
        }
    }

    #[test]
    fn sentences_leave_the_full_stop_to_the_finding() {
        for rule in Rule::ALL {
            assert!(!rule.sentence().is_empty() && !rule.sentence().ends_with('.'), "{rule}");
            assert!(!rule.remedy().ends_with('.'), "{rule}");
            assert!(
                rule.severity(Object::Dac) == Severity::Note || !rule.remedy().is_empty(),
                "{rule}"
            );
        }
    }
}
