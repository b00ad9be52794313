//! Attestation as a commissioner sees it: DAC, its key, PAI, PAA, declaration, vendor and product.

use alloc::vec::Vec;

use matter_attestation::{
    AttestationElements, Certificate, DeclarationSigners, Object, PreparedVerification, Profile, Rule, Severity,
    SignedDeclaration, Verification, VerificationReport,
};
use matter_types::{ProductId, VendorId};

use super::device_report::SharedParts;
use super::published::is_published;
use super::{Check, Expected, Finding};
use crate::reader::Facts;

/// The parts that many devices share (PAI, declaration, vendor and product), checked once for all of them.
#[derive(Clone, Debug)]
pub struct Attested<'a> {
    parts: &'a SharedParts,
    batch: PreparedVerification<'a>,
    /// Findings about the parts that are not rules of the chain.
    findings: Vec<Finding>,
}

/// The default signers of declarations. The test signer is accepted with a finding.
const SIGNERS: &DeclarationSigners = &DeclarationSigners::new().with_test_key(true);

impl<'a> Attested<'a> {
    /// Checks the parts, usually those of a [`DeviceReport`](crate::DeviceReport).
    #[must_use]
    pub fn new(parts: &'a SharedParts, expected: &Expected<'a>) -> Self {
        let batch = verification(parts, expected).prepare(Profile::Strict);
        let mut findings = Vec::new();
        if let Some(cms) = &parts.declaration {
            check_declaration(cms, expected, &mut findings);
        } else if expected.declaration.is_some() && parts.product.is_some() {
            // The product is stored in NVS too, so it can only be missing if there is an NVS image.
            let detail = format_args!("none");
            findings.push(Finding::of(Check::CdUnexpected, "cd", detail));
        }
        if let Some((vendor, _)) = parts.product
            && vendor.is_test()
        {
            let detail = format_args!("{vendor} is a test vendor id");
            findings.push(for_tests(Finding::of(Check::TestPki, "chain", detail), expected));
        }
        if let Some(pai) = parts.pai.as_deref().and_then(|der| Certificate::from_der(der).ok())
            && is_published(&pai.public_key())
        {
            let detail = format_args!("the PAI is one of the SDK's, whose key is published");
            findings.push(for_tests(Finding::of(Check::TestPki, "pai", detail), expected));
        }
        Self { parts, batch, findings }
    }
}

impl Attested<'_> {
    /// Whether a device's PAI is the checked one.
    pub(super) fn has_pai(&self, pai: Option<&[u8]>) -> bool {
        self.parts.pai.as_deref() == pai
    }
}

fn verification<'a>(parts: &'a SharedParts, expected: &Expected<'a>) -> Verification<'a> {
    let mut input = Verification::new().with_declaration_signers(expected.signers.unwrap_or(SIGNERS));
    if let Some(pai) = &parts.pai {
        input = input.with_pai(pai);
    }
    if let Some(declaration) = &parts.declaration {
        input = input.with_declaration(declaration);
    }
    if let Some((vendor, product)) = parts.product {
        input = input.with_product(vendor, product);
    }
    if let Some(store) = expected.paa_store {
        input = input.with_paa_store(store);
    }
    if let Some(set) = expected.revocation {
        input = input.with_revocation_set(set);
    }
    if let Some(time) = expected.time {
        input = input.at(time);
    }
    input
}

/// Downgrades a finding to a warning if the devices are for tests.
pub(super) fn for_tests(mut finding: Finding, expected: &Expected<'_>) -> Finding {
    if expected.for_tests {
        finding.severity = finding.severity.min(Severity::Warning);
    }
    finding
}

fn check_declaration(cms: &[u8], expected: &Expected<'_>, findings: &mut Vec<Finding>) {
    if expected.declaration.is_some_and(|declaration| declaration != cms) {
        findings.push(Finding::of(Check::CdUnexpected, "cd", ""));
    }
    if SignedDeclaration::decode(cms).is_ok_and(|declaration| declaration.has_test_signer()) {
        findings.push(for_tests(Finding::of(Check::TestCdSigner, "cd", ""), expected));
    }
    if let Err(error) = AttestationElements::new(cms, &[0; AttestationElements::NONCE_LEN], 0).encode() {
        findings.push(Finding::of(Check::KeyLength, "cd", format_args!("{error}")));
    }
}

