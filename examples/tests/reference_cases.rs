//! The 66 cases with which the vendor tests `esp-matter-mfg-tool` (esp-matter-tools,
//! `mfg_tool/test_data/test_integration_inputs.json`, by their numbers there), and later ones, in our words.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/made.rs"]
mod made;
#[path = "support/workplace.rs"]
mod workplace;

use std::collections::BTreeSet;
use std::fs;

use esp_nvs_image::{NvsKeys, OwnedValue, decrypt};
use made::Made;
use matter_attestation::{Certificate, PrivateKey};
use matter_factory_data::{DeviceRecord, HardwareVersion};
use workplace::{run, stderr};

/// The expected result of a case.
enum Expected {
    /// Exit code 0, a number of devices with certificates, and further checks.
    Devices(usize, fn(&Made)),
    /// The same without certificates.
    Bare(usize, fn(&Made)),
    /// Exit code 2, one message with these words, nothing written.
    Refused(&'static [&'static str]),
}
use Expected::{Bare, Devices, Refused};

const PAI: &str = "-v 0xFFF2 -p 0x8001 --pai -k pai-key.pem -c pai-cert.pem -cd CD.der";
const SUPPLIED: &str = "-v 0xFFF2 -p 0x8001 --pai -c pai-cert.pem -cd CD.der";
const PAA: &str = "-v 0xFFF2 -p 0x8001 --paa -k paa-key.pem -c paa-cert.pem -cd CD.der";
const OTHER: &str = "-v 0x1001 -p 0x1001 --paa -k paa-key.pem -c paa-cert.pem -cd CD.der";
const IDS: &str = "-v 0xFFF2 -p 0x8001";
/// Salt of the passcode 20202021 with 20000 iterations.
const SALT: &str = "V2QKkHqfnRuSmj1m/1ZcYNwoAfhl5sihnkdYmHQahuM=";
const VERIFIER: &str = "UiGpbqdFJsfa/Q06gfG2gALX3kHZ0vh74obA66HXxoMEYG3ymghhkZccIRNBCyM8dJXM9HqPDF29uybbgC+PSM9qAkdHkB7cYaAkiUe1bCgEj9y9LDtqDq6fYsg12BFq2A==";

