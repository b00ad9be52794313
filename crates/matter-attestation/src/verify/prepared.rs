use alloc::vec::Vec;

use p256::ecdsa::DerSignature;
use signature::Signer;

use super::verification::{Anchor, Verification};
use super::{VerificationReport, declaration};
use crate::cd::Content;
use crate::finding::Findings;
use crate::issuer_verifier::KeyTable;
use crate::lint::{Facts, lint};
use crate::paa_store::Paa;
use crate::{
    AttestationElements, AttestationResponse, DeclarationSigners, Error, Finding, Object, Profile, RevocationSet,
    RevocationStatus, Rule, SdkResult, chain, sign_elements,
};

/// A [`Verification`] whose common parts are already checked.
///
/// For each device, it decodes the DAC and verifies one signature, two with a response.
///
/// # Examples
///
/// ```
/// # use matter_attestation::{
/// #     DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa,
/// # };
/// # use matter_attestation::matter_types::{ProductId, VendorId};
/// use matter_attestation::{Profile, Verification};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = PrivateKey::from_scalar(&[1; 32])?;
/// # let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
/// # let serial = SerialNumber::new(&[1])?;
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let paa = issue_paa(&key, &PaaSubject::new("PAA")?, validity, serial)?;
/// # let subject = PaiSubject::new("PAI", vendor)?;
/// # let pai = Issuer::new(&paa, &key)?.issue_pai(&subject, &key.public_key(), validity, serial)?;
/// # let subject = DacSubject::new("DAC", vendor, product)?;
/// # let dac = Issuer::new(&pai, &key)?.issue_dac(&subject, &key.public_key(), validity, serial)?;
/// # let dacs = [dac];
///
/// let batch = Verification::new()
///     .with_paa(&paa)
///     .with_pai(&pai)
///     .with_product(vendor, product)
///     .prepare(Profile::Strict);
/// for dac in &dacs {
///     assert!(batch.verify(dac).is_accepted());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PreparedVerification<'a> {
    input: Verification<'a>,
    profile: Profile,
    /// The findings about PAA and PAI.
    shared: Vec<Finding>,
    paa: Option<Facts>,
    pai: Option<Facts>,
    /// The table of the PAI's key, if many DACs are expected.
    pai_table: Option<KeyTable>,
    pai_is_revoked: bool,
    declaration: Option<Checked>,
}

/// A declaration, compared with everything except a DAC.
#[derive(Clone, Debug)]
struct Checked {
    content: Option<Content>,
    findings: Vec<Finding>,
}

impl<'a> PreparedVerification<'a> {
    pub(super) fn new(input: Verification<'a>, profile: Profile) -> Self {
        let mut findings = Findings::new(profile);
        let mut pai_findings = Findings::new(profile);
        let pai = input.pai.and_then(|der| lint(der, Object::Pai, &mut pai_findings));
        let paa = find_paa(input.paa, pai.as_ref(), &mut findings);
        if let Some(paa) = &paa
            && let Some(time) = input.time
        {
            chain::check_time(paa, Object::Paa, time, &mut findings);
        }
        findings.list.append(&mut pai_findings.list);
        let mut pai_is_revoked = false;
        if let Some(pai) = &pai {
            if let Some(time) = input.time {
                chain::check_time(pai, Object::Pai, time, &mut findings);
            }
            if let Some(paa) = &paa {
                chain::check_paa_ids(paa, pai, &mut findings);
                chain::check_link(pai, Object::Pai, paa, None, &mut findings);
                chain::check_name_constraints(paa, pai, Object::Pai, &mut findings);
            }
            if let Some(set) = input.revocation {
                pai_is_revoked = look_up(set, pai, Object::Pai, &mut findings);
            }
        }
        let mut batch = Self {
            input,
            profile,
            shared: findings.list,
            paa,
            pai,
            pai_table: None,
            pai_is_revoked,
            declaration: None,
        };
        batch.declaration = input.declaration.map(|cms| batch.check_declaration(cms));
        batch
    }

    /// Builds the table of the PAI's key, which takes as long as five verifications.
    pub(super) fn with_table(mut self) -> Self {
        let key = self.pai.as_ref().and_then(|pai| pai.public_key.as_ref());
        self.pai_table = key.map(KeyTable::new);
        self
    }

    /// Verifies a device's DAC, a [`Certificate`](crate::Certificate) or DER.
    #[must_use]
    pub fn verify(&self, dac: impl AsRef<[u8]>) -> VerificationReport {
        self.verify_parts(Some(dac.as_ref()), None)
    }

