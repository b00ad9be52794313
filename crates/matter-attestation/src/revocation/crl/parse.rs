use alloc::vec::Vec;
use core::ops::Range;

use der::{DateTime, Decode};
use x509_cert::name::Name;

use super::extensions::{self, ListExtensions};
use super::{Crl, Entry};
use crate::x509::{
    Encoding, Malformed, Signed, SignedFault, Time, Tlv, Walker, ecdsa_signature, is_ecdsa_with_sha256, tag,
};
use crate::{CrlFault, Error, SerialNumber};

pub(super) fn parse(der: &[u8]) -> Result<Crl, Error> {
    let signed = Signed::read(der).map_err(in_frame)?;
    let bits = signed.signature().map_err(in_frame)?;
    let signature = ecdsa_signature(&bits).map_err(in_frame)?;

    let mut fields = signed.tbs.inside();
    let version = fields
        .expect(tag::INTEGER)
        .map_err(fault(CrlFault::Version { encoded: None }))?;
    if version.value != [1] {
        let encoded = version.single_byte();
        return Err(refuse(CrlFault::Version { encoded }, version.offset));
    }
    let algorithm = fields.expect(tag::SEQUENCE).map_err(fault(CrlFault::Algorithm))?;
    if !is_ecdsa_with_sha256(&algorithm) {
        return Err(refuse(CrlFault::Algorithm, algorithm.offset));
    }
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
        tbs: signed.tbs.span(),
        issuer: issuer.span(),
        signature: signed.len - signature.len()..signed.len,
        this_update,
        next_update,
        authority_key_id,
        distribution_uri,
        indirect,
        entries,
        issuers,
    })
}

/// Reads the entries, and the ranges of the issuers that they name.
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
            issuers.push(name.span());
        }
        entry.finish().map_err(fault(CrlFault::Entry))?;
        entries.push(Entry {
            serial,
            date,
            // An entry without an issuer has that of the entry before.
            issuer: issuers.len().checked_sub(1),
        });
    }
    Ok((entries, issuers))
}

/// Decodes the content of an INTEGER in its shortest form.
fn serial(content: &[u8]) -> Option<SerialNumber> {
    let serial = SerialNumber::new(content).ok()?;
    // A negative number, or one with leading zeros, encodes differently.
    (serial.as_bytes() == content).then_some(serial)
}

fn time(fields: &mut Walker<'_>) -> Result<DateTime, Malformed> {
    let element = fields.next()?;
    let Time { date, encoding } = Time::read(&element)?;
    // GeneralizedTime is only for dates outside of the range of UTCTime (RFC 5280, 5.1.2.4).
    if encoding == Encoding::of(date) {
        Ok(date)
    } else {
        Err(element.malformed())
    }
}

fn in_frame((fault, Malformed(offset)): (SignedFault, Malformed)) -> Error {
    let fault = match fault {
        SignedFault::Algorithm => CrlFault::Algorithm,
        SignedFault::Form => CrlFault::Form,
        SignedFault::Signature => CrlFault::Signature,
        SignedFault::Trailing => CrlFault::Trailing,
    };
    refuse(fault, offset)
}

pub(super) fn refuse(fault: CrlFault, offset: usize) -> Error {
    Error::Crl { fault, offset }
}

pub(super) fn fault(fault: CrlFault) -> impl Fn(Malformed) -> Error {
    move |Malformed(offset)| refuse(fault, offset)
}
