use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use crate::{Failure, print, print_json};

/// A finding as the tools for images and codes print it.
#[derive(Debug)]
pub struct FindingLine {
    /// Its members: `id`, `severity`, `text`, and its place.
    json: Value,
    /// Which of several payloads it is about.
    payload: Option<usize>,
    /// Whether it makes the answer a no.
    is_bad: bool,
}

impl FindingLine {
    /// Takes what the library says of a finding.
    ///
    /// # Errors
    ///
    /// [`Failure::Work`] for what is no JSON.
    pub fn new(finding: &impl Serialize, is_bad: bool) -> Result<Self, Failure> {
        let json = serde_json::to_value(finding).map_err(|error| Failure::Work(error.to_string()))?;
        let payload = None;
        Ok(Self { json, payload, is_bad })
    }

    /// Adds the member `payload`, the number of the payload that it is about.
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

/// Prints findings, a line for each or as a JSON array.
///
/// # Errors
///
/// [`Failure::No`] when any is bad, with how many `are` that: `errors` for instance.
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
