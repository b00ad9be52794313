//! Certificates in PKCS#7: CMS SignedData without content and signers (RFC 5652, 5.1):
//!
//! ```text
//! SEQUENCE { id-signedData, [0] { SEQUENCE {
//!   INTEGER version
//!   SET digest algorithms
//!   SEQUENCE { content type }
//!   [0] IMPLICIT SET { certificates }
//!   [1] IMPLICIT SET { CRLs }, optional
//!   SET signers
//! } } }
//! ```

use alloc::vec::Vec;

use crate::x509::{Malformed, Tlv, Walker, tag};
use crate::{Error, oid};

/// The labels of PEM blocks: OpenSSL's, RFC 7468's and an older one.
pub(crate) const PEM_LABELS: [&[u8]; 3] = [b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA"];

/// Whether SignedData has certificates and no content; a declaration has content and no certificates.
pub(crate) fn only_carries_certificates(der: &[u8]) -> bool {
    SignedData::read(der).is_ok_and(|signed| !signed.has_content && signed.certificates.is_some())
}

/// Returns the certificates in order; other members, such as attribute certificates, are skipped.
pub(crate) fn certificates(der: &[u8]) -> Result<Vec<&[u8]>, Error> {
    let malformed = |at: Malformed| Error::Pkcs7Malformed { offset: at.0 };
    let signed = SignedData::read(der).map_err(malformed)?;
    let mut members = match &signed.certificates {
        Some(certificates) => certificates.inside(),
        None => return Err(Error::Pkcs7Empty),
    };
    let mut found = Vec::new();
    while !members.is_empty() {
        let member = members.next().map_err(malformed)?;
        if member.tag == tag::SEQUENCE {
            found.push(member.raw);
        }
    }
    if found.is_empty() {
        return Err(Error::Pkcs7Empty);
    }
    Ok(found)
}

struct SignedData<'a> {
    has_content: bool,
    certificates: Option<Tlv<'a>>,
}

impl<'a> SignedData<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut info = Walker::new(der).only(tag::SEQUENCE)?.inside();
        let content_type = info.expect(tag::OID)?;
        if content_type.value != oid::SIGNED_DATA.as_bytes() {
            return Err(content_type.malformed());
        }
        let mut members = info.only(tag::EXPLICIT_0)?.inside().only(tag::SEQUENCE)?.inside();
        members.expect(tag::INTEGER)?;
        members.expect(tag::SET)?;
        let content = members.expect(tag::SEQUENCE)?;
        Ok(Self {
            has_content: content.inside().only(tag::OID).is_err(),
            certificates: members.next_if(tag::EXPLICIT_0)?,
        })
    }
}
