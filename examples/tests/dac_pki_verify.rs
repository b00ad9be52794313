//! `dac-pki` on chains: verify, lint, vector, revoke-set.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/dac_pki.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base16ct::lower::encode_string as hex;
use matter_attestation::{
    CertificationDeclaration, CertificationType, DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey,
    SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};
use serde_json::{Value, json};
use support::{
    BY_PAI, CD, certificate, errors, expect, key, refused, rejected, revocation_list, run, succeed, workplace,
};

/// The certificates of [`workplace`].
const CHAIN: &str = "verify --paa ca/PAA_cert.pem --pai ca/PAI_cert.der --dac dac/DAC_cert.pem";
/// The rest of it.
const DEVICE: &str = "--dac-key dac/DAC_key.pem --cd CD.der --vid 0xFFF1 --pid 0x8000 --allow-test-cd --at 2026-06-01";

#[test]
fn a_good_device_is_accepted() {
    let folder = workplace();
    let at = folder.path();
    let printed = succeed(at, &format!("{CHAIN} {DEVICE}"));
    assert!(
        printed
            .ends_with("accepted: 0 errors, 0 warnings, 4 notes; a commissioner of the Matter SDK says 0 kSuccess\n"),
        "{printed}"
    );
    assert!(
        printed
            .starts_with("note     paa      test-vendor-id  -\n         The vendor id is a test vendor id (0xFFF1).\n")
    );
    assert!(!printed.contains('\x1b'));
    let json: Vec<Value> = serde_json::from_str(&succeed(at, &format!("{CHAIN} {DEVICE} --json"))).unwrap();
    assert_eq!(json.len(), 4);
    assert_eq!(
        json[0],
        json!({"id": "test-vendor-id", "severity": "note", "object": "paa", "text": "The vendor id is a test vendor id (0xFFF1)."})
    );
    // Missing parts are not checked; a folder may contain files other than PAAs.
    succeed(at, &format!("{CHAIN} --at 2026-06-01"));
    succeed(at, &format!("{CHAIN} --at 2026-06-01 --dac-key dac/DAC_key.pem"));
    let output = run(at, &format!("{CHAIN} {DEVICE}").replace("ca/PAA_cert.pem", "ca"));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert_eq!(message, "ca: PAAs: 1, other files: 4\n");
}

#[test]
fn every_mismatch_is_reported() {
    let folder = workplace();
    let at = folder.path();
    succeed(
        at,
        &format!("dac --cn Other --vid 0xFFF1 --pid 0x8000 {BY_PAI} --from 2026-03-01 --out other"),
    );
    succeed(at, "paa --cn Stranger --vid 0xFFF1 --from 2026-01-01 --out stranger");
    succeed(at, &format!("{CD} --pid 0x8001 --type 0 --test-key --out other.der"));
    let with = |from: &str, to: &str| format!("{CHAIN} {DEVICE}").replace(from, to);
    let signature = ("elements-signature", "elements", 500);
    expect(at, &with("dac/DAC_key", "other/DAC_key"), &[signature]);
    expect(
        at,
        &format!("{CHAIN} --at 2026-06-01 --dac-key other/DAC_key.pem"),
        &[("dac-key-mismatch", "dac", 500)],
    );
    expect(at, &with("--allow-test-cd", ""), &[("cd-test-key", "cd", 601)]);
    expect(
        at,
        &with("ca/PAA_cert.pem", "stranger"),
        &[("paa-not-found", "paa", 101)],
    );
    expect(
        at,
        &with("2026-06-01", "2036-02-27T00:00:01Z"),
        &[("dac-expired", "dac", 300)],
    );
    succeed(at, &with("2026-06-01", "2036-02-27T00:00:00Z"));
    expect(
        at,
        &with("--pid 0x8000", "--pid 0x8002"),
        &[("cd-product-id", "cd", 605)],
    );
    let (printed, _) = rejected(at, &format!("{} --json", with("CD.der", "other.der")));
    let codes = errors(&printed).into_iter().map(|(_, object, code)| (object, code));
    let codes = codes.collect::<BTreeSet<_>>();
    assert!(codes.contains(&("cd".into(), 605)), "{codes:?}");

    // A malformed certificate is a finding, not bad input.
    let mut broken = fs::read(at.join("dac/DAC_cert.der")).unwrap();
    broken.push(0);
    fs::write(at.join("dac/broken.der"), &broken).unwrap();
    expect(
        at,
        &with("dac/DAC_cert.pem", "dac/broken.der"),
        &[("certificate-trailing-bytes", "dac", 0)],
    );
    fs::write(at.join("dac/broken.der"), "nonsense").unwrap();
    let (printed, _) = rejected(at, &format!("{} --json", with("dac/DAC_cert.pem", "dac/broken.der")));
    assert!(
        errors(&printed).contains(&("certificate-malformed".into(), "dac".into(), 303)),
        "{printed}"
    );
}

