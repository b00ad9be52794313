mod collect;
mod object;
mod profile;
mod rule;
mod sdk;
#[cfg(feature = "serde")]
mod serde_impl;

use alloc::string::String;
use core::fmt;

pub(crate) use self::collect::{AboutObject, Findings};
pub use self::object::Object;
pub use self::profile::Profile;
pub use self::rule::Rule;
pub use self::sdk::SdkResult;
pub(crate) use self::sdk::SdkResults;
pub use matter_types::Severity;

/// A result about a certificate, a declaration, an attestation response, or the relations between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    rule: Rule,
    object: Object,
    severity: Severity,
    sdk_results: SdkResults,
    detail: String,
}

impl Finding {
    /// Returns the rule.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// Returns the affected object.
    #[must_use]
    pub const fn object(&self) -> Object {
        self.object
    }

    /// Returns the severity in the profile of the report.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns the result that a commissioner built on the Matter SDK with OpenSSL returns for this fault, or `None` if
    /// it does not check the rule.
    #[must_use]
    pub const fn sdk_result(&self) -> Option<SdkResult> {
        self.sdk_results.openssl
    }

    /// Returns the same for a commissioner built with BoringSSL, such as Home Assistant's.
    #[must_use]
    pub const fn boringssl_result(&self) -> Option<SdkResult> {
        self.sdk_results.boringssl
    }

    /// Returns the values found, or an empty text.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns the finding as one sentence, with the values in parentheses if there are any.
    #[must_use]
    pub fn text(&self) -> String {
        let sentence = self.rule.sentence();
        match self.detail.as_str() {
            "" => alloc::format!("{sentence}."),
            detail => alloc::format!("{sentence} ({detail})."),
        }
    }

    /// Creates a finding of a rule with the severity of the profile.
    pub(crate) fn new(rule: Rule, object: Object, detail: String, profile: Profile) -> Self {
        let sdk_results = rule.sdk_results(object);
        let mut finding = Self {
            rule,
            object,
            severity: Severity::Note,
            sdk_results,
            detail,
        };
        finding.weigh(profile);
        finding
    }

    /// Replaces the usual SDK results of the rule.
    pub(crate) fn with_sdk_results(mut self, sdk_results: SdkResults, profile: Profile) -> Self {
        self.sdk_results = sdk_results;
        self.weigh(profile);
        self
    }

    /// Replaces the severity by that of another profile.
    pub(crate) fn weighed(mut self, profile: Profile) -> Self {
        self.weigh(profile);
        self
    }

    fn weigh(&mut self, profile: Profile) {
        let results = self.sdk_results;
        self.severity = match (profile, results.openssl.or(results.boringssl)) {
            (Profile::Strict, _) => self.rule.severity(self.object),
            (Profile::Sdk, Some(_)) => Severity::Error,
            (Profile::Sdk, None) => self.rule.severity(self.object).min(Severity::Warning),
        };
    }
}

impl fmt::Display for Finding {
    /// Writes severity, id, object, sentence, the results of the SDK and the remedy on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}]: {}", self.severity, self.object, self.rule, self.text())?;
        match (self.sdk_results.openssl, self.sdk_results.boringssl) {
            (Some(openssl), Some(boringssl)) if openssl == boringssl => write!(f, " The SDK returns {openssl}.")?,
            (openssl, boringssl) => {
                for (result, library) in [(openssl, "OpenSSL"), (boringssl, "BoringSSL")] {
                    if let Some(result) = result {
                        write!(f, " The SDK built with {library} returns {result}.")?;
                    }
                }
            }
        }
        match self.rule.remedy() {
            "" => Ok(()),
            remedy => write!(f, " Remedy: {remedy}."),
        }
    }
}
