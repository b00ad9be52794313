//! `audit-device` over a run: comparison with its ledger, and revocation.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "../../crates/matter-ledger/tests/support/changed.rs"]
mod ledger;
#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use matter_attestation::{Certificate, RevocationEntry, RevocationSet};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use workplace::{run, stderr};

const LEDGER: [&str; 2] = ["--ledger", "out/ledger.sqlite"];

/// Makes test devices in `folder/outdir`. Returns all device folders there.
fn make(folder: &Path, outdir: &str, count: &str) -> Vec<PathBuf> {
    let arguments = [
        "--test-pki",
        "-v",
        "0xFFF1",
        "-p",
        "0x8000",
        "-n",
        count,
        "--iteration-count",
        "1000",
        "--outdir",
        outdir,
    ];
    let made = run(folder, &arguments);
    assert!(made.status.success(), "{}", stderr(&made));
    let entries = fs::read_dir(folder.join(outdir).join("fff1_8000"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut devices: Vec<_> = entries.filter(|path| name(path).len() == 36).collect();
    devices.sort();
    devices
}

/// Makes a run of three devices.
fn output() -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let devices = make(folder.path(), "out", "3");
    assert_eq!(devices.len(), 3);
    (folder, devices)
}

fn name(device: &Path) -> &str {
    device.file_name().unwrap().to_str().unwrap()
}

fn image(device: &Path) -> PathBuf {
    device.join(format!("{}-partition.bin", name(device)))
}

fn audit(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit-device"));
    command
        .current_dir(folder)
        .args(["out", "--test", "--paa", "out/test-pki/PAA_cert.pem"])
        .args(arguments)
        .output()
        .unwrap()
}

/// Returns the errors of an audit: check, object and text.
fn errors(folder: &Path, arguments: &[&str]) -> Vec<(String, String, String)> {
    let output = audit(folder, &[arguments, &["--json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    let mut findings = report["batch"].as_array().unwrap().clone();
    for device in report["devices"].as_array().unwrap() {
        findings.extend(device["findings"].as_array().unwrap().iter().cloned());
    }
    findings.retain(|finding| finding["severity"] == "error");
    assert_eq!(output.status.code(), Some(i32::from(!findings.is_empty())));
    let text = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
    findings
        .iter()
        .map(|finding| (text(finding, "check"), text(finding, "object"), text(finding, "text")))
        .collect()
}

#[test]
fn the_ledger_of_a_good_run_agrees_with_its_devices() {
    let (folder, devices) = output();
    assert_eq!(errors(folder.path(), &LEDGER), []);
    // The same holds after a further run in the same ledger.
    assert_eq!(make(folder.path(), "out", "1").len(), devices.len() + 1);
    assert_eq!(errors(folder.path(), &LEDGER), []);
}

#[test]
fn a_device_that_the_ledger_has_and_the_folder_has_not_is_missing() {
    let (folder, devices) = output();
    fs::remove_dir_all(&devices[1]).unwrap();
    let found = errors(folder.path(), &LEDGER);
    let [(check, object, text)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((check.as_str(), object.as_str()), ("device-missing", "ledger"));
    assert!(text.contains(name(&devices[1])), "{text}");
    // A device out of use is not reported as missing.
    let scrapped = run(
        folder.path(),
        &["--scrap", name(&devices[1]), "--reason", "lost", "--outdir", "out"],
    );
    assert!(scrapped.status.success(), "{}", stderr(&scrapped));
    assert_eq!(errors(folder.path(), &LEDGER), []);
}

#[test]
fn a_scrapped_device_that_is_still_there_is_one_too_many() {
    let (folder, devices) = output();
    let scrapped = run(
        folder.path(),
        &[
            "--scrap",
            name(&devices[0]),
            "--reason",
            "case broken",
            "--outdir",
            "out",
        ],
    );
    assert!(scrapped.status.success(), "{}", stderr(&scrapped));
    let found = errors(folder.path(), &LEDGER);
    let [(check, object, text)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((check.as_str(), object.as_str()), ("device-extra", "ledger"));
    assert!(text.contains(name(&devices[0])), "{text}");
}

#[test]
fn a_device_of_another_run_is_extra() {
    let (folder, _devices) = output();
    let others = make(folder.path(), "other", "1");
    let place = folder.path().join("out/fff1_8000").join(name(&others[0]));
    fs::rename(&others[0], place).unwrap();
    // It is also of another test PKI, which is trusted here to isolate the fault.
    let found = errors(
        folder.path(),
        &[&LEDGER[..], &["--paa", "other/test-pki/PAA_cert.pem"]].concat(),
    );
    let [(check, object, text)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((check.as_str(), object.as_str()), ("device-extra", "ledger"));
    assert!(text.contains(name(&others[0])), "{text}");
}

#[test]
fn a_changed_image_is_not_the_one_of_the_ledger() {
    let (folder, devices) = output();
    // The firmware ignores erased flash after the pages, but the file differs from the original.
    let path = image(&devices[2]);
    let mut bytes = fs::read(&path).unwrap();
    bytes.resize(bytes.len() + 0x1000, 0xFF);
    fs::write(&path, bytes).unwrap();
    let found = errors(folder.path(), &LEDGER);
    // It also differs from the manifest beside it.
    let [ledger, manifest] = found.as_slice() else {
        panic!("{found:?}")
    };
    for ((check, object, text), list) in [(ledger, "(ledger)"), (manifest, "manifest.json)")] {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!((check.as_str(), object.as_str()), ("file-hash", name));
        assert!(text.contains(list), "{text}");
    }
    fs::remove_file(&path).unwrap();
    let checks = errors(folder.path(), &LEDGER);
    assert!(checks.iter().any(|(check, ..)| check == "file-missing"), "{checks:?}");
}

#[test]
fn invalid_ledger_is_a_finding_and_unreadable_one_is_refused() {
    let (folder, _devices) = output();
    let open = |path: &str| Connection::open(folder.path().join(path)).unwrap();
    open("other.sqlite").execute_batch("CREATE TABLE t (a);").unwrap();
    // A future version.
    fs::copy(
        folder.path().join("out/ledger.sqlite"),
        folder.path().join("newer.sqlite"),
    )
    .unwrap();
    open("newer.sqlite").execute_batch("PRAGMA user_version = 5;").unwrap();
    let whole = fs::read(folder.path().join("out/ledger.sqlite")).unwrap();
    fs::write(folder.path().join("cut.sqlite"), &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.path().join("short.sqlite"), &whole[..40]).unwrap();
    for (path, words) in [
        ("other.sqlite", "not a ledger of this tool"),
        ("newer.sqlite", "has version 5; supported versions: 1 to 4"),
        ("cut.sqlite", "malformed"),
        ("short.sqlite", "is not a database"),
    ] {
        let found = errors(folder.path(), &["--ledger", path]);
        let [(check, object, text)] = found.as_slice() else {
            panic!("{path}: {found:?}")
        };
        assert_eq!((check.as_str(), object.as_str()), ("list-malformed", "ledger"));
        assert!(text.contains(words) && text.lines().count() == 1, "{path}: {text}");
    }
    let refused = audit(folder.path(), &["--ledger", "none.sqlite"]);
    let message = stderr(&refused);
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(refused.stdout.is_empty());
    assert!(
        message.starts_with("error: ") && message.contains("none.sqlite"),
        "{message}"
    );
    assert_eq!(
        (message.trim_end().lines().count(), message.matches("--ledger").count()),
        (1, 1),
        "{message}"
    );
}

/// A ledger alone shows its duplicates.
#[test]
fn a_ledger_alone_is_audited() {
    let (folder, _devices) = output();
    let alone = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_audit-device"));
        command
            .current_dir(folder.path())
            .args(LEDGER)
            .args(["--json"])
            .output()
            .unwrap()
    };
    let output = alone();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["devices"], 0);
    let batch = report["batch"].as_array().unwrap();
    assert_eq!((batch.len(), &batch[0]["check"]), (1, &Value::from("not-checked")));
    let connection = ledger::open(&folder.path().join("out/ledger.sqlite"));
    ledger::change(&connection, "UPDATE device SET key_sha256 = zeroblob(32)");
    let output = alone();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(
        String::from_utf8(output.stdout)
            .unwrap()
            .matches(r#""id":"duplicate-key""#)
            .count(),
        2
    );
}

/// As in the output of a test run, with keys and the certificate of the PAI.
#[test]
fn a_folder_of_trusted_paas_may_hold_more() {
    let (folder, _devices) = output();
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit-device"));
    let command = command.current_dir(folder.path()).args(["out", "--test", "--json"]);
    let output = command.args(["--paa", "out/test-pki"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("out/test-pki: PAAs: 1, other files: 4"),
        "{}",
        stderr(&output)
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let batch = report["batch"].as_array().unwrap();
    assert_eq!(batch.len(), 1);
    assert!(!batch[0]["text"].as_str().unwrap().contains("PAA"), "{batch:?}");
}

#[test]
fn the_ledger_is_only_read() {
    let (folder, _devices) = output();
    let before = fs::read(folder.path().join("out/ledger.sqlite")).unwrap();
    // The run is over: neither its key nor its other files are required.
    fs::create_dir(folder.path().join("copy")).unwrap();
    let copy = folder.path().join("copy/ledger.sqlite");
    fs::copy(folder.path().join("out/ledger.sqlite"), &copy).unwrap();
    assert_eq!(errors(folder.path(), &["--ledger", "copy/ledger.sqlite"]), []);
    assert_eq!(errors(folder.path(), &LEDGER), []);
    assert!(before == fs::read(folder.path().join("out/ledger.sqlite")).unwrap());
    assert!(before == fs::read(copy).unwrap());
}

#[test]
fn revoked_certificates_are_found() {
    let (folder, devices) = output();
    let certificate = |path: PathBuf| Certificate::decode(&fs::read(path).unwrap()).unwrap();
    let dac = certificate(devices[1].join("internal/DAC_cert.der"));
    let pai = certificate(devices[1].join("internal/PAI_cert.der"));
    let (subject, key_id) = (pai.subject_der().to_vec(), pai.subject_key_id().unwrap());
    let entry = RevocationEntry::new(&subject, key_id, [dac.serial()], pai, None);
    let set = serde_json::to_string(&RevocationSet::new([entry])).unwrap();
    fs::write(folder.path().join("revoked.json"), set).unwrap();
    let output = audit(folder.path(), &["--revocation-set", "revoked.json", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for device in report["devices"].as_array().unwrap() {
        let revoked = device["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["check"] == "dac-revoked");
        assert_eq!(revoked, device["uuid"] == name(&devices[1]), "{device}");
    }
    assert_eq!(errors(folder.path(), &["--revocation-set", "revoked.json"]).len(), 1);
    for (path, text) in [("wrong.json", "{}"), ("none.json", "")] {
        if !text.is_empty() {
            fs::write(folder.path().join(path), text).unwrap();
        }
        let refused = audit(folder.path(), &["--revocation-set", path]);
        assert_eq!(refused.status.code(), Some(2), "{path}");
        assert!(stderr(&refused).contains("--revocation-set"), "{}", stderr(&refused));
    }
}
