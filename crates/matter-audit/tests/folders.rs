//! Single faults in good folders, each found by the intended check and by no other.
//!
//! The second table of `docs/audit-checks.md` is this matrix; `MATTER_WRITE_DOCS=1` regenerates it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/device.rs"]
mod device;
#[macro_use]
#[path = "folders/faults.rs"]
mod faults;
#[path = "support/forms.rs"]
mod forms;
#[path = "../../matter-ledger/tests/support/changed.rs"]
mod ledger;
#[path = "folders/other.rs"]
mod other;
#[path = "support/packed.rs"]
mod packed;
#[path = "support/places.rs"]
mod places;
#[path = "folders/tables.rs"]
mod tables;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use esp_secure_cert::EfuseKey;
use faults::{faults, open};
use matter_attestation::{Certificate, PrivateKey, RevocationEntry, RevocationSet};
use matter_audit::{Audit, ManifestKey, Sampling};
use matter_factory_data::{Check, Expected, Severity};
use matter_mfg::{Attestation, Job, LabelFormat, Plan, Run, now};
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};
use other::{OTHER_FAULTS, TESTS, keys};
use serde_json::Value;
use tempfile::TempDir;

/// The lists that the folder is compared with.
#[derive(Clone, Copy)]
enum Against {
    /// No list, and none is beside the devices.
    Nothing,
    /// The files that the run has left beside the devices.
    Lists,
    /// The same, with the PAI as the signer of the manifest.
    Signer,
    Manifest,
    Ledger,
    Revoked(fn(&Batch) -> Certificate),
}

struct Fault {
    name: &'static str,
    check: &'static str,
    against: Against,
    inject: fn(&Batch),
}

/// A copy of two good devices, to be broken.
struct Batch {
    folder: TempDir,
    devices: [PathBuf; 2],
}

fn make(outdir: PathBuf, attestation: Attestation, change: fn(&mut Job)) {
    let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    job.outdir = outdir;
    job.count = Some(2);
    job.iterations = Iterations::MIN;
    job.attestation = attestation;
    change(&mut job);
    Run::new(&Plan::new(job, now().unwrap()).unwrap())
        .execute(|_, _| {})
        .unwrap();
}

/// A run, one of other devices, one without certificates, and one with keys for eFuses.
fn good() -> &'static TempDir {
    static GOOD: OnceLock<TempDir> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let pki = || Attestation::TestPki {
            common_name_prefix: "Audit".into(),
        };
        make(folder.path().join("out"), pki(), |job| {
            job.lists.sign_with_pai = true;
            job.lists.qr_zip = true;
            job.lists.labels = Some(LabelFormat::Svg);
        });
        make(folder.path().join("other"), pki(), |_| ());
        make(folder.path().join("plain"), Attestation::None, |_| ());
        make(folder.path().join("efuse"), pki(), |job| {
            job.storage.dac_in_secure_cert = true;
            job.storage.ds_peripheral = true;
            job.storage.target = "esp32h2".parse().unwrap();
            job.storage.efuse_key = Some(EfuseKey::new(1).unwrap());
        });
        folder
    })
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn devices(top: &Path) -> [PathBuf; 2] {
    let entries = fs::read_dir(top).unwrap().map(|entry| entry.unwrap().path());
    let mut devices = entries.filter(|path| uuid(path).len() == 36).collect::<Vec<_>>();
    devices.sort();
    devices.try_into().unwrap()
}

fn uuid(device: &Path) -> &str {
    device.file_name().unwrap().to_str().unwrap()
}