/// Number, common arguments, further arguments separated by `|`, and the result.
#[rustfmt::skip]
const CASES: &[(u32, &str, &str, Expected)] = &[
    (1, PAI, "", Devices(1, |_| {})),
    (2, "-v 0x4d2 -p 0xb --paa -c paa-cert.pem -k paa-key.pem", "", Devices(1, |made| {
        assert!(made.top.ends_with("4d2_b"), "the folder's name has no zeros");
        let dac = made.record(0);
        let dac = dac.credentials().unwrap().dac().subject_der();
        assert!(dac.windows(4).any(|w| w == b"04D2") && dac.windows(4).any(|w| w == b"000B"), "the certificate's ids have");
    })),
    (3, "-v 0x4d2 -p 0xb --paa -c paa-cert.pem -k paa-key.pem", "--dac-in-secure-cert|--target|esp32h2", Devices(1, |made| {
        assert_eq!(made.secure_cert(0), ["1/0:DER", "0/0:DER", "2/0:121"]);
        assert!(!made.entries(0).iter().any(|entry| entry.starts_with("dac-") || entry.starts_with("pai-")));
    })),
    (4, PAI, "-n|5", Devices(5, |made| assert_eq!(made.table("cn_dacs-").len(), 6))),
    (5, SUPPLIED, "--dac-key|dac-key.pem|--dac-cert|dac-cert.pem", Devices(1, |made| {
        assert_eq!(made.uuid(0), chain::UUID);
        assert_eq!(*made.record(0).credentials().unwrap().key().unwrap().expose_scalar(), [4; 32]);
    })),
    (6, PAI, "--passcode|20202021|--discriminator|3840|--enable-rotating-device-id|--rd-id-uid|d2f351f57bb9387445a5f92a601d1c14", Devices(1, |made| {
        let id = made.record(0).rotating_id.unwrap();
        assert_eq!(id.expose_bytes()[..4], [0xD2, 0xF3, 0x51, 0xF5]);
        assert_eq!(made.codes(0)[2..], ["3840", "20202021"]);
    })),
    (7, PAI, "--csv|extra.csv|--mcsv|extra_values.csv", Devices(2, |made| {
        for device in 0..2 {
            let (record, label) = (made.record(device), made.label(device));
            assert!([1234, 1235].contains(&label.discriminator().get()), "the label has the column's discriminator");
            assert!(record.product.serial_number.unwrap().as_str().starts_with("SN-"));
            assert_eq!(made.entries(device).last().unwrap(), "api_key=1a2b3c");
        }
    })),
    (8, IDS, "-cd|CD.der", Bare(1, |made| assert!(made.record(0).declaration.is_some()))),
    (9, PAI, "--outdir|elsewhere/out", Devices(1, |made| assert!(made.top.ends_with("elsewhere/out/fff2_8001")))),
    (11, PAI, "--csv|lines.csv|--mcsv|lines_values.csv", Devices(1, |made| {
        let record = made.record(0);
        assert_eq!(record.entries()[0].value, OwnedValue::Str("first\n\nthird".into()));
        // A key of a cloud, which the audit of the run does not report as a leak.
        let key = fs::read(made.top.join("../../cloud-key.pem")).unwrap();
        assert!(record.entries()[2].value == OwnedValue::Blob(key));
    })),
    (12, SUPPLIED, "--dac-key|dac-plain-key.der|--dac-cert|dac-plain-cert.der", Devices(1, |made| {
        assert_eq!(made.record(0).credentials().unwrap().dac().common_name(), Some("Plain DAC"));
        assert_eq!(made.table("cn_dacs-")[1][0], "Plain DAC");
    })),
    (13, SUPPLIED, "--dac-key=dac-key.der|--dac-cert=dac-cert.pem", Devices(1, |made| assert_eq!(made.uuid(0), chain::UUID))),
    (14, SUPPLIED, "--dac-key|paa-key.pem|--dac-cert|paa-cert.pem", Refused(&["--dac-cert", "authority"])),
    (15, SUPPLIED, "--dac-key|dac-other-key.pem|--dac-cert|dac-other-cert.pem", Refused(&["--dac-cert", "not signed by the PAI"])),
    (16, PAA, "-cn|My bulb", Devices(1, |made| {
        assert_eq!(made.record(0).credentials().unwrap().pai().common_name(), Some("My bulb PAI 00"));
        for file in ["pai_cert.pem", "pai_key.pem", "pai_cert.der"] {
            assert!(made.top.join("staging").join(file).is_file(), "{file}");
        }
    })),
    // Refused by 1.0.23 and accepted by 1.0.29, since the firmware reads it.
    (17, PAA, "-cn|My bulb|--mfg-date|2002-02-02", Devices(1, |made| {
        assert_eq!(made.record(0).product.manufacturing_date.unwrap().as_str(), "2002-02-02");
    })),
    (18, "-v 0xFFF2 -p 0x8001 --paa -k dac-key.pem -c paa-cert.pem -cd CD.der", "-cn|My bulb", Refused(&["--key", "--cert"])),
    (19, "-v 0x1001 -p 0x1001 --pai -c pai-cert.pem -k pai-key.pem -cd CD.der", "", Refused(&["--cert", "0xFFF2", "0x1001"])),
    (20, PAI, "-vf|2001-01-01T00:00:00|--lifetime|1000", Refused(&["--valid-from", "2001-01-01"])),
    (21, PAI, "-ds|--target|esp32c3|--dac-in-secure-cert|--efuse-key-id|1", Refused(&["--ds-peripheral", "esp32c3", "esp32h2"])),
    (22, PAI, "-ds|--target|esp32h2|--dac-in-secure-cert", Refused(&["--ds-peripheral", "--efuse-key-id"])),
    // The vendor's tool puts the key into NVS in plain text, and the case expects a device.
    (23, PAI, "-ds|--target|esp32h2|--efuse-key-id|1", Refused(&["--ds-peripheral", "--dac-in-secure-cert"])),
    (24, OTHER, "--port|/dev/ttyUSB0|-n|3", Refused(&["--port", "single chip"])),
    // Their declaration is for another product, which is accepted only on request.
    (25, OTHER, "-n|5", Refused(&["--cert-dclrn", "0x1001", "--allow-cd-mismatch"])),
    (25, OTHER, "-n|5|-cn|My bulb|--allow-cd-mismatch", Devices(5, |made| assert!(made.top.ends_with("1001_1001")))),
    // The vendor's tool ignores an unused port.
    (26, OTHER, "--port|/dev/ttyUSB0|--allow-cd-mismatch", Refused(&["--port", "esptool"])),
    (27, "-v 0xFFF1 -p 0x8001", "--vendor-name|Test Vendor,LLC|--product-name|Test Product", Bare(1, |made| {
        assert_eq!(made.record(0).product.vendor_name.unwrap().as_str(), "Test Vendor,LLC");
        assert_eq!(made.table("summary-")[1][4], "Test Vendor,LLC");
        assert!(made.entries(0).contains(&"vendor-name=Test Vendor,LLC".into()));
    })),
    (28, PAI, "--commissionable-data-in-secure-cert", Refused(&["--commissionable-data-in-secure-cert", "--dac-in-secure-cert"])),
    (29, PAI, "--rd-id-uid-in-secure-cert|--enable-rotating-device-id", Refused(&["--rd-id-uid-in-secure-cert", "--dac-in-secure-cert"])),
    (30, PAI, "--dac-in-secure-cert|--rd-id-uid-in-secure-cert|--enable-rotating-device-id", Refused(&["--commissionable-data-in-secure-cert"])),
    (31, PAI, "--dac-in-secure-cert|--commissionable-data-in-secure-cert", Refused(&["--rd-id-uid-in-secure-cert"])),
    (32, PAI, "--rd-id-uid-in-secure-cert|--commissionable-data-in-secure-cert", Refused(&["--dac-in-secure-cert"])),
    (33, PAI, "--dac-in-secure-cert", Devices(1, |made| assert_eq!(made.secure_cert(0), ["1/0:DER", "0/0:DER", "2/0:121"]))),
    (34, PAI, "--dac-in-secure-cert|--commissionable-data-in-secure-cert|--rd-id-uid-in-secure-cert|--enable-rotating-device-id", Devices(1, |made| {
        let expected = ["1/0:DER", "0/0:DER", "2/0:121", "201/0:2", "201/1:97", "201/2:32", "201/3:4", "201/4:16", "201/128:32", "201/129:32"];
        assert_eq!(made.secure_cert(0), expected);
    })),
    (35, PAI, "--dac-in-secure-cert|-ds|--target|esp32h2|--efuse-key-id|1|--port|/dev/ttyUSB0", Refused(&["--port", "espefuse"])),
    (36, PAI, "--no-secure-cert-bin", Devices(1, |made| assert!(!made.path(0, "_esp_secure_cert.bin").exists()))),
    // The vendor's tool makes a device whose certificate and key are in no partition.
    (37, PAI, "--dac-in-secure-cert|--no-secure-cert-bin", Refused(&["--no-secure-cert-bin", "no partition"])),
    (38, IDS, "--passcode|20202021|--salt|SALT", Refused(&["--salt", "--verifier"])),
    (39, IDS, "--passcode|20202021|--verifier|VERIFIER", Refused(&["--verifier", "--salt"])),
    (40, IDS, "--salt|SALT|--verifier|VERIFIER", Refused(&["--salt", "--passcode"])),
    (41, IDS, "--passcode|20202021|--salt|SALT|--verifier|VERIFIER|--enable-dynamic-passcode", Refused(&["--salt", "--enable-dynamic-passcode"])),
    (42, IDS, "--passcode|20202022|--salt|SALT|--verifier|VERIFIER|--iteration-count|20000", Refused(&["--verifier", "does not belong"])),
    (43, IDS, "--iteration-count|999", Refused(&["--iteration-count", "1000..=100000"])),
    (44, IDS, "--iteration-count|100001", Refused(&["--iteration-count", "1000..=100000"])),
    (45, PAI, "--passcode|20202021|--discriminator|3840|--salt|SALT|--verifier|VERIFIER|--iteration-count|20000", Devices(1, |made| {
        let entries = made.entries(0);
        for entry in [format!("salt={SALT}"), format!("verifier={VERIFIER}"), "iteration-count=20000".into()] {
            assert!(entries.contains(&entry), "{entry}");
        }
    })),
    (46, PAI, "-s|0x4000", Devices(1, |made| assert_eq!(made.image(0).len(), 0x4000))),
    (48, PAI, "--log-level|debug", Devices(1, |_| {})),
    (49, PAI, "--vendor-name|Espressif Systems|--product-name|Matter Device|--hw-ver|2|--hw-ver-str|v2.0|--serial-num|SN123456789", Devices(1, |made| {
        let record = made.record(0);
        assert_eq!(record.product.vendor_name.unwrap().as_str(), "Espressif Systems");
        assert_eq!(record.product.serial_number.unwrap().as_str(), "SN123456789");
        assert_eq!(record.product.hardware_version, Some(HardwareVersion::new(2)));
    })),
    (50, PAI, "--mfg-date|20240115testdata", Devices(1, |made| {
        assert_eq!(made.record(0).product.manufacturing_date.unwrap().as_str(), "20240115testdata");
    })),
    (51, PAI, "--serial-num|ABC123XYZ|--product-label|Smart Device|--product-url|https://espressif.com|--part-number|ESP-MAT-001", Devices(1, |made| {
        let record = made.record(0);
        assert_eq!(record.product.product_label.unwrap().as_str(), "Smart Device");
        assert_eq!(record.product.product_url.unwrap().as_str(), "https://espressif.com");
        assert_eq!(record.product.part_number.unwrap().as_str(), "ESP-MAT-001");
    })),
    (52, PAI, "--passcode|12345679|--discriminator|2048|--iteration-count|20000", Devices(1, |made| {
        assert_eq!(made.codes(0)[2..], ["2048", "12345679"]);
        assert_eq!(made.record(0).parameters().iterations.get(), 20_000);
    })),
    (53, PAI, "-cf|1", Devices(1, |made| {
        assert_eq!(made.label(0).flow().get(), 1);
        assert!(made.codes(0)[1].len() > 21 && !made.codes(0)[1].contains('\n'), "21 digits in one line");
    })),
    (54, PAI, "-dm|6", Devices(1, |made| assert_eq!(made.label(0).discovery().get(), 6))),
    (56, PAI, "--rd-id-uid|1234567890abcdef1234567890abcdef|--enable-rotating-device-id", Devices(1, |made| {
        assert!(made.entries(0).contains(&"rd-id-uid=1234567890abcdef1234567890abcdef".into()));
    })),
    (57, PAI, "--calendar-types|Indian|Buddhist|--product-finish|other|--product-color|black", Devices(1, |made| {
        for entry in ["cal-types=65", "product-finish=0", "product-color=0"] {
            assert!(made.entries(0).contains(&entry.into()), "{entry}");
        }
    })),
    (58, PAI, "--locales=en-US|en-GB|fr-FR", Devices(1, |made| {
        let entries = made.entries(0);
        assert_eq!(entries[entries.len() - 4..], ["locale-sz=3", "locale/0=en-US", "locale/1=en-GB", "locale/2=fr-FR"]);
    })),
    (59, PAI, "--fixed-labels|0/orientation/up|1/orientation/down", Devices(1, |made| {
        let entries = made.entries(0);
        let expected = ["fl-sz/0=1", "fl-k/0/0=orientation", "fl-v/0/0=up", "fl-sz/1=1", "fl-k/1/0=orientation", "fl-v/1/0=down"];
        assert_eq!(entries[entries.len() - 6..], expected);
    })),
    (60, PAI, r"--supported-modes|0/RapidCool/1/7\0, 8\0|1/RapidFreeze/1/7\0", Devices(1, |made| {
        let entries = made.entries(0);
        let expected = [
            "sm-sz/1=2", "sm-label/1/0=RapidCool", "sm-mode/1/0=0", "sm-st-sz/1/0=2", "st-v/1/0/0=7", "st-mfg/1/0/0=0",
            "st-v/1/0/1=8", "st-mfg/1/0/1=0", "sm-label/1/1=RapidFreeze", "sm-mode/1/1=1", "sm-st-sz/1/1=1",
            "st-v/1/1/0=7", "st-mfg/1/1/0=0",
        ];
        assert_eq!(entries[entries.len() - 13..], expected);
    })),
    (61, PAI, "--efuse-key-id|6", Refused(&["--efuse-key-id", "0 to 5"])),
    (62, PAI, "--efuse-key-id|1", Devices(1, |_| {})),
    (63, PAI, "--calendar-types|Indian|Gregorian", Devices(1, |made| assert!(made.entries(0).contains(&"cal-types=80".into())))),
    (64, PAI, "--fixed-labels|0/orientation/up|0/orientation/down", Devices(1, |made| {
        let entries = made.entries(0);
        assert_eq!(entries[entries.len() - 5..][0], "fl-sz/0=2");
        assert_eq!(entries[entries.len() - 1], "fl-v/0/1=down");
    })),
    (65, PAI, "--supported-modes|0/label1/1|1/label2/1", Devices(1, |made| assert_eq!(made.record(0).supported_modes.len(), 2))),
    (66, PAI, "--locales|en-US|en-GB", Devices(1, |made| assert_eq!(made.record(0).locales.len(), 2))),
    (67, PAI, "--mqtt-host|mqtt.rainmaker.espressif.com", Devices(1, |made| {
        let record = made.record(0);
        let entry = &record.entries()[0];
        assert_eq!((entry.namespace.as_str(), entry.key.as_str()), ("rmaker_creds", "mqtt_host"));
        assert_eq!(entry.value, OwnedValue::Str("mqtt.rainmaker.espressif.com".into()));
    })),
    (68, PAI, "-dm|34", Devices(1, |made| assert_eq!(made.label(0).discovery().get(), 34))),
    (69, IDS, "-dm|68", Refused(&["--discovery-mode", "32 (Thread)"])),
    (70, IDS, "-dm|0", Refused(&["--discovery-mode", "32 (Thread)"])),
    (71, SUPPLIED, "--dac-cert|dac-short-cert.pem|--dac-key|dac-short-key.pem", Devices(1, |_| {})),
];

