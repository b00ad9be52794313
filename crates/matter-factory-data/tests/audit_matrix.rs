//! Single faults in good devices, each found by its check.
//!
//! `docs/audit-checks.md` is this matrix as a table; `MATTER_WRITE_DOCS=1` rewrites it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "tests"
)]

#[path = "audit/device.rs"]
mod device;
#[path = "audit/duplicates.rs"]
mod duplicates;
#[path = "audit/faults.rs"]
mod faults;
#[path = "audit/patch.rs"]
mod patch;
#[path = "audit/secrets.rs"]
mod secrets;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use matter_factory_data::{Artifacts, BatchAudit, Check, DeviceRecord, DeviceReport, Severity, audit};

use device::Device;
use faults::Fault;

/// The start of the faults in folders, from `crates/matter-audit/tests/folders.rs`.
const FOLDERS: &str = "\n## Faults in folders\n";

fn ids(report: &DeviceReport) -> BTreeSet<String> {
    let weighty = report
        .findings()
        .iter()
        .filter(|finding| finding.severity > Severity::Note);
    weighty.map(|finding| finding.check.to_string()).collect()
}

fn describe(report: &DeviceReport) -> String {
    report
        .findings()
        .iter()
        .map(|finding| format!("\n  {finding}"))
        .collect()
}

#[test]
fn good_devices_have_no_fault_but_the_test_signer() {
    for device in [Device::in_nvs(), Device::in_secure_cert(), Device::in_efuse()] {
        let report = device.audit();
        // Only the CSA can sign otherwise.
        assert_eq!(
            ids(&report),
            BTreeSet::from(["test-cd-signer".to_owned()]),
            "{}",
            describe(&report)
        );
        assert!(!report.has(Check::KeyUnknown), "{}", describe(&report));
    }
}

