use alloc::format;
use alloc::string::String;
use core::fmt;

use matter_attestation::SdkResult;

pub use matter_attestation::Severity;

use super::Check;

/// One result of the audit.
///
/// `Display` is one line. Neither it nor [`Finding::text`] contains a passcode, a verifier or key bytes.
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
    /// The check.
    pub check: Check,
    /// The severity.
    pub severity: Severity,
    /// The affected artifact, key or record.
    pub object: String,
    /// One sentence.
    pub text: String,
    /// The result that a commissioner built on the Matter SDK returns for this fault, if it has one.
    pub sdk_code: Option<SdkResult>,
    /// The remedy, if there is one.
    pub remedy: Option<&'static str>,
}

impl Finding {
    /// Creates a finding with the usual severity of the check. Control characters, which file names may contain, are
    /// replaced, so that the output stays on one line.
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
    /// Creates a finding with the check's sentence, followed by the detail in parentheses unless it is empty.
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
    /// Writes severity, object, id, sentence, the result of the SDK and the remedy on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}]: {}", self.severity, self.object, self.check, self.text)?;
        if let Some(result) = self.sdk_code {
            write!(f, " The SDK returns {result}.")?;
        }
        match self.remedy {
            Some(remedy) => write!(f, " Remedy: {remedy}."),
            None => Ok(()),
        }
    }
}