/// 10, 47 and 55 have no image, an encrypted one, and no verifier.
const APART: [u32; 3] = [10, 47, 55];

fn inputs() -> (tempfile::TempDir, Certificate) {
    let folder = tempfile::tempdir().unwrap();
    chain::write(folder.path());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "extra.csv",
        "serial-num,data,string\ndiscriminator,data,u32\ncloud,namespace,\napi_key,data,hex2bin\n",
    );
    write(
        "extra_values.csv",
        "id,serial-num,discriminator,api_key\n1,SN-1,1234,1a2b3c\n2,SN-2,1235,1a2b3c\n",
    );
    write(
        "lines.csv",
        "cloud,namespace,\nnote,data,string\nother,data,u8\nclient_key,file,binary\n",
    );
    write(
        "lines_values.csv",
        "note,other,client_key\n\"first\n\nthird\",7,cloud-key.pem\n",
    );
    let cloud = PrivateKey::from_scalar(&[9; 32]).unwrap().to_pkcs8_pem().unwrap();
    write("cloud-key.pem", &cloud);
    let root = Certificate::decode(&fs::read(folder.path().join("paa-cert.pem")).unwrap()).unwrap();
    (folder, root)
}

fn arguments(common: &str, own: &str) -> Vec<String> {
    let own = own.replace("SALT", SALT).replace("VERIFIER", VERIFIER);
    let own = own
        .split('|')
        .filter(|argument| !argument.is_empty())
        .map(str::to_owned);
    common.split(' ').map(str::to_owned).chain(own).collect()
}

