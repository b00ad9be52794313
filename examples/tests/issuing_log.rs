//! `dac-pki order` and `log`, and certificates that are recorded.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/dac_pki.rs"]
mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{BY_PAI, run, succeed, workplace};

/// Options for writing to the log of the tests' ledger.
const ANN: &str = "--ledger orders.sqlite --log-signer log.pem --operator ann";
const BOB: &str = "--ledger orders.sqlite --log-signer log.pem --operator bob";

/// Runs the binary with an expected exit code, and returns its output.
fn refused(folder: &Path, code: i32, arguments: &str) -> String {
    let output = run(folder, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments}: {message}");
    assert!(output.stdout.is_empty(), "{arguments}");
    message
}

fn json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&succeed(folder, &format!("{arguments} --json"))).unwrap()
}

fn with_log_key() -> tempfile::TempDir {
    let folder = workplace();
    succeed(folder.path(), "key generate --out log.pem");
    folder
}

#[test]
fn an_order_is_opened_approved_by_another_operator_and_closed() {
    let folder = with_log_key();
    let at = folder.path();
    let open = "order open 4711 --size 500 --vid 0xFFF1 --pid 0x8000 --approval";
    let order = json(at, &format!("{open} {ANN}"));
    assert_eq!(
        (&order["state"], &order["opened_by"]),
        (&"proposed".into(), &"ann".into())
    );
    for (code, arguments, expected) in [
        (1, format!("{open} {ANN}"), "already"),
        (
            1,
            format!("order approve 4711 {ANN}"),
            "ann opened the order and cannot approve it",
        ),
        (1, format!("order approve 4712 {BOB}"), "there is no order 4712"),
        (
            2,
            format!("order open x --size 0 --vid 0xFFF1 --pid 0x8000 {ANN}"),
            "--size: not a number in the range 1 to",
        ),
        (
            2,
            format!("order open x --size 5 --vid 0xFFFF --pid 0x8000 {ANN}"),
            "--vid",
        ),
        (
            2,
            "order close 4711 --ledger orders.sqlite".into(),
            "--ledger: requires --log-signer and --operator",
        ),
        (
            1,
            "order show 4712 --ledger orders.sqlite".into(),
            "there is no order 4712",
        ),
        (2, "order show --ledger none.sqlite".into(), "there is no such ledger"),
        (
            2,
            format!("{open} --ledger orders.sqlite --log-signer log.pem --operator"),
            "--operator",
        ),
    ] {
        let message = refused(at, code, &arguments);
        assert!(message.contains(expected), "{arguments}: {message}");
    }
    let order = json(at, &format!("order approve 4711 {BOB}"));
    assert_eq!(
        (&order["state"], &order["approved_by"]),
        (&"open".into(), &"bob".into())
    );
    let shown = succeed(at, "order show --ledger orders.sqlite");
    let line = "order 4711: open, 0 of 500 devices, vendor 0xFFF1, product 0x8000, opened by ann, approved by bob\n";
    assert_eq!(shown, line);
    succeed(at, &format!("order close 4711 {BOB}"));
    let message = refused(at, 1, &format!("order close 4711 {ANN}"));
    assert!(message.contains("order 4711 is closed"), "{message}");
    let log = json(at, "log show --ledger orders.sqlite");
    let events = log
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["entry"]["event"].as_str().unwrap());
    assert_eq!(
        events.collect::<Vec<_>>(),
        [
            "log-started",
            "order-proposed",
            "refused",
            "order-approved",
            "order-closed"
        ]
    );
    assert_eq!(log[1]["entry"]["operator"], "ann");
    assert_eq!(log[2]["entry"]["code"], "same-operator");
}

#[test]
fn issued_certificates_are_recorded_and_no_key_is_reused() {
    let folder = with_log_key();
    let at = folder.path();
    succeed(at, &format!("paa --cn New-PAA --vid 0xFFF1 --out new {ANN}"));
    succeed(at, "key generate --out pai.pem");
    succeed(at, "csr make --cn New-PAI --signer pai.pem --out pai.csr");
    let pai = "pai --cn New-PAI --vid 0xFFF1 --issuer new/PAA_cert.pem --issuer-key new/PAA_key.pem --csr pai.csr";
    succeed(at, &format!("{pai} --out new {ANN}"));
    let message = refused(at, 1, &format!("{pai} --out again {ANN}"));
    assert!(message.contains("the key belongs to another device"), "{message}");
    assert!(!at.join("again/PAI_cert.pem").exists());
    succeed(
        at,
        &format!("dac --cn Lamp --vid 0xFFF1 --pid 0x8000 {BY_PAI} --count 3 --out lamps {ANN}"),
    );
    let log = json(at, "log show --ledger orders.sqlite --last 3");
    let subjects = log
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["entry"]["subject"].as_str().unwrap());
    let expected = [1, 2, 3].map(|number| format!("CN=Lamp {number:04}, VID=FFF1, PID=8000"));
    assert!(
        subjects.clone().eq(expected.iter()),
        "{:?}",
        subjects.collect::<Vec<_>>()
    );
    // Without a ledger the other options are useless.
    for option in [
        "--log-signer log.pem",
        "--operator ann",
        "--log-key log.pem",
        "--ledger-key k",
    ] {
        let message = refused(at, 2, &format!("paa --cn X --out x {option}"));
        assert!(message.contains("requires --ledger"), "{message}");
    }
    let verified = json(at, "log verify --ledger orders.sqlite --log-key log.pem");
    assert_eq!(verified["entries"], 7);
}

