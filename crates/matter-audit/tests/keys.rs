//! Private keys in every form and every place: each is found, with its owner.

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
#[path = "support/forms.rs"]
mod forms;
#[path = "support/packed.rs"]
mod packed;
#[path = "support/places.rs"]
mod places;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use forms::{Found, all};
use matter_attestation::PrivateKey;
use matter_audit::AuditReport;
use matter_factory_data::{Check, Finding, KeyOwner, KeySet, Severity, TriedScalars, find_keys};
use places::{Output, PLACES, Place, Storage};
use sha2::{Digest, Sha256};

/// The owner of the key.
#[derive(Clone, Copy, Debug)]
enum Whose {
    Own,
    AnotherDevices,
    Pai,
}

/// Returns whether a finding concerns an owner's key, or a container, in a place.
fn is_about(finding: &Finding, place: &Place, object: &str, whose: Whose, found: Found, output: &Output) -> bool {
    let [own, other] = [0, 1].map(|number| format!("the DAC's key of device {}", output.uuid(number)));
    let text = match (found, whose) {
        (Found::Container, _) => "",
        (Found::Key, Whose::Own) if place.is_in_device() => "(the DAC's key, ",
        (Found::Key, Whose::Own) => &own,
        (Found::Key, Whose::AnotherDevices) => &other,
        (Found::Key, Whose::Pai) => "the PAI's key",
    };
    let check = match found {
        Found::Key => Check::KeyLeaked,
        Found::Container => Check::KeyContainer,
    };
    finding.check == check
        && finding.severity == Severity::Error
        && finding.object == object
        && finding.text.contains(text)
        && finding.text.contains(" at offset 0x")
}