#[test]
fn the_reference_tool_s_cases() {
    let (folder, root) = inputs();
    for (number, common, own, expected) in CASES {
        let all = arguments(common, own);
        let mut all = all.iter().map(String::as_str).collect::<Vec<_>>();
        let outdir = format!("out{number}");
        if !own.contains("--outdir") {
            all.extend(["--outdir", &outdir]);
        }
        let output = run(folder.path(), &all);
        let message = stderr(&output);
        let (devices, root, check) = match expected {
            Refused(needles) => {
                assert_eq!(output.status.code(), Some(2), "case {number}: {message}");
                assert_eq!(message.trim_end().lines().count(), 1, "case {number}: {message}");
                for needle in *needles {
                    assert!(
                        message.contains(needle),
                        "case {number}: '{needle}' is not in: {message}"
                    );
                }
                for secret in ["20202021", "20202022", SALT, VERIFIER] {
                    assert!(!message.contains(secret), "case {number}: {message}");
                }
                assert!(
                    !folder.path().join(&outdir).exists(),
                    "case {number}: something was written"
                );
                continue;
            }
            Devices(devices, check) => (*devices, Some(&root), check),
            Bare(devices, check) => (*devices, None, check),
        };
        assert!(output.status.success(), "case {number}: {message}");
        let told = String::from_utf8(output.stdout).unwrap();
        let top = told.lines().find_map(|line| line.split_once(" in ")).unwrap().1;
        let made = Made::new(folder.path().join(top));
        assert_eq!(made.devices.len(), devices, "case {number}");
        made.check(root);
        check(&made);
    }
    let mut numbers = CASES.iter().map(|case| case.0).collect::<Vec<_>>();
    numbers.extend(APART);
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.into_iter().eq(1..=71), "every case is in one of the lists");
    let ran = CASES.iter().map(|case| case.0).collect::<BTreeSet<_>>().len();
    println!(
        "reference cases: {ran} of 71 ran here, {} in tests of their own",
        APART.len()
    );
}

