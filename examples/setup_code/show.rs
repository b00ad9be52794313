//! Reading of codes, and output of `setup-code`.

use cli::{Failure, FindingLine, print_json};
use matter_setup_payload::{ConcatenatedPayloads, Error, Finding, ManualPayload, SetupPayload, Severity};
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

/// A decoded code.
pub(crate) enum Code {
    Qr {
        payloads: Vec<SetupPayload>,
        common: Vec<Finding>,
        deviations: Vec<Deviation>,
    },
    Manual {
        payload: ManualPayload,
        deviations: Vec<Deviation>,
    },
}

/// A deviation that a lenient reader tolerates, and its place.
#[derive(Serialize)]
pub(crate) struct Deviation {
    position: Option<usize>,
    text: String,
}

impl From<Error> for Deviation {
    fn from(error: Error) -> Self {
        Self {
            position: error.position(),
            text: error.to_string(),
        }
    }
}

/// Strips the surroundings of a copied code: blanks and line ends, and the address of a web page that draws it.
fn unwrapped(text: &str) -> (Zeroizing<String>, Vec<Deviation>) {
    let mut deviations = Vec::new();
    let mut tolerate = |text: &str| {
        let text = text.to_owned();
        deviations.push(Deviation { position: None, text });
    };
    let mut code = text.trim();
    // The library reports each character ignored in a manual code.
    let is_manual = !text.contains(|c: char| c.is_ascii_alphabetic() || c == ':');
    if is_manual {
        return (Zeroizing::new(text.to_owned()), deviations);
    }
    if code.len() != text.len() {
        tolerate("blanks or line ends surround the code");
    }
    let is_address = code.contains("://");
    let parameter = ["?data=", "&data="].iter().find_map(|name| code.split_once(name));
    if is_address && let Some((_, data)) = parameter {
        tolerate("the code is in the address of a web page, after data=");
        code = data.split(['&', '#']).next().unwrap_or_default();
        return (percent_decoded(code), deviations);
    }
    let is_escaped = code.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("MT%3A"));
    if is_escaped {
        tolerate("the code is percent-encoded");
        return (percent_decoded(code), deviations);
    }
    (Zeroizing::new(code.to_owned()), deviations)
}

/// Replaces escapes of ASCII characters (RFC 3986, 2.1); others are kept and refused.
fn percent_decoded(text: &str) -> Zeroizing<String> {
    let mut decoded = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        // `from_str_radix` accepts a sign.
        let digits = after.get(..2).filter(|digits| !digits.starts_with('+'));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(u8::is_ascii) {
            Some(byte) => {
                decoded.push(char::from(byte));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

impl Code {
    /// Reads a QR text if there is a letter or a colon, which no manual code has; otherwise a manual code.
    pub(crate) fn read(text: &str, lenient: bool) -> Result<Self, Error> {
        let (unwrapped, mut around) = if lenient {
            unwrapped(text)
        } else {
            (Zeroizing::new(text.to_owned()), Vec::new())
        };
        let code = unwrapped.as_str();
        if code.contains(|c: char| c.is_ascii_alphabetic() || c == ':') {
            if !lenient {
                ConcatenatedPayloads::parse(code)?;
            }
            let read = ConcatenatedPayloads::parse_lenient(code)?;
            around.extend(read.deviations().iter().map(Deviation::from));
            return Ok(Self::Qr {
                payloads: read.value().iter().collect(),
                common: read.value().lint().collect(),
                deviations: around,
            });
        }
        if !lenient {
            code.parse::<ManualPayload>()?;
        }
        let read = ManualPayload::parse_lenient(code)?;
        around.extend(read.deviations().iter().map(Deviation::from));
        Ok(Self::Manual {
            deviations: around,
            payload: read.into_value(),
        })
    }

    fn deviations(&self) -> &[Deviation] {
        match self {
            Self::Qr { deviations, .. } | Self::Manual { deviations, .. } => deviations,
        }
    }
}

/// A refused code: the answer is no.
pub(crate) fn refused(error: Error) -> Failure {
    Failure::No(error.to_string())
}

/// The id of the only finding about an unreadable code.
const UNREADABLE: &str = "unreadable";

/// Prints a code's fields as JSON, or why it cannot be read.
pub(crate) fn show(code: &str, lenient: bool) -> Result<(), Failure> {
    let code = &match Code::read(code, lenient) {
        Ok(code) => code,
        Err(error) => {
            let object = json!({"error": {"id": UNREADABLE, "position": error.position(), "text": error.to_string()}});
            print_json(format_args!("{object:#}"))?;
            return Err(refused(error));
        }
    };
    let (kind, payloads) = match code {
        Code::Qr { payloads, .. } => (
            "qr",
            json!(payloads.iter().map(SetupPayload::expose).collect::<Vec<_>>()),
        ),
        Code::Manual { payload, .. } => ("manual", json!([payload.expose()])),
    };
    let json = json!({"kind": kind, "payloads": payloads, "deviations": code.deviations()});
    print_json(format_args!("{json:#}"))
}

/// Reports findings about a code; a no if there are errors, or warnings that count.
pub(crate) fn lint(code: &str, warnings_count: bool, json: bool) -> Result<(), Failure> {
    let code = match Code::read(code, true) {
        Ok(code) => code,
        Err(error) if json => {
            let finding = json!([{
                "id": UNREADABLE, "severity": Severity::Error.to_string(), "payload": null, "text": error.to_string(),
            }]);
            print_json(format_args!("{finding:#}"))?;
            return Err(refused(error));
        }
        Err(error) => return Err(refused(error)),
    };
    let least = if warnings_count {
        Severity::Warning
    } else {
        Severity::Error
    };
    let line = |finding: Finding, payload| {
        let line = FindingLine::new(&finding, finding.severity() >= least)?;
        Ok::<_, Failure>(line.of_payload(payload))
    };
    let deviation = |deviation: &Deviation| {
        let finding = json!({"id": "deviation", "severity": Severity::Error.name(), "text": deviation.text});
        Ok::<_, Failure>(FindingLine::new(&finding, true)?.of_payload(None))
    };
    let mut lines = code.deviations().iter().map(deviation).collect::<Vec<_>>();
    match &code {
        Code::Qr { payloads, common, .. } => {
            lines.extend(common.iter().map(|finding| line(*finding, None)));
            for (number, payload) in payloads.iter().enumerate() {
                // The deviations already include discovery capabilities, with their place.
                let new = payload
                    .lint()
                    .filter(|finding| !matches!(finding, Finding::DiscoveryReserved { .. }));
                lines.extend(new.map(|finding| line(finding, (payloads.len() > 1).then_some(number))));
            }
        }
        Code::Manual { payload, .. } => lines.extend(payload.lint().map(|finding| line(finding, None))),
    }
    let lines = lines.into_iter().collect::<Result<Vec<_>, Failure>>()?;
    cli::show_findings(&lines, json, "at or above --fail-on")
}
