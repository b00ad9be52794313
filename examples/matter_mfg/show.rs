//! The result of a run, as text or JSON.

use std::path::PathBuf;

use cli::{Failure, counted, report as tell_line, report_json};
use matter_mfg::{Error, Phase, Plan, RunReport};
use serde_json::{Map, Value, json};

use crate::run::Settings;
use crate::{failure, option};

/// Reports the result; a failed run is a failure.
pub(crate) fn show(plan: &Plan, report: &RunReport, error: Option<Error>, settings: &Settings) -> Result<(), Failure> {
    if settings.json {
        report_json(to_json(plan, report, error.as_ref()));
    }
    let (devices, count, top) = (report.devices, plan.count(), report.top.display());
    if let Some(error) = error {
        if error.is_input() && devices == report.earlier || matches!(error, Error::Missing { .. }) {
            return Err(failure(error));
        }
        return Err(Failure::Work(format!(
            "{}; {devices} of {} complete in {top}{}",
            error.with_names(option),
            if count == 1 {
                "1 device is".to_owned()
            } else {
                format!("{count} devices are")
            },
            if devices > 0 { "; --resume continues" } else { "" }
        )));
    }
    let each = |time: std::time::Duration| time.as_secs_f64() * 1000.0 / f64::from((devices - report.earlier).max(1));
    let phases = Phase::ALL
        .map(|phase| format!("{phase} {:.2}", each(report.timings.get(phase))))
        .join(", ");
    settings.say(format_args!(
        "{} in {:.2} s; milliseconds for each: {phases}",
        counted(devices - report.earlier, "device"),
        report.elapsed.as_secs_f64()
    ));
    if settings.json {
        return Ok(());
    }
    tell_line(format_args!("devices: {devices} in {top}"));
    if report.is_reconciled {
        tell_line(format_args!(
            "checked: folders, tables, manifest and ledger have the same {}",
            counted(devices, "device")
        ));
    }
    for (name, path) in [
        ("summary", &report.summary),
        ("certificates", &report.dacs),
        ("manifest", &report.manifest),
        ("pictures", &report.qr_zip),
        ("labels", &report.labels),
    ] {
        if let Some(path) = path {
            tell_line(format_args!("{name}: {}", path.display()));
        }
    }
    if let Some(reused) = plan.is_pai_reused() {
        let origin = if reused { "reused" } else { "made" };
        tell_line(format_args!(
            "PAI: {origin} in {}",
            report.top.join("staging").display()
        ));
    }
    if plan.is_seeded() {
        tell_line(format_args!("test run: all values come from --seed; not for products"));
    }
    if let Some(pki) = plan.test_pki() {
        let origin = if pki.is_reused() { "reused" } else { "made" };
        tell_line(format_args!(
            "test run: throw-away PKI {origin} in {}; not for products",
            pki.folder().display()
        ));
    }
    Ok(())
}

fn to_json(plan: &Plan, report: &RunReport, error: Option<&Error>) -> Value {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let made = f64::from((report.devices - report.earlier).max(1));
    let phases = Phase::ALL.iter().map(|phase| {
        let each = report.timings.get(*phase).as_secs_f64() * 1000.0 / made;
        (phase.to_string(), json!(each))
    });
    let warnings = plan.warnings().iter().chain(&report.notes);
    let warnings = warnings.map(|warning| warning.with_names(option));
    json!({
        "devices": report.devices,
        "count": plan.count(),
        "earlier": report.earlier,
        "test": plan.test_reason().is_some(),
        "top": report.top.display().to_string(),
        "ledger": report.ledger.as_ref().map(ToString::to_string),
        "summary": path(&report.summary),
        "dacs": path(&report.dacs),
        "manifest": path(&report.manifest),
        "pictures": path(&report.qr_zip),
        "labels": path(&report.labels),
        "seconds": report.elapsed.as_secs_f64(),
        "milliseconds_per_device": Value::Object(phases.collect::<Map<_, _>>()),
        "warnings": warnings.collect::<Vec<_>>(),
        "checked": report.is_reconciled,
        "error": error.map(|error| error.with_names(option)),
    })
}
