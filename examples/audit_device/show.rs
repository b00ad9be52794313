//! A report as a table and as JSON.

use cli::{Failure, counted, print, print_json, say};
use matter_audit::{AuditReport, AuditedDevice};
use matter_factory_data::{Finding, Severity};
use serde_json::{Map, Value, json};

fn to_json(finding: &Finding) -> Value {
    let mut object = Map::from_iter([
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

/// Prints the report as a table, or as JSON.
pub(crate) fn show(report: &AuditReport, as_json: bool) -> Result<(), Failure> {
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
    for device in &report.devices {
        for finding in &device.findings {
            print(line(&device.path.display().to_string(), finding))?;
        }
    }
    for finding in &report.batch {
        print(line("batch", finding))?;
    }
    let (devices, errors, warnings) = (
        counted(devices, "device"),
        counted(errors, "error"),
        counted(warnings, "warning"),
    );
    say(format_args!("{devices}, {clean} clean, {errors}, {warnings}"));
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
