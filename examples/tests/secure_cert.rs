//! `secure-cert` as a user runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/tool.rs"]
mod tool;

use std::fs;
use std::path::Path;
use std::process::Output;

use base16ct::lower::encode_string as hex;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey};
use rsa::pkcs1::EncodeRsaPrivateKey;
use serde_json::{Value, json};
use tempfile::TempDir;

const TOOL: &str = env!("CARGO_BIN_EXE_secure-cert");

/// Returns a value with the outer form of a SEC 1 key, whose scalar is easy to find.
fn key_hex() -> String {
    format!("30770201010420{}", "5a".repeat(114))
}

fn spec() -> Value {
    json!([
        {"type": 1, "type_name": "DEV_CERT", "subtype": 0, "data": "30020500"},
        {"type_name": "PRIV_KEY", "subtype": 0, "flags": 0, "storage": "plain", "length": 121, "data": key_hex()},
        {"type": 201, "subtype": 0, "data": "000F"},
        {"type": 99, "subtype": 7, "data": ""},
        {"type": 9, "type_name": "INTEGRITY"},
    ])
}

fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.json"), spec().to_string()).unwrap();
    fs::write(
        folder.path().join("more.json"),
        json!([{"type": 51, "subtype": 0, "data": "00"}, {"type": 9}]).to_string(),
    )
    .unwrap();
    let p256 = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    fs::write(folder.path().join("p256.der"), p256.to_pkcs8_der().unwrap().as_bytes()).unwrap();
    let public = p256
        .public_key()
        .to_public_key_pem(p256::pkcs8::LineEnding::LF)
        .unwrap();
    fs::write(folder.path().join("p256.pub"), public).unwrap();
    let p384 = p384::SecretKey::from_slice(&[7; 48]).unwrap();
    fs::write(
        folder.path().join("p384.pem"),
        &*p384.to_sec1_pem(p256::pkcs8::LineEnding::LF).unwrap(),
    )
    .unwrap();
    fs::write(
        folder.path().join("p384.pub"),
        p384.public_key().to_public_key_der().unwrap().as_bytes(),
    )
    .unwrap();
    folder
}

fn run(folder: &Path, arguments: &str) -> Output {
    tool::run(TOOL, folder, arguments)
}

fn succeed(folder: &Path, arguments: &str) -> String {
    String::from_utf8(tool::succeed(TOOL, folder, arguments).stdout).unwrap()
}

#[test]
fn image_is_built_shown_and_built_again() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "build spec.json a.bin");
    let image = fs::read(folder.join("a.bin")).unwrap();
    assert_eq!(image.len(), 32 + 144 + 32 + 16 + 48);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join("a.bin")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let json: Value = serde_json::from_str(&succeed(folder, "dump a.bin --json --show-keys")).unwrap();
    let members = json!({"offset": 32, "type": 2, "type_name": "PRIV_KEY", "subtype": 0, "flags": 0, "storage": "plain",
        "length": 121, "crc_ok": true, "data": key_hex()});
    assert_eq!(json[1], members);
    assert_eq!(json[3]["type_name"], "99");
    fs::write(folder.join("back.json"), json.to_string()).unwrap();
    succeed(folder, "build back.json b.bin");
    assert_eq!(fs::read(folder.join("b.bin")).unwrap(), image);

    for arguments in ["dump a.bin", "dump a.bin --json"] {
        assert!(!succeed(folder, arguments).contains("5a5a"), "{arguments}");
    }
    let json: Value = serde_json::from_str(&succeed(folder, "dump a.bin --json")).unwrap();
    assert!(json[1].get("data").is_none() && json[0]["data"] == "30020500");
    let table = succeed(folder, "dump a.bin");
    assert!(
        table.contains("0x0020  PRIV_KEY               0  plain             121 bytes  [a key; "),
        "{table}"
    );
    assert_eq!(
        succeed(folder, "check a.bin"),
        "note: at offset 0xd0, the type 99 is unknown: the firmware returns it to an application that looks it up [unknown-type]\n"
    );
}

