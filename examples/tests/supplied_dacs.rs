//! Certificates and keys from elsewhere: PAAs, folders of DACs, PKCS#12, encrypted keys.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/job.rs"]
mod job;
#[path = "support/made.rs"]
mod made;
#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::Path;

use job::{FAST, IDS, folder, make, refused};
use matter_attestation::{Certificate, PrivateKey};
use matter_mfg::SuppliedDac;
use workplace::{run, stderr};

#[test]
fn a_folder_of_dacs_makes_a_device_of_each() {
    let folder = folder();
    let dacs = folder.path().join("dacs");
    fs::create_dir(&dacs).unwrap();
    let copy = |from: &str, to: &str| fs::copy(folder.path().join(from), dacs.join(to)).unwrap();
    let pem = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    // One file with both, DER beside DER, and a raw key; the PAI and a hidden file are ignored.
    fs::write(dacs.join("a.pem"), pem("dac-cert.pem") + &pem("dac-key.pem")).unwrap();
    copy("dac-plain-cert.der", "b.der");
    copy("dac-plain-key.der", "b.key");
    copy("dac-short-cert.pem", "c.pem");
    fs::write(dacs.join("raw.bin"), [7; 32]).unwrap();
    copy("pai-cert.pem", "pai.pem");
    fs::write(dacs.join(".DS_Store"), b"x").unwrap();
    let arguments = ["--pai", "-c", "pai-cert.pem", "--dac-dir", "dacs"];
    let made = make(&folder, &arguments);
    let root = Certificate::decode(&fs::read(folder.path().join("paa-cert.pem")).unwrap()).unwrap();
    made.check(Some(&root));
    let mut scalars = (0..3)
        .map(|i| made.record(i).credentials().unwrap().key().unwrap().expose_scalar()[0])
        .collect::<Vec<_>>();
    scalars.sort_unstable();
    assert_eq!(scalars, [4, 5, 7]);
    assert!(made.top.join(chain::UUID).is_dir());

    let again = run(folder.path(), &[&IDS[..], &FAST, &arguments].concat());
    assert_eq!(again.status.code(), Some(2), "the same DAC never becomes two devices");
    assert!(
        stderr(&again).contains(chain::UUID) && stderr(&again).contains("already"),
        "{}",
        stderr(&again)
    );
}

#[test]
fn pkcs12_of_openssl_is_read() {
    let folder = folder();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let dacs = folder.path().join("dacs");
    fs::create_dir(&dacs).unwrap();
    for name in ["dac-modern.p12", "dac-legacy.p12"] {
        fs::copy(data.join(name), dacs.join(name)).unwrap();
    }
    fs::copy(data.join("dac-pai.pem"), folder.path().join("p12-pai.pem")).unwrap();
    let arguments = ["--pai", "-c", "p12-pai.pem", "--dac-dir", "dacs"];
    let message = refused(&folder, &[&arguments[..], &["--pwd", "secret-typo"]].concat());
    assert!(
        message.contains("dac-legacy.p12: is PKCS#12, which --password does not decrypt"),
        "{message}"
    );
    assert!(!message.contains("secret-typo"));
    assert!(refused(&folder, &arguments).contains("--password"));
    let made = make(&folder, &[&arguments[..], &["--pwd", "factory"]].concat());
    let mut scalars = (0..2)
        .map(|i| made.record(i).credentials().unwrap().key().unwrap().expose_scalar()[0])
        .collect::<Vec<_>>();
    scalars.sort_unstable();
    assert_eq!(scalars, [4, 5]);
}

