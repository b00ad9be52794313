//! The only form of CMS SignedData (RFC 5652) allowed for a Certification Declaration (Matter Core Specification
//! 6.3.1):
//!
//! ```text
//! SEQUENCE { id-signedData, [0] { SEQUENCE {
//!   INTEGER 3
//!   SET { SEQUENCE { id-sha256 } }
//!   SEQUENCE { id-data, [0] { OCTET STRING content } }
//!   SET { SEQUENCE {
//!     INTEGER 3
//!     [0] IMPLICIT OCTET STRING subject key identifier of the signer
//!     SEQUENCE { id-sha256 }
//!     SEQUENCE { ecdsa-with-SHA256 }
//!     OCTET STRING { SEQUENCE { INTEGER r, INTEGER s } }
//! } } } } }
//! ```
//!
//! There are no certificates, no CRLs, no attributes and no algorithm parameters.

use alloc::vec::Vec;
use core::fmt;

use der::{Encode, Header, Length, Tag, TagNumber};
use p256::ecdsa::DerSignature;

use crate::fault::{FaultSink, Strict};
use crate::x509::{Malformed, Tlv, Walker, is_ecdsa_with_sha256, tag};
use crate::{Error, KeyId, Rule, oid};

const VERSION: u8 = 3;
const EXPLICIT_0: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(0),
};
const IMPLICIT_0: Tag = Tag::ContextSpecific {
    constructed: false,
    number: TagNumber(0),
};
/// The content of the AlgorithmIdentifier id-sha256 without parameters.
const SHA256: [u8; 11] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

pub(super) fn encode(content: &[u8], signer_key_id: KeyId, signature: &[u8]) -> der::Result<Vec<u8>> {
    let version = VERSION.to_der()?;
    let sha256 = tlv(Tag::Sequence, &[&oid::SHA256.to_der()?])?;
    let ecdsa = tlv(Tag::Sequence, &[&oid::ECDSA_WITH_SHA256.to_der()?])?;
    let content = tlv(EXPLICIT_0, &[&tlv(Tag::OctetString, &[content])?])?;
    let encapsulated = tlv(Tag::Sequence, &[&oid::DATA.to_der()?, &content])?;
    let key_id = tlv(IMPLICIT_0, &[signer_key_id.as_bytes()])?;
    let signature = tlv(Tag::OctetString, &[signature])?;
    let signer_info = tlv(Tag::Sequence, &[&version, &key_id, &sha256, &ecdsa, &signature])?;
    let signed_data = tlv(
        Tag::Sequence,
        &[
            &version,
            &tlv(Tag::Set, &[&sha256])?,
            &encapsulated,
            &tlv(Tag::Set, &[&signer_info])?,
        ],
    )?;
    let body = tlv(EXPLICIT_0, &[&signed_data])?;
    tlv(Tag::Sequence, &[&oid::SIGNED_DATA.to_der()?, &body])
}

fn tlv(tag: Tag, parts: &[&[u8]]) -> der::Result<Vec<u8>> {
    let value = parts.concat();
    let mut out = Header::new(tag, Length::try_from(value.len())?).to_der()?;
    out.extend(value);
    Ok(out)
}

/// The readable parts of the envelope.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) content: Option<&'a [u8]>,
    pub(crate) signer_key_id: Option<&'a [u8]>,
    /// The signature, if it is well-formed and has the allowed algorithm.
    pub(crate) signature: Option<&'a [u8]>,
}

/// Decodes an envelope into content, key identifier and signature; refuses any other form and trailing bytes.
pub(super) fn decode(cms: &[u8]) -> Result<(&[u8], KeyId, &[u8]), Error> {
    let envelope = Envelope::read(cms, &mut Strict)?;
    let key_id = envelope
        .signer_key_id
        .and_then(|id| <[u8; KeyId::LEN]>::try_from(id).ok());
    let key_id = key_id.ok_or(field("signer identifier (allowed: a key identifier of 20 bytes)"))?;
    match (envelope.content, envelope.signature) {
        (Some(content), Some(signature)) => Ok((content, KeyId::new(key_id), signature)),
        // The checks above have refused every unreadable part.
        _ => Err(Error::CdCmsMalformed { offset: None }),
    }
}

