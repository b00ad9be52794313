//! Runs with `--flash-plan`: refused profiles, keys, listings, kills and resumption.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::as_conversions,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/flash.rs"]
mod flash;
#[path = "support/produced.rs"]
mod produced;
#[path = "support/flash_runs.rs"]
mod runs;
#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use esp_flash_image::{Chip, EncryptionScheme, ImageHeader, ImageWriter};
use flash::Project;
use runs::*;
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A change of a profile.
type Change<'c> = &'c dyn Fn(&mut Value);

/// Refused profiles are reported with their place; nothing is made.
#[test]
fn profiles_are_refused_with_their_place_and_nothing_is_made() {
    let folder = workplace();
    let at = folder.path();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut project = Project::new(&at.join("p"), Chip::Esp32c3).locked();
        change(&mut project.profile);
        project.write();
    };
    let cases: &[(Change<'_>, &[&str])] = &[
        (
            &|p| p["colour"] = 1.into(),
            &["p/profile.json:", "unknown field `colour`"],
        ),
        (
            &|p| p["chip"] = "esp99".into(),
            &["p/profile.json:", "unknown chip", "esp32c3"],
        ),
        (&|p| p["flash_size"] = "4XB".into(), &["p/profile.json:", "flash"]),
        (&|p| p["revision"] = "x".into(), &["p/profile.json:", "revision"]),
        (
            &|p| p["partition_table_offset"] = "0x1_0".into(),
            &["p/profile.json:", "an address"],
        ),
        (
            &|p| p["partition_table_offset"] = "0x9000".into(),
            &["partition_table p/partitions.csv"],
        ),
        (
            &|p| p["partition_table"] = "app.bin".into(),
            &["partition_table p/app.bin"],
        ),
        (
            &|p| p["bootloader"] = "missing.bin".into(),
            &["bootloader p/missing.bin"],
        ),
        (
            &|p| p["bootloader"] = "partitions.csv".into(),
            &["--flash-plan p/profile.json", "'bootloader'"],
        ),
        (&|p| p["apps"] = json!({}), &["--flash-plan p/profile.json", "no app"]),
        (&|p| p["apps"] = json!({"ota_9": "app.bin"}), &["no partition 'ota_9'"]),
        (&|p| p["apps"] = json!({"ota_0": "../esp32/app.bin"}), &["chip"]),
        (
            &|p| p["images"]["nvs"] = "fact".into(),
            &["--flash-plan", "no partition 'fact'"],
        ),
        (&|p| p["images"]["nvs"] = "ota_1".into(), &["--flash-plan", "ota_1"]),
        (
            &|p| p["images"]["secure_cert"] = "esp_secure_cert".into(),
            &["--flash-plan", "'esp_secure_cert'", "--dac-in-secure-cert"],
        ),
        (
            &|p| p["images"]["nvs_keys"] = "nvs_keys".into(),
            &["images", "nvs_keys has no effect"],
        ),
        (
            &|p| p["nvs_encryption"] = "nvs_keys".into(),
            &["nvs_encryption", "among the images"],
        ),
        (&|p| p["nvs_encryption"] = "on".into(), &["p/profile.json:", "`hmac`"]),
        (
            &|p| p["nvs_encryption"] = Value::Null,
            &["--flash-plan", "'fctry' holds a private key"],
        ),
        (
            &|p| p["flash_encryption"] = Value::Null,
            &["nvs_encryption", "keys_dir"],
        ),
        (
            &|p| p["flash_encryption"]["mode"] = "on".into(),
            &["p/profile.json:", "`release`"],
        ),
        (
            &|p| p["flash_encryption"]["scheme"] = "xts-256".into(),
            &["esp32c3 has no flash encryption xts-256"],
        ),
        (&|p| p["secure_boot"]["scheme"] = "v2-ecdsa".into(), &["--flash-plan"]),
        (
            &|p| p["secure_boot"]["scheme"] = "v3".into(),
            &["p/profile.json:", "`v2-rsa`"],
        ),
        (
            &|p| p["secure_boot"]["keys"] = json!([]),
            &["secure boot keys; allowed: 1 to 3"],
        ),
        (
            &|p| p["secure_boot"]["keys"] = json!(["app.bin"]),
            &["secure_boot.keys p/app.bin"],
        ),
        (
            &|p| p["secure_boot"]["bootloader_key"] = "app.bin".into(),
            &["secure_boot", "only to the scheme v1"],
        ),
        (&|p| p["revision"] = "0.2".into(), &["revision 0.3"]),
    ];
    Project::new(&at.join("esp32"), Chip::Esp32).locked();
    for (change, words) in cases {
        with(change);
        refused(&mfg(at, &format!("{PAI} --flash-plan p/profile.json")), 2, words);
        assert!(!at.join("out").exists() && !at.join("p/keys").exists(), "{words:?}");
    }
    fs::write(at.join("p/profile.json"), "{\n  \"chip\": esp32\n}").unwrap();
    refused(
        &mfg(at, "--flash-plan p/profile.json"),
        2,
        &["p/profile.json:2:", "not JSON"],
    );
    // Unsigned parts, and a header modified after signing.
    for change in [0usize, 1] {
        let mut project = Project::new(&at.join("p"), Chip::Esp32c3).locked();
        match change {
            0 => project.app = Project::new(&at.join("q"), Chip::Esp32c3).app,
            _ => project.bootloader[2] ^= 1,
        }
        project.write();
        refused(
            &mfg(at, &format!("{PAI} --flash-plan p/profile.json")),
            2,
            &["--flash-plan"],
        );
    }
    let profile = Project::new(&at.join("p"), Chip::Esp32c3).locked().path();
    let profile = profile.display();
    for (options, words) in [
        ("--no-bin", &["--flash-plan", "--no-bin"][..]),
        ("--encrypt", &["--flash-plan", "--encrypt"]),
        (
            "--dac-in-secure-cert",
            &["--flash-plan", "no partition for the images of esp_secure_cert"],
        ),
        (
            "--dac-in-secure-cert -ds --efuse-key-id 1 --target esp32h2",
            &["esp32c3", "--target is esp32h2"],
        ),
        ("--size 0x7000", &["--flash-plan", "fctry"]),
    ] {
        refused(&mfg(at, &format!("{PAI} {options} --flash-plan {profile}")), 2, words);
    }
    assert!(!at.join("out").exists());
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_and_are_never_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = workplace();
    let at = folder.path();
    let project = Project::new(&at.join("p"), Chip::Esp32c3).locked();
    // A supplied certificate names its device, which is therefore made twice.
    let supplied = "--pai -c pai-cert.pem --dac-cert dac-cert.pem --dac-key dac-key.pem -cd CD.der";
    made(at, &format!("{supplied} --flash-plan p/profile.json"));
    let files = || {
        let files = fs::read_dir(project.keys()).unwrap().map(|entry| entry.unwrap().path());
        let mut files = files
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect::<Vec<_>>();
        files.sort();
        files
    };
    let before = files();
    assert_eq!(before.len(), 2);
    assert_eq!(
        fs::metadata(project.keys()).unwrap().permissions().mode() & 0o777,
        0o700
    );
    for (path, _) in &before {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = format!("{supplied} --outdir other --flash-plan p/profile.json");
    refused(
        &mfg(at, &again),
        3,
        &[chain::UUID, "exists already", "never replaced", "--resume"],
    );
    assert!(devices(at, "other").is_empty());
    assert_eq!(files(), before);
    // The key is left by the interrupted run.
    made(at, &format!("{again} --resume"));
    assert_eq!(files(), before);
    let flash = Flash::of(&project, &devices(at, "other")[0], Some(EncryptionScheme::Xts128));
    flash.check("ota_0", &project.app);

    fs::set_permissions(project.keys(), fs::Permissions::from_mode(0o777)).unwrap();
    let open = format!("{PAI} --outdir third --flash-plan p/profile.json");
    refused(&mfg(at, &open), 2, &["--flash-plan", "keys", "0700"]);
    made(at, &format!("{open} --allow-insecure-permissions"));
}

#[test]
fn manifest_and_ledger_list_the_image_without_revealing_a_passcode() {
    let folder = workplace();
    let at = folder.path();
    let listed = |out: &str| {
        let manifest = fs::read(at.join(out).join("fff2_8001/manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        let device = &devices(at, out)[0];
        let files = manifest["devices"][0]["files"].as_object().unwrap().clone();
        for (name, entry) in &files {
            let bytes = fs::read(device.join(name)).unwrap();
            assert_eq!(
                (&entry["size"], &entry["sha256"]),
                (&bytes.len().into(), &hex(&Sha256::digest(&bytes)).into())
            );
        }
        let ledger = Connection::open(at.join(out).join("ledger.sqlite")).unwrap();
        let mut images = ledger.prepare("SELECT name FROM image").unwrap();
        let images = images
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap()
            .map(Result::unwrap);
        let names = |end: &str| files.keys().any(|name| name.ends_with(end));
        (
            names("-flash.bin"),
            names("-flash-plan.json"),
            images.filter(|name| name.ends_with("-flash.bin")).count(),
        )
    };
    // The only secret of these images is the passcode, unless they are encrypted or contain a private key.
    Project::new(&at.join("plain"), Chip::Esp32c3);
    Project::new(&at.join("dev"), Chip::Esp32c3).encrypted("development");
    for (out, options, shown, hidden) in [
        ("a", "--flash-plan plain/profile.json", true, 0),
        (
            "b",
            "--flash-plan plain/profile.json --no-passcode-in-manifest",
            false,
            0,
        ),
        ("c", "--flash-plan dev/profile.json --no-passcode-in-manifest", true, 1),
        (
            "d",
            &format!("{PAI} --flash-plan plain/profile.json --no-passcode-in-manifest"),
            true,
            1,
        ),
    ] {
        made(at, &format!("--outdir {out} {options}"));
        assert_eq!(listed(out), (shown, shown, hidden), "{out}");
    }
}

#[test]
fn run_is_continued_with_the_same_profile_and_the_same_parts_only() {
    let folder = workplace();
    let at = folder.path();
    let project = Project::new(&at.join("p"), Chip::Esp32c3).locked();
    let options = format!("{PAI} -n 40 --audit none --flash-plan p/profile.json");
    interrupt(at, &format!("{options} --resume --jobs 1"));
    // Another signed app.
    let mut other = Project::new(&at.join("q"), Chip::Esp32c3);
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32c3).with_flash_codes(2, 0));
    writer.push(0x4038_0000, &[1; 64]).unwrap();
    other.app = writer.finish().unwrap();
    let other = other.locked();
    assert_ne!(other.app, project.app);
    fs::write(at.join("p/app.bin"), &other.app).unwrap();
    refused(
        &mfg(at, &format!("{options} --resume")),
        2,
        &["--resume", "--flash-plan"],
    );
    project.write();
    let mut profile = project.profile.clone();
    profile["fill_gaps"] = true.into();
    fs::write(project.path(), profile.to_string()).unwrap();
    refused(
        &mfg(at, &format!("{options} --resume")),
        2,
        &["--resume", "--flash-plan"],
    );
    project.write();
    made(at, &format!("{options} --resume"));
    assert_eq!(devices(at, "out").len(), 40);
    for device in devices(at, "out") {
        Flash::of(&project, &device, Some(EncryptionScheme::Xts128)).check("ota_0", &project.app);
    }
}

/// Kills a run as soon as a device exists.
fn interrupt(at: &Path, options: &str) {
    let arguments = format!("{BASE} {options}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
        .args(arguments.split_whitespace())
        .current_dir(at)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while devices(at, "out").is_empty() {
        assert!(start.elapsed() < Duration::from_secs(120) && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A device has its keys, its image and its plan or does not exist, whenever the run is killed.
#[test]
fn killed_runs_leave_keys_and_no_half_device() {
    let folder = workplace();
    let at = folder.path();
    let project = Project::new(&at.join("p"), Chip::Esp32c3).encrypted("development");
    let options =
        "-v 0xFFF2 -p 0x8001 --iteration-count 1000 -n 60 --resume --quiet --audit none --flash-plan p/profile.json";
    let mut kills = 0u64;
    loop {
        let mut child = Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
            .args(options.split_whitespace())
            .current_dir(at)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        if kills < 12 {
            std::thread::sleep(Duration::from_millis(15 + 10 * kills));
            child.kill().unwrap();
        }
        let done = child.wait().unwrap().success();
        for device in devices(at, "out") {
            let flash = Flash::of(&project, &device, Some(EncryptionScheme::Xts128));
            flash.check("ota_0", &project.app);
            flash.check(
                "fctry",
                &fs::read(device.join(format!("{}-partition.bin", uuid(&device)))).unwrap(),
            );
        }
        if done {
            break;
        }
        kills += 1;
    }
    println!("{kills} kills, {} keys", fs::read_dir(project.keys()).unwrap().count());
    produced::check_all(&at.join("out"), "fff2_8001", 60);
    assert!(fs::read_dir(project.keys()).unwrap().count() >= 60);
}

#[test]
fn run_from_a_seed_makes_the_same_keys_again() {
    let folder = workplace();
    let at = folder.path();
    let project = Project::new(&at.join("p"), Chip::Esp32c6).locked();
    let options = format!("{PAI} -n 2 --seed 0123 --flash-plan p/profile.json");
    made(at, &format!("{options} --outdir one"));
    made(at, &format!("{options} --outdir two"));
    let [one, two] = ["one", "two"].map(|out| devices(at, out));
    for (first, second) in one.iter().zip(&two) {
        let [first, second] = [first, second].map(|device| {
            ["-flash.bin", "-flash-plan.json"]
                .map(|end| fs::read(device.join(format!("{}{end}", uuid(device)))).unwrap())
        });
        assert!(first == second);
    }
    assert_eq!(fs::read_dir(project.keys()).unwrap().count(), 4);
}
