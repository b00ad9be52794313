//! `flash-image sign`, `verify` and `digest` as a user runs them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;
use std::process::Output;

use esp_flash_image::{AppDescription, Chip, ImageHeader, ImageWriter};
use p256::pkcs8::{EncodePublicKey, LineEnding};
use serde_json::Value;
use tempfile::TempDir;

const TOOL: &str = env!("CARGO_BIN_EXE_flash-image");

/// The output of espsecure 5.6.0 `digest-sbv2-public-key` for the keys with the scalars 0707.., and of
/// `digest-private-key` for the first.
const P256_DIGEST: &str = "456a87055d7ec04e5b85619b414344c09f6b1f2e2eb3bb60e4e8e553b2b759ac";
const P384_DIGEST: &str = "95fd9c99e5b48f52792488acc05f39c74bfac6ad4181277cefde52bf70f904f6";
const REFLASHABLE: &str = "4bb06f8e4e3a7715d201d573d0aa423762e55dabd61a2c02278fa56cc6d294e0";

/// Returns an app whose first segment begins with a description.
fn app(chip: Chip) -> Vec<u8> {
    let mut description = vec![0; AppDescription::LEN];
    description[..4].copy_from_slice(&0xABCD_5432_u32.to_le_bytes());
    description[16..19].copy_from_slice(b"1.0");
    let mut writer = ImageWriter::new(ImageHeader::new(chip).with_hash(true));
    writer.push(0x3C00_0020, &description).unwrap();
    writer.finish().unwrap()
}

fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let p256 = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    write("p256.pem", p256.to_sec1_pem(LineEnding::LF).unwrap().as_bytes());
    write(
        "p256.pub",
        p256.public_key().to_public_key_pem(LineEnding::LF).unwrap().as_bytes(),
    );
    let other = p256::SecretKey::from_slice(&[8; 32]).unwrap();
    write("other.pem", other.to_sec1_pem(LineEnding::LF).unwrap().as_bytes());
    write("other.pub", other.public_key().to_public_key_der().unwrap().as_bytes());
    let p384 = p384::SecretKey::from_slice(&[7; 48]).unwrap();
    write("p384.pem", p384.to_sec1_pem(LineEnding::LF).unwrap().as_bytes());
    write(
        "p384.pub",
        p384.public_key().to_public_key_pem(LineEnding::LF).unwrap().as_bytes(),
    );
    write("app.bin", &app(Chip::Esp32c6));
    write("boot.bin", &[&[0xE9, 0, 2, 0][..], &[0x33; 300]].concat());
    write("empty.bin", &[]);
    write("secret.bin", &[9; 32]);
    write("iv.bin", &[3; 128]);
    write("short.bin", &[3; 31]);
    folder
}

fn run(folder: &Path, arguments: &str) -> Output {
    tool::run(TOOL, folder, arguments)
}

fn succeed(folder: &Path, arguments: &str) -> (String, String) {
    let output = tool::succeed(TOOL, folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    (String::from_utf8(output.stdout).unwrap(), message)
}

#[track_caller]
fn refuse(folder: &Path, code: i32, arguments: &str, wanted: &str) {
    let output = run(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {message}");
    let error = message.lines().last().unwrap_or_default();
    assert!(
        error.starts_with("error: ") && error.contains(wanted),
        "{arguments}: {message}"
    );
    assert!(!folder.join("out.bin").exists(), "{arguments}: wrote a file");
}

#[test]
fn a_signed_image_verifies_with_its_keys_and_no_other() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "sign boot.bin signed.bin --key p256.pem");
    let (verified, _) = succeed(folder, "verify signed.bin --key p256.pub");
    assert!(verified.contains("ECDSA P-256 signature of the first 4096 bytes verifies, in block 0 of 1 signature"));
    refuse(folder, 1, "verify signed.bin --key other.pub", "trusted key");
    succeed(folder, "sign signed.bin two.bin --key other.pem --append");
    for key in ["p256.pub", "other.pub"] {
        succeed(folder, &format!("verify two.bin --key {key}"));
    }
    succeed(folder, "verify two.bin --key p384.pub --key other.pub");
    let mut changed = fs::read(folder.join("two.bin")).unwrap();
    changed[100] ^= 1;
    fs::write(folder.join("changed.bin"), changed).unwrap();
    refuse(folder, 1, "verify changed.bin --key p256.pub", "changed.bin");
    refuse(folder, 1, "verify boot.bin --key p256.pub", "not signed");
    succeed(folder, "sign boot.bin p384.bin --key p384.pem");
    succeed(folder, "verify p384.bin --key p384.pub");
}

