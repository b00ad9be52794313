//! The extensions of a certificate (RFC 5280, 4.2).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Lint;
use super::facts::Facts;
use crate::raw::{Extension, Frame, Malformed, Tlv, Walker, default_false, small_number, tag};
use crate::revocation::DistributionPoints;
use crate::{KeyId, Object, Rule, SdkResult};

/// The last octet of the object identifiers below `id-ce`, 2.5.29 (RFC 5280, 4.2.1).
mod id {
    pub(super) const SUBJECT_KEY_ID: u8 = 14;
    pub(super) const KEY_USAGE: u8 = 15;
    pub(super) const SUBJECT_ALT_NAME: u8 = 17;
    pub(super) const BASIC_CONSTRAINTS: u8 = 19;
    pub(super) const NAME_CONSTRAINTS: u8 = 30;
    pub(super) const CRL_DISTRIBUTION_POINTS: u8 = 31;
    pub(super) const CERTIFICATE_POLICIES: u8 = 32;
    pub(super) const POLICY_MAPPINGS: u8 = 33;
    pub(super) const AUTHORITY_KEY_ID: u8 = 35;
    pub(super) const POLICY_CONSTRAINTS: u8 = 36;
    pub(super) const EXTENDED_KEY_USAGE: u8 = 37;
    pub(super) const INHIBIT_ANY_POLICY: u8 = 54;
}

/// The bits of a key usage in their first octet (RFC 5280, 4.2.1.3).
const DIGITAL_SIGNATURE: u8 = 0x80;
const KEY_CERT_SIGN: u8 = 0x04;
const CRL_SIGN: u8 = 0x02;

pub(super) fn check(frame: &Frame<'_>, facts: &mut Facts, lint: &mut Lint<'_>) {
    let list = read_all(frame.extensions.as_ref(), lint);
    let find = |number: u8| {
        list.iter()
            .find(|extension| number_of(extension) == Some(number))
            .copied()
    };
    duplicates(&list, lint);
    for extension in &list {
        if extension.has_default {
            lint.malformed(Rule::DefaultEncoded, extension.value.malformed());
        }
        if extension.critical && !is_known(extension) {
            lint.malformed(Rule::ExtensionUnknownCritical, extension.value.malformed());
        }
    }
    basic_constraints(find(id::BASIC_CONSTRAINTS), lint);
    key_usage(find(id::KEY_USAGE), lint);
    subject_key_id(find(id::SUBJECT_KEY_ID), facts, lint);
    authority_key_id(find(id::AUTHORITY_KEY_ID), facts, lint);
    let points: Vec<_> = list
        .iter()
        .filter(|extension| number_of(extension) == Some(id::CRL_DISTRIBUTION_POINTS))
        .map(|extension| extension.value)
        .collect();
    if !points.is_empty() && !DistributionPoints::read(&points).is_allowed() {
        lint.plain(Rule::CrlDistributionPoints);
    }
}

fn read_all<'a>(extensions: Option<&Tlv<'a>>, lint: &mut Lint<'_>) -> Vec<Extension<'a>> {
    let mut list = Vec::new();
    let mut walker = extensions.map_or(Walker::new(&[]), Tlv::inside);
    loop {
        match Extension::read(&mut walker) {
            Ok(Some(extension)) => list.push(extension),
            Ok(None) => return list,
            Err(malformed) => {
                lint.malformed(Rule::ExtensionsMalformed, malformed);
                return list;
            }
        }
    }
}

/// Returns the last octet of an object identifier below `id-ce`.
const fn number_of(extension: &Extension<'_>) -> Option<u8> {
    match extension.oid {
        [0x55, 0x1D, number] => Some(*number),
        _ => None,
    }
}

/// Tells whether OpenSSL knows the extension, so that it may be critical.
const fn is_known(extension: &Extension<'_>) -> bool {
    matches!(
        number_of(extension),
        Some(
            id::SUBJECT_KEY_ID
                | id::KEY_USAGE
                | id::SUBJECT_ALT_NAME
                | id::BASIC_CONSTRAINTS
                | id::NAME_CONSTRAINTS
                | id::CRL_DISTRIBUTION_POINTS
                | id::CERTIFICATE_POLICIES
                | id::POLICY_MAPPINGS
                | id::AUTHORITY_KEY_ID
                | id::POLICY_CONSTRAINTS
                | id::EXTENDED_KEY_USAGE
                | id::INHIBIT_ANY_POLICY
        )
    )
}

