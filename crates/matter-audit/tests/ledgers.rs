//! The audit of devices with ledgers, which several runs may share, and of ledgers alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/device.rs"]
mod device;
#[path = "../../matter-ledger/tests/support/changed.rs"]
mod ledger;
#[path = "support/report.rs"]
mod report;

use std::fs;

use device::{file, make, run};
use matter_attestation::Certificate;
use matter_audit::{Audit, AuditReport};
use matter_factory_data::{Check, Expected, Severity};
use report::{audit, errors, is_good, unchecked};
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// Audits a list alone.
fn list(folder: &TempDir, text: &str) -> AuditReport {
    let path = folder.path().join("list");
    fs::write(&path, text).unwrap();
    Audit::new(Expected::new()).with_ledger(path).execute().unwrap()
}

const A: &str = "00000000-0000-4000-8000-00000000000a";
const B: &str = "00000000-0000-4000-8000-00000000000b";

#[test]
fn a_ledger_alone_shows_its_duplicates() {
    let folder = tempfile::tempdir().unwrap();
    let row = |uuid: &str, rest: &str| format!("{{\"uuid\": \"{uuid}\", {rest}}}\n");
    let (hash, other) = ("ab".repeat(32), "cd".repeat(32));
    for (first, second, check, severity) in [
        (
            "\"serial\": \"S\"".to_owned(),
            "\"serial\": \"S\"".to_owned(),
            Check::DuplicateSerial,
            Severity::Error,
        ),
        (
            format!("\"dac_public_key_sha256\": \"{hash}\""),
            format!("\"dac_public_key_sha256\": \"{}\"", hash.to_ascii_uppercase()),
            Check::DuplicateKey,
            Severity::Error,
        ),
        (
            "\"dac_serial\": \"0a\"".to_owned(),
            "\"dac_serial\": \"0A\"".to_owned(),
            Check::DuplicateCertificateSerial,
            Severity::Warning,
        ),
        (
            "\"passcode\": 20202021".to_owned(),
            "\"passcode\": \"20202021\"".to_owned(),
            Check::DuplicatePasscode,
            Severity::Warning,
        ),
    ] {
        let report = list(&folder, &(row(A, &first) + &row(B, &second)));
        // Read access of others to a list of passcodes is not the subject here.
        let found = report.batch.iter().filter(|finding| finding.severity > Severity::Note);
        let found = found.filter(|finding| finding.check != Check::FileMode);
        let found = found
            .map(|finding| (finding.check, finding.severity))
            .collect::<Vec<_>>();
        assert_eq!(found, [(check, severity)]);
        assert_eq!(unchecked(&report), ["ledger"]);
        assert!(report.batch.iter().all(|finding| !finding.text.contains("20202021")));
    }
    let differ = format!("\"serial\": \"S\", \"dac_serial\": \"0a\", \"dac_public_key_sha256\": \"{hash}\"");
    let from = format!("\"serial\": \"T\", \"dac_serial\": \"0b\", \"dac_public_key_sha256\": \"{other}\"");
    assert_eq!(errors(&list(&folder, &(row(A, &differ) + &row(B, &from)))), []);
    let twice = list(&folder, &format!("uuid,serial\n{A},\n{},\n", A.to_ascii_uppercase()));
    assert_eq!(errors(&twice), [Check::DuplicateDevice]);
    // An empty cell is not a serial number.
    assert_eq!(errors(&list(&folder, &format!("uuid,serial\n{A},\n{B},\n"))), []);
}

#[test]
fn device_is_compared_with_devices_only_in_the_ledger() {
    let (folder, devices) = run(1);
    let own = devices[0].file_name().unwrap().to_str().unwrap();
    let certificate = Certificate::decode(&fs::read(devices[0].join("internal/DAC_cert.der")).unwrap()).unwrap();
    let hash = Sha256::digest(certificate.public_key().as_bytes());
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let path = folder.path().join("list");
    fs::write(&path, format!("uuid,dac_public_key_sha256\n{own},\n{A},{hash}\n")).unwrap();
    let report = audit(&devices[0]).with_ledger(&path).execute().unwrap();
    assert_eq!(errors(&report), [Check::DuplicateKey]);
    // A device in two lists is one device.
    let manifest = folder.path().join("manifest.json");
    let rows = json!({"devices": [{"uuid": own}, {"uuid": A, "dac_public_key_sha256": hash}]});
    fs::write(&manifest, rows.to_string()).unwrap();
    let report = audit(&devices[0])
        .with_manifest(&manifest)
        .with_ledger(&path)
        .execute()
        .unwrap();
    let keys = report.findings().filter(|finding| finding.check == Check::DuplicateKey);
    assert_eq!(keys.count(), 1);
    assert_eq!(errors(&report), [Check::DuplicateKey]);
}

