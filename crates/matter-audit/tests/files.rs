//! The audit of individual files, and its notes about missing ones.

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
use std::path::{Path, PathBuf};

use device::{file, keyless, run};
use matter_attestation::Certificate;
use matter_audit::{Audit, AuditReport, FlashDump, Sampling};
use matter_factory_data::{Check, Expected};
use matter_types::{ProductId, VendorId};
use report::{audit, errors, has, is_good, unchecked};

#[test]
fn single_files_are_recognized() {
    let (_folder, devices) = run(1);
    for suffix in ["-partition.bin", "-onb_codes.csv"] {
        let report = audit(&file(&devices[0], suffix)).execute().unwrap();
        assert!(is_good(&report), "{report:?}");
    }
    let (image, other) = (file(&devices[0], "-partition.bin"), devices[0].join("backup"));
    fs::copy(&image, &other).unwrap();
    let report = audit(&other).execute().unwrap();
    assert!(is_good(&report) && report.devices[0].uuid.as_deref() == devices[0].file_name().unwrap().to_str());
    fs::write(&other, keyless(&devices[0])).unwrap();
    let report = audit(&other).execute().unwrap();
    assert!(
        !has(&report, Check::ArtifactMissing) && !has(&report, Check::KeyMissing),
        "{report:?}"
    );
    // A folder with a label is a device, and a device has an image.
    fs::remove_file(image).unwrap();
    assert!(has(&audit(&devices[0]).execute().unwrap(), Check::ArtifactMissing));
}

fn all(paths: &[&Path]) -> AuditReport {
    let audit = paths
        .iter()
        .fold(Audit::new(Expected::new().for_tests()), |audit, path| {
            audit.with_path(path)
        });
    audit.execute().unwrap()
}

/// The files of a device under names without meaning.
fn nameless(device: &Path, to: &Path) -> [PathBuf; 3] {
    fs::create_dir(to).unwrap();
    ["-partition.bin", "-onb_codes.csv", "-qrcode.png"].map(|suffix| {
        let copy = to.join(suffix.trim_start_matches('-'));
        fs::copy(file(device, suffix), &copy).unwrap();
        copy
    })
}

#[test]
fn files_of_one_device_are_audited_together() {
    let (folder, devices) = run(2);
    let [a, b] = [0, 1].map(|index| nameless(&devices[index], &folder.path().join(format!("copy {index}"))));
    let report = all(&[&a[0], &a[1], &a[2]]);
    assert_eq!((report.devices.len(), errors(&report)), (1, vec![]));
    assert_eq!(unchecked(&report), ["expected"]);
    let report = all(&[&a[0], &a[1], &a[2], &b[0], &b[1], &b[2]]);
    assert_eq!((report.devices.len(), errors(&report)), (2, vec![]));
    assert!(!has(&report, Check::DuplicatePasscode));
    let swapped = all(&[&a[0], &b[1]]);
    assert!(has(&swapped, Check::LabelDiscriminator) && has(&swapped, Check::VerifierPasscode));
    // Names with a UUID may come in any order.
    let named = |device: &Path, suffix: &str| file(device, suffix);
    let [image, other] = [0, 1].map(|index| named(&devices[index], "-partition.bin"));
    let [codes, others] = [0, 1].map(|index| named(&devices[index], "-onb_codes.csv"));
    let report = all(&[&image, &other, &codes, &others]);
    assert_eq!((report.devices.len(), errors(&report)), (2, vec![]));
}

#[test]
fn a_name_that_is_not_the_devices_is_seen() {
    let (folder, devices) = run(2);
    let name = file(&devices[1], "-partition.bin");
    let wrong = folder.path().join(name.file_name().unwrap());
    fs::copy(file(&devices[0], "-partition.bin"), &wrong).unwrap();
    assert_eq!(errors(&all(&[&wrong])), [Check::NameDiffers]);
}

