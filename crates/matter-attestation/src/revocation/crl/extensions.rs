use alloc::collections::BTreeSet;
use alloc::string::String;

use const_oid::ObjectIdentifier;
use der::Decode;
use x509_cert::name::Name;

use super::parse::{fault, refuse};
use crate::x509::{self, Malformed, Tlv, Walker, tag};
use crate::{CrlFault, Error, KeyId};

// Content bytes of the object identifiers below 2.5.29 (RFC 5280, A.2).
const CRL_NUMBER: &[u8] = &[0x55, 0x1D, 20];
const REASON_CODE: &[u8] = &[0x55, 0x1D, 21];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1D, 24];
const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1D, 27];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1D, 28];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1D, 29];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1D, 35];

// The tags of an IssuingDistributionPoint's members.
const ONLY_USER_CERTIFICATES: u8 = 0x81;
const ONLY_CA_CERTIFICATES: u8 = 0x82;
const ONLY_SOME_REASONS: u8 = 0x83;
const INDIRECT_CRL: u8 = 0x84;
const ONLY_ATTRIBUTE_CERTIFICATES: u8 = 0x85;
/// removeFromCRL, which only a delta CRL has.
const REMOVE_FROM_CRL: &[u8] = &[0x0A, 0x01, 0x08];

/// The content of a list's extensions.
pub(super) struct ListExtensions {
    pub(super) authority_key_id: KeyId,
    pub(super) distribution_uri: Option<String>,
    pub(super) indirect: bool,
}

/// One extension; its value is the content of the OCTET STRING.
struct Extension<'a> {
    oid: &'a [u8],
    critical: bool,
    offset: usize,
    value: Tlv<'a>,
}

impl Extension<'_> {
    fn not_supported(&self) -> Error {
        let oid = ObjectIdentifier::from_bytes(self.oid).ok();
        refuse(CrlFault::CriticalExtension { oid }, self.offset)
    }
}

pub(super) fn of_list(extensions: Tlv<'_>) -> Result<ListExtensions, Error> {
    let mut authority_key_id = None;
    let mut point = None;
    each(extensions, |extension| {
        match extension.oid {
            AUTHORITY_KEY_ID => authority_key_id = Some(key_id(&extension)?),
            ISSUING_DISTRIBUTION_POINT => point = Some(distribution_point(extension.value)?),
            DELTA_CRL_INDICATOR => return Err(refuse(CrlFault::Scope, extension.offset)),
            CRL_NUMBER => {}
            _ if extension.critical => return Err(extension.not_supported()),
            _ => {}
        }
        Ok(())
    })?;
    let (distribution_uri, indirect) = point.unwrap_or_default();
    Ok(ListExtensions {
        authority_key_id: authority_key_id.ok_or(refuse(CrlFault::AuthorityKeyId, extensions.offset))?,
        distribution_uri,
        indirect,
    })
}

/// Returns the name of the certificate's issuer, if the extensions of an entry contain it.
pub(super) fn of_entry(extensions: Tlv<'_>) -> Result<Option<Tlv<'_>>, Error> {
    let mut issuer = None;
    each(extensions, |extension| {
        match extension.oid {
            CERTIFICATE_ISSUER => issuer = Some(directory_name(extension.value)?),
            REASON_CODE if extension.value.raw == REMOVE_FROM_CRL => {
                return Err(refuse(CrlFault::Scope, extension.offset));
            }
            REASON_CODE | INVALIDITY_DATE => {}
            _ if extension.critical => return Err(extension.not_supported()),
            _ => {}
        }
        Ok(())
    })?;
    Ok(issuer)
}

/// Visits each extension; there must be at least one, without duplicates.
fn each<'a>(extensions: Tlv<'a>, mut visit: impl FnMut(Extension<'a>) -> Result<(), Error>) -> Result<(), Error> {
    let mut list = extensions.inside();
    let mut seen = BTreeSet::new();
    loop {
        let extension = read(&mut list).map_err(fault(CrlFault::Extension))?;
        if !seen.insert(extension.oid) {
            return Err(refuse(CrlFault::Extension, extension.offset));
        }
        visit(extension)?;
        if list.is_empty() {
            return Ok(());
        }
    }
}

fn read<'a>(list: &mut Walker<'a>) -> Result<Extension<'a>, Malformed> {
    let extension = x509::Extension::read(list)?.ok_or(list.position())?;
    if let Some(default) = extension.written_default {
        return Err(default);
    }
    let mut inside = extension.value.inside();
    let value = inside.next().map_err(|_| extension.value.malformed())?;
    inside.finish()?;
    Ok(Extension {
        oid: extension.oid,
        critical: extension.critical,
        offset: extension.offset,
        value,
    })
}

