//! A report as a table, grouped by check, and as JSON.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use cli::{Failure, counted, print, print_json, say};
use matter_audit::{AuditReport, AuditedDevice};
use matter_factory_data::{Check, Finding, Severity};
use serde_json::{Map, Value, json};

fn to_json(finding: &Finding) -> Value {
    let mut object = Map::from_iter([
        ("id".into(), finding.check.to_string().into()),
        // For one release, beside `id`, which all tools have.
        ("check".into(), finding.check.to_string().into()),
        ("severity".into(), finding.severity.name().into()),
        ("object".into(), finding.object.as_str().into()),
        ("text".into(), finding.text.as_str().into()),
    ]);
    if let Some(code) = finding.sdk_code {
        object.insert("sdk_code".into(), code.number().into());
    }
    if let Some(remedy) = finding.remedy {
        object.insert("remedy".into(), remedy.into());
    }
    Value::Object(object)
}

/// How many findings of a check are shown, unless all are asked for.
const EXAMPLES: usize = 3;

/// The findings of one check with one severity.
#[derive(Default)]
struct Group {
    examples: Vec<String>,
    findings: usize,
    /// How many devices have it; the findings of the batch are of none.
    devices: usize,
    last: Option<usize>,
    sentence: &'static str,
}

/// Prints the report as JSON, or as text: all findings, or for each check some, and then a table of the checks.
pub(crate) fn show(report: &AuditReport, as_json: bool, verbose: bool) -> Result<(), Failure> {
    let count = |severity| report.findings().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let weighty = |finding: &&Finding| finding.severity > Severity::Note;
    let is_clean = |device: &&AuditedDevice| device.findings.iter().filter(weighty).count() == 0;
    let (devices, clean) = (report.devices.len(), report.devices.iter().filter(is_clean).count());
    if as_json {
        let list = report.devices.iter().map(|device| {
            let findings: Vec<_> = device.findings.iter().map(to_json).collect();
            json!({"path": device.path.display().to_string(), "uuid": device.uuid, "findings": findings})
        });
        let batch: Vec<_> = report.batch.iter().map(to_json).collect();
        return print_json(json!({
            "devices": list.collect::<Vec<_>>(),
            "batch": batch,
            "summary": {"devices": devices, "clean": clean, "errors": errors, "warnings": warnings},
        }));
    }
    if verbose {
        each(report, |_, path, finding| print(line(path, finding)))?;
    } else {
        show_groups(report)?;
    }
    let (devices, errors, warnings) = (
        counted(devices, "device"),
        counted(errors, "error"),
        counted(warnings, "warning"),
    );
    say(format_args!("{devices}, {clean} clean, {errors}, {warnings}"));
    Ok(())
}

/// Calls `take` with each finding, the number of its device if it is of one, and where it is.
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

/// One line of the table.
fn line(path: &str, finding: &Finding) -> String {
    format!(
        "{path}  {:7}  {:28} {:14} {}",
        finding.severity.name(),
        finding.check.to_string(),
        finding.object,
        finding.text
    )
}
