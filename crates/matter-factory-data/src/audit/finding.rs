use alloc::string::String;
use core::fmt;

use matter_attestation::SdkResult;

pub use matter_attestation::Severity;

use super::Check;

/// One thing that the audit found.
///
/// `Display` is one line. Neither it nor [`Finding::text`] ever has a passcode, a verifier or key bytes in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The check that is concerned.
    pub check: Check,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about: an artifact, a key, a record.
    pub object: String,
    /// One sentence.
    pub text: String,
    /// The result with which a commissioner built on the Matter SDK ends for this reason, where it has one.
    pub sdk_code: Option<SdkResult>,
    /// What to do about it, where something can be done.
    pub remedy: Option<&'static str>,
}

impl Finding {
    /// Returns a finding with the severity that the check usually has.
    #[must_use]
    pub fn new(check: Check, object: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            check,
            severity: check.severity(),
            object: object.into(),
            text: text.into(),
            sdk_code: None,
            remedy: check.remedy(),
        }
    }
}

impl fmt::Display for Finding {
    /// Writes severity, object, id, sentence, the result of the SDK and the remedy, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}]: {}", self.severity, self.object, self.check, self.text)?;
        if let Some(result) = self.sdk_code {
            write!(f, " The SDK says {result}.")?;
        }
        match self.remedy {
            Some(remedy) => write!(f, " Remedy: {remedy}."),
            None => Ok(()),
        }
    }
}
