//! Audits the devices in a folder, and compares them with its manifest if there is one.

use std::path::PathBuf;
use std::process::ExitCode;

use matter_audit::matter_factory_data::{Expected, Severity};
use matter_audit::{Audit, Error};

fn main() -> Result<ExitCode, Error> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("missing argument: the output folder of a run");
        return Ok(ExitCode::from(2));
    };
    let mut audit = Audit::new(Expected::new().for_tests()).with_path(&folder);
    let manifest = folder.join("manifest.json");
    if manifest.exists() {
        audit = audit.with_manifest(manifest);
    }
    let report = audit.execute()?;
    for device in &report.devices {
        for finding in &device.findings {
            println!("{}: {finding}", device.path.display());
        }
    }
    for finding in &report.batch {
        println!("{finding}");
    }
    let (devices, clean) = (report.devices.len(), report.clean());
    println!(
        "{devices} devices, {clean} clean, {} errors",
        report.count(Severity::Error)
    );
    Ok(ExitCode::from(u8::from(!report.is_clean(Severity::Error))))
}
