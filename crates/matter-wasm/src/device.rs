//! The device that the files are of: what each of them adds, and its audit.

use esp_nvs_image::NvsKeys;
use esp_secure_cert::PartitionSize;
use matter_attestation::{
    Certificate, DateTime, DeclarationSigners, Object, PaaStore, Part, Profile, Rule, SignedDeclaration, Verification,
};
use matter_factory_data::{Artifacts, Check, DeviceReport, Expected, Finding, KeyPlace, Severity, audit, recompute};
use zeroize::Zeroizing;

use crate::codes::LabelCodes;
use crate::dropped::{Dropped, Kind};
use crate::flash::{Cut, CutFlash, reads_better};

/// All that the files say of one device.
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
    /// Certificates and a declaration in files of their own, each with the file's name.
    pub(crate) parts: Vec<(String, Part)>,
    findings: Vec<Finding>,
}

/// What the audit is told beside the files.
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
    /// Puts together what the files add. A second one of a kind is a finding.
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
                    let text = format!("another {what} than the device's other label");
                    self.find(Check::LabelCodes, &file.name, text);
                }
                self.codes_source.get_or_insert_with(|| file.name.clone());
            }
            Kind::Picture(Ok(text)) => {
                if self.picture.as_ref().is_some_and(|other| other != text) {
                    self.find(Check::LabelPicture, &file.name, "another code than the other picture");
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
            let text = format!("{} beside {}, which is the one that is audited", second.0, first.0);
            self.find(Check::ArtifactTwice, &second.0, text);
        }
        first
    }

    /// Leaves keys out that do not open the store: it may be in plain.
    fn open_nvs(&mut self) {
        if let (Some((_, image)), Some(keys)) = (&self.nvs, &self.nvs_keys)
            && !reads_better(image, keys)
        {
            self.nvs_keys = None;
            self.find(
                Check::NotChecked,
                "nvs keys",
                "the keys do not open the NVS partition, which is read as it is",
            );
        }
    }

    /// The text of the QR code, from the label or its picture.
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

    /// Audits the device, and everything against everything else.
    pub(crate) fn audit(&mut self, files: &[Dropped], settings: Settings) -> Audited {
        let store = self.store();
        let mut expected = Expected::new();
        if !store.is_empty() {
            expected = expected.with_paa_store(&store);
        }
        if let Some(time) = settings.time {
            expected = expected.at(time);
        }
        if settings.for_tests {
            expected = expected.for_tests();
        }
        // Then the image needs none of its own.
        if self.part(Object::Dac).is_some() {
            expected = expected.without_attestation();
        }
        let has_label = self.qr().is_some() || self.codes.manual.is_some();
        let mut findings = std::mem::take(&mut self.findings);
        let mut report = self.run(files, &expected);
        recompute([&mut report]);
        let is_device = self.has_image() || has_label;
        findings.extend(report.findings().iter().filter(|_| is_device).cloned());
        let mut audited = Audited {
            dac: report.dac().map(Into::into),
            pai: report.pai().map(Into::into),
            declaration: report.declaration().map(Into::into),
            report,
            findings,
        };
        self.compare_parts(&mut audited);
        self.verify_parts(&mut audited, files, settings, &store);
        self.note_unchecked(&mut audited, &expected, has_label);
        audited
    }

    /// The PAAs among the files: who gives one trusts it.
    fn store(&mut self) -> PaaStore {
        let mut store = PaaStore::new();
        let paas = self.parts.iter().filter(|(_, part)| part.object() == Object::Paa);
        let wrong =
            paas.filter_map(|(name, part)| store.insert(part.as_der()).err().map(|error| (name.clone(), error)));
        for (name, error) in wrong.collect::<Vec<_>>() {
            self.find(Check::ArtifactMalformed, &name, error);
        }
        store
    }

    fn run(&self, files: &[Dropped], expected: &Expected<'_>) -> DeviceReport {
        let is_image = |kind: &Kind| matches!(kind, Kind::Nvs | Kind::SecureCert | Kind::Flash(_) | Kind::NvsKeys(_));
        let view = |file: &'_ Dropped| file.name.clone();
        let names: Vec<String> = files.iter().map(view).collect();
        let (mut keys, mut others) = (Vec::new(), Vec::new());
        for (file, name) in files.iter().zip(&names).filter(|(file, _)| !is_image(&file.kind)) {
            let entry = (name.as_str(), file.bytes.as_slice());
            if matches!(file.kind, Kind::Key(_)) {
                keys.push(entry)
            } else {
                others.push(entry)
            }
        }
        let flash: Vec<_> = self
            .flash
            .iter()
            .map(|cut| ("flash dump", cut.rest.as_slice()))
            .collect();
        let mut artifacts = Artifacts::new()
            .with_expected(expected)
            .with_files(&others)
            .with_key_files(&keys)
            .with_flash(&flash);
        if let Some((_, image)) = &self.nvs {
            artifacts = artifacts.with_nvs(image);
        }
        if let Some(keys) = &self.nvs_keys {
            artifacts = artifacts.with_nvs_keys(keys);
        }
        if let Some((_, image)) = &self.secure_cert {
            artifacts = artifacts.with_secure_cert(image);
        }
        if let Some(size) = self.secure_cert_size {
            artifacts = artifacts.with_secure_cert_size(size);
        }
        if let Some(qr) = &self.codes.qr {
            artifacts = artifacts.with_qr(qr);
        }
        if let Some(manual) = &self.codes.manual {
            artifacts = artifacts.with_manual(manual);
        }
        if let Some(picture) = &self.picture {
            artifacts = artifacts.with_picture(picture);
        }
        if let (Some(discriminator), Some(passcode)) = (&self.codes.discriminator, &self.codes.passcode) {
            artifacts = artifacts.with_numbers(discriminator, passcode);
        }
        let report = audit(&artifacts);
        // The one file from which a key is burned into the chip may have it.
        match (report.key_place(), keys.as_slice()) {
            (KeyPlace::Elsewhere, [(name, bytes)]) => audit(&artifacts.with_key_files(&[]).with_efuse_key(name, bytes)),
            _ => report,
        }
    }

    /// Compares the images' credentials with those in files of their own, which take the place of missing ones.
    fn compare_parts(&self, audited: &mut Audited) {
        let places = [
            (Object::Dac, &mut audited.dac),
            (Object::Pai, &mut audited.pai),
            (Object::Cd, &mut audited.declaration),
        ];
        for (object, stored) in places {
            let mut own = self.parts.iter().filter(|(_, part)| part.object() == object);
            // Of several PAIs the one that issued the DAC is the device's.
            let Some(first) = own
                .clone()
                .find(|(_, part)| stored.as_deref() == Some(part.as_der()))
                .or_else(|| own.next())
            else {
                continue;
            };
            let (name, part) = first;
            match stored {
                Some(stored) if stored.as_slice() != part.as_der() => {
                    let text = format!("{object} of the image and of the file {name}");
                    let finding = Finding::of(Check::StorageDisagrees, object.name(), text);
                    audited.findings.push(finding);
                }
                Some(_) => {}
                None => *stored = Some(part.as_der().to_vec()),
            }
        }
    }

    /// Verifies credentials that are not in the images as the audit verifies those that are.
    fn verify_parts(&self, audited: &mut Audited, files: &[Dropped], settings: Settings, store: &PaaStore) {
        let Audited {
            report,
            dac,
            pai,
            declaration,
            ..
        } = &*audited;
        let stored = [report.dac(), report.pai(), report.declaration()];
        let all = [dac.as_deref(), pai.as_deref(), declaration.as_deref()];
        let has_more = stored != all;
        if self.parts.is_empty() || !has_more && all.iter().any(Option::is_some) {
            return;
        }
        let signers = DeclarationSigners::new().with_test_key(true);
        let mut input = Verification::new().with_declaration_signers(&signers);
        if let Some(dac) = dac {
            input = input.with_dac(dac);
        }
        if let Some(pai) = pai {
            input = input.with_pai(pai);
        }
        if let Some(declaration) = declaration {
            input = input.with_declaration(declaration);
        }
        let roots: Vec<_> = self
            .parts
            .iter()
            .filter(|(_, part)| part.object() == Object::Paa)
            .collect();
        match roots.as_slice() {
            [] => {}
            [(_, paa)] => input = input.with_paa(paa.as_der()),
            _ => input = input.with_paa_store(store),
        }
        if let Some((vendor, product)) = report.product() {
            input = input.with_product(vendor, product);
        }
        if let Some(time) = settings.time {
            input = input.at(time);
        }
        let key = files.iter().find_map(|file| match &file.kind {
            Kind::Key(key) if dac.is_some() && !self.has_image() => Some(key.public_key()),
            _ => None,
        });
        if let Some(key) = key {
            input = input.with_dac_key(key);
        }
        let found = input.run(Profile::Strict);
        for found in found.findings() {
            let mut finding = Finding::new(Check::Attestation(found.rule()), found.object().name(), found.text());
            finding.severity = found.severity();
            finding.sdk_code = found.sdk_result();
            if settings.for_tests && matches!(found.rule(), Rule::TestVendorId | Rule::PaaPublished) {
                finding.severity = finding.severity.min(Severity::Warning);
            }
            let is_new = |other: &Finding| (other.check, &other.object) != (finding.check, &finding.object);
            if audited.findings.iter().all(is_new) {
                audited.findings.push(finding);
            }
        }
        let is_test =
            |cms: &Vec<u8>| SignedDeclaration::decode(cms).is_ok_and(|declaration| declaration.has_test_signer());
        if audited.declaration.as_ref().is_some_and(is_test) && !audited.report.has(Check::TestCdSigner) {
            let mut finding = Finding::of(Check::TestCdSigner, "cd", "");
            if settings.for_tests {
                finding.severity = Severity::Warning;
            }
            audited.findings.push(finding);
        }
        if audited.declaration.is_some() {
            audited.findings.retain(|finding| finding.check != Check::CdAbsent);
        }
    }

    /// Says what could not be looked at, so that nobody takes silence for an answer.
    fn note_unchecked(&self, audited: &mut Audited, expected: &Expected<'_>, has_label: bool) {
        let mut note = |object: &str, text: &str| audited.findings.push(Finding::of(Check::NotChecked, object, text));
        if (audited.pai.is_some() || audited.dac.is_some()) && expected.trusted().next().is_none() {
            note("paa", "no PAA was given, so that the root of the chain is not known");
        }
        if audited.dac.is_some() {
            note("chain", "nothing was given about revoked certificates");
        }
        if self.has_image() && !has_label {
            note("label", "no onboarding codes were given to hold against the device");
        }
        if has_label && !self.has_image() {
            note("label", "no image was given to hold the codes against");
        }
    }
}

/// Reads a certificate as far as it can be read.
pub(crate) fn certificate(der: Option<&[u8]>) -> Option<Certificate> {
    Certificate::from_der(der?).ok()
}