#[test]
fn case_55_leaves_the_passcode_to_the_device() {
    let (folder, root) = inputs();
    let all = arguments(PAI, "--enable-dynamic-passcode");
    let output = run(folder.path(), &all.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{}", stderr(&output));
    let made = Made::new(folder.path().join("out/fff2_8001"));
    let record = made.record(0);
    assert!(record.verifier().is_none() && record.passcode().is_none());
    record.credentials().unwrap().pai().verify_issued_by(&root).unwrap();
    let names = made.entries(0);
    assert!(names.iter().any(|entry| entry.starts_with("salt=")));
    assert!(!names.iter().any(|entry| entry.starts_with("verifier=")));
    assert!(!made.path(0, "-onb_codes.csv").exists() && !made.path(0, "-qrcode.png").exists());
    let summary = made.table("summary-");
    assert!(
        !summary[0]
            .iter()
            .any(|column| column == "pincode" || column == "qrcode")
    );
}

#[test]
fn case_10_leaves_the_image_out() {
    let (folder, _) = inputs();
    let all = arguments(PAI, "--no-bin");
    let output = run(folder.path(), &all.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{}", stderr(&output));
    let made = Made::new(folder.path().join("out/fff2_8001"));
    let names = fs::read_dir(&made.devices[0])
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_str().unwrap().ends_with(".bin")));
    assert!(made.path(0, "-qrcode.png").is_file() && made.devices[0].join("internal/partition.csv").is_file());
}

#[test]
fn case_47_encrypts_each_image_with_its_own_key() {
    let (folder, root) = inputs();
    let all = arguments(PAI, "-e|-n|2");
    let output = run(folder.path(), &all.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{}", stderr(&output));
    let made = Made::new(folder.path().join("out/fff2_8001"));
    let mut partitions = Vec::new();
    for device in 0..2 {
        let mut image = made.image(device);
        assert_eq!(image.len(), 0x6000);
        assert!(
            DeviceRecord::decode_nvs(&image).is_err(),
            "nothing can be read without the key"
        );
        let keys = fs::read(made.path(device, "-keys-partition.bin")).unwrap();
        assert_eq!(keys.len(), 4096);
        decrypt(&mut image, &NvsKeys::decode(&keys).unwrap()).unwrap();
        let record = DeviceRecord::decode_nvs(&image).unwrap();
        record.credentials().unwrap().pai().verify_issued_by(&root).unwrap();
        assert_eq!(record.discriminator(), made.label(device).discriminator());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(made.path(device, "-keys-partition.bin"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        partitions.push(keys);
    }
    assert_ne!(partitions[0], partitions[1]);
}