#[test]
fn image_is_extended_signed_and_verified() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "build spec.json a.bin");
    succeed(folder, "append a.bin more.json b.bin");
    let (a, b) = (
        fs::read(folder.join("a.bin")).unwrap(),
        fs::read(folder.join("b.bin")).unwrap(),
    );
    assert!(b.starts_with(&a) && b.len() == a.len() + 32 + 48);
    succeed(folder, "sign b.bin p256.der c.bin");
    succeed(folder, "sign c.bin p384.pem d.bin");
    let message = succeed(folder, "verify d.bin --key p256.pub");
    assert_eq!(
        message,
        format!("d.bin: ECDSA P-256 signature of the first {} bytes verifies\n", b.len())
    );
    succeed(folder, "verify d.bin --key p384.pub");
    assert!(succeed(folder, "check d.bin").starts_with("note: "));

    for (arguments, needle) in [
        ("verify b.bin --key p256.pub", "has no signature by this key"),
        ("verify c.bin --key p384.pub", "has no signature by this key"),
    ] {
        let output = run(folder, arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        assert!(message.contains(needle), "{arguments}: {message}");
    }
    // A record after the signature is written, with a warning that it is not covered.
    fs::write(
        folder.join("more2.json"),
        json!([{"type": 52, "subtype": 0, "data": "00"}]).to_string(),
    )
    .unwrap();
    let output = run(folder, "append c.bin more2.json e.bin");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && message.contains("after the first SIGNATURE_BLOCK"),
        "{message}"
    );
    assert_eq!(run(folder, "sign e.bin p384.pem f.bin").status.code(), Some(2));
}

#[test]
fn rsa_key_signs() {
    let folder = workplace();
    let folder = folder.path();
    // Drawing primes takes long; these are of a key drawn for this test with OpenSSL.
    let pem = include_str!("data/rsa3072.pem");
    fs::write(folder.join("rsa.pem"), pem).unwrap();
    let key: rsa::PrivateKey = rsa::pkcs8::DecodePrivateKey::from_pkcs8_pem(pem).unwrap();
    fs::write(folder.join("rsa.der"), key.to_pkcs1_der().unwrap().as_bytes()).unwrap();
    let public = key
        .to_public_key()
        .to_public_key_pem(p256::pkcs8::LineEnding::LF)
        .unwrap();
    fs::write(folder.join("rsa.pub"), public).unwrap();
    succeed(folder, "build spec.json a.bin");
    succeed(folder, "sign a.bin rsa.pem b.bin");
    succeed(folder, "sign a.bin rsa.der c.bin");
    succeed(folder, "verify b.bin --key rsa.pub");
    succeed(folder, "verify c.bin --key rsa.pub");
    // The salt is random.
    assert_ne!(
        fs::read(folder.join("b.bin")).unwrap(),
        fs::read(folder.join("c.bin")).unwrap()
    );
}

#[test]
fn damage_and_leaks_are_named() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "build spec.json a.bin");
    let mut image = fs::read(folder.join("a.bin")).unwrap();
    image[32 + 4] = 0x08;
    fs::write(folder.join("b.bin"), &image).unwrap();
    let output = run(folder, "check b.bin --json");
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let ids = json
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap());
    let ids = ids.collect::<Vec<_>>();
    let expected = [
        "crc",
        "key-in-keyless-record",
        "key-record-missing",
        "unknown-type",
        "integrity-mismatch",
    ];
    assert_eq!(ids, expected);
    assert_eq!(json[0]["offset"], 32);
    let output = run(folder, "dump b.bin");
    assert_eq!(output.status.code(), Some(1));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("[checksum wrong]") && !shown.contains("5a5a"), "{shown}");
}

