//! `nvs-image set` and `remove` as a user runs them.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvs-image"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), message.as_str()), (Some(0), ""), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("in.csv"),
        "key,type,encoding,value\nwifi,namespace,,\nchannel,data,u8,6\n",
    )
    .unwrap();
    succeed(folder.path(), &["generate", "in.csv", "a.bin", "0x3000"]);
    folder
}

const VALUES: [[&str; 4]; 8] = [
    ["wifi", "offset", "i16", "-300"],
    ["wifi", "ssid", "string", "--fac,tory"],
    ["wifi", "channel", "u8", "11"],
    ["wifi", "bssid", "blob", "001122"],
    ["other", "serial", "u64", "18446744073709551615"],
    ["other", "ratio", "double", "-0.5"],
    ["other", "key", "base64", "AQID"],
    ["wifi", "channel", "u8", "7"],
];

const EXPECTED: &str = r#"[
{"namespace":"wifi","key":"offset","type":"i16","value":-300},
{"namespace":"wifi","key":"ssid","type":"string","value":"--fac,tory"},
{"namespace":"wifi","key":"bssid","type":"blob","value":"001122"},
{"namespace":"other","key":"serial","type":"u64","value":18446744073709551615},
{"namespace":"other","key":"ratio","type":"double","value":-0.5},
{"namespace":"wifi","key":"channel","type":"u8","value":7}]"#;

#[test]
fn values_are_set_and_removed() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, &["keygen", "keys.bin"]);
    succeed(folder, &["encrypt", "a.bin", "b.bin", "--keys", "keys.bin"]);
    for (image, keys) in [("a.bin", &[][..]), ("b.bin", &["--keys", "keys.bin"])] {
        for value in VALUES {
            succeed(folder, &[&["set", image], keys, &value[..]].concat());
        }
        succeed(folder, &[&["remove", image, "other", "key"], keys].concat());
        let shown = succeed(folder, &[&["dump", image, "--format", "json"], keys].concat());
        let values = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(values(&shown), values(EXPECTED));
        assert!(succeed(folder, &[&["check", image], keys].concat()).contains("erased"));

        let before = fs::read(folder.join(image)).unwrap();
        let gone = run(folder, &[&["remove", image, "other", "key"], keys].concat());
        assert_eq!(gone.status.code(), Some(1));
        assert_eq!(
            String::from_utf8(gone.stderr).unwrap(),
            format!("error: {image}: namespace 'other' has no key 'key'\n")
        );
        assert_eq!(fs::read(folder.join(image)).unwrap(), before);
    }
    let mut names = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, ["a.bin", "b.bin", "in.csv", "keys.bin"]);
}

#[test]
fn refused_edits_change_nothing_and_do_not_repeat_the_value() {
    let folder = workplace();
    let folder = folder.path();
    fs::write(
        folder.join("one.bin"),
        fs::read(folder.join("a.bin")).unwrap().split_at(4096).0,
    )
    .unwrap();
    fs::write(folder.join("short.bin"), [0xFF; 100]).unwrap();
    let long = "20202021".repeat(500);
    for (arguments, message) in [
        (
            ["a.bin", "wifi", "k", "u8", "20202021"],
            "VALUE: not an integer in the range 0 to 255, as required by u8",
        ),
        (
            ["a.bin", "wifi", "k", "u16", "-20202021"],
            "VALUE: not an integer in the range 0 to 65535, as required by u16",
        ),
        (
            ["a.bin", "wifi", "k", "blob", "2020202"],
            "VALUE: not pairs of hexadecimal digits",
        ),
        (
            ["a.bin", "wifi", "k", "blob", "20202021z"],
            "VALUE: not pairs of hexadecimal digits",
        ),
        (
            ["a.bin", "wifi", "k", "float", "20202021x"],
            "VALUE: not a decimal number with or without fraction and exponent",
        ),
        (
            ["a.bin", "wifi", "k", "string", &long],
            "VALUE: string is too long: 4000 bytes; at most 3999 are allowed",
        ),
        (
            ["a.bin", "wifi", "k", "hex2bin", "20202021"],
            "TYPE: unknown type (must be one of u8 i8 u16 i16 u32 i32 u64 i64 float double string blob base64)",
        ),
        (
            ["a.bin", "wifi", "k", "text", "20202021"],
            "TYPE: unknown type (must be one of u8 i8 u16 i16 u32 i32 u64 i64 float double string blob base64)",
        ),
        (
            ["a.bin", "wifi", "sixteen-bytes-kk", "u8", "1"],
            "KEY: key is too long: 16 bytes; at most 15 are allowed",
        ),
        (
            ["a.bin", "", "k", "u8", "1"],
            "NAMESPACE: namespace is empty; 1 to 15 bytes are allowed",
        ),
        (
            ["one.bin", "wifi", "k", "u8", "1"],
            "one.bin: partition has no empty page; writing needs at least one",
        ),
        (
            ["short.bin", "wifi", "k", "u8", "1"],
            "short.bin: the image length of 100 bytes is not a positive multiple of 4096: it is not a whole partition",
        ),
    ] {
        let before = fs::read(folder.join(arguments[0])).unwrap();
        let output = run(folder, &[&["set"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("error: {message}\n"));
        assert_eq!(fs::read(folder.join(arguments[0])).unwrap(), before);
    }
    // A plain image contradicts its keys.
    succeed(folder, &["keygen", "keys.bin"]);
    let output = run(folder, &["set", "a.bin", "wifi", "k", "u8", "1", "--keys", "keys.bin"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(folder, &["set", "gone.bin", "wifi", "k", "u8", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!folder.join("gone.bin").exists());
}