#[test]
fn profile_decides_the_severity() {
    let folder = workplace();
    let at = folder.path();
    // The SDK's decoder of declarations ignores trailing bytes.
    let declaration = [&fs::read(at.join("CD.der")).unwrap()[..], &[0]].concat();
    fs::write(at.join("long.der"), declaration).unwrap();
    let arguments = "lint long.der --allow-test-cd";
    let (printed, message) = rejected(at, &format!("{arguments} --profile strict --json"));
    let [(id, object, 0)] = &errors(&printed)[..] else {
        unreachable!("{printed}")
    };
    assert_eq!((id.as_str(), object.as_str()), ("cd-trailing-bytes", "cd"));
    assert!(message.contains("judges only whole chains"), "{message}");
    let printed = succeed(at, &format!("{arguments} --profile sdk"));
    assert!(printed.contains("warning  cd       cd-trailing-bytes"), "{printed}");
    assert!(printed.contains("accepted: 0 errors, 1 warning, "), "{printed}");
}

#[test]
fn bad_usage_is_refused() {
    let folder = workplace();
    let at = folder.path();
    fs::create_dir(at.join("empty")).unwrap();
    fs::write(at.join("hex"), "5a".repeat(31)).unwrap();
    fs::write(at.join("text.json"), "{\"dac_cert\": ").unwrap();
    fs::write(at.join("none.json"), "{\"PkiRevocationDistributionPoint\": []}").unwrap();
    fs::write(at.join("points.json"), "[{\"vid\": 65521}]").unwrap();
    for (arguments, needle) in [
        ("verify --pai ca/PAI_cert.pem --dac dac/DAC_cert.pem", "missing: --paa"),
        (
            "verify --paa empty --pai ca/PAI_cert.pem --dac dac/DAC_cert.pem",
            "--paa: empty: contains no PAA",
        ),
        (
            "verify --paa nowhere --pai ca/PAI_cert.pem --dac dac/DAC_cert.pem",
            "--paa nowhere: ",
        ),
        (
            "verify --paa ca/PAA_key.pem --pai ca/PAI_cert.pem --dac dac/DAC_cert.pem",
            "--paa: ca/PAA_key.pem: it is a private key",
        ),
        ("CHAIN --vid 0xFFF1", "missing: --pid"),
        ("CHAIN --vid 0xFFF1 --pid 0", "--pid: "),
        ("CHAIN --at yesterday", "--at: not a time"),
        ("CHAIN --dac-key hex", "--dac-key hex"),
        ("CHAIN --cd nowhere", "--cd nowhere: "),
        ("CHAIN --profile lenient", "--profile must be one of"),
        ("CHAIN --revocation-set CD.der", "CD.der:1:1: "),
        ("lint", "missing: <FILE>"),
        (
            "lint ca/PAA_key.pem",
            "ca/PAA_key.pem: is not a certificate or a Certification Declaration",
        ),
        ("lint ca/PAI_cert.pem ca/PAI_cert.der nowhere", "FILE nowhere"),
        ("vector text.json", "text.json:1:13: not JSON"),
        (
            "vector points.json",
            "points.json: certification_declaration: is missing",
        ),
        (
            "revoke-set build --points points.json --crl CD.der --paa ca --out x",
            "points.json: point 0: missing field",
        ),
        (
            "revoke-set build --points none.json --crl CD.der --paa ca --out x",
            "--points: none.json: contains no revocation points",
        ),
        (
            "revoke-set build --points text.json --crl CD.der --paa ca --out x",
            "text.json:1:13: ",
        ),
        (
            "revoke-set build --points points.json --crl CD.der --paa ca --out CD.der",
            "CD.der: is also the file of --crl",
        ),
        ("revoke-set check points.json", "points.json:1:"),
    ] {
        // Other files in a folder of PAAs are reported.
        refused(
            at,
            &arguments
                .replace("CHAIN", CHAIN)
                .replace("--paa ca ", "--paa ca/PAA_cert.pem "),
            needle,
        );
    }
    succeed(
        at,
        &format!("dac --cn Other --vid 0xFFF1 --pid 0x8000 {BY_PAI} --out other"),
    );
    refused(
        at,
        "lint dac/DAC_cert.pem ca/PAI_cert.pem other/DAC_cert.pem",
        "other/DAC_cert.pem: is a second dac in addition to dac/DAC_cert.pem",
    );
}

