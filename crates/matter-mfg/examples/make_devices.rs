//! Makes ten test devices with a throw-away PKI and sheets of labels in a folder.

use matter_mfg::matter_types::{ProductId, VendorId};
use matter_mfg::{Attestation, Job, LabelFormat, Plan, RotatingIdPolicy, Run, Sampling};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut job = Job::new(VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
    job.outdir = std::env::args().nth(1).ok_or("no output folder given")?.into();
    job.count = Some(10);
    job.attestation = Attestation::test_pki("Example");
    job.product.vendor_name = Some("Example".parse()?);
    job.rotating_id = RotatingIdPolicy::Random;
    job.lists.labels = Some(LabelFormat::Pdf);

    let plan = Plan::new(job, matter_mfg::now()?)?;
    for warning in plan.warnings() {
        println!("warning: {warning}");
    }
    let run = Run::new(&plan).with_audit(Sampling::All);
    match run.execute(|complete, uuid| println!("{complete} of {}: {uuid}", plan.count())) {
        Ok(report) => println!("{} devices in {}", report.devices, report.top.display()),
        Err(failed) => {
            // Complete devices stay, and `Run::with_resume` continues the run.
            println!("{} devices in {}", failed.report.devices, failed.report.top.display());
            return Err(failed.into());
        }
    }
    Ok(())
}
