//! `matter-mfg` as a user runs it: the vendor's documented commands and their results.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/workplace.rs"]
mod workplace;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use matter_attestation::{Certificate, PrivateKey};
use matter_factory_data::{DeviceRecord, HardwareVersion};
use matter_setup_payload::{ManualPayload, SetupPayload};
use matter_spake2p::PaseCredential;
use matter_types::Passcode;
use workplace::{run, stderr, workplace};

/// Returns the device folders of an output folder, by the form of their names.
fn devices(top: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(top).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_dir() && path.file_name().unwrap().len() == 36)
        .collect()
}

fn file_named(folder: &Path, suffix: &str) -> PathBuf {
    let name = format!("{}{suffix}", folder.file_name().unwrap().to_str().unwrap());
    folder.join(name)
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(false)
        .from_path(path)
        .unwrap();
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// Checks the properties of every device: label, image, verifier and key fit together.
fn check_device(folder: &Path) -> (DeviceRecord, u32) {
    let record = DeviceRecord::decode_nvs(&fs::read(file_named(folder, "-partition.bin")).unwrap()).unwrap();
    let codes = rows(&file_named(folder, "-onb_codes.csv"));
    assert_eq!(codes[0], ["qrcode", "manualcode", "discriminator", "passcode"]);
    let [qr, manual, discriminator, passcode] = &codes[1][..] else {
        unreachable!("four cells")
    };
    let label: SetupPayload = qr.parse().unwrap();
    let typed: ManualPayload = manual.parse().unwrap();
    assert_eq!(label.discriminator(), record.discriminator());
    assert_eq!(discriminator, &record.discriminator().to_string());
    assert_eq!(typed.short_discriminator(), record.discriminator().short());
    assert_eq!(
        (label.vendor_id(), label.product_id()),
        (Some(record.vendor_id()), Some(record.product_id()))
    );
    assert_eq!(label.passcode().expose().to_string(), *passcode);
    assert_eq!(typed.passcode().expose().to_string(), *passcode);
    let passcode: Passcode = passcode.parse().unwrap();
    let number = passcode.expose();
    assert!(
        PaseCredential::with_verifier(passcode, *record.parameters(), record.verifier().unwrap()).is_ok(),
        "the label's passcode opens the device's verifier"
    );
    if let Some(credentials) = record.credentials() {
        let internal = folder.join("internal");
        let read = |name: &str| fs::read(internal.join(name)).unwrap();
        assert_eq!(credentials.dac().common_name(), folder.file_name().unwrap().to_str());
        assert_eq!(credentials.dac().as_der(), read("DAC_cert.der"));
        assert_eq!(
            Certificate::decode(&read("DAC_cert.pem")).unwrap().as_der(),
            credentials.dac().as_der()
        );
        assert_eq!(
            credentials.key().unwrap().expose_scalar().as_slice(),
            read("DAC_private_key.bin")
        );
        for key in ["DAC_key.pem", "DAC_key.der"] {
            let key = PrivateKey::decode(&read(key)).unwrap();
            assert_eq!(key.public_key(), credentials.dac().public_key());
        }
        assert_eq!(
            credentials.dac().public_key().as_bytes().as_slice(),
            read("DAC_public_key.bin")
        );
        assert_eq!(credentials.pai().as_der(), read("PAI_cert.der"));
    }
    (record, number)
}

const LIGHT: [&str; 16] = [
    "-cd",
    "CD.der",
    "-v",
    "0x131B",
    "--vendor-name",
    "ESP",
    "-p",
    "0x1000",
    "--product-name",
    "light",
    "--hw-ver",
    "1",
    "--hw-ver-str",
    "v1.0",
    "--mfg-date",
    "2022-10-25",
];
const SINGLE: [&str; 6] = [
    "--passcode",
    "19861989",
    "--discriminator",
    "601",
    "--serial-num",
    "esp32c_dev3",
];

#[test]
fn documented_single_device_has_the_reference_tool_s_codes() {
    let folder = workplace("0x131B", "0x1000");
    let rotating = [
        "--enable-rotating-device-id",
        "--rd-id-uid",
        "c0398f4980b07c9460f71c5421e1a3c5",
    ];
    for (outdir, extra) in [("a", &[][..]), ("b", &rotating[..])] {
        let arguments = [&LIGHT[..], &SINGLE, extra, &["--outdir", outdir]].concat();
        let output = run(folder.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let top = folder.path().join(outdir).join("131b_1000");
        let [device] = &devices(&top)[..] else {
            unreachable!("one device")
        };
        // The output of esp-matter-mfg-tool 1.0.29 for the same command.
        let codes = fs::read_to_string(file_named(device, "-onb_codes.csv")).unwrap();
        let expected = "qrcode,manualcode,discriminator,passcode\nMT:Q3R00SSJ01ZCS41-F00,0373-491-2128,601,19861989\n";
        assert_eq!(codes, expected);
        let (record, _) = check_device(device);
        assert_eq!(record.product.serial_number.as_ref().unwrap().as_str(), "esp32c_dev3");
        assert_eq!(
            record.product.manufacturing_date.as_ref().unwrap().as_str(),
            "2022-10-25"
        );
        assert_eq!(record.product.hardware_version, Some(HardwareVersion::new(1)));
        assert!(record.credentials().is_none(), "no signer was given");
        let id = record.rotating_id.as_ref().map(|id| id.expose_bytes()[0]);
        assert_eq!(id, (outdir == "b").then_some(0xC0));
        assert!(!device.join("internal/DAC_key.pem").exists());
        let message = [stderr(&output), String::from_utf8(output.stdout).unwrap()].concat();
        assert!(
            !message.contains("19861989") && !message.contains("c0398f"),
            "{message}"
        );
    }
}

#[test]
fn documented_batch_has_ten_different_devices() {
    let folder = workplace("0x131B", "0x1000");
    let output = run(folder.path(), &[&["-n", "10"], &LIGHT[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let top = folder.path().join("out/131b_1000");
    let made = devices(&top)
        .iter()
        .map(|device| check_device(device))
        .collect::<Vec<_>>();
    assert_eq!(made.len(), 10);
    let different = |values: Vec<String>| values.iter().collect::<BTreeSet<_>>().len() == values.len();
    assert!(different(
        made.iter()
            .map(|(r, _)| r.product.serial_number.as_ref().unwrap().to_string())
            .collect()
    ));
    assert!(different(
        made.iter()
            .map(|(r, _)| r.parameters().salt.to_base64().as_str().to_owned())
            .collect()
    ));
    assert!(different(
        made.iter().map(|(_, passcode)| passcode.to_string()).collect()
    ));
}

#[test]
fn documented_csv_makes_a_device_for_each_row() {
    let folder = workplace("0x131B", "0x1000");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    // As saved by Excel: byte order mark, semicolons, CRLF, a cell of two lines, an empty line at the end.
    write(
        "mfg.csv",
        "serial-num,data,string\ndiscriminator,data,u32\npasscode,data,u32\napp,namespace,\n\
         firmware_key,data,hex2bin\nnote,data,string\nsite,data,string,REPEAT\nnumber,data,i32\nblob,file,binary\n",
    );
    write(
        "mfg_m.csv",
        "\u{feff}id;serial-num;discriminator;passcode;firmware_key;note;site;number;blob\r\n\
         1;A1;1234;20202021;1a2b3c;\"two\n\nlines\";here;-101;CD.der\r\n\
         2;A2;1235;12345679;1a2b3d;\"a;b\";here;102;CD.der\r\n\
         3;A3;0;1;1a2b3e;x;;2147483647;CD.der\r\n\r\n",
    );
    let csv = ["--enable-rotating-device-id", "--csv", "mfg.csv", "--mcsv", "mfg_m.csv"];
    let output = run(folder.path(), &[&["-n", "10"], &LIGHT[..], &csv].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let warning = "warning: mfg_m.csv has 3 rows, so 3 devices are made instead of the 10 of --count";
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    let top = folder.path().join("out/131b_1000");
    let mut made = devices(&top)
        .iter()
        .map(|device| check_device(device))
        .collect::<Vec<_>>();
    made.sort_by_key(|(record, _)| record.product.serial_number.as_ref().unwrap().to_string());
    let summary = made
        .iter()
        .map(|(record, passcode)| (record.discriminator().get(), *passcode))
        .collect::<Vec<_>>();
    assert_eq!(summary, [(1234, 20_202_021), (1235, 12_345_679), (0, 1)]);
    let ids = made
        .iter()
        .map(|(record, _)| *record.rotating_id.as_ref().unwrap().expose_bytes());
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 3);

    let values = |row: usize| {
        let entries = made[row].0.entries().iter();
        entries
            .map(|entry| format!("{}/{} {:?}", entry.namespace, entry.key, entry.value))
            .collect::<Vec<_>>()
    };
    assert_eq!(values(0).len(), 5, "a passcode is no key of the device");
    assert_eq!(
        made[0].0.entries()[1].value,
        esp_nvs_image::OwnedValue::Str("two\n\nlines".into())
    );
    let site = |row: usize| made[row].0.entries()[2].value.clone();
    assert_eq!(
        [site(0), site(1), site(2)],
        ["here"; 3].map(|s| esp_nvs_image::OwnedValue::Str(s.into()))
    );
    assert_eq!(made[0].0.entries()[3].value, esp_nvs_image::OwnedValue::from(-101_i32));
    let declaration = fs::read(folder.path().join("CD.der")).unwrap();
    assert_eq!(
        made[0].0.entries()[4].value,
        esp_nvs_image::OwnedValue::Blob(declaration)
    );
}

#[test]
fn documented_pai_signs_a_certificate_for_each_device() {
    let folder = workplace("0xFFF2", "0x8001");
    let arguments =
        "-n 5 -v 0xFFF2 -p 0x8001 --pai -k PAI-Key.pem -c PAI-Cert.pem -cd CD.der --hw-ver 1 --hw-ver-str v1";
    let names = ["--vendor-name", "test vendor", "--product-name=test product"];
    let output = run(
        folder.path(),
        &[&arguments.split(' ').collect::<Vec<_>>()[..], &names].concat(),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let top = folder.path().join("out/fff2_8001");
    let made = devices(&top);
    assert_eq!(made.len(), 5);
    for device in &made {
        let (record, _) = check_device(device);
        assert!(record.credentials().is_some());
        let names = fs::read_dir(device.join("internal")).unwrap();
        let names = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<BTreeSet<_>>();
        let expected = [
            "CD.der",
            "DAC_cert.der",
            "DAC_cert.pem",
            "DAC_key.der",
            "DAC_key.pem",
            "DAC_private_key.bin",
            "DAC_public_key.bin",
            "PAI_cert.der",
            "partition.csv",
        ];
        assert!(names.iter().eq(expected.iter()), "{names:?}");
    }
    let table = |prefix: &str| {
        let entries = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
        let found = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
        rows(&found.collect::<Vec<_>>()[0])
    };
    let dacs = table("cn_dacs-");
    assert_eq!(dacs[0], ["CN", "certs"]);
    assert_eq!(dacs.len(), 6);
    for row in &dacs[1..] {
        assert_eq!(
            Certificate::from_pem(&row[1]).unwrap().common_name(),
            Some(row[0].as_str())
        );
        assert!(top.join(&row[0]).is_dir());
    }
    let summary = table("summary-");
    let header = "discriminator,iteration-count,salt,vendor-id,vendor-name,product-id,product-name,hardware-ver,\
                  hw-ver-str,serial-num,dac-cert,dac-key,dac-pub-key,pai-cert,verifier,cert-dclrn,pincode,qrcode,manualcode";
    assert_eq!(summary[0].join(","), header);
    for row in &summary[1..] {
        let dac = row[10].strip_suffix("/internal/DAC_cert.der").unwrap();
        let codes = rows(&file_named(&top.join(dac), "-onb_codes.csv"));
        assert_eq!(
            [&row[17], &row[18], &row[0], &row[16]],
            [&codes[1][0], &codes[1][1], &codes[1][2], &codes[1][3]]
        );
    }
    let staging = rows(&top.join("staging/pin_disc.csv"));
    assert_eq!(staging.len(), 6);
    assert_eq!(rows(&top.join("staging/master.csv")).len(), 6);
}

#[cfg(unix)]
#[test]
fn everything_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    fn check(path: &Path, count: &mut u32) {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        *count += 1;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            for entry in fs::read_dir(path).unwrap() {
                check(&entry.unwrap().path(), count);
            }
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(
        run(
            folder.path(),
            &["--test-pki", "-v", "0xFFF1", "-p", "0x8000", "-n", "2"]
        )
        .status
        .success()
    );
    let mut count = 0;
    check(&folder.path().join("out"), &mut count);
    assert!(count > 30, "{count} files and folders");
}

#[test]
fn test_pki_is_made_once_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--test-pki", "-v", "0xFFF1", "-p", "0x8000", "-cn", "Own"];
    let first = run(folder.path(), &arguments);
    assert!(first.status.success(), "{}", stderr(&first));
    let pki = folder.path().join("out/test-pki");
    let pai = fs::read(pki.join("PAI_cert.pem")).unwrap();
    assert_eq!(Certificate::decode(&pai).unwrap().common_name(), Some("Own PAI 00"));
    for file in ["PAA_cert.pem", "PAA_key.pem", "PAI_key.pem", "CD.der"] {
        assert!(pki.join(file).is_file(), "{file}");
    }
    let paa = Certificate::decode(&fs::read(pki.join("PAA_cert.pem")).unwrap()).unwrap();
    Certificate::decode(&pai).unwrap().verify_issued_by(&paa).unwrap();
    assert!(String::from_utf8(first.stdout).unwrap().contains("not for products"));

    let again = run(folder.path(), &arguments);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(
        fs::read(pki.join("PAI_cert.pem")).unwrap(),
        pai,
        "the second run uses the first one's PKI"
    );
    let top = folder.path().join("out/fff1_8000");
    assert_eq!(devices(&top).len(), 2);
    let count = |prefix: &str| {
        let entries = fs::read_dir(&top).unwrap();
        entries
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .starts_with(prefix)
            })
            .count()
    };
    assert_eq!((count("summary-"), count("test-run-"), count("cn_dacs-")), (2, 2, 2));
    assert_eq!(count("."), 0, "nothing half-written is left");

    let other = run(
        folder.path(),
        &["--test-pki", "-v", "0xFFF1", "-p", "0x8000", "-cn", "Other"],
    );
    assert_eq!(other.status.code(), Some(2));
    assert!(
        stderr(&other).contains(": was not made for vendor"),
        "{}",
        stderr(&other)
    );
    assert_eq!(devices(&top).len(), 2);
}

#[test]
fn options_are_understood_as_the_vendor_spells_them() {
    let folder = workplace("0xFFF2", "0x8001");
    let arguments = "-v 65522 -p 32769 --pai -k PAI-Key.pem -c PAI-Cert.pem -cd=CD.der -cf 2 -dm 6 -lt 365 -vf 2027-01-02 \
                     --discriminator 0 --size 0x4000 --iteration-count 1000";
    let output = run(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
    assert!(output.status.success(), "{}", stderr(&output));
    let [device] = &devices(&folder.path().join("out/fff2_8001"))[..] else {
        unreachable!("one device")
    };
    let (record, _) = check_device(device);
    assert_eq!(record.discriminator().get(), 0, "--discriminator 0 is zero");
    assert_eq!(record.parameters().iterations.get(), 1000);
    assert_eq!(
        fs::metadata(file_named(device, "-partition.bin")).unwrap().len(),
        0x4000
    );
    let dac = record.credentials().unwrap().dac();
    assert_eq!(dac.not_before().to_string(), "2027-01-02T00:00:00Z");
    assert_eq!(dac.not_after().to_string(), "2028-01-02T00:00:00Z");
    let codes = rows(&file_named(device, "-onb_codes.csv"));
    let label: SetupPayload = codes[1][0].parse().unwrap();
    assert_eq!((label.flow().get(), label.discovery().get()), (2, 6));
    assert_eq!(codes[1][1].len(), 27, "21 digits in groups, in one line");
}

#[test]
fn help_and_version_are_there() {
    let folder = tempfile::tempdir().unwrap();
    for (argument, needle) in [
        ("--help", "99999998 except twelve trivial ones"),
        ("-h", "--vendor-id"),
        ("--version", "matter-mfg 0."),
    ] {
        let output = run(folder.path(), &[argument]);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8(output.stdout).unwrap().contains(needle), "{argument}");
    }
    let output = run(folder.path(), &["-v", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("missing: --product-id <ID>"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn output_that_cannot_be_made_is_found_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), b"in the way").unwrap();
    for outdir in ["file/out", "file", "file/out/deeper"] {
        let output = run(folder.path(), &["-v", "1", "-p", "1", "--outdir", outdir]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(&format!("error: --outdir {outdir}: ")), "{message}");
    }
    assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"in the way");
}

#[test]
fn declaration_for_another_product_is_refused_unless_it_is_allowed() {
    let folder = workplace("0xFFF2", "0x8001");
    let arguments = ["-v", "0xFFF2", "-p", "0x8002", "-cd", "CD.der", "--allow-cd-mismatch"];
    let output = run(folder.path(), &arguments[..6]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--allow-cd-mismatch"), "{}", stderr(&output));
    let output = run(folder.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("warning: --cert-dclrn: the declaration does not cover"),
        "{}",
        stderr(&output)
    );
}
