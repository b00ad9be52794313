use std::path::Path;

use matter_attestation::Rule;
use matter_audit::{Audit, Error as AuditError, Sampling};
use matter_factory_data::{Check, Expected, Severity};

use crate::{Error, Plan};

/// The rules that a declaration of another product breaks.
const ABOUT_THE_PRODUCT: [Rule; 6] = [
    Rule::CdVendorId,
    Rule::CdProductId,
    Rule::CdDacVendorId,
    Rule::CdPaiVendorId,
    Rule::CdDacProductId,
    Rule::CdPaiProductId,
];

/// Refuses a device that would not commission. `folder` holds its finished files, and `keys` is the file of the HMAC key that
/// opens its NVS.
pub(super) fn check(
    plan: &Plan,
    sampling: Sampling,
    row: u32,
    folder: &Path,
    keys: Option<&Path>,
) -> Result<(), Error> {
    let job = plan.job();
    // Without its image there is nothing to audit.
    if !usize::try_from(row).is_ok_and(|row| sampling.includes(row)) || job.without_image {
        return Ok(());
    }
    let mut expected = Expected::new()
        .with_product(job.vendor_id, job.product_id)
        .with_flow(job.flow)
        // Certificates may begin later than now.
        .at(job.valid_from.map_or(*plan.time(), |start| start.max(*plan.time())));
    // Whoever makes devices for tests knows it; the audit of the finished output tells it.
    if plan.test_reason().is_some() || job.vendor_id.is_test() {
        expected = expected.for_tests();
    }
    if job.dynamic_passcode {
        expected = expected.with_dynamic_passcode();
    }
    if plan.pai().is_none() {
        expected = expected.without_attestation();
    }
    // The files are the run's own, so that one that cannot be read is no fault of an input.
    let mut audit = Audit::new(expected).with_path(folder);
    if let Some(keys) = keys {
        audit = audit.with_keys(keys);
    }
    let report = audit.execute();
    let report = report.map_err(|error| match error {
        AuditError::File { path, reason, .. } => Error::read_back(format_args!("{}: {reason}", path.display())),
        AuditError::Random => Error::Random,
        error => Error::read_back(error),
    })?;
    let mut errors = report.findings().filter(|finding| finding.severity >= Severity::Error);
    let given = plan.given(row);
    let allowed = |check: Check| match check {
        // What is given is stored as it is.
        Check::DefaultPasscode => given.passcode,
        Check::SaltWeak => given.salt,
        Check::RotatingIdWeak => given.rotating_id,
        // Until the CSA has signed one there is no other; the audit of the finished output tells it.
        Check::TestCdSigner => true,
        // A declaration of another product is wanted then, and nothing else that is wrong with it.
        Check::Attestation(rule) => job.allow_declaration_mismatch && ABOUT_THE_PRODUCT.contains(&rule),
        _ => false,
    };
    match errors.find(|finding| !allowed(finding.check)) {
        Some(finding) => Err(Error::read_back(format_args!("device {}: {finding}", row + 1))),
        None => Ok(()),
    }
}
