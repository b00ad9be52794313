//! The envelope of a Certification Declaration, read as far as it makes sense (Matter Core Specification 6.3.1).
//!
//! The form is drawn in `cd/cms.rs`; whatever differs from it is a finding.

use p256::ecdsa::DerSignature;

use crate::finding::Findings;
use crate::x509::{Malformed, Tlv, Walker, is_ecdsa_with_sha256, tag};
use crate::{Object, Rule, oid};

/// The AlgorithmIdentifier without parameters, as it stands inside of the SEQUENCE.
const SHA256: [u8; 11] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// What the envelope holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) content: Option<&'a [u8]>,
    pub(super) signer_key_id: Option<&'a [u8]>,
    /// The signature, if it is well-formed and by the one algorithm.
    pub(super) signature: Option<&'a [u8]>,
}

/// Adds a finding for everything that is otherwise than it has to be.
pub(super) fn read<'a>(cms: &'a [u8], findings: &mut Findings) -> Envelope<'a> {
    let mut envelope = Envelope::default();
    if let Err(Malformed(at)) = outer(cms, &mut envelope, findings) {
        findings.add_with(Rule::CdMalformed, Object::Cd, format_args!("at octet {at}"));
    }
    envelope
}

fn outer<'a>(cms: &'a [u8], envelope: &mut Envelope<'a>, findings: &mut Findings) -> Result<(), Malformed> {
    let mut input = Walker::new(cms);
    let info = input.expect(tag::SEQUENCE)?;
    if !input.is_empty() {
        let count = cms.len() - info.raw.len();
        findings.add_with(Rule::CdTrailingBytes, Object::Cd, format_args!("{count} of them"));
    }
    let mut fields = info.inside();
    if fields.expect(tag::OID)?.value != oid::SIGNED_DATA.as_bytes() {
        findings.add(Rule::CdContentType, Object::Cd);
    }
    let explicit = fields.expect(tag::EXPLICIT_0)?;
    fields.finish()?;
    let mut inside = explicit.inside();
    let signed = inside.expect(tag::SEQUENCE)?;
    inside.finish()?;
    signed_data(&signed, envelope, findings)
}

fn signed_data<'a>(signed: &Tlv<'a>, envelope: &mut Envelope<'a>, findings: &mut Findings) -> Result<(), Malformed> {
    let mut fields = signed.inside();
    if fields.expect(tag::INTEGER)?.value != [3] {
        findings.add(Rule::CdVersion, Object::Cd);
    }
    if !is_one_algorithm(&fields.expect(tag::SET)?) {
        findings.add(Rule::CdDigestAlgorithms, Object::Cd);
    }
    let encapsulated = fields.expect(tag::SEQUENCE)?;
    // Certificates and CRLs would be here, which nothing may be.
    let infos = fields.expect(tag::SET)?;
    fields.finish()?;

    let (content, right) = encapsulated_content(&encapsulated);
    envelope.content = content;
    if !right {
        findings.add(Rule::CdEncapsulatedContent, Object::Cd);
    }
    let mut infos = infos.inside();
    let info = infos.expect(tag::SEQUENCE)?;
    let right = signer_info(&info, envelope, findings)?;
    if !right || !infos.is_empty() {
        findings.add(Rule::CdSignerInfos, Object::Cd);
    }
    Ok(())
}

/// Tells whether a SET holds SHA-256 without parameters, and nothing else.
fn is_one_algorithm(set: &Tlv<'_>) -> bool {
    let mut members = set.inside();
    let right = members
        .expect(tag::SEQUENCE)
        .is_ok_and(|algorithm| algorithm.value == SHA256);
    right && members.is_empty()
}

/// Returns the content, and whether it is in the form that it has to be in.
fn encapsulated_content<'a>(encapsulated: &Tlv<'a>) -> (Option<&'a [u8]>, bool) {
    let read = || {
        let mut fields = encapsulated.inside();
        let right = fields.expect(tag::OID)?.value == oid::DATA.as_bytes();
        let mut explicit = fields.expect(tag::EXPLICIT_0)?.inside();
        let content = explicit.expect(tag::OCTET_STRING)?.value;
        Ok::<_, Malformed>((content, right && fields.is_empty() && explicit.is_empty()))
    };
    match read() {
        Ok((content, right)) => (Some(content), right),
        Err(_) => (None, false),
    }
}

/// Reads the one SignerInfo, and tells whether it has its version and its members.
fn signer_info<'a>(info: &Tlv<'a>, envelope: &mut Envelope<'a>, findings: &mut Findings) -> Result<bool, Malformed> {
    let mut fields = info.inside();
    let mut right = fields.expect(tag::INTEGER)?.value == [3];
    let Some(key_id) = fields.next_if(tag::IMPLICIT_0)? else {
        return Ok(false);
    };
    envelope.signer_key_id = Some(key_id.value);
    if fields.expect(tag::SEQUENCE)?.value != SHA256 {
        findings.add(Rule::CdSignerDigest, Object::Cd);
    }
    // Signed attributes.
    right &= fields.next_if(tag::EXPLICIT_0)?.is_none();
    let algorithm = is_ecdsa_with_sha256(&fields.expect(tag::SEQUENCE)?);
    if !algorithm {
        findings.add(Rule::CdSignerAlgorithm, Object::Cd);
    }
    let signature = fields.expect(tag::OCTET_STRING)?.value;
    if DerSignature::from_bytes(signature).is_err() {
        findings.add(Rule::CdSignatureMalformed, Object::Cd);
    } else if algorithm {
        envelope.signature = Some(signature);
    }
    Ok(right && fields.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_those_of_their_object_identifiers() {
        assert_eq!(&SHA256[2..], oid::SHA256.as_bytes());
    }
}