impl Batch {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&good().path().join(name), &folder.path().join("out"));
        let devices = devices(&folder.path().join("out/fff1_8000"));
        Self { folder, devices }
    }

    /// Without the files that the run has left beside the devices.
    fn bare(name: &str) -> Self {
        let batch = Self::new(name);
        for path in fs::read_dir(batch.top()).unwrap().map(|entry| entry.unwrap().path()) {
            if path.file_name().unwrap().len() == 36 {
                continue;
            }
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        batch
    }

    /// Returns the file of the run with this prefix and suffix.
    fn list_of(&self, start: &str, end: &str) -> PathBuf {
        let names = fs::read_dir(self.top())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let mut names = names.map(|name| name.into_string().unwrap());
        let name = names.find(|name| name.starts_with(start) && name.ends_with(end));
        self.top().join(name.unwrap())
    }

    fn top(&self) -> PathBuf {
        self.folder.path().join("out/fff1_8000")
    }

    fn file(&self, suffix: &str) -> PathBuf {
        self.devices[0].join(format!("{}{suffix}", uuid(&self.devices[0])))
    }

    fn image(&self) -> PathBuf {
        self.file("-partition.bin")
    }

    fn certificate(&self, name: &str) -> Certificate {
        Certificate::decode(&fs::read(self.devices[0].join("internal").join(name)).unwrap()).unwrap()
    }

    fn key(&self) -> PrivateKey {
        PrivateKey::decode(&fs::read(self.devices[0].join("internal/DAC_key.der")).unwrap()).unwrap()
    }

    /// Changes the first device's entry in the manifest.
    fn list(&self, name: &str, value: Value) {
        let path = self.top().join("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let rows = manifest["devices"].as_array_mut().unwrap();
        let row = rows
            .iter_mut()
            .find(|row| row["uuid"] == uuid(&self.devices[0]))
            .unwrap();
        assert!(row[name] != value && !row[name].is_null(), "{name}: {}", row[name]);
        row[name] = value;
        fs::write(path, manifest.to_string()).unwrap();
    }

    /// Changes the first device's row in the ledger.
    fn record(&self, set: &str) {
        let connection = ledger::open(&self.folder.path().join("out/ledger.sqlite"));
        let sql = format!("UPDATE device SET {set} WHERE uuid = '{}'", uuid(&self.devices[0]));
        ledger::change(&connection, &sql);
    }

    /// Returns the checks of all findings above notes.
    fn checks(&self, against: Against) -> BTreeSet<String> {
        self.found(against, Severity::Warning)
    }

    fn found(&self, against: Against, least: Severity) -> BTreeSet<String> {
        let revoked = match against {
            Against::Revoked(certificate) => Some(self.revoke(&certificate(self))),
            _ => None,
        };
        let mut expected = Expected::new().for_tests().at(now().unwrap());
        if let Some(set) = &revoked {
            expected = expected.with_revocation_set(set);
        }
        let audit = Audit::new(expected)
            .with_path(self.folder.path().join("out"))
            .with_recompute(Sampling::All);
        let audit = match against {
            Against::Manifest => audit.with_manifest(self.top().join("manifest.json")),
            Against::Ledger => audit.with_ledger(self.folder.path().join("out/ledger.sqlite")),
            Against::Signer => audit.with_manifest_key(ManifestKey::Pai),
            Against::Nothing | Against::Lists | Against::Revoked(_) => audit,
        };
        let report = audit.execute().unwrap();
        let weighty = report.findings().filter(|finding| finding.severity >= least);
        weighty.map(|finding| finding.check.to_string()).collect()
    }

    /// Returns a set that covers both authorities and revokes this certificate.
    fn revoke(&self, certificate: &Certificate) -> RevocationSet {
        let paa =
            Certificate::decode(&fs::read(self.folder.path().join("out/test-pki/PAA_cert.pem")).unwrap()).unwrap();
        let authorities = [self.certificate("PAI_cert.der"), paa];
        let entries = authorities.map(|authority| {
            let is_issuer = certificate.issuer_der() == authority.subject_der();
            let serials = is_issuer.then(|| certificate.serial());
            let (name, key_id) = (authority.subject_der().to_vec(), authority.subject_key_id().unwrap());
            RevocationEntry::new(&name, key_id, serials, authority, None)
        });
        RevocationSet::new(entries)
    }
}

#[test]
fn each_fault_in_a_folder_is_caught_by_its_check_alone() {
    let base = BTreeSet::from(["test-cd-signer".to_owned(), "test-pki".to_owned()]);
    let mut wrong = String::new();
    assert_eq!(Batch::bare("out").checks(Against::Nothing), base);
    for against in [Against::Lists, Against::Signer, Against::Manifest, Against::Ledger] {
        assert_eq!(Batch::new("out").checks(against), base);
    }
    let faults = faults();
    for fault in &faults {
        if cfg!(not(unix)) && matches!(fault.check, "file-mode" | "file-writable") {
            continue;
        }
        let batch = match fault.against {
            Against::Nothing | Against::Revoked(_) => Batch::bare("out"),
            _ => Batch::new("out"),
        };
        (fault.inject)(&batch);
        let mut found = batch.checks(fault.against);
        // Without a device there is no test certificate.
        found.retain(|check| !base.contains(check));
        if found != BTreeSet::from([fault.check.to_owned()]) {
            let _ = write!(wrong, "\n{}: {found:?}, not {}", fault.name, fault.check);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    println!("{} faults", faults.len());
}

/// Links that were followed would be 8^4 folders.
#[cfg(unix)]
#[test]
fn links_to_folders_are_not_followed() {
    let batch = Batch::bare("plain");
    let of_device = batch.devices[0].join("internal");
    for number in 0..8 {
        for place in [&of_device, &batch.top()] {
            std::os::unix::fs::symlink(place, place.join(format!("link{number}"))).unwrap();
        }
    }
    let report = Audit::new(Expected::new()).with_path(batch.top()).execute().unwrap();
    let unread = report.findings().filter(|finding| finding.check == Check::NotChecked);
    let links = unread.filter(|finding| format!("{finding:?}").contains("link")).count();
    assert_eq!(links, 16);
}

/// Only its folder names the device.
#[test]
fn two_folders_of_one_name_are_a_duplicate_device() {
    let batch = Batch::bare("plain");
    let base = batch.checks(Against::Nothing);
    assert_eq!(
        base,
        BTreeSet::from(["attestation-absent".to_owned(), "test-pki".to_owned()])
    );
    fs::create_dir(batch.top().join("more")).unwrap();
    open(&batch.top().join("more"), 0o700);
    let place = batch.top().join("more").join(uuid(&batch.devices[0]));
    fs::rename(&batch.devices[1], &place).unwrap();
    for entry in fs::read_dir(&place).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let name = name.replace(uuid(&batch.devices[1]), uuid(&batch.devices[0]));
        fs::rename(entry.path(), place.join(name)).unwrap();
    }
    let mut found = batch.checks(Against::Nothing);
    found.retain(|check| !base.contains(check));
    assert_eq!(found, BTreeSet::from(["duplicate-device".to_owned()]));
    let report = Audit::new(Expected::new()).with_path(batch.top()).execute().unwrap();
    let twice = report
        .batch
        .iter()
        .find(|finding| finding.check == Check::DuplicateDevice)
        .unwrap();
    for device in [&batch.devices[0], &place] {
        assert!(twice.text.contains(device.to_str().unwrap()), "{}", twice.text);
    }
}

#[test]
fn the_key_for_an_efuse_is_in_one_file_and_only_until_it_is_burned() {
    const KEY: &str = "internal/efuse_key.pem";
    let found = |inject: fn(&Batch)| {
        let batch = Batch::bare("efuse");
        inject(&batch);
        let mut found = batch.found(Against::Nothing, Severity::Note);
        for known in ["cd-needs-ledger", "not-checked", "test-cd-signer", "test-pki"] {
            assert!(found.remove(known), "{known}: {found:?}");
        }
        found
    };
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(found(|_| ()), set(&["efuse-key-file"]));
    let burned = found(|batch| {
        for device in &batch.devices {
            fs::remove_file(device.join(KEY)).unwrap();
        }
    });
    assert_eq!(burned, set(&[]));
    let copied = found(|batch| copy(&batch.devices[0].join(KEY), &batch.devices[0].join("backup.pem")));
    assert_eq!(copied, set(&["efuse-key-file", "key-leaked"]));
    let deeper = found(|batch| {
        let folder = batch.devices[0].join("internal/old/er");
        fs::create_dir_all(&folder).unwrap();
        open(&folder, 0o700);
        open(folder.parent().unwrap(), 0o700);
        copy(&batch.devices[0].join(KEY), &folder.join("backup.pem"));
    });
    assert_eq!(deeper, set(&["efuse-key-file", "key-leaked"]));
    let swapped = found(|batch| copy(&batch.devices[1].join(KEY), &batch.devices[0].join(KEY)));
    assert_eq!(swapped, set(&["efuse-key-file", "key-leaked"]));
    // In the image, only the file shows that it is a key.
    let erased = found(|batch| {
        let key = PrivateKey::decode(&fs::read(batch.devices[0].join(KEY)).unwrap()).unwrap();
        let mut image = fs::read(batch.image()).unwrap();
        let end = image.len() - 50;
        image[end..end + 32].copy_from_slice(&*key.expose_scalar());
        fs::write(batch.image(), image).unwrap();
    });
    assert_eq!(erased, set(&["efuse-key-file", "key-leaked", "nvs-page-not-blank"]));
}

#[test]
fn documentation_is_this_matrix() {
    let mut text = String::from(
        "\n## Faults in folders\n\nEach line is a fault that a test puts into the folder of a good run \
         (`crates/matter-audit/tests/folders.rs`), and the check that has to find it, and no other. Written by \
         `MATTER_WRITE_DOCS=1 cargo test -p matter-audit --test folders`.\n\n| Fault | Check |\n|---|---|\n",
    );
    for fault in faults() {
        let _ = writeln!(text, "| {} | `{}` |", fault.name, fault.check);
    }
    text.push_str(
        "\n## Other faults\n\nEach line is a fault that another test of `crates/matter-audit` makes, and the check that it \
         expects.\n\n| Fault | Test | Check |\n|---|---|---|\n",
    );
    for (fault, test, check) in OTHER_FAULTS {
        assert!(
            TESTS.iter().any(|file| file.contains(&format!("fn {test}()"))),
            "{test}"
        );
        let _ = writeln!(text, "| {fault} | `{test}` | `{check}` |");
    }
    text.push_str(&keys());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit-checks.md");
    let document = fs::read_to_string(&path).unwrap();
    let heading = text.lines().nth(1).unwrap();
    let at = document.find(&format!("\n{heading}\n")).unwrap_or(document.len());
    let (rest, own) = document.split_at(at);
    for check in Check::OWN {
        // Only rows of faults end with the check.
        let end = format!("| `{check}` |\n");
        assert!(
            rest.contains(&end) || text.contains(&end),
            "no fault is caught by {check}"
        );
    }
    if std::env::var_os("MATTER_WRITE_DOCS").is_some() {
        fs::write(&path, rest.to_owned() + &text).unwrap();
    } else {
        assert!(own == text, "run it with MATTER_WRITE_DOCS=1");
    }
}
