//! Devices that are audited from their finished files before they are published.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code, reason = "tests")]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use matter_attestation::{CertificationDeclaration, CertificationType};
use workplace::{run, stderr, workplace};

const COMMON: &str = "-v 0xFFF2 -p 0x8001 -n 2 --iteration-count 1000 --audit full";
const PAI: &str = "--pai -k pai-key.pem -c pai-cert.pem -cd CD.der";

fn make(folder: &Path, options: &str, outdir: &str) -> Output {
    let options = format!("{COMMON} {options} --outdir {outdir}");
    run(folder, &options.split_whitespace().collect::<Vec<_>>())
}

#[test]
fn devices_of_all_kinds_pass() {
    let folder = tempfile::tempdir().unwrap();
    chain::write(folder.path());
    fs::write(folder.path().join("columns.csv"), "salt,data,string\n").unwrap();
    let row = "AAAAAAAAAAAAAAAAAAAAAA==\n";
    fs::write(folder.path().join("values.csv"), format!("salt\n{row}{row}")).unwrap();
    let all = "--dac-in-secure-cert --commissionable-data-in-secure-cert --rd-id-uid-in-secure-cert";
    let others = [
        "",
        "-e",
        "--enable-dynamic-passcode",
        "-cf 1 -dm 6 --enable-rotating-device-id --serial-num S-1 -n 1",
        "-cf 2 --vendor-name V --product-name P --mfg-date 2026-01-02",
        "--no-bin",
        "-vf 2027-01-02",
        "--passcode 20202021 --discriminator 3840 -n 1",
        "--dac-in-secure-cert",
        "--dac-in-secure-cert -e",
        "--dac-in-secure-cert -ds --target esp32h2 --efuse-key-id 1",
        "--internal certs",
        "--internal none",
        "--internal none -e --dac-in-secure-cert",
        all,
        &format!("{all} -ds --target esp32p4 --efuse-key-id 2"),
        &format!("{all} --enable-dynamic-passcode"),
        // Given rather than random.
        "--csv columns.csv --mcsv values.csv",
        "--enable-rotating-device-id --rd-id-uid 00000000000000000000000000000000 -n 1",
    ];
    for (number, options) in others.iter().enumerate() {
        let output = make(folder.path(), &format!("{PAI} {options}"), &format!("out{number}"));
        assert!(output.status.success(), "{options}: {}", stderr(&output));
    }
    let output = make(folder.path(), "", "bare");
    assert!(output.status.success(), "without attestation: {}", stderr(&output));
}

#[test]
fn files_beside_the_images_are_the_requested_ones() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    chain::write(at);
    let public = [
        "CD.der",
        "DAC_cert.der",
        "DAC_cert.pem",
        "DAC_public_key.bin",
        "PAI_cert.der",
    ];
    for (which, expected) in [("certs", &public[..]), ("none", &[])] {
        let output = make(at, &format!("{PAI} --internal {which} --serial-num S -n 1"), which);
        assert!(output.status.success(), "{which}: {}", stderr(&output));
        let top = at.join(which).join("fff2_8001");
        let device = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
        let device = device
            .filter(|path| path.is_dir() && !path.ends_with("staging"))
            .collect::<Vec<_>>();
        let [device] = &device[..] else {
            unreachable!("{device:?}")
        };
        let found = fs::read_dir(device.join("internal")).into_iter().flatten();
        let found = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut found = found.collect::<Vec<_>>();
        found.sort();
        assert_eq!(found, expected);
        // No cell and no line of the manifest names a missing file.
        for entry in fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path()) {
            let Ok(text) = fs::read_to_string(&entry) else { continue };
            for named in text
                .split([',', '"', '\r', '\n'])
                .filter(|cell| cell.contains("internal/"))
            {
                let file = named.rsplit('/').next().unwrap();
                assert!(expected.contains(&file), "{}: {named}", entry.display());
            }
        }
        let audit = Command::new(env!("CARGO_BIN_EXE_audit-device"))
            .args([which, "--verbose"])
            .current_dir(at)
            .output()
            .unwrap();
        // Empty cells contradict nothing in the images.
        let message = String::from_utf8(audit.stdout).unwrap();
        assert!(
            message.contains("test-pki") && !message.contains("table-differs"),
            "{which}: {message}"
        );
    }
    for (options, needle) in [
        (
            "--no-bin --internal none",
            "--internal: would leave a device's private key nowhere with --no-bin",
        ),
        (
            "--dac-in-secure-cert -ds --target esp32h2 --efuse-key-id 1 --internal certs",
            "with --ds-peripheral",
        ),
        ("--internal some", "--internal: must be 'all', 'certs' or 'none'"),
    ] {
        let output = make(at, &format!("{PAI} {options}"), "refused");
        assert_eq!(output.status.code(), Some(2), "{options}");
        assert!(stderr(&output).contains(needle), "{options}: {}", stderr(&output));
        assert!(!at.join("refused").exists(), "{options}");
    }
}