#[test]
fn each_fault_is_caught_by_its_check() {
    let faults = faults::all();
    assert!(faults.len() >= 60, "{}", faults.len());
    let mut wrong = String::new();
    for Fault {
        name,
        check,
        base,
        inject,
    } in &faults
    {
        let mut device = base.device();
        let before = device
            .audit()
            .findings()
            .iter()
            .any(|finding| finding.check.to_string() == *check);
        inject(&mut device);
        let report = device.audit();
        let caught = report
            .findings()
            .iter()
            .any(|finding| finding.check.to_string() == *check);
        if before || !caught {
            let _ = write!(wrong, "\n{name}: {check} {before} {caught}{}", describe(&report));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!("{} faults", faults.len());
}

/// The checks of image content, which the strict reader makes, too.
fn is_of_values(check: Check) -> bool {
    matches!(
        check,
        Check::DacKeyInvalid
            | Check::KeyLength
            | Check::KeyMissing
            | Check::KeyRange
            | Check::KeyTwice
            | Check::KeyType
            | Check::KeyValue
            | Check::ListItemUncounted
            | Check::Nvs(_)
            | Check::SecureCert(_)
            | Check::StorageDisagrees
    )
}

#[test]
fn decode_refuses_the_values_that_the_audit_reports() {
    let (mut refused, mut wrong) = (0, String::new());
    for fault in faults::all() {
        let mut device = fault.base.device();
        (fault.inject)(&mut device);
        let report = device.audit();
        let mut found = report.findings().iter();
        // Without a verifier, it is the record of a device that generates its passcode.
        let found = found.any(|finding| {
            is_of_values(finding.check) && finding.severity == Severity::Error && finding.object != "verifier"
        });
        if !found {
            continue;
        }
        let nvs = device.nvs.clone().unwrap_or_else(|| device.encode());
        let records = device.secure_cert.clone().unwrap_or_else(|| device.encode_records());
        let records = (!device.records.is_empty()).then_some(records);
        match DeviceRecord::decode(&nvs, records.as_deref()) {
            Ok(_) => wrong += &format!("\n{}{}", fault.name, describe(&report)),
            Err(_) => refused += 1,
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!("{refused} faults");
    assert!(refused >= 40, "{refused}");
}

#[test]
fn credentials_are_missing_unless_they_come_from_elsewhere() {
    let mut device = Device::in_nvs();
    for name in ["dac-cert", "dac-key", "dac-pub-key", "pai-cert"] {
        device.remove(name);
    }
    let severity = |device: &Device| {
        let report = device.audit();
        let mut found = report.findings().iter();
        found
            .find(|finding| finding.check == Check::AttestationAbsent)
            .unwrap()
            .severity
    };
    assert_eq!(severity(&device), Severity::Error);
    device.expected = device.expected.without_attestation();
    assert_eq!(severity(&device), Severity::Note);
}

/// What only the NVS partition has is not missed.
#[test]
fn secure_cert_partition_can_be_audited_alone() {
    let device = Device::in_secure_cert();
    let image = device.encode_records();
    let artifacts = Artifacts::new()
        .with_secure_cert(&image)
        .with_expected(&device.expected);
    let report = audit(&artifacts);
    assert!(ids(&report).is_empty(), "{}", describe(&report));
}

#[test]
fn each_duplicate_is_caught_by_its_check() {
    for (check, same) in duplicates::duplicates() {
        let (first, second) = duplicates::pair();
        let mut batch = BatchAudit::new(&[7; 32]);
        batch.add("first", &first.audit());
        batch.add("second", &second.audit());
        assert!(batch.finish().is_empty(), "{check}");
        let mut copy = second.clone();
        same(&mut copy, &first);
        let mut batch = BatchAudit::new(&[7; 32]);
        batch.add("first", &first.audit());
        batch.add("second", &copy.audit());
        let findings = batch.finish();
        assert!(
            findings.iter().any(|finding| finding.check == check),
            "{check}: {findings:?}"
        );
        assert!(
            findings.iter().all(|finding| finding.text.contains("first and second")),
            "{findings:?}"
        );
    }
}

#[test]
fn documentation_is_this_matrix() {
    let mut text = String::from(
        "# What the audit finds\n\nEach line is a fault that a test puts into a good device \
         (`crates/matter-factory-data/tests/audit_matrix.rs`), and the check that has to find it. Written by \
         `MATTER_WRITE_DOCS=1 cargo test -p matter-factory-data --test audit_matrix`.\n\n\
         | Fault | Check |\n|---|---|\n",
    );
    for fault in faults::all() {
        let _ = writeln!(text, "| {} | `{}` |", fault.name, fault.check);
    }
    for (check, _) in duplicates::duplicates() {
        let _ = writeln!(text, "| {} | `{check}` |", check.sentence());
    }
    text.push_str("\n## The audit's own checks\n\n| Check | Severity | Sentence | Remedy |\n|---|---|---|---|\n");
    for check in Check::OWN {
        let remedy = check.remedy().unwrap_or_default();
        let _ = writeln!(
            text,
            "| `{check}` | {} | {} | {remedy} |",
            check.severity(),
            check.sentence()
        );
    }
    text.push_str(
        "\nThe rules of device attestation keep their own ids (`docs/attestation-rules.md`), and faults of an image itself \
         have the id of `esp_nvs_image::check` with the prefix `nvs-`, or that of `esp_secure_cert::check` with \
         the prefix `secure-cert-`.\n",
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-checks.md");
    if !path.parent().is_some_and(Path::is_dir) {
        println!("0 cases ran: no {}", path.display());
        return;
    }
    let document = std::fs::read_to_string(&path).unwrap();
    // The rest is the matrix of `matter-audit`.
    let (own, rest) = document.split_at(document.find(FOLDERS).unwrap_or(document.len()));
    if std::env::var_os("MATTER_WRITE_DOCS").is_some() {
        std::fs::write(&path, text + rest).unwrap();
    } else {
        assert!(own == text, "run it with MATTER_WRITE_DOCS=1");
    }
}
