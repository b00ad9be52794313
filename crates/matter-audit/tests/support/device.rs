//! Devices of a run for tests.

use std::fs;
use std::path::{Path, PathBuf};

use esp_secure_cert::{EfuseKey, KeyStorage, PartitionSize, Subtype, Writer};
use matter_mfg::{Attestation, Job, Plan, Run, now};
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};
use tempfile::TempDir;

/// Runs a job for test devices. Returns their folders.
pub fn run(count: u32) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let devices = make(&folder.path().join("out"), count, None);
    (folder, devices)
}

/// The same in a folder, with a ledger elsewhere.
pub fn make(outdir: &Path, count: u32, ledger: Option<&Path>) -> Vec<PathBuf> {
    let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    job.outdir = outdir.into();
    job.count = Some(count);
    job.iterations = Iterations::MIN;
    job.attestation = Attestation::TestPki {
        common_name_prefix: "Audit".into(),
    };
    let plan = Plan::new(job, now().unwrap()).unwrap();
    let run = ledger
        .into_iter()
        .fold(Run::new(&plan), |run, path| run.with_ledger(path));
    run.execute(|_, _| {}).unwrap();
    let entries = fs::read_dir(outdir.join("fff1_8000")).unwrap();
    let mut devices = entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    devices.retain(|path| path.file_name().unwrap().len() == 36);
    devices.sort();
    assert_eq!(u32::try_from(devices.len()), Ok(count));
    devices
}

pub fn file(device: &Path, suffix: &str) -> PathBuf {
    let uuid = device.file_name().unwrap().to_str().unwrap();
    device.join(format!("{uuid}{suffix}"))
}

/// Returns a secure-cert image whose key is in an eFuse block.
pub fn keyless(device: &Path) -> Vec<u8> {
    let read = |name: &str| fs::read(device.join("internal").join(name)).unwrap();
    let (dac, pai) = (read("DAC_cert.der"), read("PAI_cert.der"));
    let mut buffer = vec![0; 0x2000];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    let certificate = |der| esp_secure_cert::Certificate::der(der).unwrap();
    writer
        .push_device_certificate(Subtype::MIN, &certificate(&dac))
        .unwrap();
    writer.push_ca_certificate(Subtype::MIN, &certificate(&pai)).unwrap();
    writer
        .push_key(Subtype::MIN, &KeyStorage::EfuseEcdsa(EfuseKey::new(1).unwrap()))
        .unwrap();
    writer.finish().to_vec()
}