/// A declaration with an invalid signature is found at commissioning, or here.
#[test]
fn device_that_would_not_commission_does_not_appear() {
    let folder = tempfile::tempdir().unwrap();
    chain::write(folder.path());
    let (vendor, product) = ("0xFFF2".parse().unwrap(), "0x8001".parse().unwrap());
    let kind = CertificationType::DevelopmentAndTest;
    let content = CertificationDeclaration::new(vendor, &[product], 0x0100, "CSA00000SWC00000-00", kind).unwrap();
    let signer = chain::key(9);
    let signed = content.sign(&signer, signer.public_key().key_id()).unwrap();
    fs::write(folder.path().join("CD.der"), signed).unwrap();

    for policy in ["full", "sample"] {
        let refused = make(folder.path(), &format!("{PAI} --audit {policy}"), "refused");
        assert_eq!(refused.status.code(), Some(3), "{policy}: {}", stderr(&refused));
        assert!(stderr(&refused).contains("cd-signer-unknown"), "{}", stderr(&refused));
        let top = fs::read_dir(folder.path().join("refused/fff2_8001")).unwrap();
        let devices = top.filter(|entry| entry.as_ref().unwrap().file_name().len() == 36);
        assert_eq!(devices.count(), 0);
    }
    let unaudited = make(folder.path(), &format!("{PAI} --audit none"), "unaudited");
    assert!(unaudited.status.success(), "{}", stderr(&unaudited));
    let wrong = make(folder.path(), "--audit some", "wrong");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        stderr(&wrong).contains("--audit: must be 'none', 'sample' or 'full'"),
        "{}",
        stderr(&wrong)
    );
}

/// Allowed in development, also with the ids of a product: accepted with a warning.
#[test]
fn published_values_are_reported_before_a_product_gets_them() {
    const SIGNER: &str = "warning: --cert-dclrn: the declaration is signed with the published test key";
    const PASSCODE: &str = "warning: --passcode: The passcode is that of the SDK's examples";
    for (vendor, warned) in [("0x1234", true), ("0xFFF2", false)] {
        let folder = workplace(vendor, "0x8001");
        fs::write(folder.path().join("codes.csv"), "20202021\n").unwrap();
        let pai = "--pai -k PAI-Key.pem -c PAI-Cert.pem -n 1 --iteration-count 1000";
        let message = |options: &str, outdir: &str| {
            let options = format!("-v {vendor} -p 0x8001 {pai} --outdir {outdir} {options}");
            let output = run(folder.path(), &options.split_whitespace().collect::<Vec<_>>());
            assert!(output.status.success(), "{}", stderr(&output));
            assert!(!stderr(&output).contains("20202021"));
            stderr(&output)
        };
        assert_eq!(message("-cd CD.der", "a").contains(SIGNER), warned);
        assert!(message("--passcode 20202021", "b").contains(PASSCODE));
        assert!(message("--passcodes codes.csv", "c").contains(PASSCODE));
        let plain = message("--passcode 20202022", "d");
        assert!(!plain.contains(SIGNER) && !plain.contains(PASSCODE), "{plain}");
    }
}
