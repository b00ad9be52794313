//! `dac-pki provision` and `sim-device`: real processes, real sockets and lines.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use matter_attestation::{Certificate, PrivateKey};
use matter_issuance::{DeviceId, Log, LogSigner, Registrar, State};
use matter_ledger::{Ledger, NewOrder};
use serde_json::Value;

const SEED: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn run(folder: &Path, binary: &str, arguments: &[&str]) -> Output {
    let output = Command::new(binary)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    println!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn log_key() -> PrivateKey {
    PrivateKey::from_scalar(&[3; 32]).unwrap()
}

fn registrar(folder: &Path) -> Registrar {
    let ledger = Ledger::open(folder.join("ledger.sqlite")).unwrap();
    Registrar::new(ledger, LogSigner::new(log_key()), "test")
}

/// Makes a PKI, a declaration, and a ledger with an order A-17 of `size` devices.
fn prepare(size: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pki = |words: &str| {
        let words: Vec<_> = words.split_whitespace().collect();
        let output = run(folder.path(), env!("CARGO_BIN_EXE_dac-pki"), &words);
        assert!(output.status.success(), "{words:?}");
    };
    pki("paa --cn PAA --vid 0xFFF1 --out paa");
    pki("pai --cn PAI --vid 0xFFF1 --issuer paa/PAA_cert.pem --issuer-key paa/PAA_key.pem --out pai");
    pki(
        "cd make --vid 0xFFF1 --pid 0x8000 --device-type 0x0100 --certificate-id CSA00000SWC00000-00 --type 0 --test-key --out CD.der",
    );
    let file = folder.path().join("log_key.pem");
    fs::write(&file, log_key().to_pkcs8_pem().unwrap().as_bytes()).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let order = NewOrder {
        id: "A-17".into(),
        size,
        vendor_id: 0xFFF1,
        product_id: 0x8000,
        operator: "ann".into(),
        needs_approval: false,
    };
    registrar(folder.path()).open_order(&order).unwrap().unwrap();
    folder
}

fn provision(folder: &Path, place: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dac-pki"));
    command
        .current_dir(folder)
        .args(["provision", "--order", "A-17", "--ledger", "ledger.sqlite"])
        .args(["--issuer", "pai/PAI_cert.pem", "--issuer-key", "pai/PAI_key.pem"])
        .args(["--cd", "CD.der", "--allow-test-cd", "--paa", "paa/PAA_cert.pem"])
        .args(["--log-signer", "file:log_key.pem", "--station", "line-1"])
        .args(place)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts a station that waits for devices, and returns its address.
fn listen(folder: &Path, place: &[&str]) -> (Child, String) {
    let mut child = provision(folder, &[&["--listen", "127.0.0.1:0", "--idle", "3"], place].concat())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line.trim().strip_prefix("waiting for devices at ").unwrap();
    (child, address.to_owned())
}

fn devices(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let all = [&["--json", "--seed", SEED, "--patience", "20"], arguments].concat();
    let output = run(folder, env!("CARGO_BIN_EXE_sim-device"), &all);
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn state(folder: &Path, number: u8) -> Option<(State, Option<Certificate>)> {
    let device = DeviceId::from_mac([0x60, 0x55, 0xf9, 0, 0, number]);
    let known = registrar(folder).find_device(&device).unwrap()?;
    Some((known.state, known.dac))
}

fn check_log(folder: &Path) -> usize {
    let (rows, head) = registrar(folder).log().unwrap();
    Log::verify(&rows, &head, &[log_key().public_key()]).unwrap();
    rows.len()
}

#[test]
fn devices_that_dial_get_their_certificates() {
    let folder = prepare(20);
    let folder = folder.path();
    let (station, address) = listen(folder, &["--answer-time", "2", "--json"]);
    // Of 40 devices with one fault each, the ones with the first ten faults.
    let ends = devices(folder, &["--connect", &address, "--count", "10", "--mix", "50"]);
    let good = ends.iter().filter(|end| end["fault"] == "none");
    assert!(
        good.clone().count() == 5 && good.clone().all(|end| end["end"] == "locked"),
        "{ends:?}"
    );
    let output = station.wait_with_output().unwrap();
    // Some were refused.
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["order"], "A-17");
    let sessions = report["sessions"].as_array().unwrap();
    for end in good {
        let session = sessions.iter().find(|session| session["device"] == end["mac"]).unwrap();
        assert!(session["outcome"] == "proved" && session["state"] == "PROVED");
        assert_eq!(session["dac_serial"], end["dac_serial"]);
    }
    let count = report["outcomes"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap());
    assert_eq!(usize::try_from(count.sum::<u64>()).unwrap(), sessions.len());
    assert!(check_log(folder) > 15);
}

#[test]
fn devices_that_are_dialled_get_their_certificates() {
    let folder = prepare(20);
    let folder = folder.path();
    let file = folder.join("addresses");
    let path = folder.to_owned();
    let sim = std::thread::spawn(move || {
        devices(
            &path,
            &["--listen", "127.0.0.1:0", "--count", "4", "--addresses", "addresses"],
        )
    });
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = provision(folder, &["--devices", "addresses"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(
        lines.lines().count() == 4 && lines.lines().all(|line| line.contains(" proved PROVED ")),
        "{lines}"
    );
    assert!(sim.join().unwrap().iter().all(|end| end["end"] == "locked"));
    // They have ended.
    let again = provision(folder, &["--devices", "addresses"]).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stdout).contains(" unreachable: "));
}

#[test]
fn a_device_on_a_line_gets_its_certificate() {
    let folder = prepare(20);
    let folder = folder.path();
    let file = folder.join("addresses");
    let path = folder.to_owned();
    let sim = std::thread::spawn(move || devices(&path, &["--pty", "--addresses", "addresses"]));
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let address = fs::read_to_string(&file).unwrap();
    let output = provision(folder, &["--device", address.trim()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sim.join().unwrap()[0]["end"], "locked");
    assert_eq!(state(folder, 1).unwrap().0, State::Proved);
}

#[test]
fn a_station_that_is_killed_goes_on_where_it_was() {
    let folder = prepare(30);
    let folder = folder.path();
    let (mut first, address) = listen(folder, &["--jobs", "4"]);
    let path = folder.to_owned();
    let dialled = address.clone();
    let sim = std::thread::spawn(move || devices(&path, &["--connect", &dialled, "--count", "30", "--fault", "slow"]));
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(700));
        first.kill().unwrap();
        first.wait().unwrap();
        // The port may be held briefly by closing connections.
        first = loop {
            let mut child = provision(folder, &["--listen", &address, "--idle", "3", "--jobs", "30"])
                .spawn()
                .unwrap();
            let mut line = String::new();
            BufReader::new(child.stderr.as_mut().unwrap())
                .read_line(&mut line)
                .unwrap();
            if line.starts_with("waiting") {
                break child;
            }
            child.wait().unwrap();
        };
    }
    let ends = sim.join().unwrap();
    assert_eq!(ends.iter().filter(|end| end["end"] == "locked").count(), 30);
    first.wait().unwrap();
    let mut serials = Vec::new();
    for number in 1..=30 {
        let (state, dac) = state(folder, number).unwrap();
        assert_eq!(state, State::Proved);
        serials.push(dac.unwrap().serial().to_string());
    }
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 30);
    println!("{} entries in the log", check_log(folder));
}

#[test]
fn station_starts_only_with_existing_inputs() {
    let folder = prepare(1);
    let folder = folder.path();
    let message = |command: &mut Command| {
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let mut command = provision(folder, &["--device", "127.0.0.1:1", "--order", "B-1"]);
    let (code, text) = message(&mut command);
    assert!(
        code == Some(2) && text.contains("--order") && text.contains("B-1"),
        "{text}"
    );
    let (code, text) = message(provision(folder, &["--device", "127.0.0.1:1"]).args(["--ledger", "none.sqlite"]));
    assert!(
        code == Some(2) && text.contains("--ledger") && !folder.join("none.sqlite").exists(),
        "{text}"
    );
    let (code, text) = message(provision(folder, &["--device", "127.0.0.1:1"]).args(["--issuer-key", "log_key.pem"]));
    assert!(code == Some(2) && text.contains("--issuer-key"), "{text}");
    let (code, text) = message(&mut provision(folder, &[]));
    assert!(code == Some(2) && text.contains("--listen"), "{text}");
}
