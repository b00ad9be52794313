use alloc::collections::BTreeSet;
use alloc::string::String;

use der::Decode;
use x509_cert::name::Name;

use super::parse::{fault, refuse};
use crate::cursor::{BOOLEAN, Cursor, Element, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::{CrlFault, Error, KeyId};

// Content octets of the object identifiers below 2.5.29 (RFC 5280, A.2).
const CRL_NUMBER: &[u8] = &[0x55, 0x1D, 20];
const REASON_CODE: &[u8] = &[0x55, 0x1D, 21];
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1D, 24];
const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1D, 27];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1D, 28];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1D, 29];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1D, 35];

// The tags of an IssuingDistributionPoint's members, and of two kinds of a GeneralName.
const DISTRIBUTION_POINT: u8 = 0xA0;
const FULL_NAME: u8 = 0xA0;
const ONLY_USER_CERTIFICATES: u8 = 0x81;
const ONLY_CA_CERTIFICATES: u8 = 0x82;
const ONLY_SOME_REASONS: u8 = 0x83;
const INDIRECT_CRL: u8 = 0x84;
const ONLY_ATTRIBUTE_CERTIFICATES: u8 = 0x85;
const DIRECTORY_NAME: u8 = 0xA4;
const URI: u8 = 0x86;
/// The keyIdentifier of an AuthorityKeyIdentifier.
const KEY_IDENTIFIER: u8 = 0x80;
/// removeFromCRL, which only a delta has.
const REMOVE_FROM_CRL: &[u8] = &[0x0A, 0x01, 0x08];

/// What the extensions of a list say.
pub(super) struct ListExtensions {
    pub(super) authority_key_id: KeyId,
    pub(super) distribution_uri: Option<String>,
    pub(super) indirect: bool,
}

/// One extension; its value is inside of the OCTET STRING.
struct Extension<'a> {
    oid: &'a [u8],
    critical: bool,
    offset: usize,
    value: Element<'a>,
}