#[test]
fn codes_may_be_lines_of_text() {
    let (folder, devices) = run(2);
    let codes = |device: &Path| {
        let text = fs::read_to_string(file(device, "-onb_codes.csv")).unwrap();
        let mut rows = text
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let (header, row) = (rows.next().unwrap(), rows.next().unwrap());
        ["qrcode", "manualcode"].map(|name| row[header.iter().position(|column| column == name).unwrap()].clone())
    };
    let image = file(&devices[0], "-partition.bin");
    let label = folder.path().join("label");
    let [qr, manual] = codes(&devices[0]);
    for text in [format!("{qr}\n"), manual.clone(), format!("{manual}\r\n{qr}\r\n")] {
        fs::write(&label, text).unwrap();
        let report = all(&[&image, &label]);
        assert_eq!((report.devices.len(), errors(&report)), (1, vec![]));
    }
    let [other_qr, other] = codes(&devices[1]);
    // Each code in a file of its own: together they are complete, and are compared.
    let second = folder.path().join("second");
    let apart = |qr: &str, manual: &str| {
        fs::write(&label, qr).unwrap();
        fs::write(&second, manual).unwrap();
        let orders = [[&label, &second, &image], [&image, &second, &label]];
        let reports = orders.map(|paths| all(&paths.map(PathBuf::as_path)));
        assert!(reports.iter().all(|report| report.devices.len() == 1));
        reports.map(|report| errors(&report))
    };
    assert_eq!(apart(&qr, &manual), [vec![], vec![]]);
    for errors in apart(&other_qr, &manual).into_iter().chain(apart(&qr, &other)) {
        assert!(errors.contains(&Check::LabelCodes), "{errors:?}");
    }
    // A manual code may be typed with or without spaces.
    let spaced = manual.chars().enumerate().map(|(at, digit)| {
        if at == 4 {
            format!(" {digit}")
        } else {
            digit.to_string()
        }
    });
    fs::write(&label, spaced.collect::<String>()).unwrap();
    assert_eq!(errors(&all(&[&image, &label])), []);
    fs::write(&label, other).unwrap();
    assert!(has(&all(&[&image, &label]), Check::VerifierPasscode));
    fs::write(&label, format!("{qr}\n{}", codes(&devices[1])[1])).unwrap();
    assert!(has(&all(&[&label]), Check::LabelCodes));
    fs::write(&label, "MT:").unwrap();
    assert_eq!(errors(&all(&[&label])), [Check::LabelMalformed]);
}

#[test]
fn a_scanned_label_is_held_against_the_device() {
    let (folder, devices) = run(2);
    let label = folder.path().join("scan");
    for (number, device) in devices.iter().enumerate() {
        let codes = fs::read_to_string(file(device, "-onb_codes.csv")).unwrap();
        let qr = codes.split([',', '\n']).find(|cell| cell.starts_with("MT:")).unwrap();
        fs::write(&label, qr).unwrap();
        let report = all(&[&devices[0], &label]);
        assert_eq!(report.devices.len(), 1);
        let expected = if number == 0 { vec![] } else { vec![Check::LabelCodes] };
        assert_eq!(errors(&report), expected);
        let picture = folder.path().join("photo");
        fs::copy(file(device, "-qrcode.png"), &picture).unwrap();
        let report = all(&[&devices[0], &picture]);
        assert_eq!(report.devices.len(), 1);
        if cfg!(feature = "pictures") {
            let expected = if number == 0 { vec![] } else { vec![Check::LabelPicture] };
            assert_eq!(errors(&report), expected);
        }
        // Among several devices the name decides.
        let top = devices[0].parent().unwrap();
        let report = all(&[top, &file(device, "-onb_codes.csv")]);
        assert_eq!((report.devices.len(), errors(&report)), (2, vec![]));
    }
    // So is a label of its own, whose name belongs to no device.
    fs::remove_file(file(&devices[0], "-onb_codes.csv")).unwrap();
    fs::remove_file(file(&devices[0], "-qrcode.png")).unwrap();
    let picture = folder.path().join("photo");
    fs::copy(file(&devices[1], "-qrcode.png"), &picture).unwrap();
    let report = all(&[&devices[0], &label, &picture]);
    assert_eq!(report.devices.len(), 1);
    assert!(has(&report, Check::LabelDiscriminator) && !has(&report, Check::NameDiffers));
    // The same folder given twice is one device.
    let report = all(&[&devices[0], &devices[0].join(".")]);
    assert_eq!((report.devices.len(), errors(&report)), (1, vec![]));
}

