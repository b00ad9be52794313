use alloc::string::String;
use core::ops::Range;

use const_oid::AssociatedOid;
use der::asn1::{AnyRef, BitStringRef, Ia5StringRef, OctetString, PrintableStringRef, Utf8StringRef};
use der::referenced::OwnedToRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use spki::AlgorithmIdentifierOwned;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use x509_cert::name::Name;
use x509_cert::{Certificate as X509Certificate, TbsCertificate, Version};

use super::subject_ids::SubjectIds;
use super::{Certificate, Spans};
use crate::{Error, KeyId, PublicKey, SerialNumber, Validity, oid};

pub(super) fn parse(der: &[u8]) -> Result<Certificate, Error> {
    let x509 = X509Certificate::from_der(der).map_err(malformed)?;
    let tbs = x509.tbs_certificate();
    if tbs.version() != Version::V3 {
        return Err(Error::CertificateVersion);
    }
    check_algorithm(tbs.signature())?;
    check_algorithm(x509.signature_algorithm())?;
    let validity = tbs.validity();
    let basic_constraints = extension::<BasicConstraints>(tbs, "basicConstraints")?;
    let key_usage = extension::<KeyUsage>(tbs, "keyUsage")?;
    let subject_key_id = extension::<SubjectKeyIdentifier>(tbs, SUBJECT_KEY_ID)?
        .map(|extension| key_id(&extension.0, SUBJECT_KEY_ID))
        .transpose()?;
    let authority_key_id = extension::<AuthorityKeyIdentifier>(tbs, AUTHORITY_KEY_ID)?
        .and_then(|extension| extension.key_identifier)
        .map(|id| key_id(&id, AUTHORITY_KEY_ID))
        .transpose()?;
    Ok(Certificate {
        der: der.into(),
        spans: spans(der).map_err(malformed)?,
        subject_name: tbs.subject().clone(),
        subject_ids: SubjectIds::from_name(tbs.subject())?,
        common_name: common_name(tbs.subject()),
        public_key: PublicKey::from_spki(tbs.subject_public_key_info().owned_to_ref())?,
        serial: serial(tbs)?,
        validity: Validity::new(validity.not_before.to_date_time(), validity.not_after.to_date_time())?,
        authority_key_id,
        subject_key_id,
        basic_constraints: basic_constraints.map(|extension| (extension.ca, extension.path_len_constraint)),
        may_sign_certificates: key_usage.is_none_or(|usage| usage.key_cert_sign()),
    })
}

const SUBJECT_KEY_ID: &str = "subjectKeyIdentifier";
const AUTHORITY_KEY_ID: &str = "authorityKeyIdentifier";

fn check_algorithm(algorithm: &AlgorithmIdentifierOwned) -> Result<(), Error> {
    let parameters_allowed = algorithm
        .parameters
        .as_ref()
        .is_none_or(|parameters| parameters.is_null());
    if algorithm.oid == oid::ECDSA_WITH_SHA256 && parameters_allowed {
        Ok(())
    } else {
        Err(Error::CertificateAlgorithm)
    }
}

fn serial(tbs: &TbsCertificate) -> Result<SerialNumber, Error> {
    let octets = tbs.serial_number().as_bytes();
    if octets.first().is_some_and(|&top| top >= 0x80) {
        return Err(Error::SerialNumberOutOfRange { len: octets.len() });
    }
    SerialNumber::new(octets)
}

/// Decodes an extension that may occur once.
fn extension<'a, T>(tbs: &'a TbsCertificate, name: &'static str) -> Result<Option<T>, Error>
where
    T: Decode<'a, Error = der::Error> + AssociatedOid,
{
    let mut found = tbs.filter_extensions::<T>();
    let Some(first) = found.next() else {
        return Ok(None);
    };
    if found.next().is_some() {
        return Err(Error::ExtensionDuplicate { extension: name });
    }
    match first {
        Ok((_, value)) => Ok(Some(value)),
        Err(_) => Err(Error::ExtensionMalformed { extension: name }),
    }
}

fn key_id(octets: &OctetString, name: &'static str) -> Result<KeyId, Error> {
    <[u8; KeyId::LEN]>::try_from(octets.as_bytes())
        .map(KeyId::new)
        .map_err(|_| Error::ExtensionMalformed { extension: name })
}

fn common_name(subject: &Name) -> Option<String> {
    let attribute = subject.iter().find(|attribute| attribute.oid == oid::COMMON_NAME)?;
    let value = AnyRef::from(&attribute.value);
    let text = match value.tag() {
        Tag::Utf8String => value.decode_as::<Utf8StringRef<'_>>().ok()?.as_str(),
        Tag::PrintableString => value.decode_as::<PrintableStringRef<'_>>().ok()?.as_str(),
        Tag::Ia5String => value.decode_as::<Ia5StringRef<'_>>().ok()?.as_str(),
        _ => return None,
    };
    Some(text.into())
}

/// Finds the parts whose very octets matter: encoding a parsed name again may reorder it.
fn spans(der: &[u8]) -> der::Result<Spans> {
    let mut reader = SliceReader::new(der)?;
    reader.sequence(|certificate| {
        let start = position(certificate)?;
        let (issuer, subject) = certificate.sequence(|tbs| {
            let version = Tag::ContextSpecific {
                constructed: true,
                number: TagNumber(0),
            };
            if Tag::peek(tbs)? == version {
                tbs.tlv_bytes()?;
            }
            let _serial = tbs.tlv_bytes()?;
            let _algorithm = tbs.tlv_bytes()?;
            let issuer = element(tbs)?;
            let _validity = tbs.tlv_bytes()?;
            let subject = element(tbs)?;
            tbs.read_slice(tbs.remaining_len())?;
            Ok::<_, der::Error>((issuer, subject))
        })?;
        let tbs = start..position(certificate)?;
        let _algorithm = certificate.tlv_bytes()?;
        let bits = BitStringRef::decode(certificate)?;
        let octets = bits.as_bytes().ok_or_else(|| Tag::BitString.value_error().to_error())?;
        let end = position(certificate)?;
        Ok(Spans {
            tbs,
            issuer,
            subject,
            signature: end.saturating_sub(octets.len())..end,
        })
    })
}

fn element<'a>(reader: &mut SliceReader<'a>) -> der::Result<Range<usize>> {
    let start = position(reader)?;
    reader.tlv_bytes()?;
    Ok(start..position(reader)?)
}

fn position<'a>(reader: &SliceReader<'a>) -> der::Result<usize> {
    usize::try_from(reader.position())
}

fn malformed(error: der::Error) -> Error {
    Error::CertificateMalformed {
        offset: error.position().and_then(|offset| usize::try_from(offset).ok()),
    }
}
