//! Good devices of every place where a run can put their data: the audit reports only true findings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::fs;
use std::path::Path;

use esp_secure_cert::EfuseKey;
use matter_attestation::{
    CertificationDeclaration, CertificationType, DacSubject, DateTime, Issuer, PaaStore, PaaSubject, PaiSubject,
    PrivateKey, SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_audit::{Audit, AuditReport, Sampling};
use matter_factory_data::{Check, Declaration, Expected, Severity};
use matter_mfg::{Attestation, Job, Pai, Plan, RotatingIdPolicy, Run, SuppliedDac, now};
use matter_spake2p::Iterations;
use matter_types::{Passcode, ProductId, VendorId};

const VENDOR: VendorId = match VendorId::new(0x1234) {
    Ok(id) => id,
    Err(_) => unreachable!(),
};
const PRODUCT: ProductId = match ProductId::new(0x8001) {
    Ok(id) => id,
    Err(_) => unreachable!(),
};
const DEVICES: u8 = 2;

/// The places of certificates, key, verifier and rotating id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nvs,
    SecureCert,
    SecureCertAlone,
    Efuse,
    EfuseAlone,
}

/// The issuer of the certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Run,
    Supplier,
    SupplierWithUuids,
    /// Keys that never were in a file.
    Chip,
}

/// The options of a run.
#[derive(Clone, Copy, Debug)]
struct Case {
    place: Place,
    maker: Maker,
    dynamic_passcode: bool,
    encrypt: bool,
    declaration: bool,
    rotating_id: bool,
}

impl Case {
    /// Returns every combination that a run accepts.
    fn all() -> Vec<Self> {
        use {Maker as M, Place as P};
        let mut cases = Vec::new();
        for place in [P::Nvs, P::SecureCert, P::SecureCertAlone, P::Efuse, P::EfuseAlone] {
            for maker in [M::Run, M::Supplier, M::SupplierWithUuids, M::Chip] {
                for bits in 0..8 {
                    let has = |bit: u8| bits >> bit & 1 == 1;
                    cases.push(Self {
                        place,
                        maker,
                        dynamic_passcode: has(0),
                        encrypt: has(1),
                        rotating_id: has(2),
                        // With and without, independent of each of the others.
                        declaration: has(0) ^ has(1) ^ has(2),
                    });
                }
            }
        }
        cases.retain(|case| case.is_allowed());
        cases
    }

    fn in_efuse(self) -> bool {
        matches!(self.place, Place::Efuse | Place::EfuseAlone)
    }

    fn is_alone(self) -> bool {
        matches!(self.place, Place::SecureCertAlone | Place::EfuseAlone)
    }

    fn is_allowed(self) -> bool {
        // A key that never leaves the chip can be in no image.
        self.maker != Maker::Chip || self.in_efuse()
    }
}

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_scalar(&[number; 32]).unwrap()
}

fn serial(number: u8) -> SerialNumber {
    SerialNumber::new(&[number]).unwrap()
}

fn validity() -> Validity {
    Validity::without_expiry(DateTime::new(2020, 1, 1, 0, 0, 0).unwrap())
}

fn pki() -> (PaaStore, Pai) {
    let paa = issue_paa(&key(1), &PaaSubject::new("PAA").unwrap(), validity(), serial(1)).unwrap();
    let subject = PaiSubject::new("PAI", VENDOR).unwrap();
    let certificate = Issuer::new(&paa, &key(1))
        .unwrap()
        .issue_pai(&subject, &key(2).public_key(), validity(), serial(2))
        .unwrap();
    let mut store = PaaStore::new();
    store.insert(paa.as_der()).unwrap();
    (
        store,
        Pai {
            certificate,
            key: key(2).into(),
        },
    )
}

fn declaration() -> Declaration {
    let kind = CertificationType::DevelopmentAndTest;
    let content = CertificationDeclaration::new(VENDOR, &[PRODUCT], 0x0016, "ZIG20142ZB330001-24", kind).unwrap();
    Declaration::decode(content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap()).unwrap()
}

fn supplied(pai: &Pai, maker: Maker) -> Vec<SuppliedDac> {
    let issuer = Issuer::new(&pai.certificate, &pai.key).unwrap();
    let dac = |number: u8| {
        let name = match maker {
            Maker::SupplierWithUuids => format!("5d3ec0de-1234-4abc-8def-0123456789{number:02x}"),
            _ => format!("Device {number}"),
        };
        let subject = DacSubject::new(&name, VENDOR, PRODUCT).unwrap();
        let certificate = issuer.issue_dac(&subject, &key(number).public_key(), validity(), serial(number));
        let key = (maker != Maker::Chip).then(|| key(number));
        SuppliedDac::new(certificate.unwrap(), key, Path::new(&name))
    };
    (0x10..0x10 + DEVICES).map(dac).collect()
}