#[cfg(unix)]
#[test]
fn foreign_file_is_reported_and_does_not_block() {
    let (_folder, devices) = run(1);
    let pipe = devices[0].join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    fs::File::create(devices[0].join("large"))
        .unwrap()
        .set_len(65 << 20)
        .unwrap();
    let report = all(&[&devices[0]]);
    let notes = report.devices[0]
        .findings
        .iter()
        .filter(|finding| finding.check == Check::NotChecked);
    assert_eq!(
        notes.map(|finding| finding.object.as_str()).collect::<Vec<_>>(),
        ["pipe"]
    );
    assert_eq!(errors(&report), [Check::ArtifactMalformed]);
}

/// A secure-cert image has all of certificates and key or none, also without its NVS image.
#[test]
fn a_secure_cert_image_alone_needs_the_whole_chain() {
    use esp_secure_cert::{PartitionSize, Subtype, Writer};
    let (folder, devices) = run(1);
    let image = folder.path().join("secure_cert");
    fs::write(&image, keyless(&devices[0])).unwrap();
    assert_eq!(errors(&all(&[&image])), []);
    let read = |name: &str| fs::read(devices[0].join("internal").join(name)).unwrap();
    let (dac, pai) = (read("DAC_cert.der"), read("PAI_cert.der"));
    let [dac, pai] = [&dac, &pai].map(|der| esp_secure_cert::Certificate::der(der).unwrap());
    let mut buffer = vec![0; 0x2000];
    for first in [true, false] {
        let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
        if first {
            writer.push_device_certificate(Subtype::MIN, &dac).unwrap();
        } else {
            writer.push_ca_certificate(Subtype::MIN, &pai).unwrap();
        }
        fs::write(&image, writer.finish()).unwrap();
        assert!(errors(&all(&[&image])).contains(&Check::KeyMissing));
    }
}

/// A pipe can be read only once.
#[cfg(unix)]
#[test]
fn pipes_are_read() {
    let (folder, devices) = run(1);
    let names = ["image", "x-partition.bin"];
    for name in names {
        let pipe = folder.path().join(name);
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let bytes = fs::read(file(&devices[0], "-partition.bin")).unwrap();
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::write(pipe, bytes).unwrap()
        });
        let report = all(&[&pipe]);
        writer.join().unwrap();
        assert_eq!((report.devices.len(), errors(&report)), (1, vec![]));
        fs::remove_file(pipe).unwrap();
    }
}

/// A folder named like a device's may contain devices; folders that were not examined are reported.
#[test]
fn devices_are_found_wherever_they_are() {
    let (folder, devices) = run(2);
    let top = folder.path().join("00000000-0000-4000-8000-000000000000");
    for (device, place) in devices.iter().zip(["bin", "a/b"]) {
        fs::create_dir_all(top.join(place)).unwrap();
        fs::rename(device, top.join(place).join(device.file_name().unwrap())).unwrap();
    }
    let found = |top: &Path| {
        let report = all(&[top]);
        (report.devices.len(), unchecked(&report).len())
    };
    assert_eq!(found(&top), (2, 1));
    for hidden in [".old", "a/b/c/d"] {
        fs::create_dir_all(top.join(hidden)).unwrap();
    }
    assert_eq!(found(&top), (2, 3));
}

#[test]
fn an_image_under_the_right_keys_only() {
    let (folder, devices) = run(1);
    let keys = esp_nvs_image::NvsKeys::new([1; 32], [2; 32]).unwrap();
    let [partition, image] = ["keys", "image.bin"].map(|name| folder.path().join(name));
    let mut bytes = [0; esp_nvs_image::NvsKeys::PARTITION_LEN];
    keys.encode_partition(&mut bytes);
    fs::write(&partition, bytes).unwrap();
    let mut encrypted = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    esp_nvs_image::encrypt(&mut encrypted, &keys).unwrap();
    fs::write(&image, &encrypted).unwrap();
    assert!(is_good(&audit(&image).with_keys(&partition).execute().unwrap()));
    assert_eq!(errors(&audit(&image).execute().unwrap()), [Check::ArtifactMalformed]);
    // A file beside the image works as well.
    assert!(is_good(&all(&[&image, &partition])));
    let plain = audit(&file(&devices[0], "-partition.bin"))
        .with_keys(&partition)
        .execute()
        .unwrap();
    let message = plain
        .findings()
        .find(|finding| finding.check == Check::ArtifactMalformed)
        .unwrap();
    assert!(message.text.contains("with these keys"), "{}", message.text);
}

