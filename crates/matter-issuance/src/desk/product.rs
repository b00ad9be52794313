//! Checks PAI and declaration for a product, and signs and verifies the certificates of its devices.

use std::collections::BTreeMap;

use matter_attestation::{
    Certificate, CertificateSigner, CertificationType, DacSubject, DateTime, Error as AttestationError, Issuer, Object,
    Profile, SerialNumber, SignedDeclaration, Validity, Verification,
};
use matter_types::{ProductId, VendorId};

use super::{Desk, Signed, random};
use crate::{Error, KeyHash, Policy, Refusal, Request};

/// Batch size from which it pays off to check the common parts once and to build a table of the PAI's key: 2 ms, after
/// which a certificate takes 0.1 ms instead of 0.9 ms.
const MANY: usize = 3;

/// The products checked so far.
#[derive(Debug, Default)]
pub(super) struct Products(BTreeMap<(u16, u16), Result<(), Refusal>>);

impl Products {
    /// Checks PAI and declaration, once for each product.
    #[expect(
        clippy::too_many_arguments,
        reason = "the fields of a desk, which is borrowed elsewhere"
    )]
    pub(super) fn check<S: CertificateSigner>(
        &mut self,
        vendor_id: VendorId,
        product_id: ProductId,
        pai: &Certificate,
        signer: &S,
        declaration: &[u8],
        policy: &Policy,
        now: DateTime,
    ) -> Result<(), Refusal> {
        let check = || {
            check_pai(vendor_id, product_id, pai, signer, policy, now)?;
            check_declaration(vendor_id, product_id, pai, declaration, policy, now)
        };
        let product = (vendor_id.get(), product_id.get());
        self.0.entry(product).or_insert_with(check).clone()
    }
}

fn check_pai<S: CertificateSigner>(
    vendor_id: VendorId,
    product_id: ProductId,
    pai: &Certificate,
    signer: &S,
    policy: &Policy,
    now: DateTime,
) -> Result<(), Refusal> {
    let refused = |error: AttestationError| Refusal::Pai {
        vendor_id,
        product_id,
        text: error.to_string(),
    };
    let subject = DacSubject::new("any", vendor_id, product_id).map_err(refused)?;
    let validity = validity(pai, policy, now).map_err(refused)?;
    Issuer::new(pai, signer)
        .and_then(|issuer| issuer.dac_template(&subject, validity).map(|_| ()))
        .map_err(refused)
}

fn check_declaration(
    vendor_id: VendorId,
    product_id: ProductId,
    pai: &Certificate,
    declaration: &[u8],
    policy: &Policy,
    now: DateTime,
) -> Result<(), Refusal> {
    let refused = |text: String| Refusal::Declaration { text };
    let signed = SignedDeclaration::decode(declaration).map_err(|error| refused(error.to_string()))?;
    let content = signed.content();
    if !policy.signers.allows_test_key() && content.certification_type() == CertificationType::DevelopmentAndTest {
        return Err(refused("its certification type is 0, for tests only".into()));
    }
    if let Some(origin) = content.dac_origin() {
        if (origin.vendor_id, origin.product_id) != (vendor_id, product_id) {
            return Err(refused(format!(
                "its DAC origin is vendor {} and product {}, not {vendor_id} and {product_id}",
                origin.vendor_id, origin.product_id
            )));
        }
    } else if !content.covers(vendor_id, product_id) {
        return Err(refused(format!(
            "it does not cover vendor {vendor_id} and product {product_id}"
        )));
    }
    let (vendor_id, product_id) = sold_as(vendor_id, product_id, &signed);
    let verification = Verification::new()
        .with_declaration(declaration)
        .with_product(vendor_id, product_id);
    let report = with_chain(verification, pai, policy, now).run(Profile::Strict);
    let error = report.errors().find(|finding| finding.object() == Object::Cd);
    error.map_or(Ok(()), |finding| Err(refused(finding.to_string())))
}

/// The ids in Basic Information of devices with these DAC ids; they differ if the declaration has a DAC origin.
fn sold_as(vendor_id: VendorId, product_id: ProductId, signed: &SignedDeclaration) -> (VendorId, ProductId) {
    let content = signed.content();
    match (content.dac_origin(), content.product_ids().first()) {
        (Some(_), Some(first)) => (content.vendor_id(), *first),
        _ => (vendor_id, product_id),
    }
}

