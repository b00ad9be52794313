//! The part of `docs/attestation-rules.md` that is about requests or about lists.

use std::fmt::{Debug, Write as _};
use std::path::Path;

/// Checks the section below a heading against the cases, or writes it where `MATTER_WRITE_DOCS` is set.
///
/// A refused case is one change of what passes; an accepted one has no rule.
pub(crate) fn check<'a, F: Debug>(
    heading: &str,
    about: &str,
    refused: impl Iterator<Item = (&'a str, F)>,
    accepted: impl Iterator<Item = &'a str>,
) {
    let mut section = format!("\n## {heading}\n\n| rule | about | SDK | refused | passes |\n|---|---|---|---|---|\n");
    for (what, fault) in refused {
        writeln!(section, "| {fault:?} | {about} | n/a | {what} | the same unchanged |").unwrap();
    }
    for what in accepted {
        writeln!(section, "| - | {about} | n/a | - | {what} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attestation-rules.md");
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