pub(super) fn of_list(extensions: Element<'_>) -> Result<ListExtensions, Error> {
    let mut authority_key_id = None;
    let mut point = None;
    each(extensions, |extension| {
        match extension.oid {
            AUTHORITY_KEY_ID => authority_key_id = Some(key_id(&extension)?),
            ISSUING_DISTRIBUTION_POINT => point = Some(distribution_point(extension.value)?),
            DELTA_CRL_INDICATOR => return Err(refuse(CrlFault::Scope, extension.offset)),
            CRL_NUMBER => {}
            _ if extension.critical => return Err(refuse(CrlFault::CriticalExtension, extension.offset)),
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

/// Returns the name of the certificate's issuer, if the extensions of an entry have it.
pub(super) fn of_entry(extensions: Element<'_>) -> Result<Option<Element<'_>>, Error> {
    let mut issuer = None;
    each(extensions, |extension| {
        match extension.oid {
            CERTIFICATE_ISSUER => issuer = Some(directory_name(extension.value)?),
            REASON_CODE if extension.value.encoded == REMOVE_FROM_CRL => {
                return Err(refuse(CrlFault::Scope, extension.offset));
            }
            REASON_CODE | INVALIDITY_DATE => {}
            _ if extension.critical => return Err(refuse(CrlFault::CriticalExtension, extension.offset)),
            _ => {}
        }
        Ok(())
    })?;
    Ok(issuer)
}

/// Hands over one extension after the other; there must be one at least, and none twice.
fn each<'a>(extensions: Element<'a>, mut visit: impl FnMut(Extension<'a>) -> Result<(), Error>) -> Result<(), Error> {
    let mut cursor = extensions.children();
    let mut seen = BTreeSet::new();
    loop {
        let extension = read(&mut cursor).map_err(fault(CrlFault::Extension))?;
        if !seen.insert(extension.oid) {
            return Err(refuse(CrlFault::Extension, extension.offset));
        }
        visit(extension)?;
        if cursor.is_empty() {
            return Ok(());
        }
    }
}

fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Extension<'a>, usize> {
    let extension = cursor.expect(SEQUENCE)?;
    let mut parts = extension.children();
    let oid = parts.expect(OBJECT_IDENTIFIER)?.content;
    let critical = match parts.optional(BOOLEAN)? {
        None => false,
        // DER knows one way to say true, and does not say the default.
        Some(boolean) if boolean.content == [0xFF] => true,
        Some(boolean) => return Err(boolean.offset),
    };
    let octets = parts.expect(OCTET_STRING)?;
    parts.finish()?;
    let mut inside = octets.children();
    let value = inside.next().ok_or(octets.offset)?;
    inside.finish()?;
    Ok(Extension {
        oid,
        critical,
        offset: extension.offset,
        value,
    })
}

fn key_id(extension: &Extension<'_>) -> Result<KeyId, Error> {
    let malformed = fault(CrlFault::AuthorityKeyId);
    if extension.value.tag != SEQUENCE {
        return Err(malformed(extension.value.offset));
    }
    let id = extension.value.children().expect(KEY_IDENTIFIER).map_err(&malformed)?;
    <[u8; KeyId::LEN]>::try_from(id.content)
        .map(KeyId::new)
        .map_err(|_| malformed(id.offset))
}

/// Reads an IssuingDistributionPoint (RFC 5280, 5.2.5): its URI, and whether the list is indirect.
fn distribution_point(value: Element<'_>) -> Result<(Option<String>, bool), Error> {
    let malformed = fault(CrlFault::DistributionPoint);
    if value.tag != SEQUENCE {
        return Err(malformed(value.offset));
    }
    let mut members = value.children();
    let uri = match members.optional(DISTRIBUTION_POINT).map_err(&malformed)? {
        Some(name) => Some(uri(name).map_err(&malformed)?),
        None => None,
    };
    let mut indirect = false;
    let mut last = DISTRIBUTION_POINT & 0x1F;
    while !members.is_empty() {
        let at = members.offset();
        let member = members.next().ok_or(malformed(at))?;
        // Each at most once and in this order; a flag is there only to say true.
        let number = member.tag & 0x1F;
        if core::mem::replace(&mut last, number) >= number {
            return Err(malformed(at));
        }
        match member.tag {
            ONLY_SOME_REASONS => return Err(refuse(CrlFault::Scope, at)),
            _ if member.content != [0xFF] => return Err(malformed(at)),
            ONLY_ATTRIBUTE_CERTIFICATES => return Err(refuse(CrlFault::Scope, at)),
            INDIRECT_CRL => indirect = true,
            ONLY_USER_CERTIFICATES | ONLY_CA_CERTIFICATES => {}
            _ => return Err(malformed(at)),
        }
    }
    Ok((uri, indirect))
}

/// Reads a DistributionPointName that is a full name of one URI.
fn uri(name: Element<'_>) -> Result<String, usize> {
    let mut inside = name.children();
    let mut names = inside.expect(FULL_NAME)?.children();
    inside.finish()?;
    let uri = names.expect(URI)?;
    names.finish()?;
    let text = core::str::from_utf8(uri.content).map_err(|_| uri.offset)?;
    if text.is_ascii() {
        Ok(text.into())
    } else {
        Err(uri.offset)
    }
}

/// Reads GeneralNames that are one directoryName; returns the name.
fn directory_name(value: Element<'_>) -> Result<Element<'_>, Error> {
    let malformed = fault(CrlFault::Extension);
    if value.tag != SEQUENCE {
        return Err(malformed(value.offset));
    }
    let mut names = value.children();
    let mut inside = names.expect(DIRECTORY_NAME).map_err(&malformed)?.children();
    names.finish().map_err(&malformed)?;
    let name = inside.expect(SEQUENCE).map_err(&malformed)?;
    inside.finish().map_err(&malformed)?;
    if Name::from_der(name.encoded).is_err() {
        return Err(malformed(name.offset));
    }
    Ok(name)
}