fn key_id(extension: &Extension<'_>) -> Result<KeyId, Error> {
    let malformed = fault(CrlFault::AuthorityKeyId);
    if extension.value.tag != tag::SEQUENCE {
        return Err(malformed(extension.value.malformed()));
    }
    let id = extension.value.inside().expect(tag::IMPLICIT_0).map_err(&malformed)?;
    x509::key_id(&id).map_err(malformed)
}

/// Decodes an IssuingDistributionPoint (RFC 5280, 5.2.5): its URI, and whether the list is indirect.
fn distribution_point(value: Tlv<'_>) -> Result<(Option<String>, bool), Error> {
    let malformed = fault(CrlFault::DistributionPoint);
    if value.tag != tag::SEQUENCE {
        return Err(malformed(value.malformed()));
    }
    let mut members = value.inside();
    let uri = match members.next_if(tag::EXPLICIT_0).map_err(&malformed)? {
        Some(name) => Some(uri(name).map_err(&malformed)?),
        None => None,
    };
    let mut indirect = false;
    let mut last = tag::EXPLICIT_0 & 0x1F;
    while !members.is_empty() {
        let member = members.next().map_err(&malformed)?;
        // Each at most once and in this order; DER omits flags that are false.
        let number = member.tag & 0x1F;
        if core::mem::replace(&mut last, number) >= number {
            return Err(malformed(member.malformed()));
        }
        match member.tag {
            ONLY_SOME_REASONS => return Err(refuse(CrlFault::Scope, member.offset)),
            _ if member.value != [0xFF] => return Err(malformed(member.malformed())),
            ONLY_ATTRIBUTE_CERTIFICATES => return Err(refuse(CrlFault::Scope, member.offset)),
            INDIRECT_CRL => indirect = true,
            ONLY_USER_CERTIFICATES | ONLY_CA_CERTIFICATES => {}
            _ => return Err(malformed(member.malformed())),
        }
    }
    Ok((uri, indirect))
}

/// Decodes a DistributionPointName that is a full name of one URI.
fn uri(name: Tlv<'_>) -> Result<String, Malformed> {
    let mut inside = name.inside();
    let mut names = inside.expect(tag::EXPLICIT_0)?.inside();
    inside.finish()?;
    let uri = names.expect(tag::IMPLICIT_6)?;
    names.finish()?;
    let text = core::str::from_utf8(uri.value).map_err(|_| uri.malformed())?;
    if text.is_ascii() {
        Ok(text.into())
    } else {
        Err(uri.malformed())
    }
}

/// Decodes GeneralNames with a single directoryName; returns the name.
fn directory_name(value: Tlv<'_>) -> Result<Tlv<'_>, Error> {
    let malformed = fault(CrlFault::Extension);
    if value.tag != tag::SEQUENCE {
        return Err(malformed(value.malformed()));
    }
    let mut names = value.inside();
    let mut inside = names.expect(tag::EXPLICIT_4).map_err(&malformed)?.inside();
    names.finish().map_err(&malformed)?;
    let name = inside.expect(tag::SEQUENCE).map_err(&malformed)?;
    inside.finish().map_err(&malformed)?;
    if Name::from_der(name.raw).is_err() {
        return Err(malformed(name.malformed()));
    }
    Ok(name)
}
