//! The sections of `docs/attestation-rules.md` about requests, lists and points.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::path::Path;

use matter_attestation::Error;

/// A line: the rule, a refused case, and a case just inside.
pub(crate) type Line = [String; 3];

/// A refused case that differs from an accepted one in one change.
pub(crate) fn refused(rule: &str, what: &str) -> Line {
    [rule, what, "the same unchanged"].map(str::to_owned)
}

/// An accepted case.
pub(crate) fn accepted(what: &str) -> Line {
    ["-", "-", what].map(str::to_owned)
}

/// The rule of an error: its fault, if it has one, without the data.
pub(crate) fn rule(error: &Error) -> String {
    let text = match error {
        Error::Csr { fault, .. } => format!("{fault:?}"),
        Error::Crl { fault, .. } => format!("{fault:?}"),
        Error::Revocation(fault) => format!("{fault:?}"),
        other => format!("{other:?}"),
    };
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// Compares the section below a heading with the lines, or writes it if `MATTER_WRITE_DOCS` is set.
pub(crate) fn check(heading: &str, about: &str, lines: impl Iterator<Item = Line>) {
    let mut section = format!("\n## {heading}\n\n| rule | about | SDK | refused | passes |\n|---|---|---|---|---|\n");
    for [rule, refused, passes] in lines {
        writeln!(section, "| {rule} | {about} | n/a | {refused} | {passes} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attestation-rules.md");
    if !path.parent().is_some_and(Path::is_dir) {
        println!("0 cases ran: no {}", path.display());
        return;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.find(&format!("\n## {heading}\n")).unwrap_or(text.len());
    let (before, rest) = text.split_at(start);
    let end = rest
        .get(1..)
        .and_then(|rest| rest.find("\n## "))
        .map_or(rest.len(), |end| end + 1);
    let (committed, after) = rest.split_at(end);
    if std::env::var_os("MATTER_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{section}{after}")).unwrap();
        return;
    }
    assert!(
        committed == section,
        "docs/attestation-rules.md is stale: run this with MATTER_WRITE_DOCS=1"
    );
}
