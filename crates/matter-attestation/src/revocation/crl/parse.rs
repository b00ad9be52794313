use alloc::vec::Vec;
use core::ops::Range;

use der::{DateTime, Decode};
use p256::ecdsa::DerSignature;
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::extensions::{self, ListExtensions};
use super::{Crl, Entry};
use crate::raw::{ECDSA_WITH_SHA256, Malformed, Tlv, Walker, tag};
use crate::{CrlFault, Error, SerialNumber};

pub(super) fn parse(der: &[u8]) -> Result<Crl, Error> {
    let mut outside = Walker::new(der);
    let mut list = outside.expect(tag::SEQUENCE).map_err(fault(CrlFault::Form))?.inside();
    outside.finish().map_err(fault(CrlFault::Trailing))?;
    let tbs = list.expect(tag::SEQUENCE).map_err(fault(CrlFault::Form))?;
    read_algorithm(&mut list)?;
    let signature = list.expect(tag::BIT_STRING).map_err(fault(CrlFault::Signature))?;
    list.finish().map_err(fault(CrlFault::Form))?;
    let octets = match signature.value.split_first() {
        Some((0, octets)) if DerSignature::from_bytes(octets).is_ok() => octets,
        _ => return Err(refuse(CrlFault::Signature, signature.offset)),
    };
    let signature_end = signature.offset + signature.raw.len();

    let mut fields = tbs.inside();
    let version = fields.expect(tag::INTEGER).map_err(fault(CrlFault::Version))?;
    if version.value != [1] {
        return Err(refuse(CrlFault::Version, version.offset));
    }
    read_algorithm(&mut fields)?;
    let issuer = fields.expect(tag::SEQUENCE).map_err(fault(CrlFault::Issuer))?;
    if Name::from_der(issuer.raw).is_err() || issuer.value.is_empty() {
        return Err(refuse(CrlFault::Issuer, issuer.offset));
    }
    let this_update = time(&mut fields).map_err(fault(CrlFault::Dates))?;
    let at = fields.position();
    let next_update = time(&mut fields).map_err(fault(CrlFault::Dates))?;
    if next_update < this_update {
        return Err(fault(CrlFault::Dates)(at));
    }
    let entries = fields.next_if(tag::SEQUENCE).map_err(fault(CrlFault::Entry))?;
    let explicit = fields
        .expect(tag::EXPLICIT_0)
        .map_err(fault(CrlFault::AuthorityKeyId))?;
    fields.finish().map_err(fault(CrlFault::Form))?;
    let mut inside = explicit.inside();
    let extensions = inside.expect(tag::SEQUENCE).map_err(fault(CrlFault::Extension))?;
    inside.finish().map_err(fault(CrlFault::Extension))?;
    let ListExtensions {
        authority_key_id,
        distribution_uri,
        indirect,
    } = extensions::of_list(extensions)?;
    let (entries, issuers) = match entries {
        Some(entries) => read_entries(entries, indirect)?,
        None => (Vec::new(), Vec::new()),
    };

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
        entries,
        issuers,
    })
}

fn read_algorithm(fields: &mut Walker<'_>) -> Result<(), Error> {
    let algorithm = fields.expect(tag::SEQUENCE).map_err(fault(CrlFault::Algorithm))?;
    if algorithm.value == ECDSA_WITH_SHA256 {
        Ok(())
    } else {
        Err(refuse(CrlFault::Algorithm, algorithm.offset))
    }
}

/// Reads the entries, and where the issuers are that they name.
fn read_entries(entries: Tlv<'_>, indirect: bool) -> Result<(Vec<Entry>, Vec<Range<usize>>), Error> {
    let mut list = entries.inside();
    let mut entries = Vec::new();
    let mut issuers = Vec::new();
    while !list.is_empty() {
        let mut entry = list.expect(tag::SEQUENCE).map_err(fault(CrlFault::Entry))?.inside();
        let number = entry.expect(tag::INTEGER).map_err(fault(CrlFault::Entry))?;
        let serial = serial(number.value).ok_or(refuse(CrlFault::Entry, number.offset))?;
        let date = time(&mut entry).map_err(fault(CrlFault::Entry))?;
        if let Some(extensions) = entry.next_if(tag::SEQUENCE).map_err(fault(CrlFault::Entry))?
            && let Some(name) = extensions::of_entry(extensions)?
        {
            if !indirect {
                return Err(refuse(CrlFault::CertificateIssuer, extensions.offset));
            }
            issuers.push(span(name));
        }
        entry.finish().map_err(fault(CrlFault::Entry))?;
        entries.push(Entry {
            serial,
            date,
            // The last one that was named counts for the entries that name none.
            issuer: issuers.len().checked_sub(1),
        });
    }
    Ok((entries, issuers))
}

/// Reads the content of an INTEGER in as few octets as possible.
fn serial(content: &[u8]) -> Option<SerialNumber> {
    let serial = SerialNumber::new(content).ok()?;
    // A negative number, or one with needless zeros, comes back otherwise.
    (serial.as_bytes() == content).then_some(serial)
}

fn time(fields: &mut Walker<'_>) -> Result<DateTime, Malformed> {
    let element = fields.next()?;
    let malformed = element.malformed();
    if element.tag != tag::UTC_TIME && element.tag != tag::GENERALIZED_TIME {
        return Err(malformed);
    }
    let time = Time::from_der(element.raw).map_err(|_| malformed)?;
    let time = time.to_date_time();
    // GeneralizedTime is for what UTCTime cannot say (RFC 5280, 5.1.2.4).
    if element.tag == tag::GENERALIZED_TIME && time.year() < 2050 {
        return Err(malformed);
    }
    Ok(time)
}

fn span(element: Tlv<'_>) -> Range<usize> {
    element.offset..element.offset + element.raw.len()
}

pub(super) fn refuse(fault: CrlFault, offset: usize) -> Error {
    Error::Crl { fault, offset }
}

pub(super) fn fault(fault: CrlFault) -> impl Fn(Malformed) -> Error {
    move |Malformed(offset)| refuse(fault, offset)
}
