use alloc::format;
use alloc::string::String;
use core::fmt;

use matter_attestation::SdkResult;

pub use matter_attestation::Severity;

use super::Check;

/// One thing that the audit found.
///
/// `Display` is one line. Neither it nor [`Finding::text`] ever has a passcode, a verifier or key bytes in it.
///
/// # Examples
///
/// ```
/// use matter_factory_data::{Check, Finding, Severity};
///
/// let finding = Finding::of(Check::KeyMissing, "salt", "");
/// assert_eq!((finding.check.to_string().as_str(), finding.severity), ("key-missing", Severity::Error));
/// ```
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
    /// Returns a finding with the severity that the check usually has. Control characters, which names in files may have,
    /// are replaced, so that what is shown stays one line.
    #[must_use]
    pub fn new(check: Check, object: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            check,
            severity: check.severity(),
            object: one_line(object.into()),
            text: one_line(text.into()),
            sdk_code: None,
            remedy: check.remedy(),
        }
    }
}

impl Finding {
    /// Returns a finding with the check's sentence and, in parentheses, what was found, if there is more to say.
    #[must_use]
    pub fn of(check: Check, object: impl Into<String>, detail: impl fmt::Display) -> Self {
        let detail = format!("{detail}");
        let text = match detail.as_str() {
            "" => format!("{}.", check.sentence()),
            detail => format!("{} ({detail}).", check.sentence()),
        };
        Self::new(check, object, text)
    }
}

fn one_line(text: String) -> String {
    if text.chars().any(char::is_control) {
        text.chars()
            .map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter })
            .collect()
    } else {
        text
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