/// Writes a chain with constant keys and numbers: the DAC is of PAI 2, and the declaration for another product.
fn write_broken_chain(folder: &Path) {
    let date = |year| DateTime::new(year, 1, 1, 0, 0, 0).unwrap();
    let key = |byte| PrivateKey::from_scalar(&[byte; 32]).unwrap();
    let serial = |byte| SerialNumber::new(&[byte]).unwrap();
    let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    let validity = Validity::new(date(2026), date(2046)).unwrap();
    let subject = PaaSubject::new("Acme PAA").unwrap().with_vendor_id(vendor);
    let paa = issue_paa(&key(1), &subject, validity, serial(1)).unwrap();
    let paa_key = key(1);
    let issuer = Issuer::new(&paa, &paa_key).unwrap();
    let pai = |number: u8| {
        let subject = PaiSubject::new(&format!("Acme PAI {number}"), vendor).unwrap();
        let public_key = key(10 + number).public_key();
        issuer
            .issue_pai(&subject, &public_key, validity, serial(10 + number))
            .unwrap()
    };
    let (pai_1, pai_2) = (pai(1), pai(2));
    let pai_key = key(12);
    let issuer = Issuer::new(&pai_2, &pai_key).unwrap();
    let subject = DacSubject::new("Lamp 0001", vendor, product).unwrap();
    let dac = issuer
        .issue_dac(&subject, &key(20).public_key(), validity, serial(20))
        .unwrap();
    let other = [ProductId::new(0x8001).unwrap()];
    let id = "CSA00000SWC00000-00";
    let declaration =
        CertificationDeclaration::new(vendor, &other, 0x0100, id, CertificationType::DevelopmentAndTest).unwrap();
    let cms = declaration
        .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
        .unwrap();
    fs::write(folder.join("PAA_cert.pem"), paa.to_pem()).unwrap();
    fs::write(folder.join("PAI_cert.pem"), pai_1.to_pem()).unwrap();
    fs::write(folder.join("DAC_cert.pem"), dac.to_pem()).unwrap();
    fs::write(folder.join("CD.der"), cms).unwrap();
}

/// docs/attestation-lint.md shows the output of the binary; BLESS=1 regenerates it.
#[test]
fn the_document_shows_the_report_of_a_broken_chain() {
    const START: &str = "```console\n";
    const END: &str = "```\n";
    const LINT: &str = "lint PAA_cert.pem PAI_cert.pem DAC_cert.pem CD.der --allow-test-cd";
    let folder = tempfile::tempdir().unwrap();
    write_broken_chain(folder.path());
    let (printed, message) = rejected(folder.path(), LINT);
    let report = format!("{START}$ dac-pki {LINT}\n{printed}{message}{END}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/attestation-lint.md");
    let text = fs::read_to_string(&path).unwrap();
    let start = text.find(START).unwrap();
    let end = start + text[start..].find(&format!("\n{END}")).unwrap() + 1 + END.len();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, format!("{}{report}{}", &text[..start], &text[end..])).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains(&report),
        "docs/attestation-lint.md is not current: BLESS=1\n{report}"
    );

    // Required contents, independent of the wording.
    expect(
        folder.path(),
        LINT,
        &[
            ("issuer-name", "dac", 301),
            ("authority-key-id", "dac", 301),
            ("certificate-signature", "dac", 301),
            ("cd-dac-product-id", "cd", 605),
        ],
    );
    assert!(
        message.contains("the Matter SDK says 301 kDacSignatureInvalid"),
        "{message}"
    );
}

