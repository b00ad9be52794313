//! Reads the output of a run of `matter-mfg`.

use std::fs;
use std::path::{Path, PathBuf};

use esp_secure_cert::Image;
use matter_attestation::Certificate;
use matter_factory_data::DeviceRecord;
use matter_setup_payload::SetupPayload;
use matter_spake2p::PaseCredential;

/// The output of a run.
pub struct Made {
    /// The folder of the vendor and the product.
    pub top: PathBuf,
    /// The devices' folders, sorted.
    pub devices: Vec<PathBuf>,
}

impl Made {
    pub fn new(top: PathBuf) -> Self {
        let entries = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
        let mut devices = entries
            .filter(|path| path.is_dir() && path.file_name().unwrap().len() == 36)
            .collect::<Vec<_>>();
        devices.sort();
        Self { top, devices }
    }

    pub fn uuid(&self, device: usize) -> &str {
        self.devices[device].file_name().unwrap().to_str().unwrap()
    }

    pub fn path(&self, device: usize, suffix: &str) -> PathBuf {
        self.devices[device].join(format!("{}{suffix}", self.uuid(device)))
    }

    pub fn image(&self, device: usize) -> Vec<u8> {
        fs::read(self.path(device, "-partition.bin")).unwrap()
    }

    pub fn record(&self, device: usize) -> DeviceRecord {
        let secure_cert = fs::read(self.path(device, "_esp_secure_cert.bin")).ok();
        let read = DeviceRecord::decode(&self.image(device), secure_cert.as_deref());
        read.unwrap().0
    }

    /// Records of `esp_secure_cert` as `type/subtype:length`, certificates, whose length varies, as `DER`.
    pub fn secure_cert(&self, device: usize) -> Vec<String> {
        let image = fs::read(self.path(device, "_esp_secure_cert.bin")).unwrap();
        let records = Image::new(&image).records().map(Result::unwrap);
        let shown = records.map(|record| {
            let (kind, data) = (record.kind().code(), record.data());
            let length = if kind < 2 && data.starts_with(&[0x30, 0x82]) {
                "DER".to_owned()
            } else {
                data.len().to_string()
            };
            format!("{kind}/{}:{length}", record.subtype())
        });
        shown.collect()
    }

    /// The cells of the onboarding codes: QR text, manual code, discriminator, passcode.
    pub fn codes(&self, device: usize) -> Vec<String> {
        rows(&self.path(device, "-onb_codes.csv"))[1].clone()
    }

    pub fn label(&self, device: usize) -> SetupPayload {
        self.codes(device)[0].parse().unwrap()
    }

    /// Entries as `key=value`, in the order of the device's partition.csv.
    pub fn entries(&self, device: usize) -> Vec<String> {
        let rows = rows(&self.devices[device].join("internal/partition.csv"));
        rows[1..]
            .iter()
            .filter(|row| row[1] != "namespace")
            .map(|row| format!("{}={}", row[0], row[3]))
            .collect()
    }

    pub fn table(&self, prefix: &str) -> Vec<Vec<String>> {
        let entries = fs::read_dir(&self.top).unwrap().map(|entry| entry.unwrap().path());
        let found = entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
        rows(&found.collect::<Vec<_>>()[0])
    }

    /// Checks the properties of every device: label, image, verifier, certificates and keys fit together.
    pub fn check(&self, root: Option<&Certificate>) {
        for device in 0..self.devices.len() {
            let (record, label, codes) = (self.record(device), self.label(device), self.codes(device));
            assert_eq!(label.discriminator(), record.discriminator());
            assert_eq!(codes[2], record.discriminator().to_string());
            assert_eq!(label.passcode().expose().to_string(), codes[3]);
            assert_eq!(label.vendor_id(), Some(record.vendor_id()));
            assert_eq!(label.product_id(), Some(record.product_id()));
            let passcode = label.passcode().clone();
            assert!(PaseCredential::with_verifier(passcode, *record.parameters(), record.verifier().unwrap()).is_ok());
            let Some(credentials) = record.credentials() else {
                assert!(root.is_none(), "a chain was expected");
                continue;
            };
            let pai = credentials.pai();
            credentials.dac().verify_issued_by(pai).unwrap();
            assert_eq!(credentials.dac().public_key(), credentials.key().unwrap().public_key());
            pai.verify_issued_by(root.unwrap()).unwrap();
            assert_eq!(fs::read(self.top.join("staging/pai_cert.der")).unwrap(), pai.as_der());
        }
    }
}

pub fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).unwrap();
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}
