//! The audit of files on disk: folders, modes, and contents.

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

use device::{file, keyless, run};
use matter_attestation::PrivateKey;
use matter_audit::{Audit, Error, Sampling};
use matter_factory_data::{Check, Expected, Severity};
use matter_types::{ProductId, VendorId};
use report::{audit, has, is_good};

#[test]
fn an_output_its_product_and_its_devices_are_found() {
    let (folder, devices) = run(3);
    for (path, count) in [
        (folder.path().join("out"), 3),
        (folder.path().join("out/fff1_8000"), 3),
        (devices[0].clone(), 1),
    ] {
        let report = audit(&path).execute().unwrap();
        assert_eq!(report.devices.len(), count);
        assert!(is_good(&report), "{report:?}");
        assert!(has(&report, Check::TestPki) && !has(&report, Check::FileMode));
        assert!(
            report
                .devices
                .iter()
                .all(|device| device.path.ends_with(device.uuid.as_ref().unwrap()))
        );
    }
}

#[test]
fn a_path_that_does_not_open_is_an_error_and_one_without_devices_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let missing = audit(&folder.path().join("none")).execute();
    assert!(matches!(missing, Err(Error::File { .. })));
    assert!(has(&audit(folder.path()).execute().unwrap(), Check::ArtifactMissing));
}

/// As some spreadsheets write them: with a byte order mark and semicolons.
#[test]
fn tables_with_semicolons_are_read() {
    let (folder, devices) = run(1);
    let ledger = folder.path().join("list.csv");
    let uuid = devices[0].file_name().unwrap().to_str().unwrap();
    fs::write(&ledger, format!("\u{feff}uuid;pid\r\n{uuid};32769\r\n")).unwrap();
    let codes = file(&devices[0], "-onb_codes.csv");
    let text = fs::read_to_string(&codes).unwrap();
    fs::write(&codes, format!("\u{feff}{}", text.replace(',', ";"))).unwrap();
    let report = audit(&devices[0]).with_ledger(&ledger).execute().unwrap();
    let errors = report.findings().filter(|finding| finding.severity == Severity::Error);
    let errors = errors.map(|finding| finding.check).collect::<Vec<_>>();
    assert_eq!(errors, [Check::ManifestDiffers]);
    // The codes were read: a different passcode is found.
    let header = text.lines().next().unwrap().replace(',', ";");
    let passcode = header.split(';').position(|name| name == "passcode").unwrap();
    let row = text.lines().nth(1).unwrap().split(',').enumerate();
    let row = row.map(|(index, cell)| if index == passcode { "11223344" } else { cell });
    fs::write(&codes, format!("{header}\n{}\n", row.collect::<Vec<_>>().join(";"))).unwrap();
    assert!(has(&audit(&devices[0]).execute().unwrap(), Check::LabelCodes));
}

/// The ids are also in the DAC and on the label.
#[test]
fn a_device_of_another_product_is_seen_without_an_nvs_image() {
    let (_folder, devices) = run(1);
    fs::write(file(&devices[0], "_esp_secure_cert.bin"), keyless(&devices[0])).unwrap();
    fs::remove_file(file(&devices[0], "-partition.bin")).unwrap();
    let unexpected = |product: u16| {
        let product = ProductId::new(product).unwrap();
        let expected = Expected::new().with_product(VendorId::new(0xFFF1).unwrap(), product);
        let report = Audit::new(expected).with_path(&devices[0]).execute().unwrap();
        assert!(has(&report, Check::TestPki) && has(&report, Check::ArtifactMissing));
        let found = report
            .findings()
            .filter(|finding| finding.check == Check::ProductUnexpected);
        found.map(|finding| finding.object.clone()).collect::<Vec<_>>()
    };
    assert_eq!(unexpected(0x8000), Vec::<String>::new());
    assert_eq!(unexpected(0x8001), ["dac", "label"]);
}

#[test]
fn swapped_labels_are_seen_on_both_devices() {
    let (_folder, devices) = run(2);
    let [a, b] = [&devices[0], &devices[1]].map(|device| file(device, "-onb_codes.csv"));
    let [first, second] = [&a, &b].map(|path| fs::read(path).unwrap());
    fs::write(a, second).unwrap();
    fs::write(b, first).unwrap();
    let report = audit(devices[0].parent().unwrap()).execute().unwrap();
    for device in &report.devices {
        for check in [Check::LabelDiscriminator, Check::VerifierPasscode] {
            assert!(
                device.findings.iter().any(|finding| finding.check == check),
                "{device:?}"
            );
        }
    }
    let report = audit(&devices[0]).with_recompute(Sampling::None).execute().unwrap();
    assert!(has(&report, Check::LabelDiscriminator) && !has(&report, Check::VerifierPasscode));
}

