mod table;

use core::fmt;

pub use self::table::Rule;
use super::Severity;
use super::object::Object;
use super::sdk::{SdkResult, SdkResults};

/// What a rule's finding makes of the SDK's verifier.
///
/// The SDK leaves the chain to OpenSSL with its strict flag, or to BoringSSL, which knows no such flag, checks policies
/// always, and does not look at the extensions and the signature of a trusted PAA.
enum Sdk {
    /// The SDK does not look.
    Never,
    /// A certificate's format, looked at in PAI and DAC.
    Format,
    /// The same, and a PAA that breaks the rule breaks the chain.
    FormatOrChain,
    /// The same, and neither library tells the key identifier of a PAA that breaks the rule, so that it is not found.
    FormatOrNotFound,
    /// The same as `FormatOrChain`, but for BoringSSL.
    FormatOrOpenSslChain,
    /// The format, which BoringSSL does not mind.
    OpenSslFormat,
    /// The version: BoringSSL cannot even read another one.
    Version,
    /// What is empty is missing.
    Empty,
    /// The format, and a PAA that does not fit the verifier's buffer is not found.
    PaaBuffer,
    /// The certificate or its vendor and product id cannot be read, which is looked at in all three.
    Parse,
    /// The chain, whichever certificate is the cause.
    Chain,
    /// The chain, and a PAA that breaks the rule is not found.
    ChainOrNotFound,
    /// The chain, which BoringSSL minds below the PAA only.
    ChainOrOpenSslPaa,
    /// The chain, unless the cause is in the PAA.
    ChainBelowPaa,
    /// The chain, which BoringSSL alone minds, and only below the PAA.
    BoringSslBelowPaa,
    /// The chain, which OpenSSL alone minds.
    OpenSslChain,
    /// A date: the DAC's validity now, or else the chain. BoringSSL cannot even read a malformed one.
    Date,
    /// Always this.
    Is(SdkResult),
}

/// What a rule's severity depends on.
enum Weight {
    Error,
    /// Published PAAs break the rule, and they are accepted.
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

    /// Returns the result with which the Matter SDK's verifier, built with OpenSSL, ends for this reason, or `None` where
    /// it does not look.
    #[must_use]
    pub const fn sdk_result(self, object: Object) -> Option<SdkResult> {
        self.sdk_results(object).openssl
    }

    /// The same for the verifier built with BoringSSL.
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
                    .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-'),
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
