//! The audit of one device, from its finished bytes alone.
//!
//! Each image is checked as the firmware sees it at mount, then read value by value. An unreadable value is a finding
//! and does not stop the audit.

mod artifacts;
mod attestation;
mod batch_audit;
mod check_id;
mod device_report;
mod expected;
mod finding;
mod key_set;
mod label;
mod leaks;
pub(crate) mod nvs;
mod published;
mod recompute;
mod search;
pub(crate) mod secure_cert;

use alloc::format;
use alloc::vec::Vec;

use esp_nvs_image::{Entry, Key, Legibility};
use esp_secure_cert::PartitionSize;
use matter_attestation::Certificate;
use matter_spake2p::PbkdfParameters;
use matter_types::{Discriminator, Passcode};
use zeroize::Zeroizing;

pub use artifacts::Artifacts;
pub use attestation::Attested;
pub use batch_audit::{BatchAudit, ListedTraces};
pub use check_id::Check;
pub use device_report::{DeviceReport, SharedParts};
pub use expected::Expected;
pub use finding::{Finding, Severity};
pub use key_set::{KeyOwner, KeySet};
pub use nvs::holds_factory_data;
#[cfg(feature = "encryption")]
pub use nvs::reads_better;
pub use recompute::recompute;
pub use search::{FoundKey, TriedScalars, find_keys};

use crate::keys::{self, NAMESPACE};
use crate::reader::{Facts, KeyPlace, KnownKeys, read_nvs, read_secure_cert};
use attestation::for_tests;
use device_report::Traces;

/// The salt of the SDK's examples.
const SDK_SALT: &[u8] = b"SPAKE2P Key Salt";
/// Sixteen random bytes have fewer distinct values with a probability of 10^-10.
const DIFFERENT_BYTES: usize = 8;

