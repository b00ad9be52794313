//! Reports of the inspector for the files of a device.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use matter_attestation::{
    CertificationDeclaration, CertificationType, DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey,
    SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_factory_data::{AttestationCredentials, Declaration, DeviceRecord};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use matter_wasm::{Inspector, Report};

const PASSCODE: u32 = 34_567_890;
const SCALAR: [u8; 32] = [3; 32];

/// A device of a real vendor id, with all its files.
struct Device {
    nvs: Vec<u8>,
    qr: String,
    manual: String,
    paa: Vec<u8>,
    pai: Vec<u8>,
    dac: Vec<u8>,
    cd: Vec<u8>,
}

fn device(passcode: u32) -> Device {
    let (vendor, product) = (VendorId::new(0x1234).unwrap(), ProductId::new(0x8000).unwrap());
    let salt: Vec<u8> = (0..32).map(|at: u8| at.wrapping_mul(37) ^ 0x5A).collect();
    let parameters = PbkdfParameters {
        iterations: Iterations::new(1000).unwrap(),
        salt: Salt::new(&salt).unwrap(),
    };
    let pase = PaseCredential::derive(Passcode::new(passcode).unwrap(), parameters).unwrap();
    let mut record = DeviceRecord::new(vendor, product, Discriminator::new(1234).unwrap(), &pase);
    let keys = [[1; 32], [2; 32], SCALAR].map(|scalar| PrivateKey::from_scalar(&scalar).unwrap());
    let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
    let serial = |number| SerialNumber::new(&[number]).unwrap();
    let paa = issue_paa(&keys[0], &PaaSubject::new("PAA").unwrap(), validity, serial(1)).unwrap();
    let root = Issuer::new(&paa, &keys[0]).unwrap();
    let subject = PaiSubject::new("PAI", vendor).unwrap();
    let pai = root
        .issue_pai(&subject, &keys[1].public_key(), validity, serial(2))
        .unwrap();
    let subject = DacSubject::new("DAC", vendor, product).unwrap();
    let issuer = Issuer::new(&pai, &keys[1]).unwrap();
    let dac = issuer
        .issue_dac(&subject, &keys[2].public_key(), validity, serial(3))
        .unwrap();
    let declaration = CertificationDeclaration::new(
        vendor,
        &[product],
        0x0100,
        "CSA00000SWC00000-00",
        CertificationType::DevelopmentAndTest,
    );
    let cd = declaration
        .unwrap()
        .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
        .unwrap();
    let (dac_der, pai_der) = (dac.as_der().to_vec(), pai.as_der().to_vec());
    record
        .set_credentials(AttestationCredentials::new(dac, keys[2].clone(), pai).unwrap())
        .unwrap();
    record.declaration = Some(Declaration::decode(cd.clone()).unwrap());
    let payload = record.setup_payload().unwrap();
    Device {
        nvs: record.encode_nvs("0x6000".parse().unwrap()).unwrap().to_vec(),
        qr: payload.qr_text().as_str().to_owned(),
        manual: payload.manual_code().as_str().to_owned(),
        paa: paa.as_der().to_vec(),
        pai: pai_der,
        dac: dac_der,
        cd,
    }
}

fn inspector(files: &[(&str, &[u8])]) -> Inspector {
    let mut inspector = Inspector::new();
    assert!(inspector.set_time("2026-06-01T00:00:00Z"));
    for (name, bytes) in files {
        inspector.add_file(name, bytes);
    }
    inspector
}

fn ids<'r>(report: &'r Report, severity: &str) -> Vec<&'r str> {
    let problems = report.problems.iter().filter(|problem| problem.severity == severity);
    problems.map(|problem| problem.id.as_str()).collect()
}

#[test]
fn a_good_device_has_nothing_but_the_test_signer() {
    let device = device(PASSCODE);
    let codes = format!("{}\n{}\n", device.qr, device.manual);
    let files: [(&str, &[u8]); 3] = [
        ("nvs.bin", &device.nvs),
        ("codes.txt", codes.as_bytes()),
        ("paa.der", &device.paa),
    ];
    let mut inspector = inspector(&files);
    let report = inspector.report();
    assert_eq!(ids(&report, "error"), ["test-cd-signer"]);
    assert_eq!(report.counts[1], 0, "{:?}", report.problems);
    let links: Vec<_> = report
        .chain
        .iter()
        .map(|node| (node.role, node.link.state, node.validity))
        .collect();
    let valid = Some("valid");
    assert_eq!(
        links,
        [("PAA", "ok", valid), ("PAI", "ok", valid), ("DAC", "ok", valid)]
    );
    inspector.set_for_tests(true);
    assert_eq!(inspector.report().counts[0], 0);
}