impl<'a> Envelope<'a> {
    /// Reads an envelope and reports all differences from the allowed form.
    pub(crate) fn read<S: FaultSink>(cms: &'a [u8], sink: &mut S) -> Result<Self, S::Refusal> {
        let mut envelope = Self::default();
        match envelope.content_info(cms, sink) {
            Ok(()) => Ok(envelope),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Malformed(at)) => {
                sink.refuse(Rule::CdMalformed, format_args!("at byte {}", at.0), malformed(at))?;
                Ok(envelope)
            }
        }
    }

    fn content_info<S: FaultSink>(&mut self, cms: &'a [u8], sink: &mut S) -> Outcome<S, ()> {
        let mut input = Walker::new(cms);
        let info = input.expect(tag::SEQUENCE)?;
        if !input.is_empty() {
            let count = cms.len() - info.raw.len();
            let error = malformed(input.position());
            refuse(sink, Rule::CdTrailingBytes, format_args!("{count} of them"), error)?;
        }
        let mut fields = info.inside();
        if fields.expect(tag::OID)?.value != oid::SIGNED_DATA.as_bytes() {
            let error = field("content type (allowed: id-signedData)");
            refuse(sink, Rule::CdContentType, format_args!(""), error)?;
        }
        let explicit = fields.expect(tag::EXPLICIT_0)?;
        fields.finish()?;
        let signed = explicit.inside().only(tag::SEQUENCE)?;
        self.signed_data(&signed, sink)
    }

    fn signed_data<S: FaultSink>(&mut self, signed: &Tlv<'a>, sink: &mut S) -> Outcome<S, ()> {
        let mut fields = signed.inside();
        if fields.expect(tag::INTEGER)?.value != [VERSION] {
            refuse(sink, Rule::CdVersion, format_args!(""), field("version (allowed: 3)"))?;
        }
        let algorithms = fields.expect(tag::SET)?.inside();
        if !algorithms.only(tag::SEQUENCE).is_ok_and(|one| one.value == SHA256) {
            let error = field("digest algorithm (allowed: SHA-256)");
            refuse(sink, Rule::CdDigestAlgorithms, format_args!(""), error)?;
        }
        let encapsulated = fields.expect(tag::SEQUENCE)?;
        // Certificates and CRLs would be here, but are not allowed.
        let infos = fields.expect(tag::SET)?;
        fields.finish()?;

        if let Err(error) = self.encapsulated_content(&encapsulated) {
            refuse(sink, Rule::CdEncapsulatedContent, format_args!(""), error)?;
        }
        let mut infos = infos.inside();
        let info = infos.expect(tag::SEQUENCE)?;
        let info = self.signer_info(&info, sink)?;
        if let Err(error) = info.and(infos.finish().map_err(malformed)) {
            refuse(sink, Rule::CdSignerInfos, format_args!(""), error)?;
        }
        Ok(())
    }

    /// Reads the content; the error describes a wrong form.
    fn encapsulated_content(&mut self, encapsulated: &Tlv<'a>) -> Result<(), Error> {
        let mut fields = encapsulated.inside();
        let content_type = fields.expect(tag::OID).map_err(malformed)?;
        let mut explicit = fields.expect(tag::EXPLICIT_0).map_err(malformed)?.inside();
        self.content = Some(explicit.expect(tag::OCTET_STRING).map_err(malformed)?.value);
        if content_type.value != oid::DATA.as_bytes() {
            return Err(field("encapsulated content type (allowed: id-data)"));
        }
        explicit.finish().and(fields.finish()).map_err(malformed)
    }

    /// Reads the only SignerInfo; the error describes a wrong version or member.
    fn signer_info<S: FaultSink>(&mut self, info: &Tlv<'a>, sink: &mut S) -> Outcome<S, Result<(), Error>> {
        let mut fields = info.inside();
        let mut form = Ok(());
        if fields.expect(tag::INTEGER)?.value != [VERSION] {
            form = Err(field("signer version (allowed: 3)"));
        }
        let Some(key_id) = fields.next_if(tag::IMPLICIT_0)? else {
            return Ok(form.and(Err(malformed(fields.position()))));
        };
        self.signer_key_id = Some(key_id.value);
        if fields.expect(tag::SEQUENCE)?.value != SHA256 {
            let error = field("signer's digest algorithm (allowed: SHA-256)");
            refuse(sink, Rule::CdSignerDigest, format_args!(""), error)?;
        }
        if let Some(attributes) = fields.next_if(tag::EXPLICIT_0)? {
            form = form.and(Err(malformed(attributes.malformed())));
        }
        let known = is_ecdsa_with_sha256(&fields.expect(tag::SEQUENCE)?);
        if !known {
            let error = field("signature algorithm (allowed: ecdsa-with-SHA256)");
            refuse(sink, Rule::CdSignerAlgorithm, format_args!(""), error)?;
        }
        let signature = fields.expect(tag::OCTET_STRING)?.value;
        if DerSignature::from_bytes(signature).is_err() {
            let error = field("signature (allowed: a DER SEQUENCE of r and s)");
            refuse(sink, Rule::CdSignatureMalformed, format_args!(""), error)?;
        } else if known {
            self.signature = Some(signature);
        }
        Ok(form.and(fields.finish().map_err(malformed)))
    }
}

/// The reason to stop reading.
enum Stop<R> {
    Malformed(Malformed),
    Refused(R),
}

type Outcome<S, T> = Result<T, Stop<<S as FaultSink>::Refusal>>;

impl<R> From<Malformed> for Stop<R> {
    fn from(at: Malformed) -> Self {
        Self::Malformed(at)
    }
}

fn refuse<S: FaultSink>(sink: &mut S, rule: Rule, detail: fmt::Arguments<'_>, error: Error) -> Outcome<S, ()> {
    sink.refuse(rule, detail, error).map_err(Stop::Refused)
}

const fn field(field: &'static str) -> Error {
    Error::CdCmsField { field }
}

const fn malformed(at: Malformed) -> Error {
    Error::CdCmsMalformed { offset: Some(at.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithm_is_that_of_its_object_identifier() {
        assert_eq!(&SHA256[2..], oid::SHA256.as_bytes());
    }
}