#[test]
fn bad_input_gets_one_sentence_and_writes_nothing() {
    let folder = workplace();
    let folder = folder.path();
    succeed(folder, "build spec.json a.bin");
    fs::write(folder.join("there.bin"), "in the way").unwrap();
    fs::write(folder.join("erased.bin"), [0xFF; 64]).unwrap();
    let bad = [
        ("text", "[{\"type\": 51,".to_owned(), "bad.json:1:13: not JSON"),
        ("object", "{}".into(), "not an array"),
        ("member", json!([{"type": 51, "subtype": 0, "data": "", "note": "5a5a"}]).to_string(), "record 0: has an unknown member; allowed:"),
        ("type", json!([{"subtype": 0, "data": ""}]).to_string(), "type is missing"),
        ("name", json!([{"type_name": "PRIVATE", "subtype": 0, "data": ""}]).to_string(), "type_name is unknown"),
        ("two types", json!([{"type": 1, "type_name": "CA_CERT", "subtype": 0, "data": ""}]).to_string(), "type and type_name do not agree"),
        ("storage", json!([{"type": 2, "subtype": 0, "flags": 8, "storage": "plain", "data": ""}]).to_string(), "flags and storage do not agree"),
        ("hex", json!([{"type": 51, "subtype": 0, "data": "5a5"}]).to_string(), "data is not pairs"),
        ("data", json!([{"type": 2, "subtype": 0, "length": 121}]).to_string(), "data is missing"),
        ("length", json!([{"type": 51, "subtype": 0, "length": 3, "data": "5a5a"}]).to_string(), "length is 3, but data has 2 bytes"),
        ("subtype", json!([{"type": 51, "data": "5a5a"}]).to_string(), "subtype is missing"),
        ("range", json!([{"type": 51, "subtype": 256, "data": ""}]).to_string(), "subtype is not a number in the range 0 to 255"),
        ("leak", json!([{"type": 6, "subtype": 0, "data": format!("04{}", "00".repeat(39))}, {"type": 2, "subtype": 0, "flags": 8, "data": key_hex()}]).to_string(), "the private key leaks"),
        ("twice", json!([{"type": 51, "subtype": 0, "data": "5a"}, {"type": 51, "subtype": 0, "data": "5a"}]).to_string(), "the firmware finds only the first one"),
        ("full", json!([{"type": 51, "subtype": 0, "data": "5a".repeat(0x1FF1)}]).to_string(), "records are too long: 8208 bytes; the partition has room for 8192"),
        ("digest", json!([{"type": 9}]).to_string(), "image has no records; at least one is needed"),
    ];
    for (name, text, needle) in bad {
        fs::write(folder.join("bad.json"), text).unwrap();
        refused(folder, "build bad.json out.bin", needle, name);
    }
    for (arguments, needle) in [
        ("build spec.json there.bin", "exists already"),
        ("build spec.json out.bin --size 0x2001", "--size: "),
        ("build nowhere.json out.bin", "nowhere.json"),
        ("build spec.json", "missing: <OUTPUT>"),
        ("append spec.json spec.json out.bin", "spec.json: bytes from offset 0x0"),
        (
            "append a.bin spec.json out.bin",
            "the firmware finds only the first one",
        ),
        ("sign a.bin spec.json out.bin", "spec.json: is not a private key"),
        ("sign a.bin p256.pub out.bin", "p256.pub: is not a private key"),
        ("sign erased.bin p256.der out.bin", "no records"),
        ("verify a.bin --key p256.der", "p256.der: is not a public key"),
        ("verify a.bin", "missing: --key"),
        ("dump spec.json", "spec.json: there is no record"),
        ("--force", "missing command"),
    ] {
        refused(folder, arguments, needle, arguments);
    }
    assert_eq!(fs::read(folder.join("there.bin")).unwrap(), b"in the way");
    succeed(folder, "build spec.json there.bin --force");
}

