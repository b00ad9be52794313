//! All fields of a certificate except names and extensions.

use const_oid::ObjectIdentifier;
use der::DateTime;

use super::frame::malformed;
use super::signed::whole_bytes;
use super::time::{Encoding, Time};
use super::{Frame, Malformed, Tlv, tag};
use crate::fault::FaultSink;
use crate::{Error, PublicKey, Rule, SerialNumber, Validity, oid};

/// Reads the serial number (RFC 5280, 4.1.2.2).
pub(crate) fn serial<S: FaultSink>(frame: &Frame<'_>, sink: &mut S) -> Result<Option<SerialNumber>, S::Refusal> {
    let bytes = frame.serial.value;
    let len = bytes.len();
    match bytes {
        [] | [0, 0..=0x7F, ..] | [0xFF, 0x80..=0xFF, ..] => {
            malformed(Rule::SerialNumberEmpty, frame.serial.malformed(), sink)?;
        }
        [0] | [0x80..=0xFF, ..] => sink.refuse(
            Rule::SerialNumberNotPositive,
            format_args!(""),
            Error::SerialNumberOutOfRange { len },
        )?,
        _ => {}
    }
    if len > SerialNumber::MAX_LEN {
        sink.refuse(
            Rule::SerialNumberTooLong,
            format_args!("{len} bytes"),
            Error::SerialNumberOutOfRange { len },
        )?;
    }
    Ok(match bytes {
        [0x80..=0xFF, ..] => None,
        _ => SerialNumber::new(bytes).ok(),
    })
}

/// Reads both algorithms, and returns whether the outer one is ecdsa-with-SHA256.
///
/// The strict view tolerates NULL parameters, because two PAAs in the DCL have them.
pub(crate) fn algorithms<S: FaultSink>(frame: &Frame<'_>, sink: &mut S) -> Result<bool, S::Refusal> {
    let (outer, inner) = (&frame.outer_algorithm, &frame.inner_algorithm);
    if outer.raw == inner.raw {
        return outer_algorithm(outer, sink);
    }
    let rule = Rule::SignatureAlgorithmInside;
    if algorithm_identifier(inner).is_ok_and(|(oid, _)| oid == oid::ECDSA_WITH_SHA256.as_bytes()) {
        sink.note(rule, format_args!(""))?;
    } else {
        let oid = algorithm_identifier(inner).ok().and_then(|(oid, _)| to_oid(oid));
        sink.refuse(rule, format_args!(""), Error::CertificateAlgorithm { oid })?;
    }
    let known = outer_algorithm(outer, sink)?;
    match algorithm_identifier(inner) {
        Err(at) => malformed(Rule::CertificateMalformed, at, sink)?,
        Ok((_, parameters)) => algorithm_parameters(parameters, sink)?,
    }
    Ok(known)
}

fn outer_algorithm<S: FaultSink>(algorithm: &Tlv<'_>, sink: &mut S) -> Result<bool, S::Refusal> {
    let (oid, parameters) = match algorithm_identifier(algorithm) {
        Err(at) => {
            malformed(Rule::CertificateMalformed, at, sink)?;
            return Ok(false);
        }
        Ok(read) => read,
    };
    let known = oid == oid::ECDSA_WITH_SHA256.as_bytes();
    if !known {
        let error = Error::CertificateAlgorithm { oid: to_oid(oid) };
        sink.refuse(Rule::SignatureAlgorithm, format_args!(""), error)?;
    }
    algorithm_parameters(parameters, sink)?;
    Ok(known)
}

fn algorithm_parameters<S: FaultSink>(parameters: Option<Tlv<'_>>, sink: &mut S) -> Result<(), S::Refusal> {
    let rule = Rule::SignatureAlgorithmParameters;
    match parameters {
        None => Ok(()),
        Some(Tlv { tag: tag::NULL, .. }) => sink.note(rule, format_args!("NULL")),
        Some(other) => {
            let at = other.offset;
            let error = Error::CertificateAlgorithm { oid: None };
            sink.refuse(rule, format_args!("at byte {at}"), error)
        }
    }
}

fn to_oid(oid: &[u8]) -> Option<ObjectIdentifier> {
    ObjectIdentifier::from_bytes(oid).ok()
}