#[test]
fn a_ledger_of_several_folders_misses_only_devices_of_those_that_are_audited() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger.sqlite");
    let [first, second] = ["out", "other"].map(|name| make(&folder.path().join(name), 2, Some(&ledger)));
    let report = |name: &str| audit(&folder.path().join(name)).with_ledger(&ledger).execute().unwrap();
    for name in ["out", "other"] {
        assert!(is_good(&report(name)), "{:?}", report(name).batch);
        assert!(unchecked(&report(name)).contains(&"ledger"));
    }
    let both = audit(&folder.path().join("out")).with_path(folder.path().join("other"));
    let both = both.with_ledger(&ledger).execute().unwrap();
    assert!(
        is_good(&both) && !unchecked(&both).contains(&"ledger"),
        "{:?}",
        both.batch
    );
    fs::remove_dir_all(&first[0]).unwrap();
    assert_eq!(errors(&report("out")), [Check::DeviceMissing]);
    assert!(is_good(&report("other")));
    // A moved folder is recognized by its devices, and an empty one by its name.
    fs::rename(folder.path().join("out"), folder.path().join("moved")).unwrap();
    assert_eq!(errors(&report("moved")), [Check::DeviceMissing]);
    second.iter().for_each(|device| fs::remove_dir_all(device).unwrap());
    assert_eq!(errors(&report("other")), [Check::ArtifactMissing, Check::DeviceMissing]);
    // Devices of several runs can share a passcode: the ledger shows it without naming the passcode.
    let connection = ledger::open(&ledger);
    ledger::change(&connection, "UPDATE device SET passcode_mac = zeroblob(32)");
    let alone = Audit::new(Expected::new()).with_ledger(&ledger).execute().unwrap();
    assert_eq!(
        alone
            .batch
            .iter()
            .filter(|finding| finding.check == Check::DuplicatePasscode)
            .count(),
        3
    );
    assert!(is_good(&alone) && alone.devices.is_empty());
}

/// The common name of a DAC from elsewhere is arbitrary: the key identifies the device.
#[test]
fn a_device_is_known_by_its_key_as_well() {
    let (folder, devices) = run(1);
    let ledger = folder.path().join("out/ledger.sqlite");
    let connection = ledger::open(&ledger);
    // As if made with a DAC whose name is not a UUID.
    ledger::change(&connection, "UPDATE device SET uuid = 'D' || substr(uuid, 2)");
    let copy = folder.path().join("image.bin");
    fs::copy(file(&devices[0], "-partition.bin"), &copy).unwrap();
    let report = Audit::new(Expected::new())
        .with_path(&copy)
        .with_ledger(&ledger)
        .execute()
        .unwrap();
    assert_eq!(errors(&report), [], "{report:?}");
    // Another list may use the name; it is the same device.
    let manifest = devices[0].with_file_name("manifest.json");
    let both = Audit::new(Expected::new())
        .with_path(&copy)
        .with_manifest(manifest)
        .with_ledger(&ledger);
    assert!(!errors(&both.execute().unwrap()).contains(&Check::DuplicateKey));
    ledger::change(&connection, "UPDATE run SET test = 0");
    let report = Audit::new(Expected::new())
        .with_path(&copy)
        .with_ledger(&ledger)
        .execute()
        .unwrap();
    assert_eq!(errors(&report), [Check::TestCdSigner, Check::TestPki]);
}

#[test]
fn a_device_that_was_written_off_is_called_so() {
    let (folder, devices) = run(1);
    let ledger = folder.path().join("out/ledger.sqlite");
    let connection = ledger::open(&ledger);
    ledger::change(&connection, "UPDATE device SET state = 'scrapped'");
    let report = audit(&devices[0]).with_ledger(&ledger).execute().unwrap();
    let extra = report
        .findings()
        .find(|finding| finding.check == Check::DeviceExtra)
        .unwrap();
    assert!(extra.text.contains("out of use"), "{}", extra.text);
}

/// An auditor's copy may be read-only, and reading it leaves no files.
#[cfg(unix)]
#[test]
fn a_ledger_is_read_without_a_trace() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, devices) = run(1);
    let place = folder.path().join("copy");
    fs::create_dir(&place).unwrap();
    fs::copy(folder.path().join("out/ledger.sqlite"), place.join("100% ?#.sqlite")).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o500)).unwrap();
    let report = audit(&devices[0]).with_ledger(place.join("100% ?#.sqlite")).execute();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(is_good(&report.unwrap()));
    assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
}

/// A run's latest rows are in SQLite's log, beside the file that a link leads to.
#[cfg(unix)]
#[test]
fn a_ledger_that_is_in_use_is_read_with_its_log() {
    let (folder, devices) = run(2);
    let ledger = folder.path().join("out/ledger.sqlite");
    let link = folder.path().join("link.sqlite");
    std::os::unix::fs::symlink(&ledger, &link).unwrap();
    let writer = ledger::open(&ledger);
    let uuid = devices[0].file_name().unwrap().to_str().unwrap();
    let sql = format!("UPDATE device SET state = 'scrapped' WHERE uuid = '{uuid}'");
    ledger::change(&writer, &sql);
    assert!(fs::metadata(folder.path().join("out/ledger.sqlite-wal")).unwrap().len() > 0);
    for path in [&ledger, &link] {
        let report = audit(devices[0].parent().unwrap()).with_ledger(path).execute().unwrap();
        assert_eq!(errors(&report), [Check::DeviceExtra]);
    }
}
