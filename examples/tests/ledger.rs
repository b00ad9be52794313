//! The ledger of `matter-mfg`: unique values, orders, devices out of use, resumed runs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/chain.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod chain;
#[path = "support/produced.rs"]
mod produced;
#[path = "support/workplace.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod workplace;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;
use workplace::{run, stderr};

const BASE: [&str; 6] = ["-v", "0xFFF1", "-p", "0x8000", "--iteration-count", "1000"];

fn mfg(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&BASE[..], arguments].concat())
}

fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert_eq!(
        message.lines().filter(|line| line.starts_with("error: ")).count(),
        1,
        "{message}"
    );
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
}

fn count(folder: &Path, sql: &str) -> i64 {
    let ledger = Connection::open(folder.join("out/ledger.sqlite")).unwrap();
    ledger.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn passcode_serial_and_pair_are_refused_across_runs_when_they_must_be_unique() {
    let folder = tempfile::tempdir().unwrap();
    let one = [
        "--passcode",
        "20202021",
        "--discriminator",
        "100",
        "--serial-num",
        "SN1",
    ];
    assert!(mfg(folder.path(), &one).status.success());
    // Nothing is refused without --unique.
    assert!(mfg(folder.path(), &one).status.success());
    for (unique, what) in [
        ("passcode", "passcode"),
        ("serial", "serial number"),
        ("pair", "passcode"),
    ] {
        let output = mfg(folder.path(), &[&one[..], &["--unique", unique]].concat());
        assert_refused(&output, 2, &[what, "--unique", "device 1"]);
        assert!(!stderr(&output).contains("20202021"), "{}", stderr(&output));
    }
    let other = ["--passcode", "20202021", "--discriminator", "101", "--unique", "pair"];
    assert!(mfg(folder.path(), &other).status.success(), "another pair");
    assert_eq!(produced::devices(&folder.path().join("out/fff1_8000")).len(), 3);
    assert_eq!(count(folder.path(), "SELECT count(*) FROM device"), 3);
    assert_refused(
        &mfg(folder.path(), &["--unique", "colour"]),
        2,
        &["--unique", "passcode, serial, pair and key"],
    );
}

#[test]
fn order_refuses_a_device_after_its_last() {
    let folder = tempfile::tempdir().unwrap();
    let order = |n: &str| mfg(folder.path(), &["-n", n, "--order", "PO-7", "--order-size", "5"]);
    assert!(order("4").status.success());
    assert_refused(&order("2"), 2, &["PO-7", "5 devices", "4 are made"]);
    assert!(order("1").status.success());
    assert_refused(&order("1"), 2, &["5 are made"]);
    let output = mfg(folder.path(), &["--order", "PO-7", "--order-size", "6"]);
    assert_refused(&output, 2, &["--order-size", "for 5 devices"]);
    assert_eq!(produced::devices(&folder.path().join("out/fff1_8000")).len(), 5);

    // A device out of use makes room for another.
    let device = produced::devices(&folder.path().join("out/fff1_8000"))
        .pop_first()
        .unwrap();
    let uuid = device.file_name().unwrap().to_str().unwrap();
    assert_refused(&run(folder.path(), &["--scrap", uuid]), 2, &["--reason"]);
    assert!(
        run(folder.path(), &["--scrap", uuid, "--reason", "case broken"])
            .status
            .success()
    );
    assert_refused(
        &run(folder.path(), &["--scrap", uuid, "--reason", "x"]),
        2,
        &["already scrapped"],
    );
    assert_refused(
        &run(folder.path(), &["--replace", "nobody", "--reason", "x"]),
        2,
        &["no device nobody"],
    );
    assert!(order("1").status.success());
    assert_refused(&order("1"), 2, &["5 are made"]);
    let sql = "SELECT count(*) FROM device WHERE state = 'scrapped' AND reason = 'case broken'";
    assert_eq!(count(folder.path(), sql), 1);
}

#[test]
fn ledger_is_shared_between_folders() {
    let folder = tempfile::tempdir().unwrap();
    let one = ["--passcode", "20202021", "--unique", "passcode", "--ledger", "all.db"];
    assert!(
        mfg(folder.path(), &[&one[..], &["--outdir", "a"]].concat())
            .status
            .success()
    );
    assert_refused(
        &mfg(folder.path(), &[&one[..], &["--outdir", "b"]].concat()),
        2,
        &["passcode"],
    );
    assert!(!folder.path().join("a/ledger.sqlite").exists());
    // With another key equal passcodes would look different.
    fs::write(folder.path().join("all.db.key"), [7; 32]).unwrap();
    assert_refused(
        &mfg(folder.path(), &["--ledger", "all.db"]),
        2,
        &["key of another ledger"],
    );
    fs::remove_file(folder.path().join("all.db.key")).unwrap();
    assert_refused(&mfg(folder.path(), &["--ledger", "all.db"]), 2, &["its key"]);
}

/// Starts a run and kills it once some devices exist.
#[cfg(unix)]
fn interrupted(folder: &Path, top: &Path, arguments: &[&str]) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
        .args(BASE)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while produced::devices(top).len() < 8 {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the run ended before it was killed"
        );
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn run_is_continued_only_with_its_own_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("out/fff1_8000");
    interrupted(folder.path(), &top, &["-n", "400", "--jobs", "1", "--hw-ver", "3"]);
    let resume = |extra: &[&str]| mfg(folder.path(), &[&["-n", "400", "--resume"], extra].concat());
    assert_refused(&resume(&["--hw-ver", "4"]), 2, &["--resume", "another --hw-ver"]);
    assert_refused(&resume(&["--hw-ver", "3", "--size", "0x8000"]), 2, &["another --size"]);
    let encrypted = resume(&["--hw-ver", "4", "-e"]);
    assert_refused(&encrypted, 2, &["was started with another --hw-ver, --encrypt\n"]);
    let other = mfg(folder.path(), &["-n", "401", "--hw-ver", "3", "--resume"]);
    assert_refused(&other, 2, &["another --count"]);
    let output = resume(&["--hw-ver", "3", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["devices"], &told["count"]), (&400.into(), &400.into()));
    assert!(told["earlier"].as_u64().unwrap() >= 8, "{told}");
    produced::check_all(&folder.path().join("out"), "fff1_8000", 400);
    // Again: nothing is left to do.
    let output = resume(&["--hw-ver", "3"]);
    assert!(
        output.status.success() && stderr(&output).contains("already complete"),
        "{}",
        stderr(&output)
    );
    produced::check_all(&folder.path().join("out"), "fff1_8000", 400);
}

