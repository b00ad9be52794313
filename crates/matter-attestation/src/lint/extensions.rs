//! The rules of extensions (RFC 5280, 4.2).

use alloc::vec::Vec;

use super::facts::Facts;
use crate::finding::{AboutObject, SdkResults};
use crate::path::{names::NameConstraints, policies};
use crate::revocation::DistributionPoints;
use crate::x509::{
    AuthorityKeyId, BasicConstraints, Extension, ExtensionValue, Extensions, Frame, KeyUsage, SubjectKeyId, id,
};
use crate::{Object, Rule, SdkResult};

pub(super) fn check(frame: &Frame<'_>, facts: &mut Facts, lint: &mut AboutObject<'_>) {
    let Ok(list) = Extensions::read(frame, lint);
    duplicates(&list, lint);
    for extension in list.iter() {
        if extension.written_default.is_some() {
            lint.add_at(Rule::DefaultEncoded, extension.value.offset);
        }
        if extension.critical && !is_known(extension) {
            lint.add_at(Rule::ExtensionUnknownCritical, extension.value.offset);
        }
    }
    basic_constraints(list.find(id::BASIC_CONSTRAINTS), lint);
    key_usage(list.find(id::KEY_USAGE), facts.is_crl_signer, lint);
    subject_key_id(list.find(id::SUBJECT_KEY_ID), facts, lint);
    authority_key_id(list.find(id::AUTHORITY_KEY_ID), facts, lint);
    let points = list.values_of(id::CRL_DISTRIBUTION_POINTS);
    if !points.is_empty() && !DistributionPoints::read(&points).is_allowed() {
        lint.add(Rule::CrlDistributionPoints);
    }
    // OpenSSL supports the extension, BoringSSL does not.
    if list
        .find(id::CRL_DISTRIBUTION_POINTS)
        .is_some_and(|points| points.critical)
    {
        lint.add(Rule::CrlDistributionPointsCritical);
    }
    if let Some(constraints) = list.find(id::NAME_CONSTRAINTS) {
        match NameConstraints::read(constraints.value.inside()) {
            Ok(constraints) => {
                facts.has_name_constraints = true;
                // Both libraries decode a minimum and a maximum, but then refuse all names of that type.
                if constraints.has_limits() {
                    lint.add_as(
                        Rule::NameConstraintsMalformed,
                        None,
                        format_args!("a minimum or a maximum"),
                    );
                }
            }
            Err(at) => lint.add_at(Rule::NameConstraintsMalformed, at.0),
        }
    }
    match policies::check(&list) {
        Ok(required) => facts.requires_policy = required,
        Err(at) => lint.add_at(Rule::PoliciesMalformed, at.0),
    }
}

/// Whether the certificate is not a CA but signs CRLs, like the delegate of a PAA or a PAI.
pub(super) fn is_crl_signer(frame: &Frame<'_>) -> bool {
    let (list, _) = Extensions::find_all(frame);
    let usage = list
        .find(id::KEY_USAGE)
        .map(|usage| KeyUsage::read(usage.value.inside()));
    let is_ca = list
        .find(id::BASIC_CONSTRAINTS)
        .is_some_and(BasicConstraints::claims_ca);
    let signs = |usage: KeyUsage| usage.has(KeyUsage::CRL_SIGN) && !usage.has(KeyUsage::DIGITAL_SIGNATURE);
    !is_ca && matches!(usage, Some(Ok(usage)) if signs(usage))
}