fn job(outdir: &Path, case: Case, pai: &Pai) -> Job {
    let mut job = Job::new(VENDOR, PRODUCT);
    job.outdir = outdir.join("out");
    job.count = Some(DEVICES.into());
    job.iterations = Iterations::MIN;
    job.attestation = match case.maker {
        Maker::Run => Attestation::Pai(Box::new(pai.clone())),
        maker => Attestation::Supplied {
            pai: Box::new(pai.certificate.clone()),
            dacs: supplied(pai, maker),
        },
    };
    job.declaration = case.declaration.then(declaration);
    job.dynamic_passcode = case.dynamic_passcode;
    job.encrypt = case.encrypt;
    if case.rotating_id {
        job.rotating_id = RotatingIdPolicy::Random;
    }
    job.storage.dac_in_secure_cert = case.place != Place::Nvs;
    job.storage.commissionable_data_in_secure_cert = case.is_alone();
    job.storage.rotating_id_in_secure_cert = case.is_alone();
    if case.in_efuse() {
        job.storage.ds_peripheral = true;
        job.storage.target = "esp32h2".parse().unwrap();
        job.storage.efuse_key = Some(EfuseKey::new(1).unwrap());
    }
    job
}

fn audit(out: &Path, case: Case, store: &PaaStore) -> AuditReport {
    let declaration = declaration();
    let mut expected = Expected::new()
        .with_product(VENDOR, PRODUCT)
        .with_paa_store(store)
        .at(now().unwrap());
    if case.declaration {
        expected = expected.with_declaration(declaration.as_der()).for_tests();
    }
    if case.dynamic_passcode {
        expected = expected.with_dynamic_passcode();
    }
    let audit = Audit::new(expected).with_path(out).with_recompute(Sampling::All);
    let audit = audit
        .with_ledger(out.join("ledger.sqlite"))
        .with_manifest(out.join("1234_8001/manifest.json"));
    audit.execute().unwrap()
}

#[test]
fn devices_are_good_wherever_their_data_is() {
    let (store, pai) = pki();
    let mut devices = 0;
    let cases = Case::all();
    for case in &cases {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan::new(job(folder.path(), *case, &pai), now().unwrap());
        let plan = plan.unwrap_or_else(|error| panic!("{case:?}: {error}"));
        Run::new(&plan).execute(|_, _| {}).unwrap();
        let report = audit(&folder.path().join("out"), *case, &store);
        assert_eq!(report.devices.len(), usize::from(DEVICES), "{case:?}");
        devices += report.devices.len();
        for finding in report.findings() {
            // Only the CSA can sign otherwise.
            let signer = finding.check == Check::TestCdSigner && case.declaration;
            assert!(signer || finding.severity == Severity::Note, "{case:?}: {finding}");
        }
        let has = |check| report.findings().any(|finding| finding.check == check);
        // True findings: a note for each key that is still in a file, and for a declaration that is not stored.
        assert_eq!(
            has(Check::EfuseKeyFile),
            case.in_efuse() && case.maker != Maker::Chip,
            "{case:?}"
        );
        assert_eq!(has(Check::CdAbsent), !case.declaration, "{case:?}");
    }
    println!("{} combinations, {devices} devices", cases.len());
}

#[test]
fn a_run_without_images_has_none() {
    let (store, pai) = pki();
    let folder = tempfile::tempdir().unwrap();
    let case = Case {
        place: Place::Nvs,
        maker: Maker::Run,
        dynamic_passcode: false,
        encrypt: false,
        declaration: true,
        rotating_id: true,
    };
    let mut job = job(folder.path(), case, &pai);
    job.without_image = true;
    Run::new(&Plan::new(job, now().unwrap()).unwrap())
        .execute(|_, _| {})
        .unwrap();
    let report = audit(&folder.path().join("out"), case, &store);
    assert_eq!(report.devices.len(), usize::from(DEVICES));
    for finding in report.findings() {
        assert_eq!(finding.check, Check::ArtifactMissing, "{finding}");
    }
    assert_eq!(report.findings().count(), usize::from(DEVICES));
}