/// A device that was removed while its run was unfinished, and a missing key.
#[cfg(unix)]
#[test]
fn missing_files_are_reported_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    chain::write(folder.path());
    let pai = "-n 200 --pai -k pai-key.pem -c pai-cert.pem -cd CD.der --qr-zip --labels svg -v 0xFFF2 -p 0x8001";
    let pai = pai.split_whitespace().collect::<Vec<_>>();
    let top = folder.path().join("out/fff2_8001");
    interrupted(folder.path(), &top, &[&pai[..], &["--jobs", "1"]].concat());
    let before = produced::devices(&top);
    let key = fs::read(folder.path().join("pai-key.pem")).unwrap();
    let resume = || mfg(folder.path(), &[&pai[..], &["--resume"]].concat());
    fs::remove_file(folder.path().join("pai-key.pem")).unwrap();
    assert_refused(&resume(), 2, &["--key pai-key.pem"]);
    assert_eq!(produced::devices(&top), before);

    fs::write(folder.path().join("pai-key.pem"), key).unwrap();
    let (gone, elsewhere) = (before.first().unwrap(), folder.path().join("elsewhere"));
    fs::rename(gone, &elsewhere).unwrap();
    let name = gone.file_name().unwrap().to_str().unwrap();
    assert_refused(&resume(), 1, &[name, "1 of ", "--scrap"]);
    fs::rename(&elsewhere, gone).unwrap();
    let output = resume();
    assert!(output.status.success(), "{}", stderr(&output));
    produced::check_all(&folder.path().join("out"), "fff2_8001", 200);
}

