//! Tables, labels and pictures of good runs: the audit has no findings, regardless of how they were made, saved or
//! moved.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/report.rs"]
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use matter_audit::AuditReport;
use matter_factory_data::{Check, SerialNumber, Severity};
use matter_ledger::Ledger;
use matter_mfg::{Attestation, Job, LabelFormat, Plan, Run, now};
use matter_setup_payload::CommissioningFlow;
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};
use report::{audit, errors};
use tempfile::TempDir;

/// Makes devices in a folder, and returns their folders.
fn make(outdir: &Path, change: impl FnOnce(&mut Job)) -> Vec<PathBuf> {
    let before = devices(outdir);
    let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    job.outdir = outdir.into();
    job.count = Some(3);
    job.iterations = Iterations::MIN;
    job.attestation = Attestation::TestPki {
        common_name_prefix: "Audit".into(),
    };
    job.lists.labels = Some(LabelFormat::Svg);
    job.lists.qr_zip = true;
    change(&mut job);
    Run::new(&Plan::new(job, now().unwrap()).unwrap())
        .execute(|_, _| {})
        .unwrap();
    let mut new = devices(outdir);
    new.retain(|device| !before.contains(device));
    new
}

fn devices(outdir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(outdir.join("fff1_8000")).into_iter().flatten();
    let mut devices = entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    devices.retain(|path| path.file_name().unwrap().len() == 36);
    devices.sort();
    devices
}

fn output(change: impl FnOnce(&mut Job)) -> (TempDir, PathBuf, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let devices = make(&out, change);
    (folder, out, devices)
}

/// Returns the files of a run, in the order of their names.
fn lists(out: &Path, start: &str) -> Vec<PathBuf> {
    let top = out.join("fff1_8000");
    let staging = fs::read_dir(top.join("staging")).unwrap();
    let entries = fs::read_dir(top)
        .unwrap()
        .chain(staging)
        .map(|entry| entry.unwrap().path());
    let is_one = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(start);
    let mut lists = entries.filter(is_one).collect::<Vec<_>>();
    lists.sort();
    lists
}

fn uuid(device: &Path) -> &str {
    device.file_name().unwrap().to_str().unwrap()
}

fn told(report: &AuditReport, check: Check) -> Vec<String> {
    let told = report.findings().filter(|finding| finding.check == check);
    told.map(|finding| finding.text.clone()).collect()
}

#[test]
fn runs_of_every_kind_agree_with_their_devices() {
    type Change = fn(&mut Job);
    let changes: [Change; 7] = [
        |_| (),
        |job| job.lists.labels = Some(LabelFormat::Pdf),
        |job| {
            job.flow = CommissioningFlow::Custom;
            job.lists.labels = Some(LabelFormat::Pdf);
        },
        |job| job.flow = CommissioningFlow::Custom,
        |job| job.encrypt = true,
        |job| {
            job.storage.dac_in_secure_cert = true;
            job.storage.commissionable_data_in_secure_cert = true;
            job.storage.rotating_id_in_secure_cert = true;
        },
        |job| job.attestation = Attestation::None,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (_folder, out, _) = output(change);
        let report = audit(&out).execute().unwrap();
        let tables = report
            .findings()
            .filter(|finding| finding.check.to_string().starts_with("table-"));
        assert_eq!(tables.map(ToString::to_string).collect::<Vec<_>>(), [""; 0], "{number}");
        // They are compared as well: a removed device is reported once for all of them.
        fs::remove_file(out.join("fff1_8000/manifest.json")).unwrap();
        fs::remove_file(out.join("ledger.sqlite")).unwrap();
        fs::remove_dir_all(&devices(&out)[0]).unwrap();
        let report = audit(&out).execute().unwrap();
        let missing = told(&report, Check::TableDeviceMissing);
        // Without a certificate only its picture has the device's name.
        let expected = if number == 6 { 2 } else { 1 };
        assert_eq!(missing.len(), expected, "{number}: {missing:?}");
    }
}

#[test]
fn several_runs_share_a_folder_and_retired_devices_are_not_missing() {
    let (_folder, out, first) = output(|_| ());
    let second = make(&out, |job| job.lists.labels = Some(LabelFormat::Pdf));
    assert_eq!(errors(&audit(&out).execute().unwrap()), []);
    let mut ledger = Ledger::open_existing(Run::default_ledger(&out)).unwrap();
    for device in [&first[1], &second[0]] {
        ledger.scrap(uuid(device), "lost").unwrap();
        fs::remove_dir_all(device).unwrap();
    }
    drop(ledger);
    assert_eq!(errors(&audit(&out).execute().unwrap()), []);
    assert_eq!(errors(&audit(&out.join("fff1_8000")).execute().unwrap()), []);
    // A folder and its subfolder are not two outputs.
    let both = audit(&out).with_path(out.join("fff1_8000"));
    assert_eq!(errors(&both.execute().unwrap()), []);
    // Without the ledger the information is lost.
    fs::rename(Run::default_ledger(&out), out.join("old.sqlite")).unwrap();
    let report = audit(&out).execute().unwrap();
    // The manifests of both runs report it first.
    assert_eq!(errors(&report), [Check::DeviceMissing]);
    assert_eq!(told(&report, Check::DeviceMissing).len(), 2);
    for manifest in lists(&out, "manifest") {
        fs::remove_file(manifest).unwrap();
    }
    let report = audit(&out).execute().unwrap();
    assert_eq!(errors(&report), [Check::TableDeviceMissing]);
    assert_eq!(told(&report, Check::TableDeviceMissing).len(), 2);
}

