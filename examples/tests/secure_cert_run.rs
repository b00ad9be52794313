//! Devices of `matter-mfg` with an `esp_secure_cert` partition.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/workplace.rs"]
mod workplace;

use std::fs;
use std::path::{Path, PathBuf};

use esp_secure_cert::{Image, RecordType, Subtype};
use matter_attestation::PrivateKey;
use matter_factory_data::{DacKeyStorage, DeviceRecord, Place, StorageLayout};
use workplace::{run, stderr, workplace};

const ALL: &str = "--dac-in-secure-cert --commissionable-data-in-secure-cert --rd-id-uid-in-secure-cert";

/// Runs with a PAI, and returns the output and the output folder.
fn made(folder: &Path, outdir: &str, options: &str) -> (String, PathBuf) {
    let line = format!(
        "-v 0xFFF2 -p 0x8001 --pai -c PAI-Cert.pem -k PAI-Key.pem -cd CD.der --iteration-count 1000 --outdir {outdir} \
         {options}"
    );
    let output = run(folder, &line.split_whitespace().collect::<Vec<_>>());
    let message = stderr(&output);
    assert!(output.status.success(), "{message}");
    (message, folder.join(outdir).join("fff2_8001"))
}

/// Returns the folders of devices.
fn devices(top: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(top).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().len() == 36).collect()
}

fn file(device: &Path, suffix: &str) -> Vec<u8> {
    let uuid = device.file_name().unwrap().to_str().unwrap();
    fs::read(device.join(format!("{uuid}{suffix}"))).unwrap()
}

/// Reads a device's record and layout from its images.
fn read<'a>(nvs: &[u8], secure_cert: &'a [u8]) -> (DeviceRecord, StorageLayout<'a>) {
    DeviceRecord::decode(nvs, Some(secure_cert)).unwrap()
}

fn table(top: &Path, prefix: &str) -> Vec<Vec<String>> {
    let entries = fs::read_dir(top).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
    let [path] = &found.collect::<Vec<_>>()[..] else {
        unreachable!("one {prefix}")
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    let rows = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    names.sort();
    names
}

#[test]
fn credentials_are_in_the_secure_cert_partition() {
    let folder = workplace("0xFFF2", "0x8001");
    let (_, top) = made(
        folder.path(),
        "out",
        "-n 3 --dac-in-secure-cert --enable-rotating-device-id",
    );
    let summary = table(&top, "summary-");
    // The columns of esp-matter-mfg-tool 1.0.29.
    let header = "discriminator,iteration-count,salt,vendor-id,product-id,rd-id-uid,serial-num,verifier,cert-dclrn,\
                  pincode,qrcode,manualcode";
    assert_eq!(summary[0].join(","), header);
    assert_eq!(devices(&top).len(), 3);
    for device in devices(&top) {
        let secure_cert = file(&device, "_esp_secure_cert.bin");
        let (record, layout) = read(&file(&device, "-partition.bin"), &secure_cert);
        assert_eq!(
            (layout.attestation(), layout.commissionable_data()),
            (Place::SecureCert, Place::Nvs)
        );
        let credentials = record.credentials().unwrap();
        assert_eq!(credentials.dac().common_name(), device.file_name().unwrap().to_str());
        let key = fs::read(device.join("internal/DAC_key.der")).unwrap();
        assert_eq!(*credentials.key().unwrap().to_sec1_der(), key);
        assert!(record.declaration.is_some() && record.rotating_id.is_some());
        let kinds = Image::new(&secure_cert).records().map(|record| record.unwrap().kind());
        let expected = [RecordType::DEV_CERT, RecordType::CA_CERT, RecordType::PRIV_KEY];
        assert!(kinds.eq(expected), "as the vendor's test case 33 asks for");
        let partition = fs::read_to_string(device.join("internal/partition.csv")).unwrap();
        assert!(
            partition.contains("cert-dclrn") && !partition.contains("dac-"),
            "{partition}"
        );
    }
}

#[test]
fn everything_is_in_the_secure_cert_partition() {
    let folder = workplace("0xFFF2", "0x8001");
    let id = "c0398f4980b07c9460f71c5421e1a3c5";
    let given = format!("{ALL} --passcode 20202021 --discriminator 3840 --serial-num S --rd-id-uid {id}");
    let (_, top) = made(folder.path(), "given", &given);
    let [device] = &devices(&top)[..] else {
        unreachable!("one device")
    };
    let secure_cert = file(device, "_esp_secure_cert.bin");
    let (record, layout) = read(&file(device, "-partition.bin"), &secure_cert);
    assert_eq!(
        (layout.commissionable_data(), layout.rotating_id()),
        (Place::SecureCert, Place::SecureCert)
    );
    assert_eq!(record.discriminator().get(), 3840);
    let records = Image::new(&secure_cert).records().map(Result::unwrap);
    let found = records
        .map(|record| (record.kind().code(), record.subtype()))
        .collect::<Vec<_>>();
    let matter = [0, 1, 2, 3, 4, 128, 129].map(|subtype| (201, subtype));
    assert_eq!(found, [&[(1, 0), (0, 0), (2, 0)], &matter[..]].concat());

    let summary = table(&top, "summary-");
    // The columns of esp-matter-mfg-tool 1.0.29.
    let header = "vendor-id,product-id,serial-num,cert-dclrn,pincode,qrcode,manualcode,discriminator,iteration-count,\
                  salt,rd-id-uid";
    assert_eq!(summary[0].join(","), header);
    let salt = record.parameters().salt.to_base64();
    assert_eq!(summary[1][7..], ["3840", "1000", salt.as_str(), id]);
    let pins = table(&top.join("staging"), "pin_disc.csv");
    assert_eq!(
        pins[0].join(","),
        "Index,PIN Code,Iteration Count,Salt,Verifier,Discriminator"
    );
    let verifier = record.verifier().unwrap().to_base64();
    assert_eq!(
        pins[1],
        ["0", "20202021", "1000", salt.as_str(), verifier.as_str(), "3840"]
    );
    let master = table(&top.join("staging"), "master.csv");
    assert_eq!(master[0].join(","), "vendor-id,product-id,serial-num,cert-dclrn");

    // Values that are not given are drawn for each device.
    let (_, top) = made(folder.path(), "drawn", &format!("{ALL} -n 2"));
    let images = devices(&top)
        .iter()
        .map(|device| file(device, "_esp_secure_cert.bin"))
        .collect::<Vec<_>>();
    for subtype in [1, 2, 4, 128, 129] {
        let data = images.iter().map(|image| {
            let record = Image::new(image).find(RecordType::MATTER_1, Subtype::new(subtype).unwrap());
            record.unwrap().unwrap().data().to_vec()
        });
        let data = data.collect::<Vec<_>>();
        assert_ne!(data[0], data[1], "{subtype}");
        assert!(data[0].iter().any(|byte| *byte != 0), "{subtype}");
    }
}

#[test]
fn key_for_an_efuse_is_in_a_file_of_its_own() {
    let folder = workplace("0xFFF2", "0x8001");
    let chips = [
        ("esp32h2", 0, 4),
        ("esp32p4", 5, 9),
        ("ESP32C5", 2, 6),
        ("esp32c61", 3, 7),
        ("esp32s31", 4, 8),
    ];
    for (target, id, block) in chips {
        let options = format!("--dac-in-secure-cert -ds --target {target} --efuse-key-id {id}");
        let (message, top) = made(folder.path(), target, &options);
        assert!(!message.contains("warning"), "{message}");
        let [device] = &devices(&top)[..] else {
            unreachable!("one device")
        };
        let secure_cert = file(device, "_esp_secure_cert.bin");
        let (record, layout) = read(&file(device, "-partition.bin"), &secure_cert);
        assert!(
            matches!(layout.key(), DacKeyStorage::EfuseEcdsa(key) if key.block() == block),
            "{target}"
        );
        let credentials = record.credentials().unwrap();
        assert!(credentials.key().is_none());
        let key = PrivateKey::decode(&fs::read(device.join("internal/efuse_key.pem")).unwrap()).unwrap();
        assert_eq!(key.public_key(), credentials.dac().public_key());
        let expected = [
            "CD.der",
            "DAC_cert.der",
            "DAC_cert.pem",
            "DAC_public_key.bin",
            "PAI_cert.der",
            "efuse_key.pem",
            "partition.csv",
        ];
        assert_eq!(names(&device.join("internal")), expected);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&device.join("internal/efuse_key.pem")), 0o600);
            let uuid = device.file_name().unwrap().to_str().unwrap();
            assert_eq!(mode(&device.join(format!("{uuid}_esp_secure_cert.bin"))), 0o600);
        }
    }
}

