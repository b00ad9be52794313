//! `ota-image` as a user runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;
use std::process::Output;

use esp_flash_image::{Chip, ImageHeader, ImageWriter};
use esp_secure_boot::{BootPublicKey, BootSigner, sign_v2};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use serde_json::Value;
use tempfile::TempDir;

const TOOL: &str = env!("CARGO_BIN_EXE_ota-image");

/// A file of the SDK's tool: `create -v 0xFFF1 -p 0x8000 -vn 2 -vs 1.0 -da sha256`, payload "test payload".
const PLAIN: &str = "1ef1ee1b58000000000000003c000000152500f1ff250100802402022c0303312e3024040c240801300920813ca5285c28ccee5cab8b10ebda9c908fd6d78ed9dc94cc65ea6cb67a7f13ae1874657374207061796c6f6164";
const CREATE: &str = "create -v 0xFFF1 -p 0x8000 -vn 2 -vs 1.0 -da sha256";

fn unhex(text: &str) -> Vec<u8> {
    base16ct::lower::decode_vec(text).unwrap()
}

fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("payload.bin"), "test payload").unwrap();
    fs::write(folder.path().join("plain.ota"), unhex(PLAIN)).unwrap();
    folder
}

fn run(folder: &Path, arguments: &str) -> Output {
    tool::run(TOOL, folder, arguments)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn succeed(folder: &Path, arguments: &str) -> String {
    String::from_utf8(tool::succeed(TOOL, folder, arguments).stdout).unwrap()
}

/// Runs a command that fails with a code and a message, and leaves nothing new in the folder.
fn fail(folder: &Path, code: i32, arguments: &str, words: &str) {
    let files = || {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap_or_default()))
            .collect();
        files.sort();
        files
    };
    let before = files();
    let output = run(folder, arguments);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {message}");
    assert!(message.contains(words), "{arguments}: {message}");
    assert_eq!(
        message.lines().filter(|line| line.starts_with("error: ")).count(),
        1,
        "{message}"
    );
    assert!(files() == before, "{arguments} has changed files");
}

/// Returns an app of ESP-IDF with a description, signed with a P-256 key.
fn app(version: &str) -> (Vec<u8>, [u8; 32]) {
    let mut first = vec![0; 0x200];
    let mut put = |at: usize, bytes: &[u8]| first[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &0xABCD_5432_u32.to_le_bytes());
    put(16, version.as_bytes());
    put(48, b"light");
    put(112, b"v5.5");
    let mut writer = ImageWriter::new(ImageHeader::new(Chip::Esp32h2).with_entry(0x4080_0000));
    writer.push(0x4200_0020, &first).unwrap();
    let image = writer.finish().unwrap();
    let key = signing_key();
    let public = BootPublicKey::from(key.verifying_key());
    let signed = sign_v2(&image, &public, BootSigner::P256(&key)).unwrap();
    (signed, *public.key_digest())
}

fn signing_key() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap()
}