#[test]
fn values_protected_from_being_a_formula_are_equal() {
    for serial in ["=1+1", "+A1", "-cmd|", "'=quoted", "'plain"] {
        let (_folder, out, _) = output(|job| {
            job.count = None;
            job.product.serial_number = Some(SerialNumber::new(serial).unwrap());
        });
        let path = &lists(&out, "summary-")[0];
        let summary = fs::read_to_string(path).unwrap();
        let shown = if serial == "'plain" {
            serial.into()
        } else {
            format!("'{serial}")
        };
        assert!(summary.contains(&format!(",{shown}")), "{summary}");
        assert_eq!(errors(&audit(&out).execute().unwrap()), [], "{serial}");
        // A different text is still reported.
        fs::write(path, summary.replace(&shown, &format!("{shown}2"))).unwrap();
        assert!(!errors(&audit(&out).execute().unwrap()).is_empty(), "{serial}");
    }
}

#[test]
fn tables_saved_by_a_spreadsheet_are_equal() {
    let (_folder, out, devices) = output(|_| ());
    let edit = |start: &str, change: &dyn Fn(&str) -> String| {
        for path in lists(&out, start) {
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, change(&text)).unwrap();
        }
    };
    fs::remove_file(out.join("fff1_8000/manifest.json")).unwrap();
    for start in ["summary-", "master", "pin_disc"] {
        edit(start, &|text| {
            format!("\u{feff}{}", text.replace(',', ";").replace("\r\n", "\n"))
        });
        assert_eq!(errors(&audit(&out).execute().unwrap()), [], "{start}");
    }
    // The vendor's tool has other paths, as have other systems.
    let [summary, master] = ["summary-", "master"].map(|start| fs::read_to_string(&lists(&out, start)[0]).unwrap());
    for prefix in ["/home/user/out/fff1_8000/", "C:\\out\\fff1_8000\\"] {
        let change = |text: &str| {
            devices.iter().fold(text.to_owned(), |text, device| {
                let path = format!("{}/", uuid(device));
                let text = text.replace(&path, &format!("{prefix}{path}"));
                if prefix.contains('\\') {
                    text.replace('/', "\\")
                } else {
                    text
                }
            })
        };
        // The codes have no slashes; salts and verifiers do.
        let cells = |text: &str| {
            let cells = text.split(';').map(|cell| {
                if cell.contains("internal/") {
                    change(cell)
                } else {
                    cell.into()
                }
            });
            cells.collect::<Vec<String>>().join(";")
        };
        edit("summary-", &|_| cells(&summary));
        edit("master", &|_| cells(&master));
        assert_eq!(errors(&audit(&out).execute().unwrap()), [], "{prefix}");
    }
    // Certificates and declarations are shared by all devices, regardless of their present path.
    let shared = |text: &str| {
        devices.iter().fold(text.to_owned(), |text, device| {
            let text = text.replace(
                &format!("{}/internal/PAI_cert.der", uuid(device)),
                "/home/user/pai_cert.der",
            );
            text.replace(&format!("{}/internal/CD.der", uuid(device)), "CD.der")
        })
    };
    assert_ne!(shared(&summary), summary);
    edit("summary-", &|_| shared(&summary));
    edit("master", &|_| shared(&master));
    assert_eq!(errors(&audit(&out).execute().unwrap()), []);
    // Additional columns are ignored.
    edit("summary-", &|_| summary.replace('\n', ";mine\n"));
    assert_eq!(errors(&audit(&out).execute().unwrap()), []);
    // A row under another device's name still identifies its device.
    edit("summary-", &|_| summary.replace(uuid(&devices[0]), uuid(&devices[1])));
    let report = audit(&out).execute().unwrap();
    assert!(errors(&report).contains(&Check::TableDiffers), "{report:?}");
}

#[test]
fn absent_tables_are_not_required() {
    let (_folder, out, _) = output(|_| ());
    for start in [
        "manifest", "labels-", "qrcodes-", "cn_dacs-", "pin_disc", "master", "config", "summary-",
    ] {
        for path in lists(&out, start) {
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        let report = audit(&out).execute().unwrap();
        assert!(report.is_clean(Severity::Error), "{start}: {:?}", errors(&report));
    }
}
