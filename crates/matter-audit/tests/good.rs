//! A thousand devices of runs with every combination of options: the audit reports only the expected findings for test
//! devices.

#![cfg(feature = "pictures")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use esp_nvs_image::PartitionSize;
use factory_fs::Table;
use matter_attestation::{
    CertificationDeclaration, CertificationType, DateTime, Issuer, PaaStore, PaaSubject, PaiSubject, PrivateKey,
    SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_audit::{Audit, Sampling};
use matter_factory_data::{Check, Declaration, Expected, Severity};
use matter_mfg::{Attestation, Columns, Job, Pai, Plan, RotatingIdPolicy, Run, now};
use matter_setup_payload::{CommissioningFlow, DiscoveryCapabilities};
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};

const FLOWS: [CommissioningFlow; 3] = [
    CommissioningFlow::Standard,
    CommissioningFlow::UserIntent,
    CommissioningFlow::Custom,
];
const DEVICES: u32 = 21;

fn ids() -> (VendorId, ProductId) {
    (VendorId::new(0x1234).unwrap(), ProductId::new(0x8001).unwrap())
}

fn pki() -> (PaaStore, Pai) {
    let key = |number| PrivateKey::from_scalar(&[number; 32]).unwrap();
    let validity = Validity::without_expiry(DateTime::new(2020, 1, 1, 0, 0, 0).unwrap());
    let serial = SerialNumber::new(&[1]).unwrap();
    let paa = issue_paa(&key(1), &PaaSubject::new("PAA").unwrap(), validity, serial).unwrap();
    let subject = PaiSubject::new("PAI", ids().0).unwrap();
    let certificate = Issuer::new(&paa, &key(1))
        .unwrap()
        .issue_pai(&subject, &key(2).public_key(), validity, serial);
    let mut store = PaaStore::new();
    store.insert(paa.as_der()).unwrap();
    (
        store,
        Pai {
            certificate: certificate.unwrap(),
            key: key(2).into(),
        },
    )
}

fn declaration() -> Declaration {
    let (vendor, product) = ids();
    let kind = CertificationType::DevelopmentAndTest;
    let content = CertificationDeclaration::new(vendor, &[product], 0x0016, "ZIG20142ZB330001-24", kind).unwrap();
    Declaration::decode(content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap()).unwrap()
}

fn job(outdir: &Path, case: usize, pai: &Pai) -> Job {
    let (vendor, product) = ids();
    let has = |bit: usize| case >> bit & 1 == 1;
    let mut job = Job::new(vendor, product);
    job.outdir = outdir.join("out");
    job.count = Some(DEVICES);
    job.iterations = Iterations::MIN;
    job.flow = FLOWS[case % 3];
    if has(0) {
        job.attestation = Attestation::Pai(Box::new(pai.clone()));
    }
    if has(1) {
        job.declaration = Some(declaration());
    }
    if has(2) {
        job.rotating_id = RotatingIdPolicy::Random;
        job.size = PartitionSize::new(0x4000).unwrap();
    }
    if has(3) {
        job.discovery = DiscoveryCapabilities::BLE.with(DiscoveryCapabilities::ON_NETWORK);
        job.product.vendor_name = Some("Vendor".parse().unwrap());
        job.product.product_name = Some("Light, dimmable".parse().unwrap());
        job.product.hardware_version = Some(matter_factory_data::HardwareVersion::new(1));
        job.product.hardware_version_string = Some("v1.0".parse().unwrap());
        job.product.manufacturing_date = Some("2026-02-28".parse().unwrap());
        job.lifetime_days = has(0).then_some(3650);
    }
    if has(4) {
        let (columns, values) = (outdir.join("c.csv"), outdir.join("v.csv"));
        fs::write(
            &columns,
            "serial-num,data,string\nlot,data,u32\napp,namespace,\nblob,data,hex2bin\n",
        )
        .unwrap();
        let rows = (0..DEVICES)
            .map(|i| format!("SN-{case}-{i},{i},00ff{i:02x}\n"))
            .collect::<String>();
        fs::write(&values, format!("serial-num,lot,blob\n{rows}")).unwrap();
        let columns = Columns::new(&Table::read(&columns).unwrap()).unwrap();
        job.values = Some((columns, Table::read(&values).unwrap()));
        job.count = None;
    }
    job
}

#[test]
fn a_thousand_good_devices_are_good() {
    let (store, pai) = pki();
    let (mut devices, mut shared) = (0, 0);
    // 3 flows, and each of 5 options on and off; 3 and 32 are coprime, so that all combinations occur.
    for case in 0..96 {
        let folder = tempfile::tempdir().unwrap();
        let mut job = job(folder.path(), case % 32, &pai);
        job.flow = FLOWS[case % 3];
        job.count = job.count.map(|_| DEVICES / 2 + 1);
        let (vendor, product) = ids();
        let mut expected = Expected::new()
            .with_product(vendor, product)
            .with_flow(job.flow)
            .with_paa_store(&store)
            .for_tests();
        let declared = job.declaration.clone();
        if matches!(job.attestation, Attestation::None) {
            expected = expected.without_attestation();
        } else if let Some(declaration) = &declared {
            expected = expected.with_declaration(declaration.as_der());
        }
        let run = Run::new(&Plan::new(job, now().unwrap()).unwrap())
            .execute(|_, _| {})
            .unwrap();
        let expected = expected.at(now().unwrap());
        let report = Audit::new(expected)
            .with_path(folder.path().join("out"))
            .with_recompute(Sampling::All)
            .execute();
        let report = report.unwrap();
        assert_eq!(u32::try_from(report.devices.len()), Ok(run.devices));
        devices += report.devices.len();
        for finding in report.findings() {
            let allowed = match finding.check {
                // Only the CSA can sign otherwise.
                Check::TestCdSigner => declared.is_some(),
                // Among a thousand devices two share a passcode in one of two hundred runs of this test.
                Check::DuplicatePasscode => {
                    shared += 1;
                    shared == 1
                }
                _ => finding.severity == Severity::Note,
            };
            assert!(allowed, "case {case}: {finding}");
        }
    }
    println!("{devices} devices");
    assert!(devices >= 1000, "{devices}");
}
