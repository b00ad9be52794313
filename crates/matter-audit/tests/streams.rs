//! Endless lists, lists that are not files, and signed ones.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/device.rs"]
mod device;
#[path = "support/report.rs"]
mod report;

use std::fs;
use std::io::Write;
use std::path::Path;

use device::run;
use matter_attestation::{Certificate, PrivateKey};
use matter_audit::{Audit, AuditReport, Error, ManifestKey};
use matter_factory_data::{Check, Expected};
use matter_mfg::{Attestation, Job, Plan, Run, now};
use matter_spake2p::Iterations;
use matter_types::{ProductId, VendorId};
use report::{audit, errors, has, is_good};
use signature::Signer;

#[cfg(unix)]
#[test]
fn a_list_is_a_file_or_a_pipe() {
    use std::os::unix::net::UnixListener;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    for path in [Path::new("/dev/zero"), Path::new("/dev/null"), folder.path(), &socket] {
        for audit in [
            Audit::new(Expected::new()).with_manifest(path),
            Audit::new(Expected::new()).with_ledger(path),
        ] {
            let error = audit.execute().unwrap_err();
            assert!(matches!(error, Error::File { .. }) && error.is_input());
            let text = error.to_string();
            assert!(text.ends_with("is not a file or a pipe"), "{text}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_as_a_file_is() {
    let (folder, devices) = run(2);
    let top = devices[0].parent().unwrap();
    let manifest = fs::read(top.join("manifest.json")).unwrap();
    let ledger = format!("uuid\n{}\n", devices[0].file_name().unwrap().to_str().unwrap());
    for (bytes, expected) in [(manifest, vec![]), (ledger.into_bytes(), vec![Check::DeviceExtra])] {
        let pipe = folder.path().join("pipe");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let writer = {
            let (pipe, bytes) = (pipe.clone(), bytes.clone());
            std::thread::spawn(move || fs::OpenOptions::new().write(true).open(pipe).unwrap().write_all(&bytes))
        };
        let report = match bytes.starts_with(b"{") {
            true => audit(top).with_manifest(&pipe).execute().unwrap(),
            false => audit(top).with_ledger(&pipe).execute().unwrap(),
        };
        writer.join().unwrap().unwrap();
        fs::remove_file(pipe).unwrap();
        assert_eq!(errors(&report), expected);
    }
    // A pipe that was not given does not block.
    fs::remove_file(top.join("manifest.json")).unwrap();
    let pipe = top.join("manifest.json");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let report = audit(top).execute().unwrap();
    let is_said = |report: &AuditReport| report.findings().any(|finding| finding.text.contains("not a file or"));
    assert!(is_good(&report) && is_said(&report), "{report:?}");
}

/// A megabyte is more than any device has, and far less than a machine has.
#[test]
fn endless_input_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    let long = "x".repeat(3 << 20);
    for (text, is_ledger) in [
        (format!("{{\"devices\":[{{\"uuid\":\"{long}\"}}]}}"), false),
        (format!("{{\"devices\":[{{\"uuid\":{}1", "[".repeat(3 << 20)), false),
        (format!("{{\"{long}\":1}}"), false),
        (long.clone(), false),
        (format!("{{\"uuid\":\"{long}\"}}\n"), true),
        (format!("uuid,note\na,\"{long}\n{long}\n"), true),
        (format!("uuid,{long}\na,b\n"), true),
        (long.clone(), true),
    ] {
        fs::write(&path, text).unwrap();
        let audit = Audit::new(Expected::new());
        let audit = if is_ledger {
            audit.with_ledger(&path)
        } else {
            audit.with_manifest(&path)
        };
        let report = audit.execute().unwrap();
        assert_eq!(errors(&report), [Check::ListMalformed], "{report:?}");
    }
}

/// A long list of short elements is accepted.
#[test]
fn a_list_may_be_longer_than_an_element() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    let uuid = |number: u32| format!("00000000-0000-4000-8000-{number:012}");
    let note = "x".repeat(200);
    let rows = (0..20_000).map(|number| format!("{{\"uuid\":\"{}\",\"note\":\"{note}\"}}", uuid(number)));
    fs::write(
        &path,
        format!("{{\"devices\":[{}]}}", rows.collect::<Vec<_>>().join(",\n")),
    )
    .unwrap();
    let seen = |report: AuditReport| {
        let notes = report
            .batch
            .iter()
            .map(|finding| finding.text.clone())
            .collect::<String>();
        assert!(is_good(&report) && notes.contains("0 of the 20000 devices"), "{notes}");
    };
    seen(Audit::new(Expected::new()).with_manifest(&path).execute().unwrap());
    let rows = (0..20_000).map(|number| format!("{},\"{note}\"\n", uuid(number)));
    fs::write(&path, format!("uuid,note\n{}", rows.collect::<String>())).unwrap();
    seen(Audit::new(Expected::new()).with_ledger(&path).execute().unwrap());
}

fn signed(outdir: &Path, key: Option<PrivateKey>) {
    let mut job = Job::new(VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    job.outdir = outdir.into();
    job.count = Some(2);
    job.iterations = Iterations::MIN;
    job.attestation = Attestation::TestPki {
        common_name_prefix: "Audit".into(),
    };
    job.lists.sign_with_pai = key.is_none();
    job.lists.manifest_signer = key.map(Into::into);
    Run::new(&Plan::new(job, now().unwrap()).unwrap())
        .execute(|_, _| {})
        .unwrap();
}

#[test]
fn a_signature_is_verified_with_the_key_that_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let [key, other] = [7, 8].map(|number| PrivateKey::from_scalar(&[number; 32]).unwrap());
    signed(&out, Some(key.clone()));
    let found = |manifest_key: Option<ManifestKey>| {
        let audit = manifest_key.into_iter().fold(audit(&out), Audit::with_manifest_key);
        let report = audit.execute().unwrap();
        let notes = report
            .batch
            .iter()
            .filter(|finding| finding.object.ends_with("manifest.json.sig"));
        notes.map(|finding| finding.check).collect::<Vec<_>>()
    };
    let pai = |out: &Path| Certificate::decode(&fs::read(out.join("test-pki/PAI_cert.pem")).unwrap()).unwrap();
    assert_eq!(found(Some(ManifestKey::Key(key.public_key()))), []);
    assert_eq!(
        found(Some(ManifestKey::Key(other.public_key()))),
        [Check::ManifestSignature]
    );
    assert_eq!(found(Some(ManifestKey::Pai)), [Check::ManifestSignature]);
    assert_eq!(found(None), [Check::NotChecked]);
    // A further run, signed by the PAI: the former manifest and its signature are renamed.
    signed(&out, None);
    assert_eq!(found(Some(ManifestKey::Pai)), []);
    assert_eq!(found(Some(ManifestKey::Key(pai(&out).public_key()))), []);
    let report = audit(&out).with_manifest_key(ManifestKey::Pai).execute().unwrap();
    // Signed by another key.
    let wrong = report
        .findings()
        .filter(|finding| finding.check == Check::ManifestSignature);
    let wrong = wrong.map(|finding| finding.object.clone()).collect::<Vec<_>>();
    assert!(wrong.len() == 1 && wrong[0].contains("manifest-"), "{wrong:?}");
    // Only the given one is examined.
    let manifest = out.join("fff1_8000/manifest.json");
    let only = audit(&out).with_manifest(&manifest).with_manifest_key(ManifestKey::Pai);
    assert!(!has(&only.execute().unwrap(), Check::ManifestSignature));
    fs::remove_file(out.join("fff1_8000/manifest.json.sig")).unwrap();
    assert_eq!(found(Some(ManifestKey::Pai)), [Check::ManifestSignature]);
    assert_eq!(found(None), []);
    // A signature of other bytes, and an invalid one.
    let signature: p256::ecdsa::DerSignature = key.sign(b"other");
    for bytes in [signature.as_bytes(), b"", b"none"] {
        fs::write(out.join("fff1_8000/manifest.json.sig"), bytes).unwrap();
        assert_eq!(
            found(Some(ManifestKey::Key(key.public_key()))),
            [Check::ManifestSignature]
        );
    }
    // Without its devices the PAI is unknown.
    let report = Audit::new(Expected::new())
        .with_manifest(&manifest)
        .with_manifest_key(ManifestKey::Pai);
    assert!(!has(&report.execute().unwrap(), Check::ManifestSignature));
}