    /// Verifies a device's DAC, a [`Certificate`](crate::Certificate) or DER, and its response to an attestation request.
    #[must_use]
    pub fn verify_response(&self, dac: impl AsRef<[u8]>, response: AttestationResponse<'_>) -> VerificationReport {
        self.verify_parts(Some(dac.as_ref()), Some(response))
    }

    pub(super) fn verify_parts(
        &self,
        dac: Option<&[u8]>,
        response: Option<AttestationResponse<'_>>,
    ) -> VerificationReport {
        let mut findings = Findings::new(self.profile);
        findings.list.clone_from(&self.shared);
        let facts = dac.and_then(|der| lint(der, Object::Dac, &mut findings));
        if let Some(dac) = &facts {
            self.check_dac(dac, &mut findings);
            // An unreadable key of the DAC is a separate finding.
            if let (Some(own), Some(key)) = (self.input.dac_key, dac.public_key)
                && own != key
            {
                findings.add(Rule::DacKeyMismatch, Object::Dac);
            }
        }

        let mut response_findings = Findings::new(self.profile);
        let embedded = response.and_then(|response| response.check(facts.as_ref(), &mut response_findings));
        let differs = embedded.is_some() && self.input.declaration.is_some() && embedded != self.input.declaration;
        if differs {
            response_findings.add(Rule::ElementsDeclaration, Object::Elements);
        }
        // The declaration in the device's answer takes precedence.
        let own = match (embedded, &self.declaration) {
            (Some(cms), None) => Some(self.check_declaration(cms)),
            (Some(cms), Some(_)) if differs => Some(self.check_declaration(cms)),
            _ => None,
        };
        if let Some(declaration) = own.as_ref().or(self.declaration.as_ref()) {
            findings.list.extend_from_slice(&declaration.findings);
            if let (Some(content), Some(dac)) = (&declaration.content, &facts) {
                declaration::check_ids(content, dac.ids, Object::Dac, &mut findings);
                if let Some((_, product)) = self.input.product {
                    declaration::check_other_product(content, product, dac.ids, Object::Dac, &mut findings);
                }
            }
        }
        findings.list.append(&mut response_findings.list);
        let revoked = match (&facts, self.input.revocation) {
            (Some(dac), Some(set)) => look_up(set, dac, Object::Dac, &mut findings),
            _ => false,
        };
        report_revoked(self.pai_is_revoked, revoked, &mut findings);
        if self.input.complete {
            let declaration = self.input.declaration.is_some() || response.is_some();
            self.check_complete(dac.is_some(), declaration, &mut findings);
        }
        VerificationReport::new(self.profile, findings.list)
    }

    fn check_dac(&self, dac: &Facts, findings: &mut Findings) {
        if let Some(time) = self.input.time {
            chain::check_time(dac, Object::Dac, time, findings);
        }
        if let Some(pai) = &self.pai {
            chain::check_pai_ids(pai, dac, findings);
            chain::check_link(dac, Object::Dac, pai, self.pai_table.as_ref(), findings);
            chain::check_issuance(pai, Object::Pai, dac, findings);
            chain::check_name_constraints(pai, dac, Object::Dac, findings);
            chain::check_policies(pai, dac, findings);
        }
        if let Some(paa) = &self.paa {
            chain::check_issuance(paa, Object::Paa, dac, findings);
            chain::check_name_constraints(paa, dac, Object::Dac, findings);
        }
    }

    fn check_declaration(&self, cms: &[u8]) -> Checked {
        let mut findings = Findings::new(self.profile);
        let csa = DeclarationSigners::new();
        let content = declaration::check(cms, self.input.signers.unwrap_or(&csa), &mut findings);
        if let Some(content) = &content {
            if let Some((vendor, product)) = self.input.product {
                declaration::check_product(content, vendor, product, &mut findings);
            }
            if let Some(pai) = &self.pai {
                declaration::check_ids(content, pai.ids, Object::Pai, &mut findings);
                if let Some((_, product)) = self.input.product {
                    declaration::check_other_product(content, product, pai.ids, Object::Pai, &mut findings);
                }
            }
            declaration::check_paa(content, self.paa.as_ref(), self.pai.as_ref(), &mut findings);
        }
        Checked {
            content,
            findings: findings.list,
        }
    }

    fn check_complete(&self, dac: bool, declaration: bool, findings: &mut Findings) {
        if self.input.pai.is_none() {
            findings.add(Rule::PaiMissing, Object::Pai);
        }
        let parts = [
            (self.input.paa.is_some(), Object::Paa, "the PAA"),
            (dac, Object::Dac, "the DAC"),
            (declaration, Object::Cd, "the declaration"),
            (self.input.product.is_some(), Object::Chain, "the product's ids"),
            (self.input.time.is_some(), Object::Chain, "the time"),
        ];
        for (there, object, name) in parts {
            if !there {
                findings.add_with(Rule::PartMissing, object, format_args!("{name}"));
            }
        }
    }
}

