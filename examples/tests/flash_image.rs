//! `flash-image` as a user runs it: pieces, tables, otadata, images, merging.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;
use std::process::Output;

use esp_flash_image::{Chip, ImageHeader, ImageWriter};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOOL: &str = env!("CARGO_BIN_EXE_flash-image");

const TABLE: &str = "\
nvs,      data, nvs,     , 0x6000
phy_init, data, phy,     , 0x1000
fctry,    data, nvs,     , 24K, encrypted
factory,  app,  factory, , 1M
";

/// The first 32 bytes of the output of espsecure 5.6.0 `encrypt-flash-data` for 160 bytes 0x11 at 0xD000.
const PIECE_ESP32: &str = "816ae07da0c8af1748ba0827eb24f902816ae07da0c8af1748ba0827eb24f902";
const PIECE_XTS_128: &str = "a2cb08f04d636aa96a2b5674469dbe5b806f961fc24f114d5e20bb38afbdae44";
const PIECE_XTS_256: &str = "2b63b39e9667ec47db0017e2655451ec3f3f09fff28b8429559e8435929fe476";
const PIECE_DERIVED: &str = "0a12133a28fbf498ed3cf0f5603867d0cf1a708e4522bd4b4a4edeb069db69a5";

/// Returns an image with one segment, for a chip.
fn image(chip: Chip) -> Vec<u8> {
    let mut writer = ImageWriter::new(ImageHeader::new(chip).with_entry(0x4038_0000).with_hash(true));
    writer.push(0x4038_0000, &[0x5A; 100]).unwrap();
    writer.finish().unwrap()
}

fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("table.csv", TABLE.as_bytes());
    write("c3.bin", &image(Chip::Esp32c3));
    write("esp32.bin", &image(Chip::Esp32));
    write("piece.bin", &[0x11; 160]);
    write("odd.bin", &[0x11; 15]);
    write("empty.bin", &[]);
    write("key16.bin", &[1; 16]);
    write("key24.bin", &[1; 24]);
    write("key32.bin", &(0..32).collect::<Vec<u8>>());
    write("key64.bin", &(0..64).collect::<Vec<u8>>());
    folder
}

fn run(folder: &Path, arguments: &str) -> Output {
    tool::run(TOOL, folder, arguments)
}

fn succeed(folder: &Path, arguments: &str) -> String {
    String::from_utf8(tool::succeed(TOOL, folder, arguments).stdout).unwrap()
}

#[track_caller]
fn refuse(folder: &Path, code: i32, arguments: &str, wanted: &str) {
    let output = run(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments}: {message}");
    assert!(message.contains(wanted), "{arguments}: {message}");
    assert!(!folder.join("out.bin").exists(), "{arguments}: wrote a file");
}

#[test]
fn pieces_are_encrypted_as_by_espsecure() {
    let folder = workplace();
    let folder = folder.path();
    for (scheme, key, first) in [
        ("esp32", "key32.bin", PIECE_ESP32),
        ("xts-128", "key32.bin", PIECE_XTS_128),
        ("xts-256", "key64.bin", PIECE_XTS_256),
        ("xts-128-derived", "key16.bin", PIECE_DERIVED),
    ] {
        let options = format!("--address 0xD000 --scheme {scheme} --key {key} --force");
        succeed(folder, &format!("encrypt piece.bin secret.bin {options}"));
        let secret = fs::read(folder.join("secret.bin")).unwrap();
        assert_eq!(base16ct::lower::encode_string(&secret[..32]), first, "{scheme}");
        succeed(folder, &format!("decrypt secret.bin plain.bin {options}"));
        assert_eq!(fs::read(folder.join("plain.bin")).unwrap(), [0x11; 160], "{scheme}");
        // One block further the ciphertext differs.
        succeed(
            folder,
            &format!("encrypt piece.bin other.bin {}", options.replace("0xD000", "0xD020")),
        );
        assert_ne!(fs::read(folder.join("other.bin")).unwrap(), secret, "{scheme}");
    }
}