#[test]
fn files_are_those_of_the_sdk_tool() {
    let folder = workplace();
    let folder = folder.path();
    for (number, options) in [
        CREATE,
        "create --vendor-id 65521 --product-id=0x8000 --version 2 --version-str 1.0 --digest-algorithm sha256",
        "create -v0xFFF1 -p 32768 -vn=2 -vs=1.0",
        "create -v 0xFFF1 -p 0x8000 -vn 2 -vs -beta --version-str 1.0",
    ]
    .into_iter()
    .enumerate()
    {
        succeed(folder, &format!("{options} payload.bin {number}.ota"));
        assert_eq!(
            fs::read(folder.join(format!("{number}.ota"))).unwrap(),
            unhex(PLAIN),
            "{options}"
        );
    }
    // The payload may be in pieces.
    fs::write(folder.join("a"), "test ").unwrap();
    fs::write(folder.join("b"), "payload").unwrap();
    succeed(folder, &format!("{CREATE} a b joined.ota"));
    assert_eq!(fs::read(folder.join("joined.ota")).unwrap(), unhex(PLAIN));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join("joined.ota")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_file_is_shown_and_unpacked() {
    let folder = workplace();
    let folder = folder.path();
    let shown = succeed(folder, "show plain.ota");
    assert!(shown.contains("vendor id                 0xFFF1"), "{shown}");
    let json: Value = serde_json::from_str(&succeed(folder, "show plain.ota --json")).unwrap();
    assert_eq!(json["vendor_id"], 0xFFF1);
    assert_eq!(json["software_version_string"], "1.0");
    assert_eq!(json["payload_size"], 12);
    assert_eq!(json["digest_type_name"], "sha-256");
    assert_eq!(json["min_applicable_version"], Value::Null);
    succeed(folder, "extract plain.ota out.bin");
    assert_eq!(fs::read(folder.join("out.bin")).unwrap(), b"test payload");
}

#[test]
fn damage_is_one_sentence_and_nothing_is_lost() {
    let folder = workplace();
    let folder = folder.path();
    let plain = unhex(PLAIN);
    let mut changed = plain.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (name, bytes) in [
        ("cut-header", &plain[..40]),
        ("cut", &plain[..plain.len() - 1]),
        ("longer", &[plain.as_slice(), b"x"].concat()),
        ("changed", &changed),
        ("other", b"no image"),
        ("empty", b""),
    ] {
        fs::write(folder.join(name), bytes).unwrap();
    }
    for (name, words) in [
        ("cut-header", "ends inside its header"),
        ("cut", "file is truncated: its payload has 11 of 12 bytes"),
        ("longer", "1 unexpected bytes after its payload"),
        ("changed", "payload digest does not match"),
        ("empty", "at least 16 more bytes"),
        ("other", "at least 8 more bytes"),
    ] {
        fail(folder, 2, &format!("extract {name} out.bin"), words);
        fail(folder, 2, &format!("change-header -vn 3 {name} out.ota"), words);
        fail(folder, 2, &format!("dcl {name} --ota-url https://example.com/x"), words);
        fail(folder, 2, &format!("show {name}"), words);
        fail(
            folder,
            2,
            &format!("applies {name} --vid 0xFFF1 --pid 0x8000 --current 1"),
            words,
        );
        fail(folder, 1, &format!("verify {name}"), "not accepted");
    }
    // Quirks of the SDK's tool: it overwrites its input and existing files.
    fail(
        folder,
        2,
        &format!("{CREATE} payload.bin payload.bin"),
        "is also the file of PAYLOAD",
    );
    fail(
        folder,
        2,
        &format!("{CREATE} --force payload.bin ./payload.bin"),
        "is also the file of PAYLOAD",
    );
    fail(
        folder,
        2,
        &format!("{CREATE} payload.bin plain.ota"),
        "exists already; use --force to replace it",
    );
    fail(folder, 2, "extract plain.ota plain.ota", "is also the file of FILE");
    fail(
        folder,
        2,
        "change-header -vn 3 --force plain.ota plain.ota",
        "is also the file of IN",
    );
    fail(
        folder,
        2,
        &format!("{CREATE} missing.bin out.ota"),
        "PAYLOAD missing.bin",
    );
    fail(folder, 2, &format!("{CREATE} . out.ota"), "is a folder");
    fail(folder, 2, &format!("{CREATE} empty out.ota"), "has no bytes");
    fail(
        folder,
        2,
        &format!("{CREATE} payload.bin missing/out.ota"),
        "missing/out.ota",
    );
    succeed(folder, &format!("{CREATE} --force payload.bin cut"));
    succeed(folder, "verify cut");
    succeed(folder, "extract --allow trailing-bytes longer whole.bin");
    assert_eq!(fs::read(folder.join("whole.bin")).unwrap(), b"test payload");
}

#[test]
fn values_that_the_tool_lets_through_are_refused() {
    let folder = workplace();
    let folder = folder.path();
    let two = "\u{E4}".repeat(33);
    let url = format!("https://{}", "x".repeat(249));
    for (options, words) in [
        ("-v 0x12345 -p 1 -vn 1 -vs 1", "--vendor-id: "),
        ("-v 0 -p 1 -vn 1 -vs 1", "--vendor-id: "),
        ("-v 1 -p 0 -vn 1 -vs 1", "--product-id: "),
        ("-v 1 -p 1 -vn 0x100000000 -vs 1", "--software-version: "),
        ("-v 1 -p 1 -vn -1 -vs 1", "--software-version"),
        ("-v 1 -p 1 -vn 1 -vs ", "--version-str: "),
        (&format!("-v 1 -p 1 -vn 1 -vs {two}"), "is too long: 66 bytes"),
        (
            &format!("-v 1 -p 1 -vn 1 -vs 1 -rn {url}"),
            "--release-notes: URL is too long: 257 bytes",
        ),
        ("-v 1 -p 1 -vn 1 -vs 1 -rn http://a", "does not start with https://"),
        ("-v 1 -p 1 -vn 5 -vs 1 -mi 3 -ma 2", "smallest applicable version 3"),
        ("-v 1 -p 1 -vn 5 -vs 1 -ma 5", "must be lower than the image version"),
        ("-v 1 -p 1 -vn 5 -vs 1 -mi 5", "must be lower than the image version"),
        ("-v 1 -p 1 -vn 1 -vs 1 -da sha256_128", "less than 256 bits"),
        ("-v 1 -p 1 -vn 1 -vs 1 -da sha3_224", "less than 256 bits"),
        ("-v 1 -p 1 -vn 1 -vs 1 -da md5", "--digest-algorithm: not a digest type"),
        ("-p 1 -vn 1 -vs 1", "--vendor-id"),
        ("-v 1 -p 1 -vs 1", "--software-version"),
    ] {
        fail(folder, 2, &format!("create {options} payload.bin out.ota"), words);
    }
    let several = "create -v 0 -p 0 -vn 1 -vs 1 --allow vendor-id-zero --allow product-id-zero payload.bin any.ota";
    succeed(folder, several);
    fail(folder, 1, "verify any.ota", "not accepted");
    succeed(folder, "verify any.ota --allow vendor-id-zero --allow product-id-zero");
    succeed(folder, "applies any.ota --vid 0xFFF1 --pid 0x8000 --current 0");
}

#[test]
fn a_changed_header_has_its_own_digest_and_the_old_file_stays() {
    let folder = workplace();
    let folder = folder.path();
    succeed(
        folder,
        "change-header -vn 3 -vs 1.1 -da sha512 -mi 1 -ma 2 -rn https://example.com/n plain.ota new.ota",
    );
    assert_eq!(fs::read(folder.join("plain.ota")).unwrap(), unhex(PLAIN));
    succeed(folder, "verify new.ota");
    let json: Value = serde_json::from_str(&succeed(folder, "show new.ota --json")).unwrap();
    assert_eq!(
        (&json["digest_type"], &json["software_version"]),
        (&8.into(), &3.into())
    );
    assert_eq!(json["digest"].as_str().unwrap().len(), 128);
    // The spelling of the SDK's tool; without changes the file is the same.
    succeed(folder, "change_header plain.ota same.ota");
    assert_eq!(fs::read(folder.join("same.ota")).unwrap(), unhex(PLAIN));
    fail(folder, 2, "change-header -v 0 plain.ota out.ota", "--vendor-id");
    fail(
        folder,
        2,
        "change-header -ma 2 plain.ota out.ota",
        "must be lower than the image version",
    );
    fail(folder, 2, "change-header -vn 3 plain.ota new.ota", "exists already");
    // Quirk: the tool leaves the old digest under a new type. A new digest repairs it.
    let mut broken = unhex(PLAIN);
    let at = broken.windows(3).position(|window| window == [0x24, 8, 1]).unwrap();
    broken[at + 2] = 8;
    fs::write(folder.join("broken.ota"), broken).unwrap();
    fail(
        folder,
        1,
        "verify broken.ota",
        "not accepted; the SDK's parser accepts its header",
    );
    succeed(folder, "verify --profile sdk broken.ota");
    fail(
        folder,
        2,
        "change-header -vn 3 broken.ota out.ota",
        "digest has 32 bytes, which does not suit digest type 8",
    );
    succeed(folder, "change-header -da sha512 broken.ota repaired.ota");
    succeed(folder, "verify repaired.ota");
}

#[test]
fn the_sdk_profile_has_its_results() {
    let folder = workplace();
    let folder = folder.path();
    let plain = unhex(PLAIN);
    let file = |name: &str, at: usize, bytes: &[u8]| {
        let mut changed = plain.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        fs::write(folder.join(name), changed).unwrap();
    };
    file("magic", 0, &[0]);
    file("long", 12, &[1, 4]);
    file("list", 16, &[0x17]);
    file("order", 22, &[9]);
    file("empty", 12, &[0]);
    file("total", 4, &[5]);
    for (name, code) in [
        ("magic", "0xDA"),
        ("long", "0x0B"),
        ("list", "0x26"),
        ("order", "0x2B"),
        ("empty", "0x21"),
    ] {
        fail(
            folder,
            1,
            &format!("verify {name} --profile sdk"),
            &format!("SDK result {code}"),
        );
        let json = run(folder, &format!("verify {name} --json"));
        let json: Value = serde_json::from_slice(&json.stdout).unwrap();
        let number = u64::from_str_radix(&code[2..], 16).unwrap();
        assert_eq!(json[0]["sdk_code"], number, "{json}");
    }
    succeed(folder, "verify total --profile sdk");
    fail(folder, 1, "verify total", "not accepted");
    let json: Value = serde_json::from_slice(&run(folder, "verify total --json").stdout).unwrap();
    assert_eq!(
        (&json[0]["id"], &json[0]["object"]),
        (&"total-size".into(), &"file".into())
    );
    assert_eq!(succeed(folder, "verify plain.ota --json").trim(), "[]");
}

#[test]
fn the_ledger_gets_the_whole_file() {
    let folder = workplace();
    let folder = folder.path();
    let url = "https://example.com/light.ota";
    let json: Value = serde_json::from_str(&succeed(folder, &format!("dcl plain.ota --ota-url {url} --json"))).unwrap();
    // Both computed by the SDK's tool and sha256sum.
    assert_eq!(json["otaFileSize"], 88);
    assert_eq!(json["otaChecksum"], "7BWongDrNA60JczFMz213buHgRdgPPkVXH8+HlvsdCs=");
    assert_eq!(
        (&json["otaChecksumType"], &json["vid"], &json["pid"]),
        (&1.into(), &0xFFF1.into(), &0x8000.into())
    );
    assert_eq!(
        (
            &json["minApplicableSoftwareVersion"],
            &json["maxApplicableSoftwareVersion"]
        ),
        (&0.into(), &1.into())
    );
    let command = json["command"].as_str().unwrap();
    assert!(command.starts_with("dcld tx model add-model-version --vid=65521 --pid=32768 --softwareVersion=2 "));
    let shown = succeed(folder, &format!("dcl plain.ota --ota-url {url} --from 'me"));
    assert!(shown.ends_with("--from=''\\''me'\n"), "{shown}");
    fail(folder, 2, "dcl plain.ota --ota-url http://example.com", "--ota-url: ");
    fail(
        folder,
        2,
        &format!("dcl plain.ota --ota-url {url} --checksum-type sha256-128"),
        "is not allowed in the DCL",
    );
}

#[test]
fn a_provider_offers_newer_files_of_the_model() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "applies plain.ota --vid 0xFFF1 --pid 0x8000 --current 1");
    fail(
        folder,
        1,
        "applies plain.ota --vid 0xFFF1 --pid 0x8000 --current 2",
        "no provider offers it",
    );
    let json = run(folder, "applies plain.ota --vid 0xFFF2 --pid 0x8001 --current 3 --json");
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    let ids: Vec<_> = json["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        (json["applies"].as_bool(), ids),
        (Some(false), vec!["vendor-id", "product-id", "not-newer"])
    );
}

