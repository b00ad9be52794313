use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use crate::{Failure, print, print_json};

/// A finding as printed by the tools for images and codes.
#[derive(Debug)]
pub struct FindingLine {
    /// Its members: `id`, `severity`, `text`, and its place.
    json: Value,
    /// The payload it concerns, if there are several.
    payload: Option<usize>,
    /// Whether it makes the answer a no.
    is_bad: bool,
}

impl FindingLine {
    /// Converts a finding of a library.
    ///
    /// # Errors
    ///
    /// [`Failure::Work`] if it cannot be serialized.
    pub fn new(finding: &impl Serialize, is_bad: bool) -> Result<Self, Failure> {
        let json = serde_json::to_value(finding).map_err(|error| Failure::Work(error.to_string()))?;
        let payload = None;
        Ok(Self { json, payload, is_bad })
    }

    /// Adds the member `payload`, the number of the payload it concerns.
    #[must_use]
    pub fn of_payload(mut self, payload: Option<usize>) -> Self {
        if let Some(members) = self.json.as_object_mut() {
            members.insert("payload".to_owned(), payload.into());
        }
        self.payload = payload;
        self
    }

    fn member(&self, name: &str) -> &str {
        self.json.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Prints findings, one per line or as a JSON array.
///
/// # Errors
///
/// [`Failure::No`] if any is bad; `are` names those, for instance `errors`.
pub fn show_findings(findings: &[FindingLine], json: bool, are: impl Display) -> Result<(), Failure> {
    if json {
        let objects = findings.iter().map(|finding| finding.json.clone());
        print_json(format_args!("{:#}", Value::Array(objects.collect())))?;
    } else {
        for finding in findings {
            let of = match finding.payload {
                Some(number) => format!("payload {number}: "),
                None => String::new(),
            };
            let [severity, text, id] = ["severity", "text", "id"].map(|name| finding.member(name));
            print(format_args!("{severity}: {of}{text} [{id}]"))?;
        }
    }
    match findings.iter().filter(|finding| finding.is_bad).count() {
        0 => Ok(()),
        bad => Err(Failure::No(format!("{bad} of {} findings are {are}", findings.len()))),
    }
}