#[test]
fn a_revocation_set_is_built_from_lists_and_used() {
    let folder = workplace();
    let at = folder.path();
    let (paa, pai) = (
        certificate(&at.join("ca/PAA_cert.pem")),
        certificate(&at.join("ca/PAI_cert.pem")),
    );
    let dac = certificate(&at.join("dac/DAC_cert.pem"));
    let (paa_key, pai_key) = (key(&at.join("ca/PAA_key.pem")), key(&at.join("ca/PAI_key.pem")));
    fs::write(at.join("pai.crl"), revocation_list(&pai, &pai_key, &dac)).unwrap();
    fs::write(at.join("paa.crl"), revocation_list(&paa, &paa_key, &dac)).unwrap();
    fs::write(at.join("forged.crl"), revocation_list(&pai, &paa_key, &dac)).unwrap();
    let point = json!({
        "vid": 0xFFF1, "pid": 0, "isPAA": false, "crlSignerCertificate": pai.to_pem(), "crlSignerDelegator": "",
        "issuerSubjectKeyID": pai.subject_key_id().unwrap().to_string(), "dataURL": "https://example.com/pai.crl",
        "revocationType": 1,
    });
    let ledger = json!({"PkiRevocationDistributionPoint": [point], "pagination": {"total": "1"}});
    fs::write(at.join("ledger.json"), ledger.to_string()).unwrap();
    fs::write(at.join("point.json"), point.to_string()).unwrap();
    let build = "revoke-set build --paa ca/PAA_cert.pem --at 2026-06-01";
    let printed = succeed(
        at,
        &format!("{build} --points ledger.json --crl pai.crl --out set.json"),
    );
    assert_eq!(printed, "set.json: 1 revoked certificates of 1 authorities\n");
    succeed(
        at,
        &format!("{build} --points point.json --crl pai.crl --out same.json"),
    );
    assert_eq!(
        fs::read(at.join("set.json")).unwrap(),
        fs::read(at.join("same.json")).unwrap()
    );
    // A mistake of one vendor in the ledger does not affect the others.
    fs::write(at.join("list.json"), json!([{"vid": 1}, point]).to_string()).unwrap();
    let output = run(
        at,
        &format!("{build} --points list.json --crl pai.crl --out same.json --force"),
    );
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success()
            && message.starts_with("list.json: point 0: missing field")
            && message.lines().count() == 1,
        "{message}"
    );
    let [set, same] = ["set.json", "same.json"].map(|name| fs::read(at.join(name)).unwrap());
    assert_eq!(set, same);
    let set: Value = serde_json::from_slice(&fs::read(at.join("set.json")).unwrap()).unwrap();
    assert_eq!(set[0]["type"], "revocation_set");
    assert_eq!(
        set[0]["issuer_subject_key_id"],
        json!(pai.subject_key_id().unwrap().to_string())
    );
    let serial = hex(dac.serial().as_bytes()).to_uppercase();
    assert_eq!(set[0]["revoked_serial_numbers"], json!([serial]));

    // A duplicate point, and two vendors below one PAA, make one entry each.
    let of_paa = |vendor: u16| {
        let id = paa.subject_key_id().unwrap().to_string();
        let mut of_paa = point.clone();
        of_paa["vid"] = json!(vendor);
        of_paa["isPAA"] = json!(true);
        of_paa["crlSignerCertificate"] = json!(paa.to_pem());
        of_paa["issuerSubjectKeyID"] = json!(id);
        of_paa
    };
    let list = json!([point, of_paa(0xFFF1), point, of_paa(0xFFF2)]);
    fs::write(at.join("list.json"), list.to_string()).unwrap();
    let printed = succeed(
        at,
        &format!("{build} --points list.json --crl pai.crl paa.crl --out both.json"),
    );
    assert_eq!(printed, "both.json: 2 revoked certificates of 2 authorities\n");

    let device = format!("{CHAIN} {DEVICE} --revocation-set set.json");
    expect(at, &device, &[("dac-revoked", "dac", 302)]);
    let (printed, message) = rejected(at, "revoke-set check set.json dac/DAC_cert.pem ca/PAI_cert.der");
    let id = pai.subject_key_id().unwrap();
    assert_eq!(
        printed,
        format!("{id}: 1 revoked\ndac/DAC_cert.pem: revoked\nca/PAI_cert.der: no data\n")
    );
    assert_eq!(message, "error: 1 of 2 certificates are revoked\n");
    succeed(
        at,
        &format!("dac --cn Other --vid 0xFFF1 --pid 0x8000 {BY_PAI} --from 2026-03-01 --out other"),
    );
    let json = succeed(at, "revoke-set check set.json other/DAC_cert.pem --json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["certificates"],
        json!([{"file": "other/DAC_cert.pem", "status": "not revoked"}])
    );
    assert_eq!(json["entries"][0]["consistent"], true);
    let other = device.replace("dac/DAC", "other/DAC");
    assert!(succeed(at, &other).contains("revocation-no-data"));

    // An entry signed by another authority is disregarded.
    let mut set = set;
    set[0]["issuer_subject_key_id"] = json!(paa.subject_key_id().unwrap().to_string());
    fs::write(at.join("wrong.json"), set.to_string()).unwrap();
    let (printed, _) = rejected(at, "revoke-set check wrong.json");
    assert!(printed.contains("disregarded"), "{printed}");

    for (arguments, needle) in [
        (
            "--points ledger.json --crl forged.crl --out x",
            "--crl: forged.crl: signature is invalid",
        ),
        (
            "--points ledger.json --crl pai.crl paa.crl --out x",
            "--crl: paa.crl: no revocation point matches its signer",
        ),
        (
            "--points ledger.json --crl pai.crl --at 2027-05-02 --out x",
            "--crl: pai.crl: certificate revocation list: ",
        ),
        (
            "--points ledger.json --crl CD.der --out x",
            "--crl: CD.der: it is a Certification Declaration",
        ),
    ] {
        refused(at, &format!("{build} {arguments}"), needle);
    }
    succeed(at, "paa --cn Stranger --out stranger");
    refused(
        at,
        "revoke-set build --paa stranger/PAA_cert.pem --at 2026-06-01 --points ledger.json --crl pai.crl --out x",
        "--crl: pai.crl: certificate revocation list: ",
    );
}