#[test]
fn pieces_that_the_chip_could_not_write_are_refused() {
    let folder = workplace();
    let folder = folder.path();
    for (arguments, wanted) in [
        (
            "encrypt odd.bin out.bin --address 0 --scheme xts-128 --key key32.bin",
            "multiple of 16",
        ),
        (
            "encrypt odd.bin out.bin --address 0 --scheme esp32 --key key32.bin",
            "multiple of 16",
        ),
        (
            "encrypt piece.bin out.bin --address 8 --scheme xts-128 --key key32.bin",
            "multiple of 16",
        ),
        (
            "encrypt empty.bin out.bin --address 0 --scheme xts-128 --key key32.bin",
            "empty.bin",
        ),
        (
            "encrypt piece.bin out.bin --address 0xFFFFFFF0 --scheme xts-128 --key key32.bin",
            "piece.bin",
        ),
        (
            "encrypt piece.bin out.bin --address 0x1000000 --scheme esp32 --key key32.bin",
            "0x1000000",
        ),
        (
            "encrypt piece.bin out.bin --address 0x100000000 --scheme esp32 --key key32.bin",
            "--address",
        ),
        (
            "encrypt piece.bin out.bin --address 0 --scheme xts-128 --key key24.bin",
            "key24.bin",
        ),
        (
            "encrypt piece.bin out.bin --address 0 --scheme xts-256 --key key32.bin",
            "key32.bin",
        ),
        (
            "encrypt piece.bin out.bin --address 0 --scheme aes --key key32.bin",
            "--scheme",
        ),
        (
            "encrypt piece.bin out.bin --address 0 --scheme esp32 --key key32.bin --flash-crypt-config 16",
            "0 to 15",
        ),
        (
            "encrypt piece.bin out.bin --address 0 --scheme xts-128 --key key32.bin --flash-crypt-config 15",
            "only to the scheme esp32",
        ),
        (
            "encrypt piece.bin out.bin --address 0 --scheme xts-128 --key none.bin",
            "none.bin",
        ),
        (
            "--force encrypt piece.bin piece.bin --address 0 --scheme xts-128 --key key32.bin",
            "is also the file of IN",
        ),
    ] {
        refuse(folder, 2, arguments, wanted);
    }
    assert_eq!(fs::read(folder.join("piece.bin")).unwrap(), [0x11; 160]);
}

#[test]
fn keys_are_drawn_for_their_owner_alone() {
    let folder = workplace();
    let folder = folder.path();
    for (scheme, len) in [("esp32", 32), ("xts-128", 32), ("xts-256", 64), ("xts-128-derived", 16)] {
        let [first, second] = ["a", "b"].map(|name| {
            succeed(folder, &format!("keygen {scheme}-{name}.bin --scheme {scheme}"));
            fs::read(folder.join(format!("{scheme}-{name}.bin"))).unwrap()
        });
        assert!(first.len() == len && first != second, "{scheme}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.join(format!("{scheme}-a.bin")))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{scheme}");
        }
    }
    refuse(folder, 2, "keygen key32.bin --scheme xts-128", "--force");
}

#[test]
fn tables_are_made_shown_and_checked() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "table make table.csv table.bin --flash-size 2MB");
    let bytes = fs::read(folder.join("table.bin")).unwrap();
    assert!(bytes.len() == 0xC00 && bytes.starts_with(&[0xAA, 0x50, 1, 2]));
    let shown: Value = serde_json::from_str(&succeed(folder, "table show table.bin --json")).unwrap();
    assert_eq!(shown["offset"], 0x8000);
    let factory = json!({"label": "fctry", "type": "data", "subtype": "nvs", "offset": 0x1_0000, "size": 0x6000,
        "encrypted": true, "read_only": false});
    assert_eq!(shown["partitions"][2], factory);
    assert_eq!(shown["partitions"][3]["offset"], 0x2_0000);
    assert_eq!(
        succeed(folder, "table show table.bin"),
        succeed(folder, "table show table.csv")
    );
    let csv = succeed(folder, "table show table.bin --csv");
    fs::write(folder.join("again.csv"), csv).unwrap();
    succeed(folder, "table make again.csv again.bin");
    assert_eq!(fs::read(folder.join("again.bin")).unwrap(), bytes);
    let checked: Value = serde_json::from_str(&succeed(folder, "table check table.bin --json")).unwrap();
    assert_eq!(checked, json!({"ok": true, "error": null, "warnings": []}));
    refuse(folder, 1, "table check table.bin --flash-size 1MB", "factory");
    refuse(folder, 2, "table make table.csv out.bin --flash-size 1MB", "factory");
    refuse(
        folder,
        2,
        "table make table.csv out.bin --offset 0x9000 --flash-size 1MB",
        "factory",
    );
    fs::write(folder.join("twice.csv"), "a, data, nvs, , 24K\na, data, nvs, , 24K\n").unwrap();
    refuse(folder, 1, "table check twice.csv", "line 2");
    fs::write(folder.join("long.csv"), "a_name_of_17_byte, data, nvs, , 24K\n").unwrap();
    refuse(
        folder,
        2,
        "table make long.csv out.bin",
        "17 bytes; at most 16 are allowed",
    );
    fs::write(folder.join("wide.csv"), [0xFF, 0xFE, b'a', 0]).unwrap();
    refuse(folder, 2, "table show wide.csv", "UTF-16");
    fs::write(
        folder.join("part.csv"),
        "nvs, data, nvs, , 0x6000\nx, data, 0x40, , 0x800\n",
    )
    .unwrap();
    let output = run(folder, "table check part.csv");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("warning: part.csv: line 2: the size 0x800 of x"));
}