fn refused(folder: &Path, arguments: &str, needle: &str, name: &str) {
    let before = fs::read_dir(folder).unwrap().count();
    let output = run(folder, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{name}: {message}");
    assert!(
        message.starts_with("error: ") && message.trim_end().lines().count() == 1,
        "{name}: {message}"
    );
    assert!(message.contains(needle), "{name}: '{needle}' is not in: {message}");
    assert!(!message.contains("5a5a"), "{name}: {message}");
    assert_eq!(
        fs::read_dir(folder).unwrap().count(),
        before,
        "{name}: something was written"
    );
}

/// The columns of Espressif's `configure_esp_secure_cert.py`.
const TABLE: &str = "tlv_type,tlv_subtype,data_value,data_type,priv_key_type,algorithm,key_size,efuse_id,efuse_key\n";

fn with_material() -> TempDir {
    let folder = workplace();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let key = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    write(
        "key.pem",
        key.to_pkcs8_pem(p256::pkcs8::LineEnding::CRLF).unwrap().as_bytes(),
    );
    write("key.der", key.to_sec1_der().unwrap().as_slice());
    write("cert.der", &[0x30, 0x02, 0x05, 0x00]);
    write(
        "cert.pem",
        b"subject=A\r\n-----BEGIN CERTIFICATE-----\r\nMAIFAA==\r\n-----END CERTIFICATE-----\r\n",
    );
    fs::create_dir(folder.path().join("specs")).unwrap();
    folder
}

fn records(folder: &Path, image: &str) -> Vec<(String, String)> {
    let dump = run(folder, &format!("dump {image} --json --show-keys"));
    assert!(dump.status.success());
    let list: Value = serde_json::from_slice(&dump.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let records = list.as_array().unwrap().iter();
    records
        .map(|record| (text(&record["type_name"]), text(&record["data"])))
        .collect()
}

#[test]
fn records_are_made_from_files_and_from_the_tool_s_table() {
    let folder = with_material();
    let key = p256::SecretKey::from_slice(&[7; 32]).unwrap();
    let sec1 = key.to_sec1_pem(p256::pkcs8::LineEnding::LF).unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nMAIFAA==\n-----END CERTIFICATE-----\n\0";
    let expected = [
        ("DEV_CERT", hex(pem.as_bytes())),
        ("CA_CERT", "30020500".to_owned()),
        ("PRIV_KEY", hex(format!("{}\0", *sec1).as_bytes())),
        ("USER_DATA_1", "6869".to_owned()),
    ];
    let expected = expected.map(|(name, data)| (name.to_owned(), data));
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    // A file is searched beside the SPEC, then in the current folder.
    let spec = json!([
        {"type": 1, "file": "cert.pem"}, {"type_name": "CA_CERT", "file": "cert.der"}, {"type": 2, "file": "key.pem"},
        {"type_name": "USER_DATA_1", "subtype": 0, "data": "6869"},
    ]);
    write("specs/files.json", &spec.to_string());
    let build = run(folder.path(), "build specs/files.json files.bin");
    assert!(build.status.success(), "{build:?}");
    assert_eq!(records(folder.path(), "files.bin"), expected);

    let rows = "\n# a comment\nESP_SECURE_CERT_DEV_CERT_TLV,0,cert.pem,file,,,,,\n\
        ESP_SECURE_CERT_CA_CERT_TLV,0,MAIFAA==,base64,,,,,\n2,0, key.pem ,file,plaintext,ECDSA,256,,\n\
        ESP_SECURE_CERT_USER_DATA_1_TLV,0,hi,string,,,,,\n,,,,,,,,\n";
    write(
        "table.csv",
        &format!("\u{feff}sep=,\n{TABLE}{rows}").replace('\n', "\r\n"),
    );
    let build = run(folder.path(), "build table.csv table.bin");
    assert!(build.status.success(), "{build:?}");
    let made = records(folder.path(), "table.bin");
    assert_eq!(made[..4], expected);
    assert!(made.len() == 5 && made[4].0 == "INTEGRITY");
}

#[test]
fn material_that_is_no_certificate_or_key_is_refused() {
    let folder = with_material();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "two.pem",
        &"-----BEGIN CERTIFICATE-----\nMAIFAA==\n-----END CERTIFICATE-----\n".repeat(2),
    );
    write("cut.pem", "-----BEGIN CERTIFICATE-----\nMAIFAA==\n");
    write(
        "closed.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAIFAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    for (record, message) in [
        (json!({"type": 1, "file": "no.pem"}), "no.pem"),
        (
            json!({"type": 1, "file": "key.pem"}),
            "key.pem: contains a PEM block that is not a certificate",
        ),
        (
            json!({"type": 2, "file": "cert.pem"}),
            "cert.pem: contains a PEM block that is not a private key",
        ),
        (json!({"type": 2, "file": "closed.pem"}), "closed.pem: is encrypted"),
        (
            json!({"type": 1, "file": "two.pem"}),
            "two.pem: contains more than one PEM block",
        ),
        (
            json!({"type": 1, "file": "cut.pem"}),
            "cut.pem: ends within its PEM block",
        ),
        (
            json!({"type": 1, "file": "cert.pem", "data": "00"}),
            "record 0: has both file and data; only one is allowed",
        ),
        (json!({"type": 1, "file": 7}), "record 0: file is not a string"),
        (
            json!({"type": 1, "file": "cert.der", "length": 5}),
            "record 0: length is 5, but data has 4 bytes",
        ),
    ] {
        write("one.json", &json!([record]).to_string());
        let build = run(folder.path(), "build one.json one.bin");
        let said_text = String::from_utf8(build.stderr).unwrap();
        assert!(
            build.status.code() == Some(2) && said_text.contains(message),
            "{said_text}"
        );
    }
    for (row, message) in [
        (
            "ESP_SECURE_CERT_OTHER_TLV,0,hi,string,,,,,",
            "table.csv:2: column 'tlv_type'",
        ),
        ("51,256,hi,string,,,,,", "table.csv:2: column 'tlv_subtype'"),
        ("51,0,hi,text,,,,,", "table.csv:2: column 'data_type'"),
        ("51,0,0g,hex,,,,,", "table.csv:2: column 'data_value'"),
        ("51,0,A*B,base64,,,,,", "table.csv:2: column 'data_value'"),
        (
            "2,0,key.pem,file,ecdsa_peripheral,ECDSA,256,1,",
            "table.csv:2: column 'priv_key_type': must be plaintext",
        ),
        (
            "51,0,a,string,,,,,\n51,0,b,string,,,,,",
            "table.csv:3: column 'tlv_subtype': duplicate subtype of an earlier record",
        ),
        ("51,0,a,string,,,,,\n\"51,0", "unclosed quote"),
    ] {
        write("table.csv", &format!("{TABLE}{row}\n"));
        let build = run(folder.path(), "build table.csv table.bin");
        let said_text = String::from_utf8(build.stderr).unwrap();
        assert!(
            build.status.code() == Some(2) && said_text.contains(message),
            "{row}: {said_text}"
        );
        assert!(!folder.path().join("table.bin").exists());
    }
    write("table.csv", "tlv_type,data_value,data_type\n");
    let build = run(folder.path(), "build table.csv table.bin");
    assert!(
        String::from_utf8(build.stderr)
            .unwrap()
            .contains("has no column 'tlv_subtype'")
    );
}
