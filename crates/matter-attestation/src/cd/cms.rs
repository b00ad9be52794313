//! The one form of CMS SignedData (RFC 5652) that a Certification Declaration has (Matter Core Specification 6.3.1):
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

use const_oid::ObjectIdentifier;
use der::{Decode, Encode, Header, Length, Reader, SliceReader, Tag, TagNumber};
use p256::ecdsa::DerSignature;

use crate::{Error, KeyId, oid};

const VERSION: u8 = 3;
const EXPLICIT_0: Tag = Tag::ContextSpecific {
    constructed: true,
    number: TagNumber(0),
};
const IMPLICIT_0: Tag = Tag::ContextSpecific {
    constructed: false,
    number: TagNumber(0),
};

/// What the envelope holds.
pub(super) struct Envelope<'a> {
    pub(super) content: &'a [u8],
    pub(super) signer_key_id: KeyId,
    pub(super) signature: &'a [u8],
}

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

/// Reads an envelope and refuses every other form, and anything behind it.
pub(super) fn decode(cms: &[u8]) -> Result<Envelope<'_>, Error> {
    let mut reader = SliceReader::new(cms).map_err(malformed)?;
    let envelope = content_info(&mut reader).map_err(|refusal| refusal.0)?;
    reader.finish().map_err(malformed)?;
    Ok(envelope)
}

/// Lets errors of the DER reader and of ours out of the same closure without exporting a conversion.
struct Refusal(Error);

impl From<der::Error> for Refusal {
    fn from(error: der::Error) -> Self {
        Self(malformed(error))
    }
}

type Outcome<T> = Result<T, Refusal>;

fn content_info<'a>(reader: &mut SliceReader<'a>) -> Outcome<Envelope<'a>> {
    nested(reader, Tag::Sequence, |info| {
        expect(info, oid::SIGNED_DATA, "content type (allowed is id-signedData)")?;
        nested(info, EXPLICIT_0, |body| nested(body, Tag::Sequence, signed_data))
    })
}

fn signed_data<'a>(signed: &mut SliceReader<'a>) -> Outcome<Envelope<'a>> {
    expect(signed, VERSION, "version (allowed is 3)")?;
    nested(signed, Tag::Set, |algorithms| {
        algorithm(algorithms, oid::SHA256, "digest algorithm (allowed is SHA-256)")
    })?;
    let content = nested(signed, Tag::Sequence, |encapsulated| {
        expect(
            encapsulated,
            oid::DATA,
            "encapsulated content type (allowed is id-data)",
        )?;
        nested(encapsulated, EXPLICIT_0, |content| octets(content, Tag::OctetString))
    })?;
    nested(signed, Tag::Set, |infos| {
        nested(infos, Tag::Sequence, |info| {
            expect(info, VERSION, "signer version (allowed is 3)")?;
            let key_id = octets(info, IMPLICIT_0)?;
            let signer_key_id = <[u8; KeyId::LEN]>::try_from(key_id)
                .map(KeyId::new)
                .map_err(|_| refuse("signer identifier (allowed is a key identifier of 20 octets)"))?;
            algorithm(info, oid::SHA256, "signer's digest algorithm (allowed is SHA-256)")?;
            let ecdsa = "signature algorithm (allowed is ecdsa-with-SHA256)";
            algorithm(info, oid::ECDSA_WITH_SHA256, ecdsa)?;
            let signature = octets(info, Tag::OctetString)?;
            DerSignature::from_bytes(signature)
                .map_err(|_| refuse("signature (allowed is a DER SEQUENCE of r and s)"))?;
            Ok(Envelope {
                content,
                signer_key_id,
                signature,
            })
        })
    })
}

fn nested<'a, T>(
    reader: &mut SliceReader<'a>,
    tag: Tag,
    read: impl FnOnce(&mut SliceReader<'a>) -> Outcome<T>,
) -> Outcome<T> {
    let len = header(reader, tag)?;
    reader.read_nested(len, read)
}

fn octets<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> Outcome<&'a [u8]> {
    let len = header(reader, tag)?;
    Ok(reader.read_slice(len)?)
}

fn header(reader: &mut SliceReader<'_>, tag: Tag) -> Outcome<Length> {
    let position = reader.position();
    let header = Header::decode(reader)?;
    if header.tag() != tag {
        return Err(header.tag().unexpected_error(Some(tag)).at(position).into());
    }
    Ok(header.length())
}

fn algorithm(reader: &mut SliceReader<'_>, allowed: ObjectIdentifier, field: &'static str) -> Outcome<()> {
    nested(reader, Tag::Sequence, |algorithm| expect(algorithm, allowed, field))
}

fn expect<'a, T>(reader: &mut SliceReader<'a>, allowed: T, field: &'static str) -> Outcome<()>
where
    T: Decode<'a, Error = der::Error> + PartialEq,
{
    if T::decode(reader)? == allowed {
        Ok(())
    } else {
        Err(refuse(field))
    }
}

fn refuse(field: &'static str) -> Refusal {
    Refusal(Error::CdCmsField { field })
}

fn malformed(error: der::Error) -> Error {
    Error::CdCmsMalformed {
        offset: error.position().and_then(|offset| usize::try_from(offset).ok()),
    }
}