/// Reads an AlgorithmIdentifier: object identifier and parameters (RFC 5280, 4.1.1.2).
fn algorithm_identifier<'a>(algorithm: &Tlv<'a>) -> Result<(&'a [u8], Option<Tlv<'a>>), Malformed> {
    let mut fields = algorithm.inside();
    let oid = fields.expect(tag::OID)?.value;
    let parameters = if fields.is_empty() { None } else { Some(fields.next()?) };
    fields.finish()?;
    Ok((oid, parameters))
}

/// Reads the first and the last second (RFC 5280, 4.1.2.5).
pub(crate) fn validity<S: FaultSink>(
    frame: &Frame<'_>,
    sink: &mut S,
) -> Result<(Option<DateTime>, Option<DateTime>), S::Refusal> {
    let mut fields = frame.validity.inside();
    let times = fields
        .next()
        .and_then(|start| Ok((start, fields.next()?)))
        .and_then(|times| fields.finish().map(|()| times));
    let (start, end) = match times {
        Ok(times) => times,
        Err(at) => {
            malformed(Rule::CertificateMalformed, at, sink)?;
            return Ok((None, None));
        }
    };
    let dates = (date(&start, sink)?, date(&end, sink)?);
    if let (Some(start), Some(end)) = dates
        && let Err(error) = Validity::new(start, end)
    {
        sink.refuse(Rule::ValidityReversed, format_args!("from {start} to {end}"), error)?;
    }
    Ok(dates)
}

fn date<S: FaultSink>(element: &Tlv<'_>, sink: &mut S) -> Result<Option<DateTime>, S::Refusal> {
    let Time { date, encoding } = match Time::read(element) {
        Ok(time) => time,
        Err(at) => {
            malformed(Rule::ValidityMalformed, at, sink)?;
            return Ok(None);
        }
    };
    if encoding != Encoding::of(date) {
        sink.note(Rule::ValidityEncoding, format_args!("{date}"))?;
    }
    Ok(Some(date))
}

/// Reads the SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 5480, 2).
pub(crate) fn public_key<S: FaultSink>(frame: &Frame<'_>, sink: &mut S) -> Result<Option<PublicKey>, S::Refusal> {
    let (rule, key) = match read_public_key(&frame.public_key) {
        Ok(Ok(key)) => return Ok(Some(key)),
        Ok(Err(refused)) => refused,
        Err(at) => {
            malformed(Rule::CertificateMalformed, at, sink)?;
            return Ok(None);
        }
    };
    sink.refuse(rule, format_args!(""), Error::KeyNotP256)?;
    Ok(key)
}

/// Whether the public key is on P-384 or P-521, whose signatures are longer than those of P-256.
pub(crate) fn is_on_larger_curve(frame: &Frame<'_>) -> bool {
    const P384_POINT: usize = 97;
    const P521_POINT: usize = 133;
    let mut fields = frame.public_key.inside();
    let read = fields.expect(tag::SEQUENCE).and_then(|algorithm| {
        let (algorithm, parameters) = algorithm_identifier(&algorithm)?;
        Ok((algorithm, parameters, whole_bytes(&fields.expect(tag::BIT_STRING)?)?))
    });
    let Ok((algorithm, Some(Tlv { value: curve, .. }), point)) = read else {
        return false;
    };
    let larger = curve == oid::P384.as_bytes() && point.len() == P384_POINT
        || curve == oid::P521.as_bytes() && point.len() == P521_POINT;
    algorithm == oid::EC_PUBLIC_KEY.as_bytes() && larger && point.first() == Some(&0x04)
}

/// Reads a key, or the rule that it breaks, with the key if it can be decoded nevertheless.
fn read_public_key(spki: &Tlv<'_>) -> Result<Result<PublicKey, (Rule, Option<PublicKey>)>, Malformed> {
    let mut fields = spki.inside();
    let (algorithm, parameters) = algorithm_identifier(&fields.expect(tag::SEQUENCE)?)?;
    let point = whole_bytes(&fields.expect(tag::BIT_STRING)?)?;
    fields.finish()?;
    if algorithm != oid::EC_PUBLIC_KEY.as_bytes() {
        return Ok(Err((Rule::PublicKeyAlgorithm, None)));
    }
    match parameters {
        Some(Tlv {
            tag: tag::OID, value, ..
        }) if value == oid::P256.as_bytes() => {}
        _ => return Ok(Err((Rule::PublicKeyCurve, None))),
    }
    Ok(
        PublicKey::new(point).map_err(|_| match PublicKey::of_compressed(point) {
            Some(key) => (Rule::PublicKeyCompressed, Some(key)),
            None => (Rule::PublicKeyPoint, None),
        }),
    )
}
