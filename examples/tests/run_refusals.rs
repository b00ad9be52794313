//! Runs that `matter-mfg` refuses before or during their work: the message, and that nothing is left.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/produced.rs"]
mod produced;
#[path = "support/workplace.rs"]
mod workplace;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use workplace::{run, stderr};

const BASE: &str = "-v 0xFFF2 -p 0x8001 --iteration-count 1000";

fn mfg(folder: &Path, arguments: &str) -> Output {
    let arguments = format!("{BASE} {arguments}");
    run(folder, &arguments.split_whitespace().collect::<Vec<_>>())
}

fn refused(output: &Output, code: i32, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    assert!(words.iter().all(|word| message.contains(word)), "{words:?}: {message}");
}

#[test]
fn refused_orders_and_values_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("passcodes"), "86420135\n11223345\n86420135\n").unwrap();
    fs::write(at.join("numbers"), "5\n6\n5\n").unwrap();
    let lists = "--passcodes passcodes --discriminators numbers --unique";
    for (arguments, words) in [
        (
            "-n 10 --order PO --order-size 4".to_owned(),
            &["PO", "0 are made", "10 more"][..],
        ),
        (
            format!("{lists} passcode"),
            &["--unique", "devices 1 and 3", "passcode"],
        ),
        (
            format!("{lists} pair"),
            &["--unique", "devices 1 and 3", "pair of discriminator and passcode"],
        ),
    ] {
        refused(&mfg(at, &arguments), 2, words);
        assert!(!at.join("out").exists(), "{arguments}");
    }
    assert!(
        mfg(at, "-n 3 --order PO --order-size 4 --ledger shared")
            .status
            .success()
    );
    for (size, words) in [("4", &["3 are made", "2 more"][..]), ("5", &["for 4 devices"])] {
        let arguments = format!("-n 2 --order PO --order-size {size} --ledger shared --outdir other");
        refused(&mfg(at, &arguments), 2, words);
        assert!(!at.join("other").exists());
    }
    let one = "--passcode 86420135 --discriminator 5 --unique pair --ledger shared";
    assert!(mfg(at, one).status.success());
    refused(&mfg(at, one), 2, &["the same pair of discriminator and passcode"]);
}

#[cfg(unix)]
#[test]
fn ledger_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    assert!(mfg(at, "--ledger l").status.success());
    for name in ["l", "l.key"] {
        let path = at.join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        refused(
            &mfg(at, "--ledger l --outdir other"),
            2,
            &[&format!("{name} is open to other users"), "0600"],
        );
        assert!(!at.join("other").exists());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert!(mfg(at, "--ledger l").status.success());
}

/// The numbers of the refusal add up, and the order is never exceeded.
#[test]
fn runs_on_one_order_at_once_say_how_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let runs = (0..4).map(|number| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_matter-mfg"));
        let arguments = format!("{BASE} -n 40 --order PO --order-size 100 --ledger shared --outdir out{number}");
        command.args(arguments.split_whitespace()).current_dir(at);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    });
    let mut refusals = 0;
    for child in runs.collect::<Vec<_>>() {
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            continue;
        }
        refusals += 1;
        let message = stderr(&output);
        let numbers = message
            .split("100 devices; ")
            .nth(1)
            .unwrap()
            .split(|c: char| !c.is_ascii_digit());
        let numbers = numbers
            .filter_map(|number| number.parse::<u32>().ok())
            .collect::<Vec<_>>();
        let (made, more) = (numbers[0], numbers[1]);
        assert!(made <= 100 && more > 0 && made + more > 100, "{message}");
    }
    let ledger = rusqlite::Connection::open(at.join("shared")).unwrap();
    let made: u32 = ledger
        .query_row("SELECT count(*) FROM device", [], |row| row.get(0))
        .unwrap();
    assert!(refusals >= 2 && made <= 100, "{refusals} {made}");
}

#[test]
fn two_runs_that_make_a_pai_at_once_do_not_lose_one() {
    for _ in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        chain::write(at);
        let start = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_matter-mfg"));
            let arguments = format!("{BASE} --paa -c paa-cert.pem -k paa-key.pem -cd CD.der -n 3");
            command.args(arguments.split_whitespace()).current_dir(at);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let mut made = 0;
        for child in [start(), start()] {
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                made += 3;
            } else {
                refused(&output, 3, &["another run has created it in the meantime"]);
            }
        }
        let top = at.join("out/fff2_8001");
        let devices = produced::devices(&top);
        assert_eq!(devices.len(), made);
        let pais = devices
            .iter()
            .map(|device| fs::read(device.join("internal/PAI_cert.der")).unwrap());
        let pais = pais.collect::<BTreeSet<_>>();
        assert_eq!(pais.len(), 1, "one PAI signed them all");
        let kept = fs::read(top.join("staging/pai_cert.pem")).unwrap();
        let kept = matter_attestation::Certificate::decode(&kept).unwrap();
        assert_eq!(pais.first().unwrap(), kept.as_der());
    }
}

#[test]
fn folder_of_a_device_is_replaced_only_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let seeded = "--seed 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -n 20";
    assert!(mfg(at, seeded).status.success());
    let top = at.join("out/fff2_8001");
    let devices = produced::devices(&top);
    let first = devices.first().unwrap();
    let image = |device: &Path| {
        let name = format!("{}-partition.bin", device.file_name().unwrap().to_str().unwrap());
        fs::read(device.join(name)).unwrap()
    };
    let before = devices.iter().map(|device| image(device)).collect::<Vec<_>>();
    fs::write(first.join("mine"), "x").unwrap();
    refused(&mfg(at, seeded), 3, &["exists already; use --force to replace it"]);
    assert!(first.join("mine").exists());
    assert_eq!(produced::devices(&top), devices);

    let output = mfg(at, &format!("{seeded} --force"));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!first.join("mine").exists());
    assert_eq!(produced::devices(&top), devices);
    assert_eq!(devices.iter().map(|device| image(device)).collect::<Vec<_>>(), before);
    let hidden = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!hidden.into_iter().any(|name| name.to_str().unwrap().starts_with('.')));
}