/// The entry is that of ESP-IDF's `otatool.py` for slot 0.
#[test]
fn otadata_selects_a_slot() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "otadata make --sequence 1 otadata.bin");
    let bytes = fs::read(folder.join("otadata.bin")).unwrap();
    assert_eq!(
        (bytes.len(), &bytes[..4], &bytes[28..32]),
        (0x2000, &[1, 0, 0, 0][..], &[0x9A, 0x98, 0x43, 0x47][..])
    );
    let shown: Value = serde_json::from_str(&succeed(folder, "otadata show otadata.bin --json")).unwrap();
    assert_eq!(
        shown,
        json!({"entries": [{"sequence": 1, "state": "undefined"}, null], "active": 1})
    );
    assert!(succeed(folder, "otadata show otadata.bin").contains("sequence 1, state undefined, active"));
    refuse(folder, 2, "otadata make --sequence 0 out.bin", "--sequence");
    refuse(folder, 2, "otadata make --sequence 1 --state old out.bin", "--state");
    refuse(folder, 2, "otadata show piece.bin", "piece.bin");
}

#[test]
fn images_are_shown_and_damage_is_a_no() {
    let folder = workplace();
    let folder = folder.path();
    let shown: Value = serde_json::from_str(&succeed(folder, "info c3.bin --json")).unwrap();
    assert_eq!(
        (&shown["chip"], &shown["entry"]),
        (&json!("esp32c3"), &json!(0x4038_0000))
    );
    assert_eq!(
        shown["segments"],
        json!([{"load_address": 0x4038_0000, "offset": 32, "length": 100}])
    );
    assert_eq!((&shown["app"], &shown["signatures"]), (&Value::Null, &json!([])));
    assert!(succeed(folder, "info c3.bin").contains("entry: 0x40380000"));
    let mut damaged = image(Chip::Esp32c3);
    damaged[40] ^= 1;
    fs::write(folder.join("damaged.bin"), &damaged).unwrap();
    let output = run(folder, "info damaged.bin --json");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("damaged: "));
    // The header is shown nevertheless.
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["chip"],
        "esp32c3"
    );
    refuse(folder, 2, "info piece.bin", "piece.bin");
}

#[test]
fn files_are_merged_where_they_belong() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "table make table.csv table.bin");
    succeed(folder, "merge flash.bin 0x8000=table.bin 0=c3.bin --size 1MB");
    let bytes = fs::read(folder.join("flash.bin")).unwrap();
    let c3 = image(Chip::Esp32c3);
    let output = run(folder, "merge near.bin 0x8000=table.bin 0x8C00=piece.bin");
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("piece.bin and table.bin share the sector at 0x8000"));
    assert!(bytes.len() == 0x10_0000 && bytes.starts_with(&c3));
    assert_eq!(bytes[0x8000..0x8C00], fs::read(folder.join("table.bin")).unwrap());
    assert!(
        bytes[c3.len()..0x8000]
            .iter()
            .chain(&bytes[0x8C00..])
            .all(|byte| *byte == 0xFF)
    );
    for (arguments, wanted) in [
        (
            "merge out.bin 0x8000=table.bin 0x8BFF=piece.bin",
            "overlaps table.bin at 0x8000 to 0x8c00",
        ),
        ("merge out.bin 0x8000=table.bin --size 32KB", "does not fit"),
        ("merge out.bin 0x8000=empty.bin", "no bytes"),
        ("merge out.bin table.bin", "0x10000=app.bin"),
        ("merge out.bin 0x1000=c3.bin", "expects it at 0x0"),
        ("merge out.bin 0=esp32.bin", "expects it at 0x1000"),
        (
            "merge out.bin 0=c3.bin 0x10000=esp32.bin",
            "is for esp32, but c3.bin is for esp32c3",
        ),
        ("--force merge table.bin 0x8000=table.bin", "is also the file of"),
    ] {
        refuse(folder, 2, arguments, wanted);
    }
}
