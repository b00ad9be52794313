//! Findings about all parts of a file, and their output.

use cli::{Failure, print, print_json, say};
use matter_ota_image::{Error, EspFinding};
use matter_types::Severity;
use serde_json::Value;

#[derive(Clone)]
pub(crate) enum Finding {
    File(Error),
    Payload(EspFinding),
}

impl Finding {
    pub(crate) fn id(&self) -> &'static str {
        match self {
            Self::File(error) => error.id(),
            Self::Payload(finding) => finding.id(),
        }
    }

    fn object(&self) -> &'static str {
        match self {
            Self::Payload(_) | Self::File(Error::DigestMismatch | Error::PayloadTruncated { .. }) => "payload",
            Self::File(Error::TrailingBytes { .. } | Error::TotalSize { .. }) => "file",
            Self::File(_) => "header",
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::File(error) => error.to_string(),
            Self::Payload(finding) => finding.to_string(),
        }
    }

    fn severity(&self) -> Severity {
        match self {
            Self::File(_) => Severity::Error,
            Self::Payload(finding) => finding.severity(),
        }
    }
}

/// A finding with its severity under the profile and the allowed findings.
pub(crate) struct Judged {
    pub(crate) finding: Finding,
    pub(crate) severity: Severity,
}

impl Judged {
    pub(crate) fn new(finding: Finding, allow: &[String]) -> Self {
        let severity = match finding.severity() {
            Severity::Error if allow.iter().any(|allowed| allowed == finding.id()) => Severity::Warning,
            severity => severity,
        };
        Self { finding, severity }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(crate) fn sdk_code(&self) -> Option<matter_ota_image::SdkCode> {
        match self.finding {
            Finding::File(error) => error.sdk_code(),
            Finding::Payload(_) => None,
        }
    }

    pub(crate) fn line(&self) -> String {
        let code = self
            .sdk_code()
            .map(|code| format!(", SDK result {code} {}", code.name()))
            .unwrap_or_default();
        format!(
            "{}: {} [{}]{code}",
            self.severity,
            self.finding.text(),
            self.finding.id()
        )
    }

    fn object(&self) -> Result<Value, Failure> {
        let object = match &self.finding {
            Finding::File(error) => serde_json::to_value(error),
            Finding::Payload(finding) => serde_json::to_value(finding),
        };
        let mut object = object.map_err(|error| Failure::Work(error.to_string()))?;
        if let Some(members) = object.as_object_mut() {
            members.insert("severity".into(), self.severity.name().into());
            members.insert("object".into(), self.finding.object().into());
        }
        Ok(object)
    }
}

/// Prints findings as a result.
pub(crate) fn show(findings: &[Judged], json: bool) -> Result<(), Failure> {
    if json {
        let objects = findings.iter().map(Judged::object).collect::<Result<_, _>>()?;
        return print_json(format_args!("{:#}", Value::Array(objects)));
    }
    findings.iter().try_for_each(|judged| print(judged.line()))
}

/// Prints findings of another command, and refuses the first error.
pub(crate) fn refuse_errors(path: &std::path::Path, findings: &[Judged]) -> Result<(), Failure> {
    if let Some(error) = findings.iter().find(|judged| judged.is_error()) {
        let remedy = match &error.finding {
            Finding::File(wrong) if wrong.sdk_code().is_some() => String::new(),
            finding => format!("; use --allow {} to accept it", finding.id()),
        };
        let text = error.finding.text();
        return Err(Failure::Input(format!("{}: {text}{remedy}", path.display())));
    }
    findings.iter().for_each(|judged| say(judged.line()));
    Ok(())
}
