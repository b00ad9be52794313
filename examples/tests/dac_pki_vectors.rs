//! `dac-pki vector`: one vector made here, and the 111 of the Matter SDK.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/dac_pki.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use base16ct::lower::encode_string as hex;
use serde_json::{Value, json};
use support::{errors, expect, key, refused, run, succeed, workplace};

#[test]
fn a_vector_of_ones_own_is_verified() {
    let folder = workplace();
    let at = folder.path();
    let read = |name: &str| hex(&fs::read(at.join(name)).unwrap());
    let secret = key(&at.join("dac/DAC_key.pem"));
    let vector = json!({
        "description": "own", "is_success_case": "true", "basic_info_pid": 0x8000,
        "dac_cert": read("dac/DAC_cert.der"), "pai_cert": read("ca/PAI_cert.der"),
        "certification_declaration": read("CD.der"),
        "dac_private_key": hex(&*secret.expose_scalar()), "dac_public_key": hex(secret.public_key().as_bytes()),
    });
    let write = |member: &str, value: Value| {
        let mut vector = vector.clone();
        vector[member] = value;
        fs::write(at.join("vector.json"), vector.to_string()).unwrap();
    };
    write("description", json!("the same"));
    for arguments in ["--paa ca/PAA_cert.pem", "--paa ca", "", "--paa ca --profile sdk"] {
        let arguments = format!("vector vector.json --json {arguments}");
        succeed(at, &arguments);
    }
    let late = "vector vector.json --paa ca/PAA_cert.pem --at";
    expect(at, &format!("{late} 2026-02-28"), &[("dac-not-yet-valid", "dac", 300)]);
    let output = run(at, &format!("{late} 2026-02-28"));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.starts_with("the vector's own flag states the opposite\n"),
        "{message}"
    );
    write("dac_private_key", json!("07".repeat(32)));
    expect(
        at,
        "vector vector.json --paa ca/PAA_cert.pem",
        &[("elements-signature", "elements", 500)],
    );
    expect(at, "vector vector.json", &[("dac-key-mismatch", "dac", 500)]);
    write("basic_info_pid", json!(0x8001));
    expect(at, "vector vector.json", &[("cd-product-id", "cd", 605)]);
    for (member, value, needle) in [
        ("dac_private_key", json!("5a".repeat(31)), "dac_private_key: "),
        ("dac_private_key", json!(1), "dac_private_key: is missing or not a text"),
        ("dac_cert", json!("5a5"), "dac_cert: is not pairs of hexadecimal digits"),
        ("pai_cert", json!("5x"), "pai_cert: is not pairs of hexadecimal digits"),
        (
            "basic_info_pid",
            json!(65536),
            "basic_info_pid: is not a number in the range 1 to 65535",
        ),
        (
            "basic_info_pid",
            json!(0),
            "basic_info_pid: is not a number in the range 1 to 65535",
        ),
    ] {
        write(member, value);
        refused(at, "vector vector.json", needle);
    }
}

/// Vectors that are flagged as failures for a reason that only the ledger reveals.
const LEDGER: [&str; 1] = ["struct_cd_version_number_wrong"];
/// Vectors that are flagged as failures for values that no declaration has and that the SDK's commissioner ignores.
const DISREGARDED: [&str; 3] = [
    "struct_cd_device_type_id_mismatch",
    "struct_cd_security_info_wrong",
    "struct_cd_security_level_wrong",
];

fn vectors() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"),
        PathBuf::from,
    );
    let folder = folder.join("attestation");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("dac-pki vectors: folder not found, 0 cases ran");
    None
}

#[test]
fn verdicts_about_the_vectors_of_the_sdk_are_its_own() {
    let Some(root) = vectors() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("paas")).unwrap();
    for source in ["attestation_test", "attestation_development"] {
        for entry in fs::read_dir(root.join(source)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.contains("-PAA-")
                && !name.contains("-DAC-")
                && !name.contains("Resign")
                && name.ends_with("-Cert.der")
            {
                fs::copy(&path, at.join("paas").join(name)).unwrap();
            }
        }
    }
    let mut cases = 0;
    for entry in fs::read_dir(root.join("commissioner_dut")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let vector: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let flag = vector["is_success_case"] == "true" || LEDGER.contains(&name.as_str());
        let disregarded = DISREGARDED.contains(&name.as_str());
        fs::copy(&path, at.join("vector.json")).unwrap();
        for (profile, accepted) in [("strict", flag), ("sdk", flag || disregarded)] {
            let output = run(at, &format!("vector vector.json --paa paas --profile {profile} --json"));
            let message = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                output.status.code(),
                Some(i32::from(!accepted)),
                "{name}, {profile}: {message}"
            );
            let errors = errors(std::str::from_utf8(&output.stdout).unwrap());
            assert_eq!(errors.is_empty(), accepted, "{name}, {profile}: {errors:?}");
        }
        cases += 1;
    }
    assert_eq!(cases, 111);
    println!("dac-pki commissioner vectors: {cases} cases ran");
}