fn with_chain<'a>(
    verification: Verification<'a>,
    pai: &'a Certificate,
    policy: &'a Policy,
    now: DateTime,
) -> Verification<'a> {
    let verification = verification
        .with_pai(pai.as_der())
        .with_declaration_signers(&policy.signers)
        .at(now);
    match &policy.paa {
        Some(paa) => verification.with_paa(paa.as_der()),
        None => verification,
    }
}

/// From now on, as long as PAI and policy allow.
fn validity(pai: &Certificate, policy: &Policy, now: DateTime) -> Result<Validity, AttestationError> {
    let last = pai.not_after();
    let not_after = policy.not_after.map_or(last, |not_after| not_after.min(last));
    Validity::new(now.max(pai.not_before()), not_after)
}

impl<S: CertificateSigner> Desk<S> {
    /// Checks PAI, PAA and declaration against each other.
    pub(super) fn check_chain(&self, now: DateTime) -> Result<(), Error> {
        let verification = Verification::new().with_declaration(&self.declaration);
        let report = with_chain(verification, &self.pai, &self.policy, now).run(Profile::Strict);
        match report.errors().next() {
            None => Ok(()),
            Some(finding) => Err(Error::Chain {
                text: finding.to_string(),
            }),
        }
    }

    /// Signs the certificates of devices of one product, decodes them and verifies them with the chain.
    pub(super) fn sign_product(
        &self,
        (vendor_id, product_id): (u16, u16),
        requests: &BTreeMap<KeyHash, &Request>,
    ) -> Result<Vec<Signed>, Error> {
        let now = super::now()?;
        let refused = |_| Error::Chain {
            text: "the order's vendor or product id is invalid".into(),
        };
        let vendor_id = VendorId::new(vendor_id).map_err(refused)?;
        let product_id = ProductId::new(product_id).map_err(refused)?;
        let issuer = Issuer::new(&self.pai, &self.signer)?;
        let subject = DacSubject::new("any", vendor_id, product_id)?;
        let template = issuer.dac_template(&subject, validity(&self.pai, &self.policy, now)?)?;

        let signed = SignedDeclaration::decode(&self.declaration)?;
        let (sold_vendor, sold_product) = sold_as(vendor_id, product_id, &signed);
        let verification = Verification::new()
            .with_declaration(&self.declaration)
            .with_product(sold_vendor, sold_product);
        let verification = with_chain(verification, &self.pai, &self.policy, now);
        let prepared = (requests.len() >= MANY).then(|| verification.prepare(Profile::Strict));

        let mut certificates = Vec::with_capacity(requests.len());
        for (key, request) in requests {
            let der = match template.issue_der(request.device.as_str(), &request.public_key, serial()?) {
                Ok(der) => der,
                Err(AttestationError::CertificateTooLong { len }) => {
                    certificates.push((*key, Err(Refusal::CertificateTooLong { len })));
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let report = match &prepared {
                Some(prepared) => prepared.verify(&der),
                None => verification.with_dac(&der).run(Profile::Strict),
            };
            if let Some(finding) = report.errors().next() {
                return Err(Error::Chain {
                    text: format!("the certificate of device {}: {}", request.device, finding),
                });
            }
            let dac = Certificate::from_der(&der)?;
            let is_ours = dac.public_key() == request.public_key
                && (dac.vendor_id(), dac.product_id()) == (Some(vendor_id), Some(product_id));
            if !is_ours {
                return Err(Error::StoredCertificate {
                    device: request.device.to_string(),
                });
            }
            certificates.push((*key, Ok(dac)));
        }
        Ok(certificates)
    }
}

/// Draws a positive serial number of 127 random bits, always 16 bytes long.
fn serial() -> Result<SerialNumber, Error> {
    loop {
        let mut number: [u8; SerialNumber::GENERATED_LEN] = random()?;
        let [first, ..] = &mut number;
        *first &= 0x7F;
        if *first != 0 {
            return Ok(SerialNumber::new(&number)?);
        }
    }
}