fn duplicates(list: &[Extension<'_>], lint: &mut Lint<'_>) {
    let mut counts = BTreeMap::<&[u8], usize>::new();
    for extension in list {
        let count = counts.entry(extension.oid).or_default();
        *count += 1;
        // Each extension is reported once, at its second occurrence.
        if *count != 2 {
            continue;
        }
        let sdk_result = match (number_of(extension), lint.object) {
            (
                Some(id::BASIC_CONSTRAINTS | id::KEY_USAGE | id::SUBJECT_KEY_ID | id::AUTHORITY_KEY_ID),
                Object::Pai | Object::Dac,
            ) => Rule::CertificateVersion.sdk_result(lint.object),
            // OpenSSL reads these before it verifies, and then the chain fails.
            (Some(number), _) if is_cached(number) => Some(SdkResult::DacSignatureInvalid),
            _ => None,
        };
        let at = extension.value.offset;
        let detail = format_args!("again at octet {at}");
        lint.findings
            .add_as(Rule::ExtensionDuplicate, lint.object, sdk_result, detail);
    }
}

const fn is_cached(number: u8) -> bool {
    matches!(
        number,
        id::BASIC_CONSTRAINTS
            | id::KEY_USAGE
            | id::SUBJECT_KEY_ID
            | id::AUTHORITY_KEY_ID
            | id::EXTENDED_KEY_USAGE
            | id::SUBJECT_ALT_NAME
            | id::NAME_CONSTRAINTS
            | id::CRL_DISTRIBUTION_POINTS
    )
}

fn basic_constraints(extension: Option<Extension<'_>>, lint: &mut Lint<'_>) {
    let Some(extension) = extension else {
        return lint.plain(Rule::BasicConstraintsMissing);
    };
    if !extension.critical {
        lint.plain(Rule::BasicConstraintsNotCritical);
    }
    match read_basic_constraints(&extension.value) {
        Err(malformed) => lint.malformed(Rule::BasicConstraintsMalformed, malformed),
        Ok((ca, path_len)) => {
            if ca == Some(false) {
                lint.malformed(Rule::DefaultEncoded, extension.value.malformed());
            }
            if (ca == Some(true)) != (lint.object != Object::Dac) {
                lint.plain(Rule::BasicConstraintsCa);
            }
            let allowed = match lint.object {
                Object::Paa => matches!(path_len, None | Some(1)),
                Object::Pai => path_len == Some(0),
                _ => path_len.is_none(),
            };
            match path_len {
                _ if allowed => {}
                Some(path_len) => lint.add(Rule::BasicConstraintsPathLen, format_args!("{path_len}")),
                None => lint.add(Rule::BasicConstraintsPathLen, format_args!("none")),
            }
        }
    }
}

fn read_basic_constraints(value: &Tlv<'_>) -> Result<(Option<bool>, Option<u64>), Malformed> {
    let mut outer = value.inside();
    let mut fields = outer.expect(tag::SEQUENCE)?.inside();
    outer.finish()?;
    let ca = default_false(&mut fields)?;
    let path_len = match fields.next_if(tag::INTEGER)? {
        None => None,
        Some(number) => Some(small_number(&number)?),
    };
    fields.finish()?;
    Ok((ca, path_len))
}

fn key_usage(extension: Option<Extension<'_>>, lint: &mut Lint<'_>) {
    let Some(extension) = extension else {
        return lint.plain(Rule::KeyUsageMissing);
    };
    if !extension.critical {
        lint.plain(Rule::KeyUsageNotCritical);
    }
    let (first, more) = match read_key_usage(&extension.value) {
        Ok(bits) => bits,
        Err(malformed) => return lint.malformed(Rule::KeyUsageMalformed, malformed),
    };
    let right = match lint.object {
        Object::Dac => first == DIGITAL_SIGNATURE,
        _ => first & !DIGITAL_SIGNATURE == KEY_CERT_SIGN | CRL_SIGN,
    };
    if !right || more {
        let sdk_result = match lint.object {
            // OpenSSL wants of a root that it may sign certificates, and nothing else.
            Object::Paa => (first & KEY_CERT_SIGN == 0).then_some(SdkResult::DacSignatureInvalid),
            object => Rule::KeyUsageWrong.sdk_result(object),
        };
        let detail = format_args!("bits {first:08b}{}", if more { " and more" } else { "" });
        lint.findings
            .add_as(Rule::KeyUsageWrong, lint.object, sdk_result, detail);
    }
}

/// Returns the first octet of the bits, and whether there are bits behind it.
fn read_key_usage(value: &Tlv<'_>) -> Result<(u8, bool), Malformed> {
    let mut outer = value.inside();
    let bits = outer.expect(tag::BIT_STRING)?;
    outer.finish()?;
    match *bits.value {
        [unused @ 0..=7, first] if first.trailing_zeros() >= u32::from(unused) => Ok((first, false)),
        [7, first, 0x80] => Ok((first, true)),
        _ => Err(bits.malformed()),
    }
}

fn subject_key_id(extension: Option<Extension<'_>>, facts: &mut Facts, lint: &mut Lint<'_>) {
    let Some(extension) = extension else {
        return lint.plain(Rule::SubjectKeyIdMissing);
    };
    if extension.critical {
        lint.plain(Rule::SubjectKeyIdCritical);
    }
    let mut outer = extension.value.inside();
    let id = outer
        .expect(tag::OCTET_STRING)
        .and_then(|id| key_id(&id))
        .and_then(|id| outer.finish().map(|()| id));
    match id {
        Err(malformed) => lint.malformed(Rule::SubjectKeyIdMalformed, malformed),
        Ok(id) => {
            facts.subject_key_id = Some(id);
            if facts.public_key.is_some_and(|key| key.key_id() != id) {
                lint.add(Rule::SubjectKeyIdMethod, format_args!("{id}"));
            }
        }
    }
}

fn authority_key_id(extension: Option<Extension<'_>>, facts: &mut Facts, lint: &mut Lint<'_>) {
    let Some(extension) = extension else {
        if lint.object != Object::Paa {
            lint.plain(Rule::AuthorityKeyIdMissing);
        }
        return;
    };
    if extension.critical {
        lint.plain(Rule::AuthorityKeyIdCritical);
    }
    match read_authority_key_id(&extension.value) {
        Err(malformed) => lint.malformed(Rule::AuthorityKeyIdMalformed, malformed),
        Ok(authority) => {
            facts.authority_key_id = Some(authority.key_id);
            facts.authority_serial = authority.serial.map(Vec::from);
            if authority.has_more {
                lint.plain(Rule::AuthorityKeyIdForm);
            }
        }
    }
}

/// An authority key identifier (RFC 5280, 4.2.1.1).
struct Authority<'a> {
    key_id: KeyId,
    /// The content of the issuer's serial number.
    serial: Option<&'a [u8]>,
    has_more: bool,
}

fn read_authority_key_id<'a>(value: &Tlv<'a>) -> Result<Authority<'a>, Malformed> {
    let mut outer = value.inside();
    let mut fields = outer.expect(tag::SEQUENCE)?.inside();
    outer.finish()?;
    let key_id = key_id(&fields.expect(tag::IMPLICIT_0)?)?;
    let has_more = !fields.is_empty();
    fields.next_if(tag::EXPLICIT_1)?;
    let serial = fields.next_if(tag::IMPLICIT_2)?.map(|serial| serial.value);
    fields.finish()?;
    Ok(Authority {
        key_id,
        serial,
        has_more,
    })
}

fn key_id(octets: &Tlv<'_>) -> Result<KeyId, Malformed> {
    <[u8; KeyId::LEN]>::try_from(octets.value)
        .map(KeyId::new)
        .map_err(|_| octets.malformed())
}