/// Audits one device: integrity of the images, every value that the firmware reads, label, attestation and secrets.
///
/// All faults are reported, not only the first. Checking that the passcode on the label opens the stored verifier is
/// slow, so [`recompute`] does it separately; [`BatchAudit`] checks what must differ between devices.
///
/// # Examples
///
/// ```
/// # use matter_factory_data::DeviceRecord;
/// # use matter_factory_data::matter_spake2p::{Iterations, PbkdfParameters, Salt};
/// # use matter_factory_data::matter_types::{Discriminator, ProductId, VendorId};
/// # let parameters = PbkdfParameters { iterations: Iterations::MIN, salt: Salt::new(&[7; 32])? };
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let mut record = DeviceRecord::with_dynamic_passcode(vendor, product, Discriminator::new(3840)?, parameters);
///
/// use matter_factory_data::{Artifacts, Check, Severity, StorageLayout, audit};
///
/// let images = record.encode("0x6000".parse()?, &StorageLayout::NVS)?;
/// let report = audit(&Artifacts::new().with_images(&images));
/// assert!(report.has(Check::AttestationAbsent) && !report.is_clean(Severity::Error));
/// for finding in report.findings() {
///     println!("{finding}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn audit(artifacts: &Artifacts<'_>) -> DeviceReport {
    let nothing = Expected::new();
    let expected = artifacts.expected.unwrap_or(&nothing);
    let mut findings = Vec::new();
    let plain = plain_nvs(artifacts, &mut findings);
    let nvs = plain.as_ref().map(|image| image.as_slice()).or(artifacts.nvs);
    if nvs.is_none() && artifacts.secure_cert.is_none() && artifacts.label.is_empty() {
        findings.push(Finding::of(Check::ArtifactMissing, "device", ""));
    }
    let mut facts = Facts::default();
    let mut leaking = Vec::new();
    let is_encrypted = nvs.is_some_and(|image| Legibility::of(image) == Legibility::Encrypted);
    if is_encrypted {
        let detail = if plain.is_some() {
            "no entry can be read with these keys: the image is encrypted with other keys, or not encrypted"
        } else {
            "no entry can be read: the image may be encrypted; its keys are needed"
        };
        findings.push(Finding::of(Check::ArtifactMalformed, "nvs", format_args!("{detail}")));
    }
    let known = |scalar: &[u8; 32]| artifacts.known_keys.and_then(|known| known.get(scalar)).cloned();
    let entries = nvs
        .filter(|_| !is_encrypted)
        .map(|image| esp_nvs_image::recover(image).entries)
        .unwrap_or_default();
    if let Some(image) = nvs.filter(|_| !is_encrypted) {
        nvs::check(image, &mut findings);
        facts = read_values(&entries, &known, &mut findings);
    }
    if let Some(image) = artifacts.secure_cert {
        let size = artifacts.secure_cert_size.unwrap_or(PartitionSize::DEFAULT);
        leaking = secure_cert::check(image, size, &mut findings);
        let Ok(other) = read_secure_cert(image, &known, &mut findings);
        let Ok(joined) = facts.join(other, &mut findings);
        facts = joined;
    }
    if nvs.is_some() && !is_encrypted {
        check_present(&facts, artifacts.secure_cert.is_some(), expected, &mut findings);
    } else if nvs.is_none() && CREDENTIALS.iter().any(|key| facts.has(key)) {
        need(&CREDENTIALS, &facts, &mut findings);
    }
    let label::Printed { passcode, product } = label::check(&artifacts.label, &facts, expected, &mut findings);
    let dac = facts.dac.as_deref().and_then(|der| Certificate::from_der(der).ok());
    attestation::check_product(&facts, expected, dac.as_ref(), product, &mut findings);
    let shared = attestation::check(&facts, expected, artifacts.attested, dac.as_ref(), &mut findings);
    let place = facts.key_place.unwrap_or(KeyPlace::Nowhere);
    let public_key = dac.as_ref().map(|dac| dac.public_key());
    let subject = leaks::Subject {
        artifacts,
        nvs: nvs.map(|image| (image, entries.as_slice())),
        place,
        stored: facts.key.as_ref(),
        is_in_nvs: place == KeyPlace::Nvs || facts.key_is_in_nvs_too,
        dac: public_key.as_ref(),
        pai: facts.pai.as_deref(),
        leaking: &leaking,
    };
    let keys = leaks::check(&subject, &mut findings);
    check_random(&facts, &mut findings);
    if passcode.as_ref().is_some_and(Passcode::is_of_examples) {
        findings.push(for_tests(Finding::of(Check::DefaultPasscode, "label", ""), expected));
    }
    if facts.discriminator == Some(Discriminator::OF_EXAMPLES) {
        findings.push(Finding::of(Check::DefaultDiscriminator, "discriminator", ""));
    }
    let parameters = facts.iterations.zip(facts.salt);
    let traces = Traces {
        key_place: place,
        product: facts.vendor_id.zip(facts.product_id),
        discriminator: facts.discriminator,
        serial: facts.product.serial_number,
        rotating_id: facts.rotating_id,
        public_key,
        certificate: dac
            .as_ref()
            .map(|dac| (dac.issuer_der().to_vec(), dac.serial().as_bytes().to_vec())),
        common_name: dac.as_ref().and_then(|dac| dac.common_name()).map(Into::into),
        dac: facts.dac,
        pai: facts.pai,
        declaration: facts.declaration,
        parameters: parameters.map(|(iterations, salt)| PbkdfParameters { iterations, salt }),
        verifier: facts.verifier,
        passcode,
        shared,
    };
    DeviceReport {
        findings,
        traces,
        new_keys: keys.new,
        customer_keys: keys.customers,
    }
}

