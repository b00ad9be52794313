//! Output of findings.

use std::fmt::Write;

use cli::{Failure, clean, counted, has_colours, print, print_json, print_text, say};
use matter_attestation::{Finding, SdkResult, Severity, VerificationReport};

/// Maximum width of a sentence.
const WIDTH: usize = 96;
const INDENT: &str = "         ";

/// Prints a report; a rejection is a no.
///
/// The SDK's result is shown for a whole chain, and for a part only if it alone is refused.
pub(crate) fn report(report: &VerificationReport, whole: bool, json: bool) -> Result<(), Failure> {
    let findings = report.findings();
    let count = |severity| findings.iter().filter(|finding| finding.severity() == severity).count();
    let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note].map(count);
    if json {
        let text = serde_json::to_string_pretty(findings);
        print_json(text.map_err(|error| Failure::Work(format!("cannot encode the findings: {error}")))?)?;
    } else {
        let colour = has_colours(&std::io::stdout());
        table(findings, colour).lines().try_for_each(print_text)?;
    }
    let counts = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let counts = counts.map(|(number, name)| counted(number, name));
    let verdict = format!("{}; {}", counts.join(", "), commissioner(report, whole));
    if !report.is_accepted() {
        return Err(Failure::No(format!("rejected: {verdict}")));
    }
    if json {
        say(format_args!("accepted: {verdict}"));
        return Ok(());
    }
    print(format_args!("accepted: {verdict}"))
}

/// Returns the commissioner's result. SDK builds with OpenSSL and with BoringSSL, as in Home Assistant, may differ.
fn commissioner(report: &VerificationReport, whole: bool) -> String {
    let (openssl, boringssl) = (report.sdk_result(), report.boringssl_result());
    if !whole && (openssl, boringssl) == (SdkResult::Success, SdkResult::Success) {
        return "a commissioner of the Matter SDK judges only whole chains: give PAA, PAI and DAC".into();
    }
    if openssl == boringssl {
        return format!("a commissioner of the Matter SDK says {openssl}");
    }
    format!(
        "a commissioner of the Matter SDK says {boringssl} if built with BoringSSL, {openssl} if built with OpenSSL"
    )
}

/// Formats severity, object, id and the SDK's result in columns, followed by sentence and remedy.
fn table(findings: &[Finding], colour: bool) -> String {
    let ids = findings
        .iter()
        .map(|finding| finding.rule().id().len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for finding in findings {
        let (start, end) = match finding.severity() {
            _ if !colour => ("", ""),
            Severity::Error => ("\x1b[31m", "\x1b[0m"),
            Severity::Warning => ("\x1b[33m", "\x1b[0m"),
            Severity::Note => ("\x1b[36m", "\x1b[0m"),
        };
        let name = |result: Option<SdkResult>| result.map_or_else(|| "-".into(), |result| result.to_string());
        let (openssl, boringssl) = (finding.sdk_result(), finding.boringssl_result());
        let sdk = if openssl == boringssl {
            name(openssl)
        } else {
            format!("{} (OpenSSL), {} (BoringSSL)", name(openssl), name(boringssl))
        };
        let (severity, object, id) = (finding.severity().name(), finding.object().name(), finding.rule().id());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{start}{severity:8}{end} {object:8} {id:ids$} {sdk}");
        // Text from a certificate may contain terminal control characters.
        wrap(&mut text, &clean(finding.text()));
        match finding.rule().remedy() {
            "" => {}
            remedy => wrap(&mut text, &format!("Remedy: {remedy}.")),
        }
    }
    text
}

/// Wraps a sentence into lines of limited width.
fn wrap(text: &mut String, sentence: &str) {
    let mut width = 0;
    for word in sentence.split(' ') {
        if width == 0 || width + 1 + word.chars().count() > WIDTH {
            if width != 0 {
                text.push('\n');
            }
            text.push_str(INDENT);
            width = INDENT.len();
        } else {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += word.chars().count();
    }
    text.push('\n');
}
