//! `nvs-image` as a user runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const TOOL: &str = env!("CARGO_BIN_EXE_nvs-image");

const CSV: &str = "key,type,encoding,value\nwifi,namespace,,\nssid,data,string,\"fac,tory\"\nchannel,data,u8,6\n\
                   offset,data,i16,-300\nbssid,file,binary,mac\nother,namespace,,\nserial,data,u64,1234605616436508552\n\
                   ratio,data,double,0.5\n";

fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.csv"), CSV).unwrap();
    fs::write(folder.path().join("mac"), [0, 0x11, 0x22]).unwrap();
    folder
}

fn run(folder: &Path, arguments: &str) -> Output {
    tool::run(TOOL, folder, arguments)
}

fn succeed(folder: &Path, arguments: &str) -> String {
    String::from_utf8(tool::succeed(TOOL, folder, arguments).stdout).unwrap()
}

#[test]
fn image_is_made_shown_and_made_again() {
    let folder = workplace();
    succeed(folder.path(), "generate in.csv a.bin 0x3000");
    let json = succeed(folder.path(), "dump a.bin --format json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["value"], "fac,tory");
    assert_eq!(json[2]["value"], -300);
    assert_eq!(json[3]["value"], "001122");
    assert_eq!(json[4]["value"], 1_234_605_616_436_508_552_u64);
    assert_eq!(json[5]["type"], "double");
    let csv = succeed(folder.path(), "dump a.bin --format csv");
    fs::write(folder.path().join("back.csv"), csv).unwrap();
    succeed(folder.path(), "generate back.csv b.bin 0x3000");
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("a.bin"), read("b.bin"));
    let table = succeed(folder.path(), "dump a.bin");
    assert!(table.contains("wifi   ssid     string  \"fac,tory\""), "{table}");
}

#[test]
fn partition_whose_first_header_was_cut_is_empty_and_damaged() {
    let folder = workplace();
    let mut image = vec![0xFF; 0x3000];
    image[..8].copy_from_slice(&[0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
    fs::write(folder.path().join("a.bin"), &image).unwrap();
    let output = run(folder.path(), "dump a.bin --format json");
    assert_eq!(
        (output.status.code(), output.stdout.trim_ascii()),
        (Some(1), &b"[]"[..])
    );
    // Without an empty page it is not a partition that a device could have written.
    fs::write(folder.path().join("a.bin"), &image[..0x1000]).unwrap();
    assert_eq!(run(folder.path(), "dump a.bin").status.code(), Some(2));
}

#[test]
fn damaged_image_is_shown_as_far_as_it_goes() {
    let folder = workplace();
    succeed(folder.path(), "generate in.csv a.bin 0x3000");
    let mut image = fs::read(folder.path().join("a.bin")).unwrap();
    image[64 + 32 + 8] ^= 1;
    fs::write(folder.path().join("b.bin"), image).unwrap();
    let output = run(folder.path(), "dump b.bin");
    assert_eq!(output.status.code(), Some(1));
    let (shown, message) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(shown.contains("channel") && !shown.contains(" ssid "), "{shown}");
    assert!(
        message.contains("warning: b.bin: at offset 0x60, the checksum of the entry is wrong"),
        "{message}"
    );
    assert!(message.contains("b.bin: damaged in"), "{message}");

    let output = run(folder.path(), "check b.bin --json");
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&json[0]["id"], &json[0]["offset"]),
        (&"entry-crc".into(), &0x60.into())
    );
    assert_eq!(
        succeed(folder.path(), "check a.bin"),
        "",
        "a good image has no findings"
    );
    let statistics = succeed(folder.path(), "stat a.bin");
    assert!(
        statistics.contains("wifi: 4 entries") && statistics.contains("[####"),
        "{statistics}"
    );
}

#[test]
fn encrypted_image_reads_with_its_keys_only() {
    let folder = workplace();
    succeed(folder.path(), "generate in.csv plain.bin 0x3000");
    succeed(
        folder.path(),
        "generate in.csv a.bin 0x3000 --keygen --keyfile keys.bin",
    );
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_ne!(read("a.bin"), read("plain.bin"));
    assert_eq!(read("keys.bin").len(), 4096);
    let plain = succeed(folder.path(), "dump plain.bin");
    assert_eq!(succeed(folder.path(), "dump a.bin --keys keys.bin"), plain);
    succeed(folder.path(), "decrypt a.bin b.bin --keys keys.bin");
    assert_eq!(read("b.bin"), read("plain.bin"));
    succeed(folder.path(), "encrypt b.bin c.bin --keys keys.bin");
    assert_eq!(read("c.bin"), read("a.bin"));

    succeed(folder.path(), "keygen others.bin");
    for wrong in [
        "dump a.bin",
        "dump a.bin --keys others.bin",
        "dump a.bin --keys mac",
        "encrypt a.bin d.bin",
    ] {
        assert_eq!(run(folder.path(), wrong).status.code(), Some(2), "{wrong}");
    }
    fs::write(folder.path().join("hmac"), [7; 32]).unwrap();
    succeed(folder.path(), "keygen derived.bin --hmac-key hmac");
    succeed(folder.path(), "generate in.csv e.bin 0x3000 --inputkey derived.bin");
    succeed(folder.path(), "generate in.csv f.bin 0x3000 --hmac-key hmac");
    assert_eq!(read("e.bin"), read("f.bin"));
    assert_eq!(succeed(folder.path(), "dump f.bin --hmac-key hmac"), plain);
}