#[test]
fn an_encrypted_image_without_its_keys_is_not_taken_for_a_good_one() {
    let (store, pai) = pki();
    let case = Case {
        place: Place::Nvs,
        maker: Maker::Run,
        dynamic_passcode: false,
        encrypt: true,
        declaration: true,
        rotating_id: false,
    };
    let folder = tempfile::tempdir().unwrap();
    Run::new(&Plan::new(job(folder.path(), case, &pai), now().unwrap()).unwrap())
        .execute(|_, _| {})
        .unwrap();
    let top = folder.path().join("out/1234_8001");
    let devices = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
    let mut devices = devices
        .filter(|path| path.file_name().unwrap().len() == 36)
        .collect::<Vec<_>>();
    devices.sort();
    let keys = |device: &Path| {
        device.join(format!(
            "{}-keys-partition.bin",
            device.file_name().unwrap().to_str().unwrap()
        ))
    };
    let is_clean = || {
        audit(&folder.path().join("out"), case, &store)
            .devices
            .iter()
            .all(|device| device.findings.iter().all(|finding| finding.severity < Severity::Error))
    };
    assert!(is_clean());
    // The keys of another device, truncated keys, and none.
    let own = fs::read(keys(&devices[0])).unwrap();
    for wrong in [fs::read(keys(&devices[1])).unwrap(), own[..60].to_vec()] {
        assert!(wrong != own);
        fs::write(keys(&devices[0]), wrong).unwrap();
        assert!(!is_clean());
    }
    fs::remove_file(keys(&devices[0])).unwrap();
    assert!(!is_clean());
    // One finding states the reason instead of one for each unreadable value.
    let report = audit(&folder.path().join("out"), case, &store);
    let device = report.devices.iter().find(|device| device.path == devices[0]).unwrap();
    let errors = device
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    // Manifest and ledger report the missing file of keys.
    let errors = errors.filter(|finding| finding.check != Check::FileMissing);
    let errors = errors.map(ToString::to_string).collect::<Vec<_>>();
    let [encrypted] = errors.as_slice() else {
        panic!("{errors:?}")
    };
    assert!(
        encrypted.contains("[artifact-malformed]") && encrypted.contains("may be encrypted"),
        "{encrypted}"
    );
    fs::write(keys(&devices[0]), own).unwrap();
    assert!(is_clean());
}

/// Matter-Development-DAC-FFF1-8000-Key.pem, which is public in connectedhomeip.
const SDK_KEY: [u8; 32] = [
    0xCC, 0xCF, 0x9D, 0xC7, 0x05, 0x0E, 0xF5, 0xD9, 0x0B, 0xE4, 0x57, 0x07, 0xB9, 0x0E, 0x1F, 0x87, 0x5D, 0x59, 0xBE,
    0x1F, 0xA9, 0x42, 0xE8, 0xED, 0x2E, 0x42, 0x72, 0x03, 0xF6, 0xC2, 0xEE, 0x3D,
];

/// A run for a product publishes no device with it.
#[test]
fn product_run_refuses_a_published_key() {
    let (_, pai) = pki();
    let case = Case {
        place: Place::Nvs,
        maker: Maker::Supplier,
        dynamic_passcode: false,
        encrypt: false,
        declaration: false,
        rotating_id: false,
    };
    for published in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut job = job(folder.path(), case, &pai);
        // Given on purpose, therefore not refused.
        job.count = Some(1);
        job.passcode = Some(Passcode::new(20_202_021).unwrap());
        let key = if published {
            PrivateKey::from_scalar(&SDK_KEY).unwrap()
        } else {
            key(9)
        };
        let subject = DacSubject::new("Device", VENDOR, PRODUCT).unwrap();
        let issuer = Issuer::new(&pai.certificate, &pai.key).unwrap();
        let certificate = issuer
            .issue_dac(&subject, &key.public_key(), validity(), serial(9))
            .unwrap();
        job.attestation = Attestation::Supplied {
            pai: Box::new(pai.certificate.clone()),
            dacs: vec![SuppliedDac::new(certificate, Some(key), Path::new("DAC.pem"))],
        };
        let error = Run::new(&Plan::new(job, now().unwrap()).unwrap()).execute(|_, _| {});
        let error = error.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(!error.is_empty(), published, "{error}");
        assert_eq!(error.contains("[key-published]"), published, "{error}");
        let product = folder.path().join("out/1234_8001");
        let names = fs::read_dir(product).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.filter(|name| name.len() == 36).count(), usize::from(!published));
    }
}
