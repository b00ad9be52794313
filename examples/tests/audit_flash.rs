//! `audit-device` on flash dumps and merged images, as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::Path;
use std::process::Command;

use esp_flash_image::{EncryptionScheme, FlashKey, PartitionTable, TableOptions};
use tempfile::TempDir;
use workplace::{run, stderr};

const TABLE: &str = "esp_secure_cert, 0x3F, , 0xd000, 0x2000, encrypted\nfctry, data, nvs, 0x10000, 0x6000\n\
                     nvs_keys, data, nvs_keys, 0x16000, 0x1000, encrypted\n";

/// Makes a run with encrypted stores, and returns the flash of its device.
fn flash() -> (TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = "--test-pki -v 0xFFF1 -p 0x8000 --iteration-count 1000 -e";
    let made = run(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
    assert!(made.status.success(), "{}", stderr(&made));
    let mut entries = fs::read_dir(folder.path().join("out/fff1_8000")).unwrap();
    let device = entries.find_map(|entry| Some(entry.unwrap().path()).filter(|path| path.join("internal").is_dir()));
    let device = device.unwrap();
    let uuid = device.file_name().unwrap().to_str().unwrap();
    let read = |suffix: &str| fs::read(device.join(format!("{uuid}{suffix}"))).unwrap();
    let mut flash = vec![0xFF; 0x1_7000];
    let mut put = |at: usize, bytes: &[u8]| flash[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x1_0000, &read("-partition.bin"));
    put(0x1_6000, &read("-keys-partition.bin"));
    (folder, flash)
}

fn with_table(mut flash: Vec<u8>, offset: u32, text: &str) -> Vec<u8> {
    let table = PartitionTable::from_csv(text, &TableOptions::new().with_offset(offset)).unwrap();
    let at = usize::try_from(offset).unwrap();
    flash[at..at + PartitionTable::LEN].copy_from_slice(&table.encode());
    flash
}

/// Returns exit code and output.
fn audit(folder: &Path, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit-device"));
    command.current_dir(folder).args(arguments.split_whitespace());
    let trust = ["--test", "--paa", "out/test-pki/PAA_cert.pem", "--recompute", "none"];
    let output = command.args(trust).output().unwrap();
    let message = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(message).unwrap())
}

fn write_secret(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_dump_is_enough_and_its_table_is_compared() {
    let (folder, flash) = flash();
    let folder = folder.path();
    fs::write(folder.join("table.csv"), TABLE).unwrap();
    fs::write(
        folder.join("other.csv"),
        TABLE.replace("0x2000, encrypted", "0x1000, encrypted"),
    )
    .unwrap();
    write_secret(&folder.join("dump.bin"), &with_table(flash.clone(), 0x8000, TABLE));
    write_secret(&folder.join("moved.bin"), &with_table(flash.clone(), 0xC000, TABLE));
    write_secret(&folder.join("bare.bin"), &flash);
    for good in [
        "--flash-dump dump.bin",
        "--flash-dump dump.bin --partition-table table.csv",
        "--flash-dump moved.bin --partition-table-offset 0xC000",
        "--flash-dump moved.bin --partition-table-offset 49152 --partition-table table.csv",
        "--flash-dump bare.bin --partition-table table.csv",
    ] {
        let (code, message) = audit(folder, good);
        assert_eq!(code, Some(0), "{good}: {message}");
    }
    for (wrong, sentence) in [
        (
            "--flash-dump dump.bin --partition-table other.csv",
            "esp_secure_cert at 0xd000 to 0xf000 in the flash, esp_secure_cert at 0xd000 to 0xe000 in the given table",
        ),
        ("--flash-dump moved.bin", "none at 0x8000, where the flash is erased"),
        ("--flash-dump bare.bin", "none at 0x8000, where the flash is erased"),
    ] {
        let (code, message) = audit(folder, wrong);
        assert!(code == Some(1) && message.contains(sentence), "{wrong}: {message}");
    }
    for wrong in [
        "--partition-table table.csv",
        "--flash-dump none.bin",
        "--flash-dump dump.bin --partition-table none.csv",
        "--flash-dump dump.bin --partition-table-offset 0x8100",
        "--flash-dump dump.bin --partition-table-offset 8G",
        "out --partition-table-offset 0x8000",
    ] {
        let (code, message) = audit(folder, wrong);
        assert!(code == Some(2) && message.starts_with("error: "), "{wrong}: {message}");
    }
}

#[test]
fn an_encrypted_image_is_opened_with_its_key() {
    let (folder, flash) = flash();
    let folder = folder.path();
    let flash = with_table(flash, 0x8000, TABLE);
    for scheme in EncryptionScheme::ALL {
        let bytes = (1..).take(scheme.key_len()).collect::<Vec<u8>>();
        let cipher = FlashKey::new(*scheme, &bytes).unwrap().cipher();
        let mut image = flash.clone();
        for at in [0x8000_u32, 0x1_6000] {
            let start = usize::try_from(at).unwrap();
            cipher.encrypt(at, &mut image[start..start + 0x1000]).unwrap();
        }
        write_secret(&folder.join("image.bin"), &image);
        write_secret(&folder.join("key.bin"), &bytes);
        let (code, message) = audit(folder, "--flash-dump image.bin --flash-key key.bin");
        assert_eq!(code, Some(0), "{scheme}: {message}");
        let named = format!("--flash-dump image.bin --flash-key key.bin --flash-scheme {scheme}");
        assert_eq!(audit(folder, &named).0, Some(0), "{scheme}");
        let (code, message) = audit(folder, "--flash-dump image.bin");
        assert!(
            code == Some(1) && message.contains("if the flash is encrypted"),
            "{scheme}: {message}"
        );
        write_secret(&folder.join("wrong.bin"), &vec![0x5A; scheme.key_len()]);
        let (code, message) = audit(folder, "--flash-dump image.bin --flash-key wrong.bin");
        assert!(
            code == Some(1) && message.contains("the key does not decrypt the table at 0x8000"),
            "{scheme}: {message}"
        );
    }
    for wrong in [
        "--flash-dump image.bin --flash-key none.bin",
        "--flash-dump image.bin --flash-scheme xts-128",
        "--flash-dump image.bin --flash-key key.bin --flash-scheme xts-512",
        "--flash-dump image.bin --flash-key key.bin --flash-crypt-config 16",
        "out --flash-key key.bin",
    ] {
        let (code, message) = audit(folder, wrong);
        assert!(code == Some(2) && message.starts_with("error: "), "{wrong}: {message}");
    }
}

#[cfg(unix)]
#[test]
fn a_flash_key_that_others_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, flash) = flash();
    let folder = folder.path();
    write_secret(&folder.join("image.bin"), &with_table(flash, 0x8000, TABLE));
    let key = folder.join("key.bin");
    fs::write(&key, [7; 16]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o666)).unwrap();
    let arguments = "--flash-dump image.bin --flash-key key.bin";
    let (code, message) = audit(folder, arguments);
    assert!(
        code == Some(2) && message.starts_with("error: --flash-key key.bin: "),
        "{message}"
    );
    let (code, message) = audit(folder, &format!("{arguments} --allow-insecure-permissions"));
    assert!(
        code == Some(1) && message.contains("0x8000 is not encrypted"),
        "{message}"
    );
}
