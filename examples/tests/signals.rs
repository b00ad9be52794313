//! A signal that ends a process removes its unfinished files.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const COUNT: usize = 300;
/// Exit status of a shell after SIGINT; the same for all signals here.
const INTERRUPTED: i32 = 130;

const DAC_PKI: &str = env!("CARGO_BIN_EXE_dac-pki");

fn dac_pki(folder: &Path, arguments: &str) -> Command {
    quiet(Command::new(DAC_PKI), folder, arguments)
}

/// Returns the tool as started by a shell that ignores signals: `nohup`, and background jobs of scripts.
fn with_ignored(signals: &str, folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' {signals}; exec \"$@\""), "sh", DAC_PKI]);
    quiet(command, folder, arguments)
}

fn quiet(mut command: Command, folder: &Path, arguments: &str) -> Command {
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(".factory-")
}

/// Makes a PAA and a PAI, and returns the arguments for [`COUNT`] DACs.
fn prepare(at: &Path) -> String {
    assert!(dac_pki(at, "paa --cn A --out ca").status().unwrap().success());
    let pai = "pai --cn I --vid 0xFFF1 --issuer ca/PAA_cert.pem --issuer-key ca/PAA_key.pem --out ca";
    assert!(dac_pki(at, pai).status().unwrap().success());
    format!(
        "dac --cn D --vid 0xFFF1 --pid 0x8000 --issuer ca/PAI_cert.pem --issuer-key ca/PAI_key.pem --count {COUNT} --out dacs"
    )
}

/// Starts the tool, and returns while it writes keys; repeated if it finished before the check. It is not waited for,
/// so that its process id stays its own.
fn start(mut command: Command, out: &Path) -> Child {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let mut child = command.spawn().unwrap();
        loop {
            if names(out).iter().any(|name| is_hidden(name)) {
                return child;
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            assert!(Instant::now() < end, "it hangs");
            std::thread::sleep(Duration::from_micros(200));
        }
        assert!(Instant::now() < end, "it is never seen writing");
        let _ = fs::remove_dir_all(out);
    }
}

#[test]
fn keys_that_are_not_complete_go_at_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let dacs = prepare(at);
    let (mut hits, out) = (0, at.join("dacs"));
    for signal in [Signal::TERM, Signal::INT, Signal::HUP].into_iter().cycle().take(12) {
        let mut child = start(dac_pki(at, &dacs), &out);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let code = child.wait().unwrap().code();
        let left = names(&out);
        assert_eq!(
            left.iter().filter(|name| is_hidden(name)).count(),
            0,
            "{code:?}: {left:?}"
        );
        match code {
            Some(INTERRUPTED) if left.is_empty() => hits += 1,
            // The signal came when all of them were being moved into place.
            Some(INTERRUPTED | 0) => assert_eq!(left.iter().filter(|name| name.ends_with("_key.pem")).count(), COUNT),
            code => assert_eq!(code, Some(INTERRUPTED)),
        }
        let _ = fs::remove_dir_all(&out);
        if hits >= 3 {
            break;
        }
    }
    assert!(hits > 0, "no signal came while files were written");
}

#[test]
fn ignored_signals_stay_ignored_and_others_clean_up() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let dacs = prepare(at);
    let (mut hits, out) = (0, at.join("dacs"));
    for _ in 0..12 {
        let mut child = start(with_ignored("INT HUP", at, &dacs), &out);
        let pid = Pid::from_child(&child);
        for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
            kill_process(pid, signal).unwrap();
        }
        let code = child.wait().unwrap().code();
        let left = names(&out);
        assert!(!left.iter().any(|name| is_hidden(name)), "{code:?}: {left:?}");
        hits += u32::from(code == Some(INTERRUPTED) && left.is_empty());
        let _ = fs::remove_dir_all(&out);

        let mut child = start(with_ignored("INT HUP", at, &dacs), &out);
        let pid = Pid::from_child(&child);
        for signal in [Signal::INT, Signal::HUP] {
            kill_process(pid, signal).unwrap();
        }
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let _ = fs::remove_dir_all(&out);
        if hits >= 3 {
            break;
        }
    }
    assert!(hits > 0, "no signal came while files were written");
}