impl<'a> Verification<'a> {
    /// Makes all checks and returns the findings.
    #[must_use]
    pub fn run(self, profile: Profile) -> VerificationReport {
        PreparedVerification::new(self, profile).verify_parts(self.dac, self.response)
    }

    /// Checks the parts that many devices share (PAA, PAI, declaration and product) once for all of them.
    #[must_use]
    pub fn prepare(self, profile: Profile) -> PreparedVerification<'a> {
        PreparedVerification::new(self, profile).with_table()
    }

    /// Answers an attestation request in place of the device and verifies the answer: proves, before a device leaves
    /// the line, that DAC, its key, PAI, PAA, declaration and product match.
    ///
    /// Nonce and challenge are drawn from `rng`. All parts that [`Verification::complete`] requires must be set.
    ///
    /// # Errors
    ///
    /// [`Error::ElementsTooLong`] when the declaration is too long for the answer, [`Error::SigningFailed`].
    pub fn self_test<S, R>(self, dac_key: &S, rng: &mut R, profile: Profile) -> Result<VerificationReport, Error>
    where
        S: Signer<DerSignature>,
        R: rand_core::CryptoRng + ?Sized,
    {
        let mut nonce = [0; AttestationElements::NONCE_LEN];
        let mut challenge = [0; AttestationElements::CHALLENGE_LEN];
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut challenge);
        let Some(declaration) = self.declaration else {
            return Ok(self.complete().run(profile));
        };
        let elements = AttestationElements::new(declaration, &nonce, 0).encode()?;
        let signature = sign_elements(&elements, &challenge, dac_key)?;
        let response = AttestationResponse {
            elements: &elements,
            signature: &signature,
            challenge: &challenge,
            nonce: &nonce,
        };
        Ok(Verification {
            response: Some(response),
            ..self
        }
        .complete()
        .run(profile))
    }
}

/// Finds the PAA above the PAI and adds its findings.
fn find_paa(anchor: Option<Anchor<'_>>, pai: Option<&Facts>, findings: &mut Findings) -> Option<Facts> {
    let profile = findings.profile;
    let mut report = |list: &[Finding]| {
        let weighed = list.iter().map(|finding| finding.clone().weighed(profile));
        findings.list.extend(weighed);
    };
    let wanted = pai.and_then(|pai| pai.authority_key_id);
    let paa = match anchor? {
        Anchor::Certificate(der) => {
            let (facts, list) = Paa::read(der);
            report(&list);
            facts?
        }
        Anchor::Store(store) => {
            let found = pai.and_then(|pai| store.find(wanted?, pai.issuer()));
            match found {
                Some(paa) => {
                    report(&paa.findings);
                    paa.facts.clone()
                }
                None => {
                    if let Some(wanted) = wanted {
                        findings.add_with(Rule::PaaNotFound, Object::Paa, format_args!("{wanted}"));
                    }
                    return None;
                }
            }
        }
    };
    if let Some(wanted) = wanted
        && paa.subject_key_id != Some(wanted)
    {
        findings.add_with(Rule::PaaNotFound, Object::Paa, format_args!("{wanted}"));
    }
    Some(paa)
}

/// Looks up a certificate, and reports missing revocation data.
fn look_up(set: &RevocationSet, facts: &Facts, object: Object, findings: &mut Findings) -> bool {
    let (Some(issuer), Some(serial)) = (facts.authority_key_id, facts.serial) else {
        return false;
    };
    match set.status(facts.issuer(), issuer, serial) {
        RevocationStatus::Revoked => return true,
        RevocationStatus::NotRevoked => {}
        RevocationStatus::NoData => findings.add(Rule::RevocationNoData, object),
        RevocationStatus::Disregarded => findings.add(Rule::RevocationDisregarded, object),
    }
    false
}

/// Reports revoked certificates; the SDK has a separate result for both together.
fn report_revoked(pai: bool, dac: bool, findings: &mut Findings) {
    for (revoked, rule, object) in [
        (pai, Rule::PaiRevoked, Object::Pai),
        (dac, Rule::DacRevoked, Object::Dac),
    ] {
        if revoked {
            let result = if pai && dac {
                Some(SdkResult::PaiAndDacRevoked)
            } else {
                rule.sdk_result(object)
            };
            findings.add_as(rule, object, result, format_args!(""));
        }
    }
}
