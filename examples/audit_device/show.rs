//! A report as a table, grouped by check, and as JSON.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use cli::{Failure, counted, print, print_json, say};
use matter_audit::AuditReport;
use matter_factory_data::{Check, Finding, Severity};
use serde_json::Value;

/// Adds the member `check` to findings: for one release, in addition to `id`, which all tools have.
fn add_check(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(add_check),
        Value::Object(members) => {
            members.values_mut().for_each(add_check);
            if let Some(id) = members.get("id").cloned() {
                members.insert("check".into(), id);
            }
        }
        _ => {}
    }
}

/// Number of findings shown for each check by default.
const EXAMPLES: usize = 3;

/// The findings of one check with one severity.
#[derive(Default)]
struct Group {
    examples: Vec<String>,
    findings: usize,
    /// Number of affected devices; findings of the batch belong to none.
    devices: usize,
    last: Option<usize>,
    sentence: &'static str,
}

/// Prints the report as JSON or as text: all findings, or some for each check followed by a table of the checks.
pub(crate) fn show(report: &AuditReport, as_json: bool, verbose: bool) -> Result<(), Failure> {
    if as_json {
        let mut document = serde_json::to_value(report).map_err(|error| Failure::Work(error.to_string()))?;
        add_check(&mut document);
        return print_json(document);
    }
    if verbose {
        each(report, |_, path, finding| print(line(path, finding)))?;
    } else {
        show_groups(report)?;
    }
    let (devices, errors, warnings) = (
        counted(report.devices.len(), "device"),
        counted(report.count(Severity::Error), "error"),
        counted(report.count(Severity::Warning), "warning"),
    );
    say(format_args!(
        "{devices}, {} clean, {errors}, {warnings}",
        report.clean()
    ));
    Ok(())
}

/// Calls `take` with each finding, the number of its device, if any, and its place.
fn each(
    report: &AuditReport,
    mut take: impl FnMut(Option<usize>, &str, &Finding) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for (number, device) in report.devices.iter().enumerate() {
        let path = device.path.display().to_string();
        for finding in &device.findings {
            take(Some(number), &path, finding)?;
        }
    }
    report.batch.iter().try_for_each(|finding| take(None, "batch", finding))
}

fn show_groups(report: &AuditReport) -> Result<(), Failure> {
    let mut groups = BTreeMap::<(Reverse<Severity>, Check), Group>::new();
    each(report, |device, path, finding| {
        let group = groups.entry((Reverse(finding.severity), finding.check)).or_default();
        group.findings += 1;
        group.sentence = finding.check.sentence();
        if device.is_some() && group.last != device {
            (group.devices, group.last) = (group.devices + 1, device);
        }
        if group.examples.len() < EXAMPLES {
            group.examples.push(line(path, finding));
        }
        Ok(())
    })?;
    for ((_, check), group) in &groups {
        group.examples.iter().try_for_each(print)?;
        let more = group.findings - group.examples.len();
        if more > 0 {
            print(format_args!("  and {more} more of {check}; --verbose shows all"))?;
        }
    }
    if groups.is_empty() {
        return Ok(());
    }
    print("")?;
    print(format_args!(
        "{:8} {:28} {:>8} {:>8}  what",
        "severity", "check", "findings", "devices"
    ))?;
    for ((Reverse(severity), check), group) in &groups {
        let (severity, check) = (severity.name(), check.to_string());
        let Group {
            findings,
            devices,
            sentence,
            ..
        } = group;
        print(format_args!(
            "{severity:8} {check:28} {findings:8} {devices:8}  {sentence}"
        ))?;
    }
    Ok(())
}

/// Formats one line of the table.
fn line(path: &str, finding: &Finding) -> String {
    format!(
        "{path}  {:7}  {:28} {:14} {}",
        finding.severity.name(),
        finding.check.to_string(),
        finding.object,
        finding.text
    )
}