#[test]
fn a_signed_app_is_looked_into() {
    let folder = workplace();
    let folder = folder.path();
    let (signed, digest) = app("1.0");
    fs::write(folder.join("app.bin"), &signed).unwrap();
    let key = signing_key();
    let pem = key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
    fs::write(folder.join("boot.pem"), pem).unwrap();
    let digest = base16ct::lower::encode_string(&digest);
    succeed(
        folder,
        &format!("{CREATE} --chip esp32h2 --signed --trusted-key boot.pem app.bin app.ota"),
    );
    let json: Value = serde_json::from_str(&succeed(folder, "show app.ota --json")).unwrap();
    let payload = &json["payload"];
    assert_eq!(
        (&payload["chip"], &payload["project"], &payload["version"]),
        (&"esp32h2".into(), &"light".into(), &"1.0".into())
    );
    assert_eq!(
        (&payload["hash"], &payload["signature"]),
        (&"valid".into(), &"secure boot v2, ECDSA P-256".into())
    );
    assert_eq!(payload["key_digests"][0], digest);
    succeed(folder, &format!("verify app.ota --key-digest {digest}"));
    fail(
        folder,
        1,
        &format!("verify app.ota --key-digest {}", "00".repeat(32)),
        "not accepted",
    );
    fail(folder, 1, "verify app.ota --chip esp32c3", "not accepted");
    fail(folder, 1, "verify plain.ota --esp", "not accepted");
    // Another version than the app's own.
    let other = CREATE.replace("-vs 1.0", "-vs 1.1");
    fail(
        folder,
        2,
        &format!("{other} app.bin out.ota"),
        "differs from the software version string; use --allow esp-version",
    );
    succeed(folder, &format!("{other} --allow esp-version app.bin other.ota"));
    fail(
        folder,
        2,
        "change-header -vs 1.1 app.ota out.ota",
        "differs from the software version string",
    );
    let mut damaged = signed;
    damaged[100] ^= 1;
    fs::write(folder.join("damaged.bin"), damaged).unwrap();
    fail(
        folder,
        2,
        &format!("{CREATE} damaged.bin out.ota"),
        "not a whole app image",
    );
}