#[test]
fn two_processes_in_one_folder_make_all_their_devices() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
            .args(BASE)
            .args(["-n", "40", "--unique", "passcode,serial,pair,key"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children = [start(), start(), start()];
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let top = folder.path().join("out/fff1_8000");
    assert_eq!(produced::devices(&top).len(), 120);
    assert_eq!(count(folder.path(), "SELECT count(*) FROM device"), 120);
    assert_eq!(
        count(folder.path(), "SELECT count(DISTINCT passcode_mac) FROM device"),
        120
    );
    assert_eq!(
        count(folder.path(), "SELECT count(*) FROM run WHERE state = 'complete'"),
        3
    );
    let names = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(
        names
            .filter(|name| name.to_str().unwrap().starts_with("summary-"))
            .count(),
        3
    );
}

/// Collects every file below a folder with its contents.
fn files(folder: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
}

/// Files intended for secrets: images, codes and the reference tool's tables, private keys.
const MAY_HOLD_SECRETS: [&str; 5] = [
    "-partition.bin",
    "-onb_codes.csv",
    "pin_disc.csv",
    "DAC_key.der",
    "DAC_private_key.bin",
];

#[test]
fn no_secret_is_anywhere_but_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = mfg(
        folder.path(),
        &[
            "--test-pki",
            "-n",
            "12",
            "--unique",
            "passcode,serial,pair,key",
            "--no-passcode-in-manifest",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let json = mfg(folder.path(), &["-n", "12", "--json", "--no-passcode-in-manifest"]);
    let refused = mfg(folder.path(), &["--passcode", "20202021", "-n", "2"]);
    assert_eq!(refused.status.code(), Some(2));
    let again = [
        "--passcode",
        "76543219",
        "--unique",
        "passcode",
        "--no-passcode-in-manifest",
    ];
    assert!(mfg(folder.path(), &again).status.success());
    let taken = mfg(folder.path(), &again);
    assert_eq!(taken.status.code(), Some(2));
    let mut message = Vec::new();
    for output in [&output, &json, &refused, &taken] {
        message.extend_from_slice(&output.stdout);
        message.extend_from_slice(&output.stderr);
    }
    let mut secrets: Vec<Vec<u8>> = vec![b"20202021".to_vec()];
    for device in produced::devices(&folder.path().join("out/fff1_8000")) {
        let (record, passcode) = produced::check(&device, false);
        secrets.push(passcode.to_string().into_bytes());
        if let Some(credentials) = record.credentials() {
            let scalar = credentials.key().unwrap().expose_scalar();
            secrets.push(scalar.to_vec());
            secrets.push(
                scalar
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>()
                    .into_bytes(),
            );
        }
    }
    let mut written = Vec::new();
    files(&folder.path().join("out"), &mut written);
    let mut ledgers = 0;
    for (path, bytes) in &written {
        let name = path.file_name().unwrap().to_str().unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", path.display());
        }
        ledgers += u32::from(name.starts_with("ledger.sqlite"));
        if name.starts_with("summary-") || MAY_HOLD_SECRETS.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        // Not the four bytes of an integer of the database, which occur in random ones by chance.
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "a secret is in {name}");
        }
    }
    assert!(ledgers >= 2 && secrets.len() >= 50, "{ledgers} {}", secrets.len());
    for secret in &secrets {
        assert!(
            !message.windows(secret.len()).any(|window| window == secret),
            "a secret was printed"
        );
    }
}

#[test]
fn folder_that_cannot_be_written_is_one_clear_error() {
    // Root may write anywhere; the kernel's own files are read-only even then.
    if cfg!(target_os = "linux") {
        let folder = tempfile::tempdir().unwrap();
        let output = mfg(folder.path(), &["--outdir", "/proc/out"]);
        assert_refused(&output, 2, &["--outdir /proc/out"]);
        println!("read-only folder: /proc");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ledger")).unwrap();
    assert_refused(
        &mfg(folder.path(), &["--ledger", "ledger"]),
        2,
        &["--ledger ledger: is not a file on disk"],
    );
    let text = folder.path().join("text");
    fs::write(&text, "no database, just some text that is long enough").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&text, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert_refused(
        &mfg(folder.path(), &["--ledger", "text"]),
        2,
        &["--ledger text", "is not a database"],
    );
}