#[test]
fn bad_input_gets_one_sentence_and_writes_nothing() {
    let folder = workplace();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "bad.csv",
        "key,type,encoding,value\nns,namespace,,\na,data,u8,1\nb,data,u8,20202021\n",
    );
    write(
        "twice.csv",
        "key,type,encoding,value\nns,namespace,,\na,data,u8,1\na,data,u8,1\n",
    );
    write(
        "file.csv",
        "key,type,encoding,value\nns,namespace,,\na,file,binary,nowhere\n",
    );
    write(
        "large.csv",
        &format!(
            "key,type,encoding,value\nns,namespace,,\na,data,binary,{}\n",
            "x".repeat(9000)
        ),
    );
    write("there.bin", "in the way");
    let before = fs::read_dir(folder.path()).unwrap().count();
    for (arguments, needle) in [
        (
            "generate bad.csv out.bin 0x3000",
            "bad.csv:4:11: not an integer in the range 0 to 255",
        ),
        (
            "generate twice.csv out.bin 0x3000",
            "duplicate key 'a' in its namespace; first in twice.csv:3",
        ),
        (
            "generate file.csv out.bin 0x3000",
            "file.csv:3:15: file cannot be read: nowhere",
        ),
        ("generate large.csv out.bin 0x3000", "0x4000 are needed"),
        ("generate in.csv out.bin 0x3100", "multiple of 0x1000"),
        (
            "generate in.csv out.bin abc",
            "SIZE: partition size is not a number; multiples of 0x1000 from 0x1000 to 0x7ffff000",
        ),
        (
            "generate in.csv out.bin 0x3000 --version 3",
            "--version: must be 1 or 2",
        ),
        ("generate in.csv out.bin 0x3000 --keygen", "--keyfile"),
        ("generate in.csv out.bin 0x3000 --keyfile k.bin", "--keyfile: requires"),
        ("generate in.csv out.bin 0x3000 --keygen --hmac-key mac", "--keygen"),
        ("generate in.csv there.bin 0x3000", "exists already"),
        (
            "generate in.csv there.bin 0x3000 --keygen --keyfile k.bin",
            "exists already",
        ),
        ("generate nowhere.csv out.bin 0x3000", "nowhere.csv"),
        ("generate in.csv", "missing: <OUTPUT>, <SIZE>"),
        ("dump in.csv", "multiple of 4096"),
        ("dump nowhere.bin", "nowhere.bin"),
        ("keygen k.bin --hmac-key mac", "mac: "),
        ("decrypt there.bin out.bin --keys in.csv", "in.csv: "),
        ("--force", "missing command"),
    ] {
        let output = run(folder.path(), arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
        assert!(
            message.starts_with("error: ") && message.trim_end().lines().count() == 1,
            "{arguments}: {message}"
        );
        assert!(message.contains(needle), "{arguments}: '{needle}' is not in: {message}");
        assert!(!message.contains("20202021"), "{message}");
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            before,
            "{arguments}: something was written"
        );
    }
    assert_eq!(fs::read(folder.path().join("there.bin")).unwrap(), b"in the way");
    succeed(folder.path(), "generate in.csv there.bin 0x3000 --force");
}

/// A short row requests half a megabyte; 300 of them exceed the memory limit here.
#[cfg(target_os = "linux")]
#[test]
fn rows_that_fill_blobs_need_the_memory_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..300)
        .map(|number| format!("k{number},data,blob_fill(499000;0xff),\n"))
        .collect();
    let text = format!("key,type,encoding,value\nn,namespace,,\n{rows}");
    fs::write(folder.path().join("in.csv"), text).unwrap();
    let limited = "ulimit -v 120000; exec \"$0\" generate in.csv out.bin 0x3000";
    let output = Command::new("sh")
        .args(["-c", limited, env!("CARGO_BIN_EXE_nvs-image")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("in.csv:3:") && message.contains("are needed"),
        "{message}"
    );
}