#[test]
fn a_copied_device_is_a_duplicate_in_everything() {
    let (_folder, devices) = run(2);
    fs::copy(file(&devices[0], "-partition.bin"), file(&devices[1], "-partition.bin")).unwrap();
    fs::copy(file(&devices[0], "-onb_codes.csv"), file(&devices[1], "-onb_codes.csv")).unwrap();
    let report = audit(devices[0].parent().unwrap()).execute().unwrap();
    let duplicates = [
        Check::DuplicateKey,
        Check::DuplicateSalt,
        Check::DuplicateVerifier,
        Check::DuplicateCertificateSerial,
        Check::DuplicatePasscode,
    ];
    for check in duplicates {
        assert!(report.batch.iter().any(|finding| finding.check == check), "{check}");
    }
    assert!(
        has(&report, Check::NameDiffers),
        "the folder has another name than the DAC"
    );
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, devices) = run(1);
    let key = devices[0].join("internal/DAC_key.pem");
    fs::set_permissions(key, fs::Permissions::from_mode(0o640)).unwrap();
    // A certificate is not secret.
    fs::set_permissions(
        devices[0].join("internal/DAC_cert.pem"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    let report = audit(&devices[0]).execute().unwrap();
    let text = report
        .findings()
        .find(|finding| finding.check == Check::FileMode)
        .unwrap()
        .text
        .clone();
    assert!(
        text.contains("internal/DAC_key.pem") && !text.contains("DAC_cert"),
        "{text}"
    );
}

/// Returns the text that another decoder reads in a picture; `None` for invalid pictures.
#[cfg(feature = "pictures")]
fn shown(bytes: &[u8]) -> Option<Option<String>> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut pixels).ok()?;
    let (side, line) = (frame.width.try_into().unwrap(), frame.line_size);
    let grey = |x, y| pixels[y * line + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, grey);
    let text = image.detect_grids().first().and_then(|grid| grid.decode().ok());
    Some(text.map(|(_, text)| text))
}

#[cfg(feature = "pictures")]
#[test]
fn changed_folders_never_pass_as_unchanged() {
    let (_folder, devices) = run(1);
    let findings = || {
        let report = audit(&devices[0]).with_recompute(Sampling::All).execute().unwrap();
        report.findings().map(ToString::to_string).collect::<Vec<_>>()
    };
    let good = findings();
    // A linear congruential generator is good enough (Numerical Recipes, section 7.1).
    let mut state = 9u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % below
    };
    for round in 0..120 {
        let suffix = ["-partition.bin", "-onb_codes.csv", "-qrcode.png"][round % 3];
        let path = file(&devices[0], suffix);
        let bytes = fs::read(&path).unwrap();
        let mut changed = bytes.clone();
        let at = next(if round % 3 == 0 { 0x1000 } else { bytes.len() });
        changed[at] ^= 1 << next(8);
        fs::write(&path, &changed).unwrap();
        let found = findings();
        fs::write(&path, &bytes).unwrap();
        // Changes without effect: the rest of a string's slot, the line's end, errors that the QR code corrects.
        let matters = match round % 3 {
            0 => esp_nvs_image::decode(&changed) != esp_nvs_image::decode(&bytes),
            1 => at + 1 != bytes.len(),
            _ => shown(&changed).is_none_or(|text| text.is_some_and(|text| Some(Some(text)) != shown(&bytes))),
        };
        assert!(!matters || found != good, "{suffix}, byte {at:#x}");
    }
    assert_eq!(findings(), good);
}

#[test]
fn key_bytes_beside_an_image_that_promises_the_efuses_are_found_in_every_file() {
    let (_folder, devices) = run(1);
    fs::write(file(&devices[0], "_esp_secure_cert.bin"), keyless(&devices[0])).unwrap();
    let report = audit(&devices[0]).execute().unwrap();
    let leaks = report.findings().filter(|finding| finding.check == Check::KeyLeaked);
    let mut objects = leaks.map(|finding| finding.object.as_str()).collect::<Vec<_>>();
    objects.sort_unstable();
    let expected = [
        "internal/DAC_key.der",
        "internal/DAC_key.pem",
        "internal/DAC_private_key.bin",
        "nvs dac-key",
    ];
    assert_eq!(objects, expected);
    // The last key, in a text, is found once only the image discloses it.
    let key = PrivateKey::decode(&fs::read(devices[0].join("internal/DAC_key.der")).unwrap()).unwrap();
    let hex = key
        .expose_scalar()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    fs::remove_dir_all(devices[0].join("internal")).unwrap();
    fs::write(devices[0].join("notes.txt"), format!("key {hex}\n")).unwrap();
    let report = audit(&devices[0]).execute().unwrap();
    assert!(
        report
            .findings()
            .any(|finding| finding.object == "notes.txt" && finding.check == Check::KeyLeaked)
    );
}
