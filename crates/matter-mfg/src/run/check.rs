use std::ffi::OsStr;
use std::path::Path;

use matter_attestation::Rule;
use matter_audit::{Audit, Error as AuditError, Sampling};
use matter_factory_data::{Check, Expected, FolderFile, KeyFile, Severity};

use crate::keys_folder::KeysFolder;
use crate::{Error, Plan};

/// Rules that a declaration of another product breaks.
const ABOUT_THE_PRODUCT: [Rule; 6] = [
    Rule::CdVendorId,
    Rule::CdProductId,
    Rule::CdDacVendorId,
    Rule::CdPaiVendorId,
    Rule::CdDacProductId,
    Rule::CdPaiProductId,
];

/// Refuses a device that would fail commissioning. `folder` has its finished files, `keys` the files that decrypt them.
pub(super) fn check(
    plan: &Plan,
    sampling: Sampling,
    row: u32,
    folder: &Path,
    keys: Option<&KeysFolder>,
) -> Result<(), Error> {
    let job = plan.job();
    let uuid = folder.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let key_file = |file| keys.map(|keys| keys.path_of(file, uuid)).transpose();
    // Without its image there is nothing to audit.
    if !usize::try_from(row).is_ok_and(|row| sampling.includes(row)) || job.without_image {
        return Ok(());
    }
    let mut expected = Expected::new()
        .with_product(job.vendor_id, job.product_id)
        .with_flow(job.flow)
        // Certificates may begin later than now.
        .at(job.valid_from.map_or(*plan.time(), |start| start.max(*plan.time())));
    // A run for tests does not report this; the audit of the finished output does.
    if plan.test_reason().is_some() || job.vendor_id.is_test() {
        expected = expected.for_tests();
    }
    if job.dynamic_passcode {
        expected = expected.with_dynamic_passcode();
    }
    if plan.pai().is_none() {
        expected = expected.without_attestation();
    }
    let mut audit = Audit::new(expected).with_path(folder);
    let hmac = job.flash.as_ref().filter(|flash| flash.has_hmac());
    let hmac = hmac.map(|_| key_file(KeyFile::NvsHmac)).transpose()?.flatten();
    if let Some(key) = &hmac {
        audit = audit.with_keys(key);
    }
    judge(plan, row, &audit)?;
    let Some(flash) = &job.flash else { return Ok(()) };
    // The same data in the image of the whole flash, decrypted with the key of the chip.
    let mut dump = flash.dump(folder.join(FolderFile::Flash.name(uuid)));
    if let Some(key) = key_file(KeyFile::FlashEncryption)?.filter(|_| flash.scheme().is_some()) {
        dump = dump.with_key(key);
    }
    let mut audit = Audit::new(expected).with_flash_dump(dump);
    if let Some(key) = &hmac {
        audit = audit.with_keys(key);
    }
    judge(plan, row, &audit)
}

/// Refuses a device in which an audit finds an error, except for intended ones.
fn judge(plan: &Plan, row: u32, audit: &Audit<'_>) -> Result<(), Error> {
    let job = plan.job();
    // The files are the run's own: an unreadable one is not the input's fault.
    let report = audit.execute();
    let report = report.map_err(|error| match error {
        AuditError::File { path, source, .. } => Error::read_back(format_args!("{}: {source}", path.display())),
        AuditError::Random => Error::Random,
        error => Error::read_back(error),
    })?;
    let mut errors = report.findings().filter(|finding| finding.severity >= Severity::Error);
    let given = plan.given(row);
    let allowed = |check: Check| match check {
        // Given values are stored as they are.
        Check::DefaultPasscode => given.passcode,
        Check::SaltWeak => given.salt,
        Check::RotatingIdWeak => given.rotating_id,
        // Before the CSA has signed a declaration there is no other; the audit of the finished output reports it.
        Check::TestCdSigner => true,
        // With the option, a declaration of another product is intended, but no other fault of it.
        Check::Attestation(rule) => job.allow_declaration_mismatch && ABOUT_THE_PRODUCT.contains(&rule),
        _ => false,
    };
    match errors.find(|finding| !allowed(finding.check)) {
        Some(finding) => Err(Error::read_back(format_args!("device {}: {finding}", row + 1))),
        None => Ok(()),
    }
}