#[test]
fn a_request_whose_certificate_was_lost_before_it_was_written_gets_the_same_one() {
    let folder = with_log_key();
    let at = folder.path();
    fs::create_dir(at.join("requests")).unwrap();
    for name in ["a", "b"] {
        succeed(at, &format!("key generate --out {name}.pem"));
        succeed(
            at,
            &format!("csr make --cn {name} --signer {name}.pem --out requests/{name}.csr"),
        );
    }
    let dac = format!("dac --vid 0xFFF1 --pid 0x8000 {BY_PAI} --csr requests {ANN}");
    succeed(at, &dac);
    let first = fs::read(at.join("requests/a.pem")).unwrap();
    fs::remove_file(at.join("requests/a.pem")).unwrap();
    succeed(at, &dac);
    assert_eq!(fs::read(at.join("requests/a.pem")).unwrap(), first);
    // The same key under another name is another device.
    fs::rename(at.join("requests/a.csr"), at.join("requests/c.csr")).unwrap();
    fs::remove_file(at.join("requests/a.pem")).unwrap();
    let output = run(at, &dac);
    assert_eq!(output.status.code(), Some(1));
    let reason = fs::read_to_string(at.join("requests/c.err")).unwrap();
    assert!(reason.contains("different certificate for this key"), "{reason}");
    assert_eq!(
        json(at, "log verify --ledger orders.sqlite --log-key log.pem")["entries"],
        3
    );
}

#[test]
fn a_log_is_verified_exported_and_found_changed() {
    let folder = with_log_key();
    let at = folder.path();
    for order in 1..=4 {
        succeed(
            at,
            &format!("order open {order} --size 5 --vid 0xFFF1 --pid 0x8000 {ANN}"),
        );
    }
    let verify = "log verify --ledger orders.sqlite --log-key log.pem";
    let head = json(at, verify)["head"].as_str().unwrap().to_owned();
    assert!(succeed(at, verify).starts_with(&format!("5 entries, the last one {head}, signed by ")));
    succeed(at, &format!("{verify} --at-least {head}"));
    succeed(at, "log export --ledger orders.sqlite --out log.jsonl");
    let from_file = "log verify --file log.jsonl --log-key log.pem";
    assert_eq!(json(at, from_file)["head"], head.as_str());

    // A public key is sufficient; a different one is refused.
    succeed(at, "key public log.pem --out public.pem");
    succeed(at, "log verify --file log.jsonl --log-key public.pem");
    succeed(at, "key generate --out other.pem");
    let message = refused(at, 1, "log verify --file log.jsonl --log-key other.pem");
    assert!(message.contains("signed by an untrusted key"), "{message}");
    let message = refused(at, 1, &format!("order close 1 {}", ANN.replace("log.pem", "other.pem")));
    assert!(message.contains("signed by an untrusted key"), "{message}");
    let trusting = format!("{} --log-key log.pem", ANN.replace("log.pem", "other.pem"));
    succeed(at, &format!("order close 1 {trusting}"));
    succeed(at, "log verify --ledger orders.sqlite --log-key other.pem");

    let text = fs::read_to_string(at.join("log.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6);
    let change = |lines: &[&str]| fs::write(at.join("log.jsonl"), lines.join("\n") + "\n").unwrap();
    let order_3 = lines[3].replace("\"size\":5", "\"size\":9");
    for (changed, code, expected) in [
        (
            [&lines[..3], &[order_3.as_str()], &lines[4..]].concat(),
            1,
            "entry 4 was modified",
        ),
        (
            [&lines[..2], &lines[3..]].concat(),
            1,
            "entry 3 is missing or out of order",
        ),
        (
            [&lines[..4], &lines[5..]].concat(),
            1,
            "the head names entry 5, but the last entry is 4",
        ),
        (lines[..5].to_vec(), 2, "the head, the last line, is missing"),
        ([&lines[..], &lines[..1]].concat(), 2, "log.jsonl:7: follows the head"),
        (
            [&lines[..1], &["{}"], &lines[1..]].concat(),
            2,
            "log.jsonl:2: is not a line",
        ),
    ] {
        change(&changed);
        let message = refused(at, code, from_file);
        assert!(message.contains(expected), "{message}");
    }
    let message = refused(
        at,
        1,
        &format!("{verify} --log-key other.pem --at-least 9:{}", "ab".repeat(32)),
    );
    assert!(
        message.contains("rolled back: it ends with entry 6, but entry 9 was seen before"),
        "{message}"
    );
    let message = refused(
        at,
        1,
        &format!("{verify} --log-key other.pem --at-least 3:{}", "ab".repeat(32)),
    );
    assert!(
        message.contains("entry 3 differs from the one seen before"),
        "{message}"
    );
    for text in ["3".into(), format!("+3:{}", "ab".repeat(32))] {
        let message = refused(at, 2, &format!("{verify} --at-least {text}"));
        assert!(message.contains("--at-least: not a number and 64"), "{message}");
    }
}
