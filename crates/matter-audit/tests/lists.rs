//! The audit of devices with manifests and ledgers.

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
use std::path::{Path, PathBuf};

use device::{file, make, run};
use matter_attestation::Certificate;
use matter_audit::{Audit, AuditInput, Error, FlashDump};
use matter_factory_data::{Check, Expected, Severity};
use report::{audit, errors, has, is_good};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

#[test]
fn manifest_and_ledger_are_compared_with_the_devices() {
    let (folder, devices) = run(2);
    let row = |device: &PathBuf| {
        let certificate = Certificate::decode(&fs::read(device.join("internal/DAC_cert.der")).unwrap()).unwrap();
        let image = fs::read(file(device, "-partition.bin")).unwrap();
        let uuid = device.file_name().unwrap().to_str().unwrap().to_owned();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        json!({
            "uuid": uuid,
            "dac_public_key_sha256": hex(&Sha256::digest(certificate.public_key().as_bytes())),
            "files": {format!("{uuid}-partition.bin"): {"size": image.len(), "sha256": hex(&Sha256::digest(&image))}},
        })
    };
    let (top, path) = (devices[0].parent().unwrap(), folder.path().join("manifest.json"));
    let good = [row(&devices[0]), row(&devices[1])];
    let with = |rows: Value| {
        fs::write(&path, json!({ "devices": rows }).to_string()).unwrap();
        audit(top).with_manifest(&path).execute().unwrap()
    };
    assert!(is_good(&with(json!(good))));
    assert!(has(&with(json!([good[0]])), Check::DeviceExtra));
    let other = json!({"uuid": "00000000-0000-4000-8000-000000000000"});
    assert!(has(&with(json!([good[0], good[1], other])), Check::DeviceMissing));
    let mut changed = good.clone();
    changed[0]["files"]["other.bin"] = json!({});
    assert!(has(&with(json!(changed)), Check::FileMissing));
    let mut changed = good.clone();
    changed[0]["dac_public_key_sha256"] = changed[1]["dac_public_key_sha256"].clone();
    changed[0]["discriminator"] = json!(5000);
    let report = with(json!(changed));
    assert_eq!(
        report
            .findings()
            .filter(|finding| finding.check == Check::ManifestDiffers)
            .count(),
        2
    );
    // A changed file: its hash differs from the manifest's.
    fs::write(&path, json!({ "devices": good }).to_string()).unwrap();
    let image = file(&devices[0], "-partition.bin");
    let mut bytes = fs::read(&image).unwrap();
    bytes.push(0xFF);
    fs::write(&image, bytes).unwrap();
    assert!(has(
        &audit(top).with_manifest(&path).execute().unwrap(),
        Check::FileHash
    ));
    let ledger = folder.path().join("ledger");
    for text in [
        format!("{}\n{}\n", good[0], other),
        format!("uuid,serial\n{},\n", good[0]["uuid"].as_str().unwrap()),
    ] {
        fs::write(&ledger, text).unwrap();
        assert!(has(
            &audit(top).with_ledger(&ledger).execute().unwrap(),
            Check::DeviceExtra
        ));
    }
}

#[test]
fn rest_of_a_list_is_not_missing_beside_one_device() {
    let (folder, devices) = run(2);
    let manifest = devices[0].parent().unwrap().join("manifest.json");
    let image = file(&devices[0], "-partition.bin");
    let mut flash = vec![0xFF; 0x9000];
    flash.extend(fs::read(&image).unwrap());
    let [table, dump] = ["table.csv", "dump.bin"].map(|name| folder.path().join(name));
    fs::write(&table, "nvs, data, nvs, 0x9000, 0x6000\n").unwrap();
    fs::write(&dump, flash).unwrap();
    let of_dump = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
    for audit in [audit(&devices[0]), audit(&image), of_dump] {
        for audit in [
            audit.clone().with_manifest(&manifest),
            audit.with_ledger(folder.path().join("out/ledger.sqlite")),
        ] {
            let report = audit.execute().unwrap();
            assert!(is_good(&report), "{report:?}");
            let notes = report
                .batch
                .iter()
                .filter(|finding| finding.text.contains("1 of the 2 devices of the "));
            assert_eq!(notes.count(), 1, "{:?}", report.batch);
        }
    }
}

#[test]
fn an_image_of_any_name_is_compared_with_the_lists() {
    let (folder, devices) = run(1);
    let copy = folder.path().join("image.bin");
    let mut bytes = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    for expected in [vec![], vec![Check::FileHash]] {
        fs::write(&copy, &bytes).unwrap();
        let lists = [
            audit(&copy).with_manifest(devices[0].with_file_name("manifest.json")),
            audit(&copy).with_ledger(folder.path().join("out/ledger.sqlite")),
        ];
        for audit in lists {
            assert_eq!(errors(&audit.execute().unwrap()), expected);
        }
        bytes.resize(bytes.len() + 0x1000, 0xFF);
    }
}

#[cfg(unix)]
#[test]
fn lists_and_keys_that_others_can_read_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, devices) = run(1);
    let list = folder.path().join("list");
    fs::copy(devices[0].with_file_name("manifest.json"), &list).unwrap();
    for (mode, is_open) in [(0o600, false), (0o640, true)] {
        fs::set_permissions(&list, fs::Permissions::from_mode(mode)).unwrap();
        let report = audit(&devices[0]).with_manifest(&list).execute().unwrap();
        assert_eq!(has(&report, Check::FileMode), is_open);
    }
}

