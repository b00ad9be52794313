//! Runs `dac-pki` in a folder of its own; with a naive DER writer for inputs that it does not write.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use matter_attestation::{Certificate, PrivateKey};
use p256::ecdsa::DerSignature;
use p256::ecdsa::signature::Signer;
use serde_json::Value;
use tempfile::TempDir;

/// Options for the PAI and its key after [`workplace`].
pub const BY_PAI: &str = "--issuer ca/PAI_cert.pem --issuer-key ca/PAI_key.pem";
/// Common options of the tests' declarations.
pub const CD: &str = "cd make --vid 0xFFF1 --device-type 0x0100 --certificate-id CSA00000SWC00000-00";
/// Verifies the files of [`workplace`] on a day on which all of them are valid.
pub const CHAIN: &str = "verify --paa ca/PAA_cert.pem --pai ca/PAI_cert.der --dac dac/DAC_cert.pem --at 2026-06-01";

/// Creates a folder with a PAA, a PAI, a DAC and a declaration for it.
pub fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    succeed(at, "paa --cn Acme-PAA --vid 0xFFF1 --from 2026-01-01 --out ca");
    succeed(
        at,
        "pai --cn Acme-PAI --vid 0xFFF1 --issuer ca/PAA_cert.der --issuer-key ca/PAA_key.pem --from 2026-02-01 \
         --to 2046-01-31T23:59:59Z --out ca",
    );
    succeed(
        at,
        &format!("dac --cn Lamp --vid 0xFFF1 --pid 0x8000 {BY_PAI} --from 2026-03-01 --days 3650 --out dac"),
    );
    succeed(at, &format!("{CD} --pid 0x8000 --type 0 --test-key --out CD.der"));
    folder
}

pub fn run(folder: &Path, arguments: &str) -> Output {
    command(folder, arguments).output().unwrap()
}

pub fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dac-pki"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("NO_COLOR");
    command
}

/// Runs the binary and returns its output.
pub fn succeed(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the binary, expects a no, and returns stdout and stderr.
pub fn rejected(folder: &Path, arguments: &str) -> (String, String) {
    let output = run(folder, arguments);
    let [printed, message] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(output.status.code(), Some(1), "{arguments}: {message}");
    (printed, message)
}

/// Runs the binary and expects one message, exit code 2, and nothing written.
pub fn refused(folder: &Path, arguments: &str, needle: &str) {
    let before = files(folder);
    let output = run(folder, arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
    assert!(
        message.starts_with("error: ") && message.trim_end().lines().count() == 1,
        "{arguments}: {message}"
    );
    assert!(message.contains(needle), "{arguments}: '{needle}' is not in: {message}");
    assert!(
        !message.contains("5a5a") && !message.contains("BEGIN"),
        "{arguments}: {message}"
    );
    assert!(output.stdout.is_empty(), "{arguments}");
    assert_eq!(files(folder), before, "{arguments}: something was written");
}

/// Returns all files below a folder with their contents.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut list = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list.push((path.display().to_string(), Vec::new()));
            list.append(&mut files(&path));
        } else {
            list.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    list.sort();
    list
}

pub fn certificate(path: &Path) -> Certificate {
    Certificate::decode(&fs::read(path).unwrap()).unwrap()
}

pub fn key(path: &Path) -> PrivateKey {
    PrivateKey::decode(&fs::read(path).unwrap()).unwrap()
}

/// ecdsa-with-SHA256 without parameters (RFC 5758, 3.2).
const ALGORITHM: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
/// id-ecPublicKey with prime256v1 (RFC 5480, 2.1.1).
const EC_KEY: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7,
];

pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let len = u16::try_from(value.len()).unwrap().to_be_bytes();
    let header = match value.len() {
        0..=0x7F => vec![tag, len[1]],
        0x80..=0xFF => vec![tag, 0x81, len[1]],
        _ => vec![tag, 0x82, len[0], len[1]],
    };
    [header, value].concat()
}

/// Returns the attribute common name as UTF8String.
pub fn common_name(name: &str) -> Vec<u8> {
    [&[0x06, 3, 0x55, 4, 3][..], &tlv(0x0C, &[name.as_bytes()])].concat()
}

fn signed(tbs: &[u8], key: &PrivateKey) -> Vec<u8> {
    let signature: DerSignature = key.sign(tbs);
    tlv(0x30, &[tbs, ALGORITHM, &tlv(0x03, &[&[0], signature.as_bytes()])])
}

/// Returns a certificate signing request (RFC 2986) for the public half of `key`, signed with `signer`.
pub fn request(key: &PrivateKey, signer: &PrivateKey) -> Vec<u8> {
    let point = tlv(0x03, &[&[0], key.public_key().as_bytes()]);
    let info = tlv(
        0x30,
        &[&[0x02, 1, 0], &[0x30, 0], &tlv(0x30, &[EC_KEY, &point]), &[0xA0, 0]],
    );
    signed(&info, signer)
}

/// Returns a revocation list of 2026 (RFC 5280, 5.1) of the authority with this certificate.
pub fn revocation_list(authority: &Certificate, key: &PrivateKey, revoked: &Certificate) -> Vec<u8> {
    let extension = |arc: u8, value: &[u8]| tlv(0x30, &[&[0x06, 3, 0x55, 0x1D, arc], &tlv(0x04, &[value])]);
    let key_id = tlv(0x80, &[authority.subject_key_id().unwrap().as_bytes()]);
    let extensions = tlv(
        0x30,
        &[&extension(35, &tlv(0x30, &[&key_id])), &extension(20, &[0x02, 1, 1])],
    );
    let entry = tlv(
        0x30,
        &[
            &tlv(0x02, &[revoked.serial().as_bytes()]),
            &tlv(0x17, &[b"260401000000Z"]),
        ],
    );
    let tbs = tlv(
        0x30,
        &[
            &[0x02, 1, 1],
            ALGORITHM,
            authority.subject_der(),
            &tlv(0x17, &[b"260501000000Z"]),
            &tlv(0x17, &[b"270501000000Z"]),
            &tlv(0x30, &[&entry]),
            &tlv(0xA0, &[&extensions]),
        ],
    );
    signed(&tbs, key)
}

/// Returns ids, objects and codes of the errors in the printed JSON.
pub fn errors(printed: &str) -> Vec<(String, String, u64)> {
    let findings: Vec<Value> = serde_json::from_str(printed).unwrap();
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let error = |finding: &Value| {
        assert!(!text(&finding["text"]).is_empty() && !text(&finding["remedy"]).is_empty());
        let code = finding["sdk_code"].as_u64().unwrap_or_default();
        (text(&finding["id"]), text(&finding["object"]), code)
    };
    errors.map(error).collect()
}

/// Checks the errors of a rejected chain.
pub fn expect(folder: &Path, arguments: &str, expected: &[(&str, &str, u64)]) {
    let (printed, message) = rejected(folder, &format!("{arguments} --json"));
    let expected = expected
        .iter()
        .map(|(id, object, code)| ((*id).to_owned(), (*object).to_owned(), *code));
    assert_eq!(errors(&printed), expected.collect::<Vec<_>>(), "{arguments}");
    assert!(message.contains("error: rejected: "), "{message}");
}

/// Returns whether `needle` is among the bytes.
pub fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