/// Whether OpenSSL supports the extension, so that it may be critical.
const fn is_known(extension: &Extension<'_>) -> bool {
    matches!(
        extension.number(),
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

/// Reports each duplicate extension once, at its second occurrence.
fn duplicates(list: &Extensions<'_>, lint: &mut AboutObject<'_>) {
    for extension in list.duplicates() {
        let sdk_result = match (extension.number(), lint.object()) {
            (
                Some(id::BASIC_CONSTRAINTS | id::KEY_USAGE | id::SUBJECT_KEY_ID | id::AUTHORITY_KEY_ID),
                object @ (Object::Pai | Object::Dac),
            ) => Rule::KeyUsageMalformed.sdk_result(object),
            // Both libraries decode these first, so that a duplicate hides the key identifier of a PAA.
            (Some(number), Object::Paa) if is_cached(number) => Some(SdkResult::PaaNotFound),
            (Some(number), _) if is_cached(number) => Some(SdkResult::DacSignatureInvalid),
            _ => None,
        };
        let at = extension.value.offset;
        lint.add_as(Rule::ExtensionDuplicate, sdk_result, format_args!("again at byte {at}"));
    }
}

/// Whether both libraries decode the extension before any other.
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

fn basic_constraints(extension: Option<&Extension<'_>>, lint: &mut AboutObject<'_>) {
    let Some(extension) = extension else {
        return lint.add(Rule::BasicConstraintsMissing);
    };
    if !extension.critical {
        lint.add(Rule::BasicConstraintsNotCritical);
    }
    let Ok(Some(constraints)) = extension.read_as::<BasicConstraints, _>(lint) else {
        return;
    };
    if constraints.written_ca == Some(false) {
        lint.add_at(Rule::DefaultEncoded, extension.value.offset);
    }
    if constraints.is_ca() != (lint.object() != Object::Dac) {
        // BoringSSL refuses a path length without the CA flag.
        let results = match (lint.object(), constraints.path_len) {
            (Object::Paa, Some(_)) => SdkResults::either(SdkResult::DacSignatureInvalid, SdkResult::PaaNotFound),
            (object, _) => Rule::BasicConstraintsCa.sdk_results(object),
        };
        lint.add_as(Rule::BasicConstraintsCa, results, format_args!(""));
    }
    let path_len = constraints.path_len;
    let allowed = match lint.object() {
        Object::Paa => matches!(path_len, None | Some(1)),
        Object::Pai => path_len == Some(0),
        _ => path_len.is_none(),
    };
    match path_len {
        _ if allowed => {}
        // Only OpenSSL enforces the path length of a trusted PAA.
        Some(0) if lint.object() == Object::Paa => {
            let results = SdkResults {
                openssl: Some(SdkResult::DacSignatureInvalid),
                boringssl: None,
            };
            lint.add_as(Rule::BasicConstraintsPathLen, results, format_args!("0"));
        }
        Some(path_len) => lint.add_with(Rule::BasicConstraintsPathLen, format_args!("{path_len}")),
        None => lint.add_with(Rule::BasicConstraintsPathLen, format_args!("none")),
    }
}

fn key_usage(extension: Option<&Extension<'_>>, is_crl_signer: bool, lint: &mut AboutObject<'_>) {
    const CA: u8 = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
    let Some(extension) = extension else {
        return lint.add(Rule::KeyUsageMissing);
    };
    if !extension.critical {
        lint.add(Rule::KeyUsageNotCritical);
    }
    let Ok(Some(KeyUsage { first, more })) = extension.read_as(lint) else {
        return;
    };
    let right = match lint.object() {
        Object::Dac => first == KeyUsage::DIGITAL_SIGNATURE,
        _ => first & !KeyUsage::DIGITAL_SIGNATURE == CA,
    };
    // A delegate for CRLs is already reported as not being a DAC.
    if (!right && !is_crl_signer) || more {
        let sdk_result = match lint.object() {
            // Of a root, OpenSSL requires only that it may sign certificates.
            Object::Paa => (first & KeyUsage::KEY_CERT_SIGN == 0).then_some(SdkResult::DacSignatureInvalid),
            object => Rule::KeyUsageWrong.sdk_result(object),
        };
        let detail = format_args!("bits {first:08b}{}", if more { " and more" } else { "" });
        lint.add_as(Rule::KeyUsageWrong, sdk_result, detail);
    }
}

fn subject_key_id(extension: Option<&Extension<'_>>, facts: &mut Facts, lint: &mut AboutObject<'_>) {
    let Some(extension) = extension else {
        return lint.add(Rule::SubjectKeyIdMissing);
    };
    if extension.critical {
        lint.add(Rule::SubjectKeyIdCritical);
    }
    let Ok(Some(SubjectKeyId(id))) = extension.read_as(lint) else {
        return;
    };
    facts.subject_key_id = Some(id);
    if facts.public_key.is_some_and(|key| key.key_id() != id) {
        lint.add_with(Rule::SubjectKeyIdMethod, format_args!("{id}"));
    }
}

fn authority_key_id(extension: Option<&Extension<'_>>, facts: &mut Facts, lint: &mut AboutObject<'_>) {
    let Some(extension) = extension else {
        if lint.object() != Object::Paa {
            lint.add(Rule::AuthorityKeyIdMissing);
        }
        return;
    };
    if extension.critical {
        lint.add(Rule::AuthorityKeyIdCritical);
    }
    let Ok(Some(authority)) = extension.read_as::<AuthorityKeyId<'_>, _>(lint) else {
        return;
    };
    let key_id = match authority.key_id {
        Ok(key_id) => key_id,
        Err(at) => return lint.add_at(Rule::AuthorityKeyIdMalformed, at.0),
    };
    facts.authority_key_id = Some(key_id);
    facts.authority_serial = authority.serial.map(Vec::from);
    if authority.has_more {
        lint.add(Rule::AuthorityKeyIdForm);
    }
}