/// The vendor's test cases 36 and 62 expect devices.
#[test]
fn options_without_effect_are_warned_about() {
    let folder = workplace("0xFFF2", "0x8001");
    let cases = [
        (
            "--efuse-key-id 1",
            "warning: --efuse-key-id: has no effect without --ds-peripheral",
        ),
        ("--no-secure-cert-bin --efuse-key-id=-1 --target esp32c3", ""),
    ];
    for (number, (options, warning)) in cases.iter().enumerate() {
        let (message, top) = made(folder.path(), &number.to_string(), options);
        assert!(
            message.contains(warning) && message.contains("warning") != warning.is_empty(),
            "{options}: {message}"
        );
        let [device] = &devices(&top)[..] else {
            unreachable!("one device")
        };
        let record = DeviceRecord::decode_nvs(&file(device, "-partition.bin")).unwrap();
        assert!(record.credentials().unwrap().key().is_some());
        assert_eq!(names(device).len(), 4, "codes, picture, partition and internal");
    }
}

#[test]
fn sufficient_size_depends_on_the_nvs_contents() {
    let folder = workplace("0xFFF2", "0x8001");
    fs::write(folder.path().join("c.csv"), "app,namespace,\nblob,data,binary\n").unwrap();
    let fits = |len: usize, options: &str| {
        fs::write(folder.path().join("v.csv"), format!("blob\n{}\n", "x".repeat(len))).unwrap();
        let fixed = "-v 0xFFF2 -p 0x8001 --pai -c PAI-Cert.pem -k PAI-Key.pem --iteration-count 1000 -s 0x3000";
        let line = format!("{fixed} --csv c.csv --mcsv v.csv {options}");
        let output = run(folder.path(), &line.split_whitespace().collect::<Vec<_>>());
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 2)), "{}", stderr(&output));
        code == Some(0)
    };
    let longest = |options: &str| {
        let (mut fitting, mut too_long) = (1, 8192);
        while too_long - fitting > 32 {
            let middle = usize::midpoint(fitting, too_long);
            if fits(middle, options) {
                fitting = middle;
            } else {
                too_long = middle;
            }
        }
        fitting
    };
    let [nvs, dac, all] = ["", "--dac-in-secure-cert", ALL].map(longest);
    // Certificates and keys take more than 1000 bytes, the rest a few hundred.
    assert!(nvs + 1000 < dac && dac + 200 < all, "{nvs}, {dac}, {all}");
}