#[test]
fn a_label_beside_a_dump_is_the_dumps() {
    let (folder, devices) = run(2);
    let mut flash = vec![0xFF; 0x9000];
    flash.extend(fs::read(file(&devices[0], "-partition.bin")).unwrap());
    let [table, dump] = ["table.csv", "dump.bin"].map(|name| folder.path().join(name));
    fs::write(&table, "nvs, data, nvs, 0x9000, 0x6000\n").unwrap();
    fs::write(&dump, flash).unwrap();
    let with = |device: &Path| {
        let place = tempfile::tempdir().unwrap();
        let [_, codes, picture] = nameless(device, &place.path().join("copy"));
        let (table, dump) = (table.clone(), dump.clone());
        let audit = audit(&codes)
            .with_path(picture)
            .with_flash_dump(FlashDump::new(dump).with_table(table));
        audit.execute().unwrap()
    };
    let own = with(&devices[0]);
    assert_eq!((own.devices.len(), errors(&own)), (1, vec![]));
    assert_eq!(own.devices[0].path, dump);
    let other = with(&devices[1]);
    assert!(other.devices.len() == 1 && has(&other, Check::VerifierPasscode));
    // A table that cannot be read is a finding, as is one without a store.
    for text in ["nvs, data", "", "app, app, 0, 0x10000, 1M", "\u{1}"] {
        fs::write(&table, text).unwrap();
        let report = with(&devices[0]);
        assert!(has(&report, Check::ArtifactMalformed), "{text}: {report:?}");
    }
}

#[test]
fn other_files_are_reported_as_unsupported() {
    let (_folder, devices) = run(1);
    for name in ["DAC_cert.der", "DAC_cert.pem", "CD.der", "PAI_cert.der"] {
        let report = all(&[&devices[0].join("internal").join(name)]);
        assert_eq!(
            errors(&report),
            [Check::ArtifactMalformed, Check::ArtifactMissing],
            "{name}"
        );
    }
}

#[test]
fn unchecked_items_are_reported() {
    let (folder, devices) = run(2);
    let top = devices[0].parent().unwrap();
    let notes = |audit: Audit<'_>| {
        let report = audit.execute().unwrap();
        assert!(is_good(&report), "{report:?}");
        unchecked(&report).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(notes(audit(top)), ["expected"]);
    // It reports removed devices.
    fs::remove_file(top.join("manifest.json")).unwrap();
    assert_eq!(
        notes(audit(top).with_recompute(Sampling::Sample)),
        ["expected", "verifier"]
    );
    fs::remove_file(file(&devices[0], "-qrcode.png")).unwrap();
    assert_eq!(notes(audit(top)), ["expected", "qr picture"]);
    fs::remove_file(file(&devices[0], "-onb_codes.csv")).unwrap();
    assert_eq!(notes(audit(top)), ["expected", "label"]);
    assert_eq!(
        notes(audit(&file(&devices[1], "-onb_codes.csv"))),
        ["image", "qr picture"]
    );
    let pki = folder.path().join("out/test-pki/PAA_cert.pem");
    let paa = Certificate::decode(&fs::read(&pki).unwrap()).unwrap();
    let mut store = matter_attestation::PaaStore::new();
    store.insert(paa.as_der()).unwrap();
    let declaration = fs::read(devices[1].join("internal/CD.der")).unwrap();
    let revoked = matter_attestation::RevocationSet::new([]);
    let ids = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    let expected = Expected::new()
        .for_tests()
        .with_paa_store(&store)
        .with_product(ids.0, ids.1);
    let report = Audit::new(expected).with_path(&devices[1]).execute().unwrap();
    let text = &report.batch[0].text;
    assert!(
        text.contains("revoked certificates, a declaration") && !text.contains("PAA"),
        "{text}"
    );
    let expected = expected.with_declaration(&declaration).with_revocation_set(&revoked);
    assert_eq!(notes(Audit::new(expected).with_path(&devices[1])), Vec::<String>::new());
}
