//! Audits of test devices and their findings.

use std::path::Path;

use matter_audit::{Audit, AuditReport};
use matter_factory_data::{Check, Expected, Severity};

pub fn audit(path: &Path) -> Audit<'static> {
    Audit::new(Expected::new().for_tests()).with_path(path)
}

pub fn has(report: &AuditReport, check: Check) -> bool {
    report.findings().any(|finding| finding.check == check)
}

pub fn is_good(report: &AuditReport) -> bool {
    report.is_clean(Severity::Error)
}

/// Returns the checks with errors, each once, in order.
pub fn errors(report: &AuditReport) -> Vec<Check> {
    let errors = report.findings().filter(|finding| finding.severity == Severity::Error);
    let mut checks = errors.map(|finding| finding.check).collect::<Vec<_>>();
    checks.sort_by_key(ToString::to_string);
    checks.dedup();
    checks
}

/// Returns the checks that were not made.
pub fn unchecked(report: &AuditReport) -> Vec<&str> {
    let notes = report.batch.iter().filter(|finding| finding.check == Check::NotChecked);
    notes.map(|finding| finding.object.as_str()).collect()
}
