//! `audit-device` as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use matter_attestation::Certificate;
use p256::pkcs8::{EncodePublicKey, LineEnding};
use serde_json::Value;
use tempfile::TempDir;
use workplace::{run, stderr};

/// Makes two test devices.
fn output() -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "--test-pki",
        "-v",
        "0xFFF1",
        "-p",
        "0x8000",
        "-n",
        "2",
        "--iteration-count",
        "1000",
    ];
    let made = run(folder.path(), &arguments);
    assert!(made.status.success(), "{}", stderr(&made));
    let entries = fs::read_dir(folder.path().join("out/fff1_8000"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut devices: Vec<_> = entries.filter(|path| path.file_name().unwrap().len() == 36).collect();
    devices.sort();
    (folder, devices)
}

fn audit(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit-device"));
    command.current_dir(folder).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

const TRUST: [&str; 3] = ["--test", "--paa", "out/test-pki/PAA_cert.pem"];

#[test]
fn good_devices_are_clean_of_errors() {
    let (folder, _devices) = output();
    let report = audit(folder.path(), &[&["out", "--json"], &TRUST[..]].concat());
    assert_eq!(report.status.code(), Some(0), "{}", stderr(&report));
    let report = json(&report);
    assert_eq!(report["summary"]["devices"], 2);
    assert_eq!(report["summary"]["errors"], 0);
    let batch = report["batch"].as_array().unwrap();
    assert_eq!((batch.len(), &batch[0]["check"]), (1, &Value::from("not-checked")));
    for device in report["devices"].as_array().unwrap() {
        assert!(
            device["path"]
                .as_str()
                .unwrap()
                .ends_with(device["uuid"].as_str().unwrap())
        );
        for finding in device["findings"].as_array().unwrap() {
            let names = finding
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>();
            let known = ["id", "check", "severity", "object", "text", "sdk_code", "remedy"];
            assert!(
                names.iter().all(|name| known.contains(name)) && names.len() >= 5,
                "{names:?}"
            );
        }
    }
    // They are test devices: a warning if declared as such, otherwise an error.
    let strict = audit(folder.path(), &[&["out", "--fail-on", "warning"], &TRUST[..]].concat());
    assert_eq!(strict.status.code(), Some(1));
    let product = audit(folder.path(), &["out"]);
    assert_eq!(product.status.code(), Some(1));
    assert!(String::from_utf8(product.stdout).unwrap().contains("test-pki"));
}

#[test]
fn damage_is_exit_code_1_and_unreadable_input_is_2() {
    let (folder, devices) = output();
    let name = devices[0].file_name().unwrap().to_str().unwrap();
    let image = devices[0].join(format!("{name}-partition.bin"));
    let mut bytes = fs::read(&image).unwrap();
    bytes[0x60] ^= 1;
    fs::write(&image, &bytes).unwrap();
    let report = audit(
        folder.path(),
        &[&["out", "--json", "--recompute", "none"], &TRUST[..]].concat(),
    );
    assert_eq!(report.status.code(), Some(1));
    let report = json(&report);
    let findings = report["devices"][0]["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding["check"] == "nvs-entry-crc" && finding["severity"] == "error")
    );
    for wrong in [
        &["none"][..],
        &["out", "--paa", "none"],
        &["out", "--manifest", "none"],
        &[],
        &["out", "--vid", "1"],
        // The auditor's own inputs must be valid.
        &["out", "--paa", "out/test-pki/PAI_cert.pem"],
        &["out", "--paa", "out/test-pki/CD.der"],
        &["out", "--cd", "out/test-pki/PAA_cert.pem"],
        &["out", "--commissioning-flow", "3"],
    ] {
        let refused = audit(folder.path(), wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(
            refused.stdout.is_empty() && stderr(&refused).starts_with("error: "),
            "{}",
            stderr(&refused)
        );
    }
}

#[test]
fn expectations_are_compared() {
    let (folder, devices) = output();
    let device = devices[0].to_str().unwrap();
    let checks = |arguments: &[&str]| {
        let report = json(&audit(
            folder.path(),
            &[&[device, "--json"], &TRUST[..], arguments].concat(),
        ));
        let findings = report["devices"][0]["findings"].as_array().unwrap().clone();
        findings
            .into_iter()
            .map(|finding| finding["check"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let has = |arguments: &[&str], check: &str| checks(arguments).iter().any(|found| found == check);
    assert!(!has(&["--vid", "0xFFF1", "--pid", "0x8000"], "product-unexpected"));
    assert!(has(&["--vid", "0xFFF1", "--pid", "0x8001"], "product-unexpected"));
    assert!(!has(&["--cd", "out/test-pki/CD.der"], "cd-unexpected"));
    let other = run(
        folder.path(),
        &["--test-pki", "-v", "0xFFF1", "-p", "0x8001", "--outdir", "other"],
    );
    assert!(other.status.success());
    assert!(has(&["--cd", "other/test-pki/CD.der"], "cd-unexpected"));
    assert!(!has(&["--commissioning-flow", "0"], "label-flow"));
    assert!(has(&["--commissioning-flow", "2"], "label-flow"));
    assert!(has(&["--at", "2000-01-01"], "dac-not-yet-valid"));
}

#[test]
fn no_secret_is_shown() {
    let (folder, devices) = output();
    let name = devices[0].file_name().unwrap().to_str().unwrap();
    let codes = fs::read_to_string(devices[0].join(format!("{name}-onb_codes.csv"))).unwrap();
    let passcode = codes.trim_end().rsplit(',').next().unwrap().to_owned();
    // The label of the other device, which gives many findings.
    let other = devices[1].file_name().unwrap().to_str().unwrap();
    fs::write(devices[1].join(format!("{other}-onb_codes.csv")), &codes).unwrap();
    let report = audit(folder.path(), &["out", "--json"]);
    let shown = [report.stdout, report.stderr].concat();
    let shown = String::from_utf8(shown).unwrap();
    assert!(
        shown.contains("verifier-passcode") && !shown.contains(&passcode),
        "{shown}"
    );
}

/// The options for unusual devices, each with a run of such devices and on others.
#[test]
fn devices_that_are_not_as_most_need_to_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let common = "-v 0xFFF1 -p 0x8000 --iteration-count 1000";
    let make = |options: &str, outdir: &str| {
        let options = format!("{common} {options} --outdir {outdir}");
        let made = run(folder.path(), &options.split_whitespace().collect::<Vec<_>>());
        assert!(made.status.success(), "{}", stderr(&made));
    };
    make("", "bare");
    make("--test-pki --enable-dynamic-passcode", "dynamic");
    make("--test-pki -e", "encrypted");
    let code = |arguments: &str| {
        let arguments = format!("{arguments} --test --recompute sample");
        let report = audit(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>());
        (report.status.code().unwrap(), String::from_utf8(report.stdout).unwrap())
    };
    for (outdir, option, check) in [
        ("bare", "--no-attestation", "attestation-absent"),
        ("dynamic", "--dynamic-passcode", "key-missing"),
    ] {
        let (strict, found) = code(outdir);
        assert!(strict == 1 && found.contains(check), "{found}");
        let (named, found) = code(&format!("{outdir} {option}"));
        assert_eq!(named, 0, "{found}");
    }
    // Encrypted: the keys are beside the image, given, or in the dump.
    let device = fs::read_dir(folder.path().join("encrypted/fff1_8000")).unwrap();
    let device = device
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join("internal").is_dir());
    let device = device.unwrap();
    let uuid = device.file_name().unwrap().to_str().unwrap();
    let file = |suffix: &str| device.join(format!("{uuid}{suffix}"));
    let keys = fs::read(file("-keys-partition.bin")).unwrap();
    let image = fs::read(file("-partition.bin")).unwrap();
    fs::write(folder.path().join("image.bin"), &image).unwrap();
    fs::write(folder.path().join("keys.bin"), &keys).unwrap();
    fs::write(
        folder.path().join("dump.bin"),
        [&vec![0xFF; 0x9000][..], &image, &keys].concat(),
    )
    .unwrap();
    fs::write(
        folder.path().join("table.csv"),
        format!(
            "nvs, data, nvs, 0x9000, {:#x}\nkeys, data, nvs_keys, , 4K\n",
            image.len()
        ),
    )
    .unwrap();
    for good in [
        "encrypted",
        "image.bin keys.bin",
        "image.bin --keys keys.bin",
        "--flash-dump dump.bin --partition-table table.csv",
    ] {
        let (exit, found) = code(good);
        assert_eq!(exit, 0, "{good}: {found}");
    }
    assert_eq!(code("image.bin").0, 1);
}

/// A run with a PAA leaves the key of its new PAI in `staging`, where it belongs.
#[test]
fn the_key_of_a_pai_that_a_run_has_made_has_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "--test-pki -v 0xFFF1 -p 0x8000 --outdir pki";
    assert!(
        run(folder.path(), &arguments.split(' ').collect::<Vec<_>>())
            .status
            .success()
    );
    let arguments = "-v 0xFFF1 -p 0x8000 --iteration-count 1000 --paa -c pki/test-pki/PAA_cert.pem \
                     -k pki/test-pki/PAA_key.pem -cd pki/test-pki/CD.der";
    let made = run(folder.path(), &arguments.split_whitespace().collect::<Vec<_>>());
    assert!(made.status.success(), "{}", stderr(&made));
    let key = folder.path().join("out/fff1_8000/staging/pai_key.pem");
    let report = |key_leaked: bool| {
        let report = audit(folder.path(), &["out", "--test", "--paa", "pki/test-pki", "--json"]);
        assert_eq!(report.status.code(), Some(i32::from(key_leaked)), "{}", stderr(&report));
        assert_eq!(
            String::from_utf8(report.stdout).unwrap().contains("key-leaked"),
            key_leaked
        );
    };
    report(false);
    fs::copy(&key, folder.path().join("out/fff1_8000/copy.pem")).unwrap();
    report(true);
}

/// The key of the PAI signs the manifest, and is given in each form of a key.
#[test]
fn a_signed_manifest_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "--test-pki -v 0xFFF1 -p 0x8000 -n 2 --iteration-count 1000 --sign-manifest pai";
    let made = run(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
    assert!(made.status.success(), "{}", stderr(&made));
    let pai = fs::read(folder.path().join("out/test-pki/PAI_cert.pem")).unwrap();
    let pai = Certificate::decode(&pai).unwrap();
    let key = p256::PublicKey::from_sec1_bytes(pai.public_key().as_bytes()).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("pai.der", pai.as_der());
    write("key.pem", key.to_public_key_pem(LineEnding::LF).unwrap().as_bytes());
    write("key.der", key.to_public_key_der().unwrap().as_bytes());
    let keys = ["pai", "out/test-pki/PAI_cert.pem", "pai.der", "key.pem", "key.der"];
    let code = |key: &str| audit(folder.path(), &[&["out", "--manifest-key", key], &TRUST[..]].concat());
    for key in keys {
        let report = code(key);
        assert_eq!(report.status.code(), Some(0), "{key}: {}", stderr(&report));
    }
    assert_eq!(code("out/test-pki/PAA_cert.pem").status.code(), Some(1));
    for wrong in ["none", "out/test-pki/CD.der", "out"] {
        let refused = code(wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong}");
        assert!(
            stderr(&refused).starts_with("error: --manifest-key"),
            "{}",
            stderr(&refused)
        );
    }
    let manifest = folder.path().join("out/fff1_8000/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text + " ").unwrap();
    for key in keys {
        let report = code(key);
        assert_eq!(report.status.code(), Some(1), "{key}");
        assert!(String::from_utf8(report.stdout).unwrap().contains("manifest-signature"));
    }
}

#[cfg(unix)]
#[test]
fn lists_are_files_and_writable_inputs_are_reported() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, devices) = output();
    for option in ["--manifest", "--ledger"] {
        let refused = audit(folder.path(), &["out", option, "/dev/zero"]);
        let text = format!("error: {option} /dev/zero: is not a file or a pipe\n");
        assert_eq!((refused.status.code(), stderr(&refused)), (Some(2), text));
    }
    let key = devices[0].join("internal/DAC_key.pem");
    for (mode, code, check) in [(0o644, 0, "file-mode"), (0o666, 1, "file-writable")] {
        for path in [&key, &folder.path().join("out/ledger.sqlite"), &devices[1]] {
            let before = fs::metadata(path).unwrap().permissions();
            let mode = if path.is_dir() { mode | 0o111 } else { mode };
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            let report = audit(folder.path(), &[&["out"], &TRUST[..]].concat());
            fs::set_permissions(path, before).unwrap();
            assert_eq!(report.status.code(), Some(code), "{}", path.display());
            assert!(
                String::from_utf8(report.stdout).unwrap().contains(check),
                "{}",
                path.display()
            );
        }
    }
}

/// Names and contents of files are shown in one line and cannot control the terminal.
#[cfg(unix)]
#[test]
fn names_from_files_do_not_command_the_terminal() {
    let (folder, devices) = output();
    let name = "a\u{1b}[31mb\nc\u{202e}d";
    let place = folder.path().join(format!("out/fff1_8000/{name}.txt"));
    fs::copy(devices[0].join("internal/DAC_key.pem"), &place).unwrap();
    fs::copy(&place, devices[1].join(format!("{name}.pem"))).unwrap();
    let shown = |arguments: &[&str]| {
        let report = audit(folder.path(), arguments);
        let shown = [report.stdout, report.stderr].concat();
        let shown = String::from_utf8(shown).unwrap();
        let is_plain = |letter: char| letter == '\n' || !letter.is_control() && letter != '\u{202e}';
        assert!(shown.chars().all(is_plain), "{shown:?}");
        (report.status.code(), shown)
    };
    let (code, found) = shown(&[&["out", "--verbose"], &TRUST[..]].concat());
    assert!(code == Some(1) && found.matches("key-leaked").count() == 2, "{found}");
    for line in found.lines().filter(|line| line.contains("key-leaked")) {
        assert!(line.contains("the DAC's key"), "{line}");
    }
    for wrong in [
        &[name][..],
        &["out", "--manifest", name],
        &["out", "--paa", name],
        &["out", "--manifest-key", name],
    ] {
        let (code, message) = shown(wrong);
        assert!(code == Some(2) && message.lines().count() == 1, "{message}");
    }
}