/// Compares vendor and product with the expected ones: those in NVS, or otherwise those of DAC and label.
pub(super) fn check_product(
    facts: &Facts,
    expected: &Expected<'_>,
    dac: Option<&Certificate>,
    label: Option<(VendorId, ProductId)>,
    findings: &mut Vec<Finding>,
) {
    let Some(wanted) = expected.product else { return };
    let dac = dac.and_then(|dac| dac.vendor_id().zip(dac.product_id()));
    let stored = facts.vendor_id.zip(facts.product_id);
    let others = [(Object::Dac.name(), dac), ("label", label)];
    let others = others.into_iter().filter(|_| stored.is_none());
    for (object, found) in [("vendor-id", stored)].into_iter().chain(others) {
        if let Some(found) = found
            && wanted != found
        {
            let detail = format_args!("{} {}", found.0, found.1);
            findings.push(Finding::of(Check::ProductUnexpected, object, detail));
        }
    }
}

/// Checks the attestation of a device. Returns the parts that other devices may share, unless they were already
/// checked.
pub(super) fn check(
    facts: &Facts,
    expected: &Expected<'_>,
    attested: Option<&Attested<'_>>,
    dac: Option<&Certificate>,
    findings: &mut Vec<Finding>,
) -> Option<SharedParts> {
    let product = facts.vendor_id.zip(facts.product_id);
    let is_shared = |attested: &&Attested<'_>| {
        let parts = attested.parts;
        parts.pai == facts.pai && parts.declaration == facts.declaration && parts.product == product
    };
    let own;
    let shared = match attested.filter(is_shared) {
        Some(attested) => {
            run(attested, facts, expected, findings);
            None
        }
        None => {
            own = SharedParts {
                pai: facts.pai.clone(),
                declaration: facts.declaration.clone(),
                product,
            };
            run(&Attested::new(&own, expected), facts, expected, findings);
            Some(own.clone())
        }
    };
    check_keys(facts, expected, dac, findings);
    // If the declaration can be decoded, its rules decide, and they may allow other ids.
    let declared = facts
        .declaration
        .as_deref()
        .is_some_and(|cms| SignedDeclaration::decode(cms).is_ok());
    if !declared
        && let (Some(dac), Some((vendor, product))) = (dac, product)
        && (dac.vendor_id() != Some(vendor) || dac.product_id() != Some(product))
    {
        findings.push(Finding::of(Check::DacOfAnotherProduct, Object::Dac.name(), ""));
    }
    shared
}

fn run(attested: &Attested<'_>, facts: &Facts, expected: &Expected<'_>, findings: &mut Vec<Finding>) {
    let report = match &facts.dac {
        Some(dac) => attested.batch.verify(dac),
        None => verification(attested.parts, expected).run(Profile::Strict),
    };
    take(&report, attested.parts.product.is_none(), expected, findings);
    findings.extend_from_slice(&attested.findings);
}

fn take(report: &VerificationReport, is_unknown: bool, expected: &Expected<'_>, findings: &mut Vec<Finding>) {
    for found in report.findings() {
        // If the vendor is in NVS, the audit reports this itself, for the whole chain.
        if found.rule() == Rule::TestVendorId {
            if is_unknown && found.object() == Object::Dac {
                let detail = format_args!("the DAC has a test vendor id");
                findings.push(for_tests(
                    Finding::of(Check::TestPki, Object::Dac.name(), detail),
                    expected,
                ));
            }
            continue;
        }
        if found.rule() == Rule::PaaPublished {
            let detail = format_args!("the PAA is one of the SDK's, whose key is published");
            findings.push(for_tests(Finding::of(Check::TestPki, "paa", detail), expected));
            continue;
        }
        let mut finding = Finding::new(Check::Attestation(found.rule()), found.object().name(), found.text());
        finding.severity = found.severity();
        finding.sdk_code = found.sdk_result();
        findings.push(finding);
    }
}

/// Checks the DAC's key: the stored private key, its public key, and whether it is published.
fn check_keys(facts: &Facts, expected: &Expected<'_>, dac: Option<&Certificate>, findings: &mut Vec<Finding>) {
    let own = facts.key.as_ref().map(|key| key.public_key());
    if let (Some(own), Some(dac)) = (&own, dac)
        && *own != dac.public_key()
    {
        let rule = Rule::DacKeyMismatch;
        let mut finding = Finding::of(Check::Attestation(rule), Object::Dac.name(), "");
        finding.sdk_code = rule.sdk_result(Object::Dac);
        findings.push(finding);
    }
    if let (Some(stored), Some(dac)) = (&facts.dac_public_key, dac)
        && stored.as_slice() != dac.public_key().as_bytes()
    {
        findings.push(Finding::of(Check::DacPublicKey, "dac-pub-key", ""));
    }
    let key = own.or(dac.map(|dac| dac.public_key()));
    if key.is_some_and(|key| is_published(&key)) {
        findings.push(for_tests(Finding::of(Check::KeyPublished, "dac-key", ""), expected));
    }
}
