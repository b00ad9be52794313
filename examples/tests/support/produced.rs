//! Reads a run's output folder and its ledger.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use matter_factory_data::DeviceRecord;
use matter_setup_payload::SetupPayload;
use matter_spake2p::PaseCredential;
use matter_types::Passcode;
use rusqlite::Connection;

/// Returns the folders of devices, by the form of their names.
pub fn devices(top: &Path) -> BTreeSet<PathBuf> {
    let Ok(entries) = fs::read_dir(top) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && path.file_name().unwrap().len() == 36)
        .collect()
}

/// Reads a device back from its files: label, image, verifier and key fit together.
pub fn check(folder: &Path, verifier: bool) -> (DeviceRecord, u32) {
    let uuid = folder.file_name().unwrap().to_str().unwrap();
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let record = DeviceRecord::decode_nvs(&read(&format!("{uuid}-partition.bin"))).unwrap();
    assert!(!read(&format!("{uuid}-qrcode.png")).is_empty());
    let codes = String::from_utf8(read(&format!("{uuid}-onb_codes.csv"))).unwrap();
    let cells = codes.lines().nth(1).unwrap().split(',').collect::<Vec<_>>();
    let label: SetupPayload = cells[0].parse().unwrap();
    assert_eq!(label.discriminator(), record.discriminator());
    assert_eq!(label.passcode().expose().to_string(), cells[3]);
    let passcode: Passcode = cells[3].parse().unwrap();
    let number = passcode.expose();
    if verifier {
        assert!(PaseCredential::with_verifier(passcode, *record.parameters(), record.verifier().unwrap()).is_ok());
    }
    if let Some(credentials) = record.credentials() {
        assert_eq!(credentials.dac().common_name(), Some(uuid));
        assert_eq!(credentials.dac().as_der(), read("internal/DAC_cert.der"));
        for name in [
            "DAC_key.pem",
            "DAC_key.der",
            "DAC_cert.pem",
            "PAI_cert.der",
            "partition.csv",
        ] {
            assert!(!read(&format!("internal/{name}")).is_empty(), "{name}");
        }
    }
    (record, number)
}

/// Checks that exactly `count` devices exist, and that folder, ledger and tables agree.
pub fn check_all(out: &Path, name: &str, count: usize) {
    let top = out.join(name);
    let folders = devices(&top);
    assert_eq!(folders.len(), count, "devices in {}", top.display());
    let ledger = Connection::open(out.join("ledger.sqlite")).unwrap();
    let mut statement = ledger
        .prepare("SELECT uuid, serial, discriminator, row FROM device WHERE state = 'published' ORDER BY row")
        .unwrap();
    let listed = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, u16>(2)?,
                row.get::<_, u32>(3)?,
            ))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect::<Vec<_>>();
    assert_eq!(listed.len(), count, "devices in the ledger");
    assert_eq!(
        listed.iter().map(|device| device.3).collect::<Vec<_>>(),
        (0..u32::try_from(count).unwrap()).collect::<Vec<_>>()
    );
    let mut discriminators = BTreeSet::new();
    let mut keys = BTreeSet::new();
    let mut passcodes = Vec::new();
    for (index, (uuid, serial, discriminator, _)) in listed.iter().enumerate() {
        let folder = top.join(uuid);
        assert!(
            folders.contains(&folder),
            "{uuid} is in the ledger but not in the folder"
        );
        // Verifiers take most of the time; one in ten is derived again.
        let (record, passcode) = check(&folder, index % 10 == 0);
        assert_eq!(record.product.serial_number.as_ref().unwrap().as_str(), serial);
        assert_eq!(record.discriminator().get(), *discriminator);
        assert!(
            discriminators.insert(*discriminator),
            "discriminator {discriminator} twice"
        );
        if let Some(credentials) = record.credentials() {
            assert!(keys.insert(credentials.dac().serial().as_bytes().to_vec()));
        }
        passcodes.push(passcode);
    }
    let summaries = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: &PathBuf, start: &str| path.file_name().unwrap().to_str().unwrap().starts_with(start);
    let summaries = summaries.filter(|path| named(path, "summary-")).collect::<Vec<_>>();
    assert_eq!(summaries.len(), 1, "{summaries:?}");
    let mut reader = csv::Reader::from_path(&summaries[0]).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let (serial, pin) = (column("serial-num"), column("pincode"));
    let rows = reader.records().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(rows.len(), count, "rows of the summary");
    for ((row, device), passcode) in rows.iter().zip(&listed).zip(&passcodes) {
        assert_eq!(
            (&row[serial], &row[pin]),
            (device.1.as_str(), passcode.to_string().as_str())
        );
    }
    let pins = csv::Reader::from_path(top.join("staging/pin_disc.csv"))
        .unwrap()
        .into_records();
    for (index, row) in pins.map(Result::unwrap).enumerate() {
        assert_eq!(
            (row[0].to_owned(), row[1].to_owned()),
            (index.to_string(), passcodes[index].to_string())
        );
    }
    let hidden = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().file_name());
    let hidden = hidden
        .filter(|name| name.to_str().unwrap().starts_with('.'))
        .collect::<Vec<_>>();
    assert!(hidden.is_empty(), "{hidden:?}");
}