#[test]
fn image_that_no_device_would_accept_is_not_signed() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "sign boot.bin signed.bin --key p256.pem");
    for (arguments, wanted) in [
        ("sign signed.bin out.bin --key p256.pem", "already signed"),
        (
            "sign signed.bin out.bin --key p256.pem --append",
            "already has this key",
        ),
        ("sign signed.bin out.bin --key p384.pem --append", "signed.bin"),
        ("sign empty.bin out.bin --key p256.pem", "empty"),
        ("sign boot.bin out.bin --key p256.pub", "is not a private key"),
        ("sign boot.bin out.bin --key p384.pem --scheme v1", "P-256"),
        ("sign boot.bin out.bin --key p256.pem --scheme v1 --append", "--append"),
        ("sign boot.bin out.bin --key p256.pem --bootloader", "--bootloader"),
        (
            "sign boot.bin out.bin --key short.bin --scheme v1 --bootloader",
            "32, or 24",
        ),
        (
            "sign boot.bin out.bin --key secret.bin --scheme v1 --bootloader --iv secret.bin",
            "exactly 128 are required",
        ),
        ("sign boot.bin out.bin --key p256.pem --secure-pad", "boot.bin"),
        ("verify signed.bin --key secret.bin", "secret.bin"),
        ("digest secret.bin", "secret.bin"),
        ("digest p384.pem --scheme v1", "P-256"),
    ] {
        refuse(folder, 2, arguments, wanted);
    }
    let mut changed = fs::read(folder.join("signed.bin")).unwrap();
    changed[100] ^= 1;
    fs::write(folder.join("changed.bin"), changed).unwrap();
    refuse(
        folder,
        2,
        "sign changed.bin out.bin --key other.pem --append",
        "changed after signing",
    );
}

#[test]
fn an_app_that_is_not_padded_is_named_and_padded_on_request() {
    let folder = workplace();
    let folder = folder.path();
    let (_, message) = succeed(folder, "sign app.bin bare.bin --key p256.pem");
    assert!(message.contains("not secure-padded"), "{message}");
    let (_, message) = succeed(folder, "sign app.bin padded.bin --key p256.pem --secure-pad");
    assert!(!message.contains("not secure-padded"), "{message}");
    assert_eq!(
        fs::metadata(folder.join("padded.bin")).unwrap().len(),
        0x1_0000 + 0x1000
    );
    let (shown, _) = succeed(folder, "info padded.bin --json");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["secure_padding"], &shown["app"]["version"]),
        (&"v2".into(), &"1.0".into())
    );
    assert_eq!(shown["signatures"][0]["key_digest"], P256_DIGEST);
    succeed(folder, "verify padded.bin --key p256.pub");
}

#[test]
fn ecdsa_on_a_chip_where_it_is_insecure_is_named() {
    let folder = workplace();
    let folder = folder.path();
    fs::write(folder.join("h2.bin"), app(Chip::Esp32h2)).unwrap();
    let (_, message) = succeed(folder, "sign h2.bin signed.bin --key p256.pem --secure-pad");
    assert!(
        message.starts_with("warning: h2.bin: ECDSA P-256 on esp32h2: "),
        "{message}"
    );
    let (_, message) = succeed(folder, "sign app.bin c6.bin --key p256.pem --secure-pad");
    assert_eq!(message, "");
}

#[test]
fn digests_are_those_of_espsecure() {
    let folder = workplace();
    let folder = folder.path();
    for (arguments, digest) in [
        ("digest p256.pub", P256_DIGEST),
        ("digest p256.pem", P256_DIGEST),
        ("digest p384.pem", P384_DIGEST),
        ("digest p256.pem --scheme v1", REFLASHABLE),
    ] {
        assert_eq!(succeed(folder, arguments).0.trim_end(), digest, "{arguments}");
    }
    succeed(folder, "digest p256.pub --out digest.bin");
    let bytes = fs::read(folder.join("digest.bin")).unwrap();
    assert_eq!(base16ct::lower::encode_string(&bytes), P256_DIGEST);
}

#[test]
fn version_1_signs_apps_and_digests_bootloaders() {
    let folder = workplace();
    let folder = folder.path();
    succeed(
        folder,
        "sign app.bin signed.bin --key p256.pem --scheme v1 --secure-pad",
    );
    assert_eq!(
        fs::metadata(folder.join("signed.bin")).unwrap().len() % 0x1_0000,
        0x1_0000 - 12
    );
    let (verified, _) = succeed(folder, "verify signed.bin --key p256.pub --scheme v1");
    assert!(verified.contains("verifies"), "{verified}");
    refuse(folder, 1, "verify signed.bin --key other.pub --scheme v1", "signed.bin");
    refuse(folder, 2, "verify signed.bin --key p384.pub --scheme v1", "--key");
    let options = "--key secret.bin --scheme v1 --bootloader";
    succeed(folder, &format!("sign boot.bin first.bin {options} --iv iv.bin"));
    let file = fs::read(folder.join("first.bin")).unwrap();
    assert!(file[..128] == [3; 128] && file[192..0x1000].iter().all(|byte| *byte == 0xFF));
    assert_eq!(file[0x1000..0x1000 + 304], fs::read(folder.join("boot.bin")).unwrap());
    // Another IV, another digest.
    succeed(folder, &format!("sign boot.bin second.bin {options}"));
    assert_ne!(fs::read(folder.join("second.bin")).unwrap()[..192], file[..192]);
}