#[test]
fn files_of_another_device_are_reported() {
    let (own, other) = (device(PASSCODE), device(45_678_901));
    let report = inspector(&[("nvs.bin", &own.nvs), ("code", other.qr.as_bytes())]).report();
    assert!(ids(&report, "error").contains(&"verifier-passcode"));
    let report = inspector(&[
        ("nvs.bin", &own.nvs),
        ("code", own.qr.as_bytes()),
        ("again", other.qr.as_bytes()),
    ])
    .report();
    assert!(ids(&report, "error").contains(&"label-codes-differ"));
    let mut changed = own.dac.clone();
    *changed.last_mut().unwrap() ^= 1;
    let report = inspector(&[("nvs.bin", &own.nvs), ("dac.der", &changed)]).report();
    assert!(ids(&report, "error").contains(&"storage-disagrees"));
    let mut worn = own.nvs.clone();
    worn[0x40 + 24] ^= 1;
    let report = inspector(&[("a.bin", &own.nvs), ("b.bin", &worn)]).report();
    assert!(ids(&report, "error").contains(&"artifact-twice"));
}

#[test]
fn certificates_without_an_image_are_verified() {
    let device = device(PASSCODE);
    let key = PrivateKey::from_scalar(&SCALAR).unwrap().to_pkcs8_pem().unwrap();
    let parts: [(&str, &[u8]); 5] = [
        ("paa.der", &device.paa),
        ("pai.der", &device.pai),
        ("dac.der", &device.dac),
        ("cd.der", &device.cd),
        ("key.pem", key.as_bytes()),
    ];
    let report = inspector(&parts).report();
    assert_eq!(ids(&report, "error"), ["test-cd-signer"]);
    let key = PrivateKey::from_scalar(&[4; 32]).unwrap().to_pkcs8_pem().unwrap();
    let report = inspector(&[("dac.der", &device.dac), ("key.pem", key.as_bytes())]).report();
    assert_eq!(ids(&report, "error"), ["dac-key-mismatch"]);
    let report = inspector(&[("paa.der", &device.pai), ("dac.der", &device.dac)]).report();
    assert_eq!(report.chain[2].link.state, "ok");
    assert_eq!(report.chain[0].source, None);
}

#[test]
fn a_report_has_no_secret_in_it_and_each_is_revealed() {
    let device = device(PASSCODE);
    let key = PrivateKey::from_scalar(&SCALAR).unwrap().to_pkcs8_pem().unwrap();
    let codes = format!("{}\n{}\n", device.qr, device.manual);
    let inspector = inspector(&[
        ("nvs.bin", &device.nvs),
        ("codes.txt", codes.as_bytes()),
        ("key.pem", key.as_bytes()),
    ]);
    let report = inspector.report();
    let json = serde_json::to_string(&report).unwrap();
    let scalar = "03".repeat(32);
    for secret in ["34567890", &device.qr, &device.manual, &scalar] {
        assert!(!json.contains(secret), "{secret}");
    }
    let text = |id: &str| {
        inspector
            .reveal(id)
            .and_then(|secret| secret.text.clone())
            .unwrap_or_default()
    };
    assert_eq!(text("passcode"), "34567890");
    assert_eq!(text("qr"), device.qr);
    assert_eq!(text("manual"), device.manual);
    assert_eq!([text("dac-key"), text("file:2")], [scalar.clone(), scalar.clone()]);
    assert_eq!(text("verifier").len(), 2 * 97);
    let map = report.nvs.unwrap();
    let hidden: Vec<_> = map
        .entries
        .iter()
        .filter_map(|entry| Some((entry.key.as_str(), entry.secret.as_ref()?)))
        .collect();
    assert_eq!(
        hidden.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
        ["dac-key", "verifier"]
    );
    assert_eq!(text(hidden[0].1), scalar);
    let label = inspector.reveal("label").and_then(|secret| secret.svg.clone()).unwrap();
    assert!(label.starts_with("<svg"));
    for id in ["", "nvs:", "nvs:99999999999999999999", "file:0", "file:9", "other"] {
        assert!(inspector.reveal(id).is_none(), "{id}");
    }
}

#[test]
fn the_map_has_every_slot_and_entry() {
    let device = device(PASSCODE);
    let report = inspector(&[("nvs.bin", &device.nvs)]).report();
    let map = report.nvs.unwrap();
    assert_eq!(map.pages.len(), 6);
    assert!(map.pages.iter().all(|page| page.slots.len() == 126));
    let written: usize = map.pages.iter().map(|page| page.slots.matches('w').count()).sum();
    assert_eq!(written, map.entries.iter().map(|entry| entry.span).sum::<usize>());
    assert_eq!(map.slots[1], written);
    let mut image = device.nvs.clone();
    image[64 + 32 + 24] ^= 1;
    let report = inspector(&[("nvs.bin", &image)]).report();
    assert_eq!(report.nvs.unwrap().pages[0].slots.chars().nth(1), Some('!'));
}