#[test]
fn broken_pkcs12_is_an_error_and_no_panic() {
    let folder = folder();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let dacs = folder.path().join("dacs");
    fs::create_dir(&dacs).unwrap();
    let read = |bytes: &[u8]| {
        fs::write(dacs.join("dac.p12"), bytes).unwrap();
        SuppliedDac::read_folder(&dacs, Some("factory"))
    };
    let (mut cases, mut refused) = (0, 0);
    for name in ["dac-modern.p12", "dac-legacy.p12"] {
        let whole = fs::read(data.join(name)).unwrap();
        assert!(read(&whole).is_ok());
        for place in 0..whole.len() {
            // Every byte of the leading structure, and some of the encrypted part.
            if place > 120 && !place.is_multiple_of(13) {
                continue;
            }
            for change in [0x01, 0x80] {
                let mut broken = whole.clone();
                broken[place] ^= change;
                cases += 1;
                refused += usize::from(read(&broken).is_err());
            }
            cases += 1;
            refused += usize::from(read(&whole[..place]).is_err());
        }
    }
    // The MAC does not cover the names of algorithms before it.
    assert!(refused * 100 > cases * 98, "{refused} of {cases}");
    println!("broken PKCS#12: {cases} cases, {refused} refused");
}

#[test]
fn supplied_dacs_that_do_not_fit_are_refused() {
    let folder = folder();
    let dacs = |name: &str, files: &[(&str, &str)]| {
        let dacs = folder.path().join(name);
        fs::create_dir(&dacs).unwrap();
        for (from, to) in files {
            fs::copy(folder.path().join(from), dacs.join(to)).unwrap();
        }
    };
    dacs("no-key", &[("dac-cert.pem", "a.pem")]);
    dacs(
        "no-cert",
        &[
            ("dac-cert.pem", "a.pem"),
            ("dac-key.pem", "a.key"),
            ("dac-plain-key.pem", "b.key"),
        ],
    );
    dacs(
        "other-pai",
        &[("dac-other-cert.pem", "a.pem"), ("dac-other-key.pem", "a.key")],
    );
    dacs(
        "expired",
        &[("dac-expired-cert.pem", "a.pem"), ("dac-expired-key.pem", "a.key")],
    );
    dacs("stray", &[("CD.der", "a.der")]);
    fs::create_dir(folder.path().join("stray/sub")).unwrap();
    let pai = ["--pai", "-c", "pai-cert.pem"];
    for (arguments, needle) in [
        (&["--dac-dir", "no-key"][..], "a.pem: has no key"),
        (
            &["--dac-dir", "no-cert"],
            "b.key: is a key without a certificate in the folder",
        ),
        (&["--dac-dir", "other-pai"], "a.pem: is not signed by the PAI"),
        (&["--dac-dir", "expired"], "is valid from 2022-01-01"),
        (&["--dac-dir", "stray"], "a.der: is not a certificate or a key"),
        (
            &["--dac-cert", "dac-cert.pem", "--dac-key", "dac-plain-key.pem"],
            "is not the certificate of the key",
        ),
        (
            &["--dac-cert", "dac-cert.pem", "--dac-key", "dac-key.pem", "-n", "2"],
            "has 1 for 2 devices",
        ),
        (
            &["--dac-cert", "dac-cert.pem", "--dac-key", "dac-key.pem", "-lt", "5"],
            "--lifetime",
        ),
        (
            &[
                "--dac-cert",
                "dac-cert.pem",
                "--dac-key",
                "dac-key.pem",
                "-k",
                "dac-key.pem",
            ],
            "--key",
        ),
    ] {
        let message = refused(&folder, &[&pai[..], arguments].concat());
        assert!(message.contains(needle), "{arguments:?}: {message}");
    }
    let output = run(
        folder.path(),
        &[
            "-v",
            "0xFFF2",
            "-p",
            "0x8002",
            "--pai",
            "-c",
            "pai-cert.pem",
            "--dac-dir",
            "expired",
        ],
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_pai_is_made_once_and_kept_when_another_is_made() {
    let folder = folder();
    let arguments = ["--paa", "-c", "paa-cert.pem", "-k", "paa-key.pem"];
    let made = make(&folder, &arguments);
    let staging = made.top.join("staging");
    let read = |name: &str| fs::read(staging.join(name)).unwrap();
    let first = (read("pai_cert.pem"), read("pai_key.pem"));
    let pai = Certificate::decode(&first.0).unwrap();
    assert_eq!((pai.common_name(), pai.path_len()), (Some("ESP32 PAI 00"), Some(0)));
    assert_eq!(pai.as_der(), read("pai_cert.der"));
    assert_eq!(PrivateKey::decode(&first.1).unwrap().public_key(), pai.public_key());

    let again = make(&folder, &arguments);
    assert_eq!(again.devices.len(), 2);
    assert_eq!(
        (read("pai_cert.pem"), read("pai_key.pem")),
        first,
        "the second run uses the first one's PAI"
    );

    make(&folder, &[&arguments[..], &["-cn", "Other"]].concat());
    assert_ne!(read("pai_cert.pem"), first.0);
    let names = fs::read_dir(&staging)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut former = names.filter(|name| name.starts_with("former-")).collect::<Vec<_>>();
    former.sort();
    assert_eq!(former.len(), 3, "{former:?}");
    assert!(
        former
            .iter()
            .any(|name| name.ends_with("-pai_key.pem") && read(name) == first.1),
        "no key is lost"
    );
}

#[test]
fn encrypted_ca_keys_are_opened_by_their_password() {
    let folder = folder();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["dac-pai.pem", "dac-pai-key-encrypted.pem"] {
        fs::copy(data.join(name), folder.path().join(name)).unwrap();
    }
    let arguments = ["--pai", "-c", "dac-pai.pem", "-k", "dac-pai-key-encrypted.pem"];
    assert!(
        refused(&folder, &arguments)
            .contains("is encrypted; give its password with --password-file or MATTER_PASSWORD")
    );
    let message = refused(&folder, &[&arguments[..], &["--password", "secret-typo"]].concat());
    assert!(
        message.contains("cannot be decrypted with the given password") && !message.contains("secret-typo"),
        "{message}"
    );
    assert_eq!(
        make(&folder, &[&arguments[..], &["--password", "factory"]].concat())
            .devices
            .len(),
        1
    );
}

#[test]
fn a_pai_whose_ids_are_in_its_common_name_signs() {
    let folder = folder();
    chain::write_named_pai(folder.path());
    let made = make(
        &folder,
        &["--pai", "-c", "pai-named-cert.pem", "-k", "pai-named-key.pem"],
    );
    let record = made.record(0);
    let pai = record.credentials().unwrap().pai();
    assert_eq!(pai.common_name(), Some("Named PAI Mvid:FFF2 Mpid:8001"));
}

#[test]
fn a_dac_whose_key_is_on_the_chip_needs_none() {
    let folder = folder();
    let dacs = folder.path().join("dacs");
    fs::create_dir(&dacs).unwrap();
    fs::copy(folder.path().join("dac-cert.pem"), dacs.join("a.pem")).unwrap();
    let supplied = ["--pai", "-c", "pai-cert.pem", "--dac-dir", "dacs"];
    let on_chip = "--dac-in-secure-cert -ds --target esp32h2 --efuse-key-id 1";
    let on_chip = on_chip.split(' ').collect::<Vec<_>>();
    assert!(refused(&folder, &supplied).contains("has no key, which only --ds-peripheral allows"));
    let made = make(&folder, &[&supplied[..], &on_chip].concat());
    let record = made.record(0);
    let credentials = record.credentials().unwrap();
    assert!(credentials.key().is_none());
    assert_eq!(made.uuid(0), chain::UUID);
    assert_eq!(made.secure_cert(0)[3], "2/0:0", "the key's record is empty");
    let internal = fs::read_dir(made.devices[0].join("internal")).unwrap();
    let names = internal.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(
        names
            .into_iter()
            .all(|name| !["DAC_key", "private", "efuse"].iter().any(|part| name.contains(part)))
    );
}
