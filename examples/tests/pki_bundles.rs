//! Files with several certificates: PEM, PKCS#7 and PKCS#12, wherever certificates and keys are read.

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
use std::path::Path;

use serde_json::Value;
use support::{CD, CHAIN, certificate, refused, rejected, succeed, tlv, workplace};

#[test]
fn bundles_are_read_where_there_is_room_for_several() {
    let folder = workplace();
    let at = folder.path();
    let read = |path: &str| fs::read_to_string(at.join(path)).unwrap();
    let chain = [
        read("dac/DAC_cert.pem"),
        read("ca/PAI_cert.pem"),
        read("ca/PAA_cert.pem"),
    ];
    fs::write(at.join("chain.pem"), chain.concat()).unwrap();
    assert!(succeed(at, "lint chain.pem").contains("SDK says 0 kSuccess"));
    succeed(at, "paa --cn Other --out other");
    fs::create_dir(at.join("paas")).unwrap();
    let both = [read("other/PAA_cert.pem"), read("ca/PAA_cert.pem")].concat();
    fs::write(at.join("paas/all.pem"), both).unwrap();
    for paa in ["paas", "paas/all.pem"] {
        succeed(at, &CHAIN.replace("ca/PAA_cert.pem", paa));
    }
    // Of several certificates the one of the expected kind is used.
    succeed(
        at,
        "verify --paa chain.pem --pai chain.pem --dac chain.pem --at 2026-06-01",
    );
    fs::write(at.join("two.pem"), chain[1..].concat()).unwrap();
    refused(
        at,
        &CHAIN.replace("dac/DAC_cert.pem", "two.pem"),
        "two.pem: contains 2 certificates, but none of a dac",
    );
    refused(
        at,
        &CHAIN.replace("ca/PAI_cert.der", "paas/all.pem"),
        "contains 2 certificates, but none of a pai",
    );
}

/// Returns a PKCS#7 with certificates only (RFC 5652, 5.1).
fn pkcs7(at: &Path, certificates: &[&str]) -> Vec<u8> {
    let certificates: Vec<_> = certificates.iter().map(|path| certificate(&at.join(path))).collect();
    let certificates: Vec<_> = certificates.iter().map(|certificate| certificate.as_der()).collect();
    let data = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
    let signed_data = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
    let set = [0x31, 0];
    let signed = tlv(
        0x30,
        &[
            &[0x02, 1, 1],
            &set,
            &tlv(0x30, &[&data]),
            &tlv(0xA0, &certificates),
            &set,
        ],
    );
    tlv(0x30, &[&signed_data, &tlv(0xA0, &[&signed])])
}

#[test]
fn pkcs7_is_read_wherever_certificates_are() {
    let folder = workplace();
    let at = folder.path();
    let chain = ["dac/DAC_cert.pem", "ca/PAI_cert.pem", "ca/PAA_cert.pem"];
    let whole = pkcs7(at, &chain);
    fs::write(at.join("chain.p7b"), &whole).unwrap();
    fs::write(at.join("dac.p7b"), pkcs7(at, &chain[..1])).unwrap();
    fs::create_dir(at.join("paas")).unwrap();
    fs::write(at.join("paas/paa.p7b"), pkcs7(at, &chain[2..])).unwrap();
    fs::write(at.join("ber.p7b"), [&[0x30, 0x80], &whole[4..], &[0, 0]].concat()).unwrap();
    fs::write(at.join("set"), "[]").unwrap();

    let pem = p256::pkcs8::der::pem::encode_string("PKCS7", p256::pkcs8::LineEnding::LF, &whole).unwrap();
    fs::write(at.join("chain.pem"), pem).unwrap();
    assert!(succeed(at, "lint chain.pem").contains("SDK says 0 kSuccess"));
    refused(
        at,
        "lint chain.p7b",
        "it is a PKCS#7 bundle in DER; convert it to PEM with `openssl pkcs7 -inform der`",
    );
    for paa in ["chain.p7b", "paas", "paas/paa.p7b"] {
        for dac in ["chain.p7b", "dac.p7b"] {
            succeed(
                at,
                &format!("verify --paa {paa} --pai chain.p7b --dac {dac} --at 2026-06-01"),
            );
        }
    }
    let issue = "dac --cn L --vid 0xFFF1 --pid 0x8000 --issuer chain.p7b --issuer-key ca/PAI_key.pem --out new";
    succeed(at, issue);
    let answer: Value = serde_json::from_str(&succeed(at, "revoke-set check set chain.p7b dac.p7b --json")).unwrap();
    let files: Vec<_> = answer["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["file"])
        .collect();
    assert_eq!(files, ["chain.p7b: dac", "chain.p7b: pai", "dac.p7b"]);

    for command in [
        "lint ber.p7b".to_owned(),
        CHAIN.replace("ca/PAI_cert.der", "ber.p7b"),
        issue.replace("chain.p7b", "ber.p7b").replace("new", "newer"),
        "revoke-set check set ber.p7b".to_owned(),
    ] {
        refused(
            at,
            &command,
            "it is in BER with indefinite lengths; DER is required; `openssl pkcs7",
        );
    }
    // In place of a declaration a bundle is a finding.
    let cd = format!("{CHAIN} --allow-test-cd --cd chain.p7b");
    assert!(rejected(at, &cd).0.contains("cd-other-object"));
}

#[test]
fn openssl_s_pkcs7_and_pkcs12_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in [
        "chain.p7b",
        "chain-der.p7b",
        "dac-modern.p12",
        "dac-legacy.p12",
        "dac-pai.pem",
    ] {
        fs::copy(data.join(name), at.join(name)).unwrap();
    }
    fs::write(at.join("pw"), "factory\n").unwrap();
    fs::write(at.join("other"), "Factory\n").unwrap();
    refused(at, "lint chain-der.p7b", "it is a PKCS#7 bundle in DER");
    for files in [
        "chain.p7b",
        "chain.p7b dac-pai.pem",
        "dac-modern.p12 --password-file pw",
        "dac-legacy.p12 dac-pai.pem --password-file pw",
    ] {
        let printed = succeed(at, &format!("lint {files}"));
        assert!(printed.contains("judges only whole chains"), "{files}: {printed}");
    }
    for name in ["dac-modern.p12", "dac-legacy.p12"] {
        refused(
            at,
            &format!("lint {name}"),
            "is PKCS#12 with a password; give it with --password-file or MATTER_PASSWORD",
        );
        refused(
            at,
            &format!("lint {name} --password-file other"),
            "is PKCS#12, which the given password does not decrypt",
        );
    }
    // The key and its own certificate; the others are its chain.
    let sign =
        format!("{CD} --pid 0x8000 --type 0 --key dac-modern.p12 --cert dac-modern.p12 --password-file pw --out cd");
    succeed(at, &sign);
    refused(
        at,
        &sign
            .replace("--key dac-modern.p12", "--key dac-legacy.p12")
            .replace("--out cd", "--out other-cd"),
        "--key: is not the key of --cert",
    );
    refused(
        at,
        "lint dac-modern.p12 dac-legacy.p12 --password-file pw",
        "is a second dac in addition to",
    );
}
