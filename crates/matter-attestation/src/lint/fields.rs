//! Everything in a certificate but names and extensions.

use der::DateTime;
use p256::ecdsa::DerSignature;

use super::Lint;
use crate::raw::{Encoding, Frame, Malformed, Time, Tlv, tag, whole_octets};
use crate::{PublicKey, Rule, SerialNumber, oid};

pub(super) fn serial(frame: &Frame<'_>, lint: &mut Lint<'_>) -> Option<SerialNumber> {
    let octets = frame.serial.value;
    match octets {
        [] | [0, 0..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => {
            lint.malformed(Rule::SerialNumberEmpty, frame.serial.malformed())
        }
        [0] | [0x80..=0xFF, ..] => lint.plain(Rule::SerialNumberNotPositive),
        _ => {}
    }
    if octets.len() > SerialNumber::MAX_LEN {
        lint.add(Rule::SerialNumberTooLong, format_args!("{} octets", octets.len()));
    }
    match octets {
        [0x80..=0xFF, ..] => None,
        _ => SerialNumber::new(octets).ok(),
    }
}

/// Checks both algorithms, and tells whether the outer one is ecdsa-with-SHA256.
pub(super) fn algorithms(frame: &Frame<'_>, lint: &mut Lint<'_>) -> bool {
    let (outer, inner) = (&frame.outer_algorithm, &frame.inner_algorithm);
    let mut known = false;
    if outer.raw != inner.raw {
        lint.plain(Rule::SignatureAlgorithmInside);
    }
    for (number, algorithm) in [outer, inner].into_iter().enumerate() {
        // The inner one is looked at only if it says something else.
        if number > 0 && inner.raw == outer.raw {
            break;
        }
        match algorithm_identifier(algorithm) {
            Err(malformed) => lint.malformed(Rule::CertificateMalformed, malformed),
            Ok((oid, parameters)) => {
                if number == 0 {
                    known = oid == oid::ECDSA_WITH_SHA256.as_bytes();
                    if !known {
                        lint.plain(Rule::SignatureAlgorithm);
                    }
                }
                match parameters {
                    None => {}
                    Some(Tlv { tag: tag::NULL, .. }) => {
                        lint.add(Rule::SignatureAlgorithmParameters, format_args!("NULL"));
                    }
                    Some(other) => lint.malformed(Rule::SignatureAlgorithmParameters, other.malformed()),
                }
            }
        }
    }
    known
}

/// Reads an AlgorithmIdentifier: object identifier and parameters (RFC 5280, 4.1.1.2).
fn algorithm_identifier<'a>(algorithm: &Tlv<'a>) -> Result<(&'a [u8], Option<Tlv<'a>>), Malformed> {
    let mut fields = algorithm.inside();
    let oid = fields.expect(tag::OID)?.value;
    let parameters = if fields.is_empty() { None } else { Some(fields.next()?) };
    fields.finish()?;
    Ok((oid, parameters))
}

/// Checks that the signature is two numbers.
pub(super) fn signature(frame: &Frame<'_>, lint: &mut Lint<'_>) -> bool {
    let well_formed = DerSignature::from_bytes(frame.signature).is_ok();
    if !well_formed {
        lint.plain(Rule::CertificateSignatureMalformed);
    }
    well_formed
}

pub(super) fn validity(frame: &Frame<'_>, lint: &mut Lint<'_>) -> (Option<DateTime>, Option<DateTime>) {
    let mut fields = frame.validity.inside();
    let times = fields
        .next()
        .and_then(|start| Ok([start, fields.next()?]))
        .and_then(|times| fields.finish().map(|()| times));
    let times = match times {
        Ok(times) => times.map(|time| Time::read(&time)),
        Err(malformed) => {
            lint.malformed(Rule::CertificateMalformed, malformed);
            return (None, None);
        }
    };
    let dates = times.map(|time| match time {
        Err(malformed) => {
            lint.malformed(Rule::ValidityMalformed, malformed);
            None
        }
        Ok(Time { date, encoding }) => {
            let expected = if date.year() < 2050 {
                Encoding::Utc
            } else {
                Encoding::Generalized
            };
            if encoding != expected {
                lint.add(Rule::ValidityEncoding, format_args!("{date}"));
            }
            Some(date)
        }
    });
    if let [Some(start), Some(end)] = dates
        && end < start
    {
        lint.add(Rule::ValidityReversed, format_args!("from {start} to {end}"));
    }
    dates.into()
}

pub(super) fn public_key(frame: &Frame<'_>, lint: &mut Lint<'_>) -> Option<PublicKey> {
    match read_public_key(&frame.public_key) {
        Err(malformed) => {
            lint.malformed(Rule::CertificateMalformed, malformed);
            None
        }
        Ok(Err(rule)) => {
            lint.plain(rule);
            None
        }
        Ok(Ok(key)) => Some(key),
    }
}

/// Reads a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 5480, 2).
fn read_public_key(spki: &Tlv<'_>) -> Result<Result<PublicKey, Rule>, Malformed> {
    let mut fields = spki.inside();
    let (algorithm, parameters) = algorithm_identifier(&fields.expect(tag::SEQUENCE)?)?;
    let point = whole_octets(&fields.expect(tag::BIT_STRING)?)?;
    fields.finish()?;
    if algorithm != oid::EC_PUBLIC_KEY.as_bytes() {
        return Ok(Err(Rule::PublicKeyAlgorithm));
    }
    match parameters {
        Some(Tlv {
            tag: tag::OID, value, ..
        }) if value == oid::P256.as_bytes() => {}
        _ => return Ok(Err(Rule::PublicKeyCurve)),
    }
    Ok(PublicKey::new(point).map_err(|_| Rule::PublicKeyPoint))
}