#[test]
fn encrypted_images_are_made_and_opened() {
    let folder = workplace();
    let folder = folder.path();
    let key = p256::SecretKey::from_slice(&[9; 32]).unwrap();
    fs::write(
        folder.join("device.pem"),
        key.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes(),
    )
    .unwrap();
    let public = key.public_key().to_public_key_pem(LineEnding::LF).unwrap();
    fs::write(folder.join("device.pub"), public).unwrap();
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rsa3072.pem"),
        folder.join("rsa.pem"),
    )
    .unwrap();
    for (name, to, from) in [("ecc", "device.pub", "device.pem"), ("rsa", "rsa.pem", "rsa.pem")] {
        succeed(folder, &format!("encrypt payload.bin {name}.enc --key {to}"));
        assert_eq!(fs::read(folder.join(format!("{name}.enc"))).unwrap().len(), 512 + 12);
        succeed(
            folder,
            &format!("decrypt {name}.enc {name}.bin --key {from} --allow-insecure-permissions"),
        );
        assert_eq!(fs::read(folder.join(format!("{name}.bin"))).unwrap(), b"test payload");
        succeed(folder, &format!("{CREATE} {name}.enc {name}.ota"));
        let json: Value = serde_json::from_str(&succeed(folder, &format!("show {name}.ota --json"))).unwrap();
        assert_eq!(json["payload"]["kind"], "esp-encrypted");
    }
    let secure = "--allow-insecure-permissions";
    fail(
        folder,
        2,
        &format!("decrypt ecc.enc out.bin --key rsa.pem {secure}"),
        "is encrypted for a key of ECIES P-256",
    );
    fail(
        folder,
        2,
        &format!("decrypt payload.bin out.bin --key rsa.pem {secure}"),
        "not an encrypted image",
    );
    let mut damaged = fs::read(folder.join("ecc.enc")).unwrap();
    damaged[520] ^= 1;
    fs::write(folder.join("damaged.enc"), damaged).unwrap();
    fail(
        folder,
        1,
        &format!("decrypt damaged.enc out.bin --key device.pem {secure}"),
        "cannot be decrypted",
    );
}
