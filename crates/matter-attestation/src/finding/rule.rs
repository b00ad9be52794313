mod table;

use core::fmt;

pub use self::table::Rule;
use super::Severity;
use super::object::Object;
use super::sdk::SdkResult;

/// What a rule's finding makes of the SDK's verifier.
enum Sdk {
    /// The SDK does not look.
    Never,
    /// A certificate's format, looked at in PAI and DAC.
    Format,
    /// The same, and a PAA that breaks the rule breaks the chain.
    FormatOrChain,
    /// The certificate or its vendor and product id cannot be read, which is looked at in all three.
    Parse,
    /// The chain, whichever certificate is the cause.
    Chain,
    /// The chain, unless the cause is in the PAA.
    ChainBelowPaa,
    /// The DAC's validity now, or else the chain.
    Time,
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

    /// Returns the result with which the Matter SDK's verifier ends for this reason, or `None` where it does not look.
    #[must_use]
    pub const fn sdk_result(self, object: Object) -> Option<SdkResult> {
        match (self.sdk(), object) {
            (Sdk::Is(result), _) => Some(result),
            (Sdk::Chain, _) | (Sdk::ChainBelowPaa, Object::Pai | Object::Dac) | (Sdk::FormatOrChain, Object::Paa) => {
                Some(SdkResult::DacSignatureInvalid)
            }
            (Sdk::Time, Object::Dac) => Some(SdkResult::DacExpired),
            (Sdk::Time, Object::Paa | Object::Pai) => Some(SdkResult::DacSignatureInvalid),
            (Sdk::Parse, Object::Paa) => Some(SdkResult::PaaFormatInvalid),
            (Sdk::Format | Sdk::FormatOrChain | Sdk::Parse, Object::Pai) => Some(SdkResult::PaiFormatInvalid),
            (Sdk::Format | Sdk::FormatOrChain | Sdk::Parse, Object::Dac) => Some(SdkResult::DacFormatInvalid),
            _ => None,
        }
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
