use std::fmt::Display;

use serde_json::{Value, json};

use crate::{Failure, print, print_json};

/// A finding as the tools for images and codes print it.
#[derive(Debug)]
pub struct FindingLine {
    /// Its id, the same in every release.
    pub id: &'static str,
    /// Its severity.
    pub severity: String,
    /// Where it is: the name of the member in JSON, and the number there.
    pub place: (&'static str, Option<usize>),
    /// The sentence, which names the place where there is one.
    pub text: String,
    /// Whether it makes the answer a no.
    pub is_bad: bool,
}

/// Prints findings, a line for each or as a JSON array.
///
/// # Errors
///
/// [`Failure::No`] when any is bad, with how many `are` that: `errors` for instance.
pub fn show_findings(findings: &[FindingLine], json: bool, are: impl Display) -> Result<(), Failure> {
    if json {
        let objects = findings.iter().map(|finding| {
            let FindingLine { id, severity, text, .. } = finding;
            let (name, number) = finding.place;
            json!({"id": id, "severity": severity, name: number, "text": text})
        });
        print_json(format_args!("{:#}", Value::Array(objects.collect())))?;
    } else {
        for FindingLine {
            id,
            severity,
            place,
            text,
            ..
        } in findings
        {
            let of = match place {
                ("payload", Some(number)) => format!("payload {number}: "),
                _ => String::new(),
            };
            print(format_args!("{severity}: {of}{text} [{id}]"))?;
        }
    }
    match findings.iter().filter(|finding| finding.is_bad).count() {
        0 => Ok(()),
        bad => Err(Failure::No(format!("{bad} of {} findings are {are}", findings.len()))),
    }
}
