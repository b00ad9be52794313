//! What `setup-code` reads and prints.

use cli::{Failure, FindingLine, print_json};
use matter_setup_payload::{ConcatenatedPayloads, DataValue, Error, Finding, ManualPayload, SetupPayload, Severity};
use serde_json::{Map, Value, json};

/// A code that was read.
pub(crate) enum Code {
    Qr {
        payloads: Vec<SetupPayload>,
        common: Vec<Finding>,
        deviations: Vec<Error>,
    },
    Manual {
        payload: ManualPayload,
        deviations: Vec<Error>,
    },
}

impl Code {
    /// Reads a QR text when there is a letter or a colon, which no manual code has; else a manual code.
    pub(crate) fn read(code: &str, lenient: bool) -> Result<Self, Failure> {
        let refused = |error: Error| Failure::No(error.to_string());
        if code.contains(|c: char| c.is_ascii_alphabetic() || c == ':') {
            if !lenient {
                ConcatenatedPayloads::parse(code).map_err(refused)?;
            }
            let read = ConcatenatedPayloads::parse_lenient(code).map_err(refused)?;
            return Ok(Self::Qr {
                payloads: read.value().iter().collect(),
                common: read.value().lint().collect(),
                deviations: read.deviations().iter().collect(),
            });
        }
        if !lenient {
            code.parse::<ManualPayload>().map_err(refused)?;
        }
        let read = ManualPayload::parse_lenient(code).map_err(refused)?;
        Ok(Self::Manual {
            deviations: read.deviations().iter().collect(),
            payload: read.into_value(),
        })
    }

    fn deviations(&self) -> &[Error] {
        match self {
            Self::Qr { deviations, .. } | Self::Manual { deviations, .. } => deviations,
        }
    }
}

/// Prints a code's fields as JSON.
pub(crate) fn show(code: &Code) -> Result<(), Failure> {
    let (kind, payloads) = match code {
        Code::Qr { payloads, .. } => ("qr", payloads.iter().map(qr_fields).collect()),
        Code::Manual { payload, .. } => ("manual", vec![manual_fields(payload)]),
    };
    let deviations = code.deviations().iter();
    let deviations = deviations.map(|error| json!({"position": error.position(), "text": error.to_string()}));
    let deviations = deviations.collect::<Vec<_>>();
    let json = json!({"kind": kind, "payloads": payloads, "deviations": deviations});
    print_json(format_args!("{json:#}"))
}

fn qr_fields(payload: &SetupPayload) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("version", 0.into());
    put("vid", payload.vendor_id().map_or(0, |id| id.get()).into());
    put("pid", payload.product_id().map_or(0, |id| id.get()).into());
    put("commissioning_flow", payload.flow().get().into());
    put("discovery_mode", payload.discovery().get().into());
    put("discriminator", payload.discriminator().get().into());
    put("passcode", payload.passcode().expose().into());
    if let Some(serial) = payload.data().serial_number() {
        put("serial", member(serial).1);
    }
    if !payload.data().is_empty() {
        let members = payload.data().iter().map(|(tag, value)| {
            let (kind, value) = member(value);
            json!({"tag": tag, "type": kind, "value": value})
        });
        put("tlv", members.collect());
    }
    fields.into()
}

fn manual_fields(payload: &ManualPayload) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("version", 0.into());
    match payload.ids() {
        Some(ids) => {
            put("vid", ids.vendor_id.map_or(0, |id| id.get()).into());
            put("pid", ids.product_id.map_or(0, |id| id.get()).into());
        }
        // 21 digits do not tell the user-intent flow from the custom one.
        None => drop(put("commissioning_flow", 0.into())),
    }
    put("short_discriminator", payload.short_discriminator().get().into());
    put("passcode", payload.passcode().expose().into());
    fields.into()
}

/// Returns type and value of TLV data, bytes as hexadecimal digits.
fn member(value: DataValue<'_>) -> (&'static str, Value) {
    match value {
        DataValue::Octets(octets) => ("octets", base16ct::lower::encode_string(octets).into()),
        DataValue::Signed(number) => ("int", number.into()),
        DataValue::Unsigned(number) => ("uint", number.into()),
        DataValue::Utf8(text) => ("utf8", text.into()),
    }
}

/// Reports on a code; a no when there are errors, or warnings that count.
pub(crate) fn lint(code: &str, warnings_count: bool, json: bool) -> Result<(), Failure> {
    let code = Code::read(code, true)?;
    let least = if warnings_count {
        Severity::Warning
    } else {
        Severity::Error
    };
    let line = |payload| {
        move |finding: Finding| FindingLine {
            id: finding.id(),
            severity: finding.severity().to_string(),
            place: ("payload", payload),
            text: finding.to_string(),
            is_bad: finding.severity() >= least,
        }
    };
    // Discovery capabilities are among the deviations, with their place; the finding would say it again.
    let new = |finding: &Finding| !matches!(finding, Finding::DiscoveryReserved { .. });
    let deviation = |error: &Error| FindingLine {
        id: "deviation",
        severity: Severity::Error.to_string(),
        place: ("payload", None),
        text: error.to_string(),
        is_bad: true,
    };
    let mut lines = code.deviations().iter().map(deviation).collect::<Vec<_>>();
    match &code {
        Code::Qr { payloads, common, .. } => {
            lines.extend(common.iter().copied().map(line(None)));
            for (number, payload) in payloads.iter().enumerate() {
                lines.extend(
                    payload
                        .lint()
                        .filter(new)
                        .map(line((payloads.len() > 1).then_some(number))),
                );
            }
        }
        Code::Manual { payload, .. } => lines.extend(payload.lint().map(line(None))),
    }
    cli::show_findings(&lines, json, "too bad")
}