/// Changes the manifest of a run and audits it.
fn changed(top: &Path, change: impl FnOnce(&mut Value)) -> Vec<Check> {
    let path = top.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut manifest = serde_json::from_str(&text).unwrap();
    change(&mut manifest);
    fs::write(&path, manifest.to_string()).unwrap();
    let report = Audit::new(Expected::new())
        .with_path(top)
        .with_manifest(&path)
        .execute()
        .unwrap();
    fs::write(&path, text).unwrap();
    errors(&report)
}

#[test]
fn run_marked_for_tests_is_audited_by_the_rules_for_tests() {
    let (folder, devices) = run(2);
    let top = devices[0].parent().unwrap();
    let tests = [Check::TestCdSigner, Check::TestPki];
    assert_eq!(changed(top, |_| ()), []);
    assert_eq!(changed(top, |manifest| manifest["test"] = json!(false)), tests);
    // The ledger marks each run.
    let ledger = folder.path().join("out/ledger.sqlite");
    let marked = || {
        Audit::new(Expected::new())
            .with_path(top)
            .with_ledger(&ledger)
            .execute()
            .unwrap()
    };
    assert_eq!(errors(&marked()), []);
    let connection = ledger::open(&ledger);
    ledger::change(&connection, "UPDATE run SET test = 0");
    assert_eq!(errors(&marked()), tests);
    ledger::change(&connection, "UPDATE run SET test = 1");
    // An unmarked device is not for tests because another one is.
    let strange = make(&folder.path().join("other"), 1, None);
    let report = Audit::new(Expected::new())
        .with_path(top)
        .with_path(&strange[0])
        .with_ledger(&ledger);
    let report = report.execute().unwrap();
    for device in &report.devices {
        let is_strange = device.path == strange[0];
        let strict = device
            .findings
            .iter()
            .any(|finding| finding.check == Check::TestPki && finding.severity == Severity::Error);
        assert_eq!(strict, is_strange, "{device:?}");
    }
}

/// A value that differs from the device's is reported regardless of its type.
#[test]
fn values_of_another_type_differ() {
    let (_folder, devices) = run(1);
    let top = devices[0].parent().unwrap();
    let with = |name: &str, value: Value| changed(top, |manifest| manifest["devices"][0][name] = value);
    for (name, value) in [
        ("dac_serial", json!(12345)),
        ("qr", json!(["MT:"])),
        ("dac_public_key_sha256", json!({})),
        ("manual", json!(34_970_112_332_u64)),
        ("discriminator", json!(-1)),
        ("passcode", json!(1.5)),
    ] {
        assert_eq!(with(name, value.clone()), [Check::ManifestDiffers], "{name}: {value}");
        assert_eq!(with(name, Value::Null), [], "{name}");
        assert_eq!(with(name, json!("")), [], "{name}");
    }
    let file = format!("{}-partition.bin", devices[0].file_name().unwrap().to_str().unwrap());
    let with = |name: &str, value: Value| changed(top, |manifest| manifest["devices"][0]["files"][&file][name] = value);
    assert_eq!(with("size", json!("24576")), []);
    for (name, value) in [
        ("size", json!("many")),
        ("size", json!(24577)),
        ("sha256", json!(1)),
        ("sha256", json!("00")),
    ] {
        assert_eq!(with(name, value.clone()), [Check::FileHash], "{name}: {value}");
    }
}

/// Numbers are equal in any notation.
#[cfg(unix)]
#[test]
fn numbers_are_compared_however_they_are_written() {
    let (_folder, devices) = run(1);
    let top = devices[0].parent().unwrap();
    let vid = |value: Value| changed(top, |manifest| manifest["devices"][0]["vid"] = value);
    assert_eq!(vid(json!("0xFFF1")), []);
    assert_eq!(vid(json!("65521")), []);
    assert_eq!(vid(Value::Null), []);
    for other in [json!("0xFFF2"), json!("FFF1"), json!(65522), json!(true)] {
        assert_eq!(vid(other.clone()), [Check::ManifestDiffers], "{other}");
    }
}

#[test]
fn a_list_that_is_damaged_is_a_finding_and_one_that_is_not_there_an_error() {
    let (folder, devices) = run(1);
    let path = folder.path().join("list");
    let manifest = || audit(&devices[0]).with_manifest(&path).execute();
    let ledger = || audit(&devices[0]).with_ledger(&path).execute();
    let keys = || audit(&devices[0]).with_keys(&path).execute();
    assert!(matches!(
        manifest(),
        Err(Error::File {
            input: AuditInput::Manifest,
            ..
        })
    ));
    assert!(matches!(
        ledger(),
        Err(Error::File {
            input: AuditInput::Ledger,
            ..
        })
    ));
    assert!(matches!(
        keys(),
        Err(Error::File {
            input: AuditInput::Keys,
            ..
        })
    ));
    for text in [
        "",
        "{",
        "{}",
        "[1]",
        "{\"devices\": [{}]}",
        "{\"devices\": []}",
        "{\"devices\": [\"20202021\"]}",
    ] {
        fs::write(&path, text).unwrap();
        let report = manifest().unwrap();
        assert_eq!(errors(&report), [Check::ListMalformed], "{text}");
        // The value may be a secret.
        assert!(report.findings().all(|finding| !finding.text.contains("20202021")));
    }
    for text in [
        "{\n",
        "{\"uuid\": 1}",
        "SQLite format 3\0",
        "serial\nS\n",
        "uuid,serial\n1\n",
    ] {
        fs::write(&path, text).unwrap();
        assert_eq!(errors(&ledger().unwrap()), [Check::ListMalformed], "{text}");
    }
    assert_eq!(errors(&keys().unwrap()), [Check::ArtifactMalformed]);
}
