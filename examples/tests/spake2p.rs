//! `spake2p` as a user runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// connectedhomeip, `CHIP_DEVICE_CONFIG_USE_TEST_SPAKE2P_VERIFIER`: passcode 20202021, 1000 iterations.
const SDK_SALT: &str = "U1BBS0UyUCBLZXkgU2FsdA==";
const SDK_VERIFIER: &str = "uWFwqugDNGiEck/po7KHwwMwwqZgN10XuyBajPGuyzUEV/iree4lOrao5GuwnlQ65CJzbeUB49s31EH+NEkg0JVI5MGC\
                            QGMMT/SRPFNRODm3wH/MBiehuFc6FJ/NH6Rmzw==";
/// esp-matter-mfg-tool 1.0.29: passcode 20202021, 10,000 iterations.
const TOOL_SALT: &str = "D9qd9Jsw1JnbJYUxfsmdPHeJs5Re8OO6teJx/viP8vk=";
const TOOL_VERIFIER: &str = "mvbTmMN2fuLWDHLT7wGumyzV4QjJGwnA+OLW0Nj3vvMEG6hV2HDUa966+nwM8PyQRJn4GrYtPPd+RA3wig3CdUhOjId6\
                             XgeCkoHhNDY7NHdBuNlyJYsuZndKQlOWxAFl4g==";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spake2p"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn refuse(folder: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(folder, arguments);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    text(&output.stderr).into()
}

#[test]
fn verifiers_are_those_of_the_vendor() {
    let folder = tempfile::tempdir().unwrap();
    for (salt, count, verifier) in [(SDK_SALT, "1000", SDK_VERIFIER), (TOOL_SALT, "10000", TOOL_VERIFIER)] {
        let output = run(
            folder.path(),
            &["gen-verifier", "-p", "20202021", "-s", salt, "-i", count],
        );
        assert_eq!(text(&output.stdout), format!("{verifier}\n"));
        let long = [
            "gen-verifier",
            "--passcode",
            "20202021",
            "--salt",
            salt,
            "--iteration-count",
            count,
        ];
        assert_eq!(run(folder.path(), &long).stdout, output.stdout);
        let check = ["check", "-p", "20202021", "-s", salt, "-i", count, "-v", verifier];
        let output = run(folder.path(), &check);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(text(&output.stdout), "the passcode matches the verifier\n");
    }
}

#[test]
fn wrong_passcode_is_the_answer_no() {
    let folder = tempfile::tempdir().unwrap();
    let message = refuse(
        folder.path(),
        &[
            "check",
            "-p",
            "20202022",
            "-s",
            SDK_SALT,
            "-i",
            "1000",
            "-v",
            SDK_VERIFIER,
        ],
        1,
    );
    assert_eq!(
        message,
        "error: verifier does not belong to this passcode, salt and iteration count\n"
    );
}

#[test]
fn unusable_values_are_named_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, named) in [
        (["-p", "11111111", "-s", SDK_SALT, "-i", "1000"], "--passcode"),
        (["-p", "99999999", "-s", SDK_SALT, "-i", "1000"], "--passcode"),
        (["-p", "twenty", "-s", SDK_SALT, "-i", "1000"], "--passcode"),
        (["-p", "20202021", "-s", "U1BBS0UyUCBLZXk=", "-i", "1000"], "--salt"),
        (["-p", "20202021", "-s", "SPAKE2P Key Salt", "-i", "1000"], "--salt"),
        (["-p", "20202021", "-s", SDK_SALT, "-i", "999"], "--iteration-count"),
        (["-p", "20202021", "-s", SDK_SALT, "-i", "100001"], "--iteration-count"),
    ] {
        let message = refuse(folder.path(), &[&["gen-verifier"], &arguments[..]].concat(), 2);
        assert!(message.starts_with(&format!("error: {named}: ")), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        for secret in ["11111111", "99999999", "twenty", "20202021"] {
            assert!(!message.contains(secret), "{message}");
        }
    }
    let message = refuse(folder.path(), &["gen-verifier", "-p", "20202021"], 2);
    assert!(message.starts_with("error: missing: "), "{message}");
    let message = refuse(
        folder.path(),
        &["check", "-p", "20202021", "-s", SDK_SALT, "-i", "1000", "-v", "AAAA"],
        2,
    );
    assert_eq!(message, "error: --verifier: verifier of 3 bytes is not one of 97\n");
}

#[test]
fn batch_adds_a_column_in_the_order_of_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // Two alternating iteration counts, an additional column, a byte order mark, semicolons and CRLF.
    let mut rows = vec!["\u{feff}index;note;passcode;iterations;salt".to_owned()];
    let mut expected = vec!["index,note,passcode,iterations,salt,verifier".to_owned()];
    for index in 0..37 {
        let (salt, count, verifier) = match index % 2 {
            0 => (SDK_SALT, "1000", SDK_VERIFIER),
            _ => (TOOL_SALT, "10000", TOOL_VERIFIER),
        };
        rows.push(format!("{index};\"a, b\";20202021;{count};{salt}"));
        expected.push(format!("{index},\"a, b\",20202021,{count},{salt},{verifier}"));
    }
    fs::write(path("in.csv"), rows.join("\r\n") + "\r\n").unwrap();
    let output = run(folder.path(), &["batch", "in.csv", "out.csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        ("", ""),
        "no progress but on a terminal"
    );
    let written = fs::read_to_string(path("out.csv")).unwrap();
    assert_eq!(written, expected.join("\r\n") + "\r\n");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::MetadataExt::mode(&path("out.csv").metadata().unwrap()) & 0o777,
        0o600
    );

    let message = refuse(folder.path(), &["batch", "in.csv", "out.csv"], 2);
    assert_eq!(message, "error: out.csv: exists already; use --force to replace it\n");
    let output = run(folder.path(), &["batch", "in.csv", "out.csv", "--force"]);
    assert_eq!(output.status.code(), Some(0));
    let message = refuse(folder.path(), &["batch", "out.csv", "again.csv"], 2);
    assert_eq!(message, "error: out.csv:1: column 'verifier': exists already\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left");
}

#[test]
fn batch_names_the_cell_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = format!("0,20202021,1000,{SDK_SALT}");
    for (rows, place) in [
        (vec![], "1: column 'index'"),
        (vec!["index,passcode,salt"], "1: column 'iterations'"),
        (
            vec!["index,passcode,iterations,salt", &good, "", "1,100000000,1000,AA=="],
            "4: column 'passcode'",
        ),
        (
            vec!["index,passcode,iterations,salt", "1,20202021,999,AA=="],
            "2: column 'iterations'",
        ),
        (
            vec!["index,passcode,iterations,salt", "1,20202021,1000,AA=="],
            "2: column 'salt'",
        ),
        (
            vec!["index,passcode,iterations,salt", "1,20202021,1000"],
            "2: column 'index'",
        ),
    ] {
        fs::write(folder.path().join("in.csv"), rows.join("\n")).unwrap();
        let message = refuse(folder.path(), &["batch", "in.csv", "out.csv"], 2);
        assert!(message.starts_with(&format!("error: in.csv:{place}: ")), "{message}");
        assert!(
            !message.contains("100000000") && !message.contains("20202021"),
            "{message}"
        );
        assert!(!folder.path().join("out.csv").exists());
    }
    fs::write(folder.path().join("in.csv"), "index,passcode,iterations,salt\n").unwrap();
    let output = run(folder.path(), &["batch", "in.csv", "out.csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let written = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert_eq!(written, "index,passcode,iterations,salt,verifier\r\n");
}
