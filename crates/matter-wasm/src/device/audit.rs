//! The audit of the device, and of all files against each other.

use matter_attestation::{
    DeclarationSigners, Object, PaaStore, PrivateKey, Profile, Rule, SignedDeclaration, Verification,
    VerificationReport,
};
use matter_factory_data::{Artifacts, Check, DeviceReport, Expected, Finding, KeyPlace, Severity, audit, recompute};

use super::{Audited, Device, Settings, certificate};
use crate::dropped::{Dropped, Kind};

impl Device {
    /// Audits the device, and all files against each other.
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
        // The image need not contain a DAC that is in a separate file.
        if self.part(Object::Dac).is_some() {
            expected = expected.without_attestation();
        }
        let has_label = self.qr().is_some() || self.codes.manual.is_some();
        let mut findings = std::mem::take(&mut self.findings);
        let mut report = self.run(files, &expected);
        recompute([&mut report]);
        // Certificates without a device are verified below.
        let is_device = self.has_image() || has_label;
        let told = report
            .findings()
            .iter()
            .filter(|found| is_device || found.check != Check::ArtifactMissing);
        findings.extend(told.cloned());
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

    /// The PAAs among the files, which are trusted.
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
        let (mut keys, mut others) = (Vec::new(), Vec::new());
        for file in files.iter().filter(|file| !is_image(&file.kind)) {
            let entry = (file.name.as_str(), file.bytes.as_slice());
            match &file.kind {
                // The key of a DAC in a separate file is compared with that DAC.
                Kind::Key(key) if !self.has_image() || self.is_of_dac(key) => {}
                Kind::Key(_) => keys.push(entry),
                _ => others.push(entry),
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
        // If the key is outside the image, a single key file may be the one from which it is burned into the chip.
        match (report.key_place(), keys.as_slice()) {
            (KeyPlace::Elsewhere, [(name, bytes)]) => audit(&artifacts.with_key_files(&[]).with_efuse_key(name, bytes)),
            _ => report,
        }
    }

    fn is_of_dac(&self, key: &PrivateKey) -> bool {
        let dac = self.part(Object::Dac).map(|(_, part)| part.as_der());
        certificate(dac).is_some_and(|dac| dac.public_key() == key.public_key())
    }

    /// Compares the credentials in the images with those in separate files, which also replace
    /// missing ones.
    fn compare_parts(&self, audited: &mut Audited) {
        let places = [
            (Object::Dac, &mut audited.dac),
            (Object::Pai, &mut audited.pai),
            (Object::Cd, &mut audited.declaration),
        ];
        for (object, stored) in places {
            let mut own = self.parts.iter().filter(|(_, part)| part.object() == object);
            // Of several, the one equal to the image's belongs to the device; otherwise the first is taken.
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

    /// Verifies credentials in separate files like those in the images.
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
            Kind::Key(key) if dac.is_some() && report.dac().is_none() => Some(key.public_key()),
            _ => None,
        });
        if let Some(key) = key {
            input = input.with_dac_key(key);
        }
        audited.take(&input.run(Profile::Strict), settings);
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

    /// Reports skipped checks, so that a missing finding is not mistaken for a passed check.
    fn note_unchecked(&self, audited: &mut Audited, expected: &Expected<'_>, has_label: bool) {
        let has_dac = audited.dac.is_some();
        let has_chain = has_dac || audited.pai.is_some();
        let mut note = |object: &str, text: &str| audited.findings.push(Finding::of(Check::NotChecked, object, text));
        if has_chain && expected.trusted().next().is_none() {
            note("paa", "no PAA was given; the root of the chain was not checked");
        }
        if has_dac {
            note("chain", "no revocation list was given; revocation was not checked");
        }
        if self.has_image() && !has_label {
            note("label", "no onboarding codes were given to compare with the device");
        }
        if has_label && !self.has_image() {
            note("label", "no image was given to compare with the codes");
        }
    }
}

impl Audited {
    /// Adds findings of a verification that the audit does not have.
    fn take(&mut self, report: &VerificationReport, settings: Settings) {
        for found in report.findings() {
            let mut finding = Finding::new(Check::Attestation(found.rule()), found.object().name(), found.text());
            finding.severity = found.severity();
            finding.sdk_code = found.sdk_result();
            if settings.for_tests && matches!(found.rule(), Rule::TestVendorId | Rule::PaaPublished) {
                finding.severity = finding.severity.min(Severity::Warning);
            }
            let is_new = |other: &Finding| (other.check, &other.object) != (finding.check, &finding.object);
            if self.findings.iter().all(is_new) {
                self.findings.push(finding);
            }
        }
    }
}
