use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use der::{DateTime, Decode};
use p256::ecdsa::DerSignature;
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::extensions::{self, ListExtensions};
use super::{Crl, RevokedCertificate};
use crate::cursor::{BIT_STRING, Cursor, ECDSA_WITH_SHA256, Element, INTEGER, SEQUENCE};
use crate::{CrlFault, Error, SerialNumber};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The list's extensions.
const EXTENSIONS: u8 = 0xA0;

pub(super) fn parse(der: &[u8]) -> Result<Crl, Error> {
    let mut outside = Cursor::new(der);
    let mut list = outside.expect(SEQUENCE).map_err(fault(CrlFault::Form))?.children();
    outside.finish().map_err(fault(CrlFault::Trailing))?;
    let tbs = list.expect(SEQUENCE).map_err(fault(CrlFault::Form))?;
    read_algorithm(&mut list)?;
    let signature = list.expect(BIT_STRING).map_err(fault(CrlFault::Signature))?;
    list.finish().map_err(fault(CrlFault::Form))?;
    let octets = match signature.content.split_first() {
        Some((0, octets)) if DerSignature::from_bytes(octets).is_ok() => octets,
        _ => return Err(refuse(CrlFault::Signature, signature.offset)),
    };
    let signature_end = signature.offset + signature.encoded.len();

    let mut fields = tbs.children();
    let version = fields.expect(INTEGER).map_err(fault(CrlFault::Version))?;
    if version.content != [1] {
        return Err(refuse(CrlFault::Version, version.offset));
    }
    read_algorithm(&mut fields)?;
    let issuer = fields.expect(SEQUENCE).map_err(fault(CrlFault::Issuer))?;
    if Name::from_der(issuer.encoded).is_err() || issuer.content.is_empty() {
        return Err(refuse(CrlFault::Issuer, issuer.offset));
    }
    let this_update = time(&mut fields).map_err(fault(CrlFault::Dates))?;
    let at = fields.offset();
    let next_update = time(&mut fields).map_err(fault(CrlFault::Dates))?;
    if next_update < this_update {
        return Err(refuse(CrlFault::Dates, at));
    }
    let entries = fields.optional(SEQUENCE).map_err(fault(CrlFault::Entry))?;
    let explicit = fields.expect(EXTENSIONS).map_err(fault(CrlFault::AuthorityKeyId))?;
    fields.finish().map_err(fault(CrlFault::Form))?;
    let mut inside = explicit.children();
    let extensions = inside.expect(SEQUENCE).map_err(fault(CrlFault::Extension))?;
    inside.finish().map_err(fault(CrlFault::Extension))?;
    let ListExtensions {
        authority_key_id,
        distribution_uri,
        indirect,
    } = extensions::of_list(extensions)?;

    Ok(Crl {
        der: der.into(),
        tbs: span(tbs),
        issuer: span(issuer),
        signature: signature_end - octets.len()..signature_end,
        this_update,
        next_update,
        authority_key_id,
        distribution_uri,
        indirect,
        revoked: match entries {
            Some(entries) => read_entries(entries, indirect)?,
            None => Vec::new(),
        },
    })
}

fn read_algorithm(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    let algorithm = cursor.expect(SEQUENCE).map_err(fault(CrlFault::Algorithm))?;
    if algorithm.encoded == ECDSA_WITH_SHA256 {
        Ok(())
    } else {
        Err(refuse(CrlFault::Algorithm, algorithm.offset))
    }
}

fn read_entries(entries: Element<'_>, indirect: bool) -> Result<Vec<RevokedCertificate>, Error> {
    let mut entries = entries.children();
    let mut revoked = Vec::new();
    let mut issuer: Option<Arc<[u8]>> = None;
    while !entries.is_empty() {
        let mut entry = entries.expect(SEQUENCE).map_err(fault(CrlFault::Entry))?.children();
        let number = entry.expect(INTEGER).map_err(fault(CrlFault::Entry))?;
        let serial = serial(number.content).ok_or(refuse(CrlFault::Entry, number.offset))?;
        let date = time(&mut entry).map_err(fault(CrlFault::Entry))?;
        if let Some(extensions) = entry.optional(SEQUENCE).map_err(fault(CrlFault::Entry))?
            && let Some(name) = extensions::of_entry(extensions)?
        {
            if !indirect {
                return Err(refuse(CrlFault::CertificateIssuer, extensions.offset));
            }
            issuer = Some(name.encoded.into());
        }
        entry.finish().map_err(fault(CrlFault::Entry))?;
        revoked.push(RevokedCertificate {
            serial,
            date,
            issuer: issuer.clone(),
        });
    }
    Ok(revoked)
}

/// Reads the content of an INTEGER in as few octets as possible.
fn serial(content: &[u8]) -> Option<SerialNumber> {
    let serial = SerialNumber::new(content).ok()?;
    // A negative number, or one with needless zeros, comes back otherwise.
    (serial.as_bytes() == content).then_some(serial)
}

fn time(cursor: &mut Cursor<'_>) -> Result<DateTime, usize> {
    let at = cursor.offset();
    let element = cursor.next().ok_or(at)?;
    if element.tag != UTC_TIME && element.tag != GENERALIZED_TIME {
        return Err(at);
    }
    let time = Time::from_der(element.encoded).map_err(|_| at)?;
    let time = time.to_date_time();
    // GeneralizedTime is for what UTCTime cannot say (RFC 5280, 5.1.2.4).
    if element.tag == GENERALIZED_TIME && time.year() < 2050 {
        return Err(at);
    }
    Ok(time)
}

fn span(element: Element<'_>) -> Range<usize> {
    element.offset..element.offset + element.encoded.len()
}

pub(super) fn refuse(fault: CrlFault, offset: usize) -> Error {
    Error::Crl { fault, offset }
}

pub(super) fn fault(fault: CrlFault) -> impl Fn(usize) -> Error {
    move |offset| refuse(fault, offset)
}