#[test]
fn a_key_is_found_in_every_form_and_every_place() {
    let forms = all();
    let (mut done, mut wrong) = (BTreeMap::<&str, u32>::new(), String::new());
    for storage in [Storage::Nvs, Storage::SecureCert, Storage::Efuse] {
        let output = Output::new(storage);
        let base = output.audit();
        let leaks = base.findings().filter(|finding| {
            matches!(
                finding.check,
                Check::KeyLeaked | Check::KeyContainer | Check::DeviceExtra | Check::TableDiffers
            )
        });
        assert_eq!(leaks.count(), 0, "{base:?}");
        for form in &forms {
            let owners = [Whose::Own, Whose::AnotherDevices, Whose::Pai];
            let owners = if form.found == Found::Container {
                &owners[..1]
            } else {
                &owners[..]
            };
            for whose in owners {
                let key = match whose {
                    Whose::Own => &output.keys[0],
                    Whose::AnotherDevices => &output.keys[1],
                    Whose::Pai => &output.pai,
                };
                let bytes = (form.write)(key);
                let kept = output.keep();
                let put = PLACES
                    .iter()
                    .filter(|place| form.found == Found::Key || **place != Place::FlashDump);
                let put = put.filter_map(|place| Some((place, output.put(*place, &bytes)?)));
                let put = put.collect::<Vec<_>>();
                let report = output.audit();
                output.restore(kept);
                for (place, object) in put {
                    let told = report
                        .findings()
                        .filter(|finding| is_about(finding, place, &object, *whose, form.found, &output))
                        .count();
                    // Two of the places are in one image.
                    let expected = if place.is_in_nvs() { 2 } else { 1 };
                    *done.entry(place.name()).or_default() += 1;
                    if told < expected {
                        let _ = write!(wrong, "\n{storage:?}: {}, {whose:?}, {}", form.name, place.name());
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let all = done.values().sum::<u32>();
    println!(
        "{} forms, {} places, {all} keys found: {done:?}",
        forms.len(),
        done.len()
    );
    assert!(
        forms.len() >= 80 && done.len() == PLACES.len() && all > 6000,
        "{done:?}"
    );
}

/// The text of a form depends on the key: letters among other characters, digits that are zero.
#[test]
fn key_is_found_for_any_bytes() {
    let mut missing = BTreeMap::<&str, u32>::new();
    let forms = all();
    let keys = 300u32;
    for number in 0..keys {
        let mut scalar: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
        // Some have many zeros, or letters.
        match number % 10 {
            0 => scalar[3..20].fill(0),
            1 => scalar[4..28].iter_mut().for_each(|byte| *byte = b' ' + *byte % 95),
            2 => scalar[31] = 0,
            _ => {}
        }
        let key = PrivateKey::from_scalar(&scalar).unwrap();
        let mut known = KeySet::new();
        known.add_owner(&key.public_key(), KeyOwner::Pai);
        known.insert(&key);
        for form in forms.iter().filter(|form| form.found == Found::Key) {
            let bytes = (form.write)(&key);
            let found = find_keys(&bytes, &known, &mut TriedScalars::new(0));
            let is_told = found.iter().any(|found| found.owner() == Some(&KeyOwner::Pai));
            *missing.entry(form.name).or_default() += u32::from(!is_told);
            // As a cell of a table.
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let cell = format!("1,\"{}\",2\n", text.replace('"', "\"\""));
            let found = find_keys(cell.as_bytes(), &known, &mut TriedScalars::new(0));
            let is_told = found.iter().any(|found| found.owner() == Some(&KeyOwner::Pai));
            *missing.entry(form.name).or_default() += u32::from(!is_told);
        }
    }
    missing.retain(|_, count| *count > 0);
    assert!(missing.is_empty(), "of {keys} keys: {missing:?}");
}

/// The key of a PAI that is in no file of the run: only its public half is known.
#[test]
fn the_key_of_an_unknown_pai_is_found_as_a_value() {
    let secret = PrivateKey::from_scalar(&[0x3B; 32]).unwrap();
    let scalar = secret.expose_scalar();
    let digits = scalar.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let pairs = scalar.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    let values: [(&str, Vec<u8>); 8] = [
        ("bytes", scalar.to_vec()),
        ("hexadecimal", digits.clone().into()),
        (
            "a line among others",
            format!("{}\n{digits}\n{}\n", "ab".repeat(32), "cd".repeat(32)).into(),
        ),
        ("pairs", pairs.join(":").into()),
        ("a list", format!("key = {{0x{}}};", pairs.join(", 0x")).into()),
        ("Base64", forms::base64(&*scalar).into()),
        ("Base64 in a text", format!("key: {}\n", forms::base64(&*scalar)).into()),
        ("PEM", secret.to_pkcs8_pem().unwrap().as_bytes().to_vec()),
    ];
    for storage in [Storage::Nvs, Storage::SecureCert, Storage::Efuse] {
        let output = Output::with_pai(storage, &secret);
        for (name, bytes) in &values {
            let kept = output.keep();
            let put = PLACES.iter().filter(|place| **place != Place::FlashDump);
            let put = put
                .filter_map(|place| Some((place, output.put(*place, bytes)?)))
                .collect::<Vec<_>>();
            let report = output.audit();
            output.restore(kept);
            for (place, object) in put {
                let is_told = report
                    .findings()
                    .any(|finding| is_about(finding, place, &object, Whose::Pai, Found::Key, &output));
                assert!(is_told, "{storage:?}: {name}, {}", place.name());
            }
        }
        let clean = output.audit();
        assert!(
            clean.findings().all(|finding| finding.check != Check::KeyLeaked),
            "{clean:?}"
        );
    }
}

/// A key found in one place is searched for everywhere, in forms that are recognized only for known keys.
#[test]
fn a_key_that_shows_itself_in_one_place_is_found_in_all() {
    let secret = PrivateKey::from_scalar(&[0x3B; 32]).unwrap();
    let output = Output::with_pai(Storage::Nvs, &secret);
    let hidden = [b"abc".as_slice(), &*secret.expose_scalar(), b"def"].concat();
    let leaks = |report: &AuditReport| {
        let leaks = report.findings().filter(|finding| finding.check == Check::KeyLeaked);
        leaks.map(|finding| finding.object.clone()).collect::<Vec<_>>()
    };
    for (open, closed) in [
        (Place::ProductFolder, Place::DeviceFolder),
        (Place::DeviceFolder, Place::ProductFolder),
        (Place::OutputFolder, Place::Staging),
        (Place::Staging, Place::OutputFolder),
        (Place::Internal, Place::Nvs),
    ] {
        let kept = output.keep();
        let hidden_in = output.put(closed, &hidden).unwrap();
        assert_eq!(leaks(&output.audit()), [""; 0]);
        let shown_in = output.put(open, secret.to_pkcs8_pem().unwrap().as_bytes()).unwrap();
        let found = leaks(&output.audit());
        output.restore(kept);
        assert!(
            found.len() == 2 && found.contains(&hidden_in) && found.contains(&shown_in),
            "{found:?}"
        );
    }
}