/// Reads the values that the firmware has after mounting; lost values are findings of the image's check.
fn read_values(entries: &[Entry<'_>], known: KnownKeys<'_>, findings: &mut Vec<Finding>) -> Facts {
    for entry in entries.iter().filter(|entry| entry.namespace != NAMESPACE) {
        let object = format!("{}/{}", entry.namespace.as_str(), entry.key.as_str());
        findings.push(Finding::of(Check::KeyUnknown, object, ""));
    }
    let Ok((facts, values, _)) = read_nvs(entries.iter().cloned(), known, findings);
    nvs::unread(&values, findings);
    facts
}

#[cfg(feature = "encryption")]
fn plain_nvs(artifacts: &Artifacts<'_>, findings: &mut Vec<Finding>) -> Option<Zeroizing<Vec<u8>>> {
    let mut image = Zeroizing::new(artifacts.nvs?.to_vec());
    if let Err(error) = esp_nvs_image::decrypt(&mut image, artifacts.nvs_keys?) {
        findings.push(Finding::of(Check::ArtifactMalformed, "nvs", format_args!("{error}")));
    }
    Some(image)
}

#[cfg(not(feature = "encryption"))]
fn plain_nvs(_: &Artifacts<'_>, _: &mut Vec<Finding>) -> Option<Zeroizing<Vec<u8>>> {
    None
}

/// The credentials that prove a device genuine; a device has all of them or none.
const CREDENTIALS: [Key; 3] = [keys::DAC_CERT, keys::DAC_KEY, keys::PAI_CERT];

fn need(needed: &[Key], facts: &Facts, findings: &mut Vec<Finding>) {
    let missing = needed.iter().filter(|key| !facts.has(key));
    findings.extend(missing.map(|key| Finding::of(Check::KeyMissing, key.as_str(), "")));
}

/// Checks that the values required by the firmware are present in either partition.
fn check_present(facts: &Facts, secure_cert: bool, expected: &Expected<'_>, findings: &mut Vec<Finding>) {
    let ids = [keys::VENDOR_ID, keys::PRODUCT_ID, keys::DISCRIMINATOR];
    need(&ids, facts, findings);
    if !expected.dynamic_passcode {
        need(&[keys::ITERATION_COUNT, keys::SALT, keys::VERIFIER], facts, findings);
    }
    if CREDENTIALS.iter().any(|key| facts.has(key)) || facts.has(&keys::DAC_PUBLIC_KEY) {
        need(&CREDENTIALS, facts, findings);
        // The firmware reads a separate public key only from NVS.
        if facts.key_place == Some(KeyPlace::Nvs) {
            need(&[keys::DAC_PUBLIC_KEY], facts, findings);
        }
        if !facts.has(&keys::CERTIFICATION_DECLARATION) {
            findings.push(Finding::of(
                Check::CdAbsent,
                keys::CERTIFICATION_DECLARATION.as_str(),
                "",
            ));
        }
    } else {
        let place = if secure_cert {
            "neither in NVS nor in the esp_secure_cert partition"
        } else {
            "not in NVS, and there is no esp_secure_cert partition"
        };
        let mut finding = Finding::of(Check::AttestationAbsent, "dac-cert", format_args!("{place}"));
        if expected.without_attestation {
            finding.severity = Severity::Note;
        }
        findings.push(finding);
    }
}

fn check_random(facts: &Facts, findings: &mut Vec<Finding>) {
    if facts.salt.is_some_and(|salt| is_weak(salt.as_bytes())) {
        findings.push(Finding::of(Check::SaltWeak, "salt", ""));
    }
    if facts.rotating_id.as_ref().is_some_and(|id| is_weak(id.expose_bytes())) {
        findings.push(Finding::of(Check::RotatingIdWeak, "rd-id-uid", ""));
    }
}

/// Returns whether sixteen or more bytes are clearly not random: few distinct values, a sequence, or the salt of the
/// SDK's examples.
#[must_use]
pub fn is_weak(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in bytes {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let mut steps = bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a));
    let first = steps.next();
    let counts = steps.all(|step| Some(step) == first);
    seen.iter().filter(|seen| **seen).count() < DIFFERENT_BYTES || counts || bytes == SDK_SALT
}
