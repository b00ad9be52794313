//! The device described by the files, and its audit.

mod audit;

use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;
use matter_attestation::{Certificate, DateTime, Object, Part};
use matter_factory_data::{Check, DeviceReport, Finding, reads_better};
use zeroize::Zeroizing;

use crate::codes::LabelCodes;
use crate::dropped::{Dropped, Kind};
use crate::flash::{Cut, CutFlash};

/// All information about one device in the files.
#[derive(Default)]
pub(crate) struct Device {
    pub(crate) nvs: Option<Cut>,
    pub(crate) nvs_keys: Option<NvsKeys>,
    pub(crate) secure_cert: Option<Cut>,
    secure_cert_size: Option<PartitionSize>,
    pub(crate) flash: Option<CutFlash>,
    pub(crate) codes: LabelCodes,
    pub(crate) codes_source: Option<String>,
    pub(crate) picture: Option<Zeroizing<String>>,
    /// Certificates and a declaration in separate files, each with the file name.
    pub(crate) parts: Vec<(String, Part)>,
    findings: Vec<Finding>,
}

/// The settings of the audit.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings {
    pub(crate) time: Option<DateTime>,
    pub(crate) for_tests: bool,
}

/// A device after its audit.
pub(crate) struct Audited {
    pub(crate) report: DeviceReport,
    pub(crate) dac: Option<Vec<u8>>,
    pub(crate) pai: Option<Vec<u8>>,
    pub(crate) declaration: Option<Vec<u8>>,
    pub(crate) findings: Vec<Finding>,
}

impl Device {
    /// Merges the files. A second file of the same kind is a finding.
    pub(crate) fn new(files: &[Dropped]) -> Self {
        let mut device = Self::default();
        for file in files {
            device.add(file);
        }
        device.open_nvs();
        device
    }

    fn find(&mut self, check: Check, object: &str, text: impl std::fmt::Display) {
        self.findings.push(Finding::of(check, object, text));
    }

    fn add(&mut self, file: &Dropped) {
        match &file.kind {
            Kind::Codes(codes) => {
                for what in self.codes.join(codes.clone()) {
                    let text = format!("the {what} differs from that on the device's other label");
                    self.find(Check::LabelCodes, &file.name, text);
                }
                self.codes_source.get_or_insert_with(|| file.name.clone());
            }
            Kind::Picture(Ok(text)) => {
                if self.picture.as_ref().is_some_and(|other| other != text) {
                    self.find(
                        Check::LabelPicture,
                        &file.name,
                        "its QR code differs from that of the other picture",
                    );
                }
                self.picture.get_or_insert_with(|| text.clone());
                self.codes_source.get_or_insert_with(|| file.name.clone());
            }
            Kind::Picture(Err(reason)) => self.find(Check::LabelPicture, &file.name, reason),
            Kind::Flash(table) => self.add_flash(file, *table),
            Kind::Nvs => {
                let cut = (file.name.clone(), file.bytes.clone());
                self.set_nvs(cut);
            }
            Kind::NvsKeys(keys) => self.nvs_keys = self.nvs_keys.take().or_else(|| Some(keys.clone())),
            Kind::SecureCert => {
                let cut = (file.name.clone(), file.bytes.clone());
                self.set_secure_cert(cut);
            }
            Kind::Broken(reason) => self.find(Check::ArtifactMalformed, &file.name, reason),
            Kind::Parts(parts) => {
                for part in parts {
                    self.parts.push((file.name.clone(), part.clone()));
                }
            }
            _ => {}
        }
    }

    fn add_flash(&mut self, file: &Dropped, table: Option<usize>) {
        if self.flash.is_some() {
            self.find(
                Check::ArtifactTwice,
                &file.name,
                "a second flash dump, which is not audited",
            );
            return;
        }
        let mut cut = CutFlash::new(&file.bytes, table);
        self.findings.append(&mut cut.findings);
        if let Some(nvs) = cut.nvs.take() {
            self.set_nvs(nvs);
        }
        if let Some(image) = cut.secure_cert.take() {
            self.set_secure_cert(image);
        }
        self.nvs_keys = cut.nvs_keys.take().or_else(|| self.nvs_keys.take());
        self.secure_cert_size = cut.secure_cert_size;
        self.flash = Some(cut);
    }

    fn set_nvs(&mut self, image: Cut) {
        self.nvs = Some(match self.nvs.take() {
            Some(first) => self.twice(first, &image),
            None => image,
        });
    }

    fn set_secure_cert(&mut self, image: Cut) {
        self.secure_cert = Some(match self.secure_cert.take() {
            Some(first) => self.twice(first, &image),
            None => image,
        });
    }

    fn twice(&mut self, first: Cut, second: &Cut) -> Cut {
        if first.1 != second.1 {
            let text = format!("{} in addition to {}; only the latter is audited", second.0, first.0);
            self.find(Check::ArtifactTwice, &second.0, text);
        }
        first
    }

    /// Ignores keys that do not decrypt the store, which may be plain.
    fn open_nvs(&mut self) {
        if let (Some((_, image)), Some(keys)) = (&self.nvs, &self.nvs_keys)
            && !reads_better(image, keys)
        {
            self.nvs_keys = None;
            self.find(
                Check::NotChecked,
                "nvs keys",
                "the keys do not decrypt the NVS partition, which is read as unencrypted",
            );
        }
    }

    /// Returns the text of the QR code, from the label or its picture.
    pub(crate) fn qr(&self) -> Option<&str> {
        self.codes
            .qr
            .as_ref()
            .or(self.picture.as_ref())
            .map(|text| text.as_str())
    }

    pub(crate) fn has_image(&self) -> bool {
        self.nvs.is_some() || self.secure_cert.is_some()
    }

    fn part(&self, object: Object) -> Option<&(String, Part)> {
        self.parts.iter().find(|(_, part)| part.object() == object)
    }
}

/// Decodes a certificate, if it is readable.
pub(crate) fn certificate(der: Option<&[u8]>) -> Option<Certificate> {
    Certificate::from_der(der?).ok()
}
