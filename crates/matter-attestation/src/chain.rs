//! Rules between certificates of a chain (Matter Core Specification 6.2.3.1).

use der::DateTime;

use crate::finding::Findings;
use crate::issuer_verifier::KeyTable;
use crate::lint::Facts;
use crate::path::{names, policies};
use crate::x509::{Tlv, Walker, equivalent};
use crate::{KeyId, Object, Rule};

/// The PAAs of connectedhomeip, `credentials/test/attestation`: without a vendor id and for FFF1. Their private keys
/// are published, and the certification test harness refuses a PAI below them.
const PUBLISHED: [KeyId; 2] = [
    KeyId::new([
        0x78, 0x5C, 0xE7, 0x05, 0xB8, 0x6B, 0x8F, 0x4E, 0x6F, 0xC7, 0x93, 0xAA, 0x60, 0xCB, 0x43, 0xEA, 0x69, 0x68,
        0x82, 0xD5,
    ]),
    KeyId::new([
        0x6A, 0xFD, 0x22, 0x77, 0x1F, 0x51, 0x1F, 0xEC, 0xBF, 0x16, 0x41, 0x97, 0x67, 0x10, 0xDC, 0xDC, 0x31, 0xA1,
        0x71, 0x7E,
    ]),
];

/// Checks that a certificate is a root.
pub(crate) fn check_root(paa: &Facts, findings: &mut Findings) {
    let object = Object::Paa;
    match same_name(paa.issuer(), paa.subject()) {
        Names::Equal => {}
        Names::Equivalent => findings.add(Rule::IssuerNameEncoding, object),
        Names::Different => findings.add(Rule::PaaNotSelfIssued, object),
    }
    if let (Some(authority), Some(own)) = (paa.authority_key_id, paa.subject_key_id)
        && authority != own
    {
        findings.add_with(Rule::PaaAuthorityKeyId, object, format_args!("{authority}, not {own}"));
    }
    if let Some(key) = &paa.public_key
        && (paa.has_larger_signature || paa.has_verifiable_signature && !paa.is_signed_with(key))
    {
        findings.add(Rule::PaaSignature, object);
    }
    if paa.subject_key_id.is_some_and(|id| PUBLISHED.contains(&id)) {
        findings.add(Rule::PaaPublished, object);
    }
}

/// Checks that the parent certificate issued this one.
pub(crate) fn check_link(
    child: &Facts,
    object: Object,
    parent: &Facts,
    table: Option<&KeyTable>,
    findings: &mut Findings,
) {
    match same_name(child.issuer(), parent.subject()) {
        Names::Equal => {}
        Names::Equivalent => findings.add(Rule::IssuerNameEncoding, object),
        Names::Different => findings.add(Rule::IssuerName, object),
    }
    if let (Some(authority), Some(issuer)) = (child.authority_key_id, parent.subject_key_id)
        && authority != issuer
    {
        findings.add_with(Rule::AuthorityKeyId, object, format_args!("{authority}, not {issuer}"));
    }
    if let Some(serial) = &child.authority_serial
        && *serial != parent.serial_bytes
    {
        findings.add_with(Rule::AuthorityKeyId, object, format_args!("a different serial number"));
    }
    match (table, &parent.public_key) {
        // A key on another curve is a separate finding, and its signatures are not verified here.
        _ if parent.is_on_larger_curve => {}
        (_, Some(_)) if child.has_larger_signature => findings.add(Rule::CertificateSignature, object),
        // Another algorithm is a separate finding, and so is a malformed signature.
        _ if !child.has_verifiable_signature => {}
        (Some(table), _) if child.is_signed_with_table(table) => {}
        (None, Some(key)) if child.is_signed_with(key) => {}
        _ => findings.add(Rule::CertificateSignature, object),
    }
    if let (Some(end), Some(issuer)) = (child.not_after, parent.not_after)
        && end > issuer
    {
        findings.add_with(Rule::ValidityBeyondIssuer, object, format_args!("{end}, not {issuer}"));
    }
}

/// Checks the names of a certificate against the name constraints of an ancestor.
pub(crate) fn check_name_constraints(above: &Facts, below: &Facts, object: Object, findings: &mut Findings) {
    if let Some((kind, results)) = names::refused(above, below, object == Object::Dac) {
        findings.add_as(Rule::NameConstraint, object, results, format_args!("{kind}"));
    }
}

/// Checks that there is a policy if PAI or DAC require one.
pub(crate) fn check_policies(pai: &Facts, dac: &Facts, findings: &mut Findings) {
    if policies::is_missing(pai, dac) {
        findings.add(Rule::PolicyMissing, Object::Dac);
    }
}

/// Checks the validity of a certificate at a time.
pub(crate) fn check_time(facts: &Facts, object: Object, time: DateTime, findings: &mut Findings) {
    let (Some(start), Some(end)) = (facts.not_before, facts.not_after) else {
        return;
    };
    match object {
        _ if start <= time && time <= end => {}
        Object::Dac if time < start => findings.add_with(Rule::DacNotYetValid, object, format_args!("from {start} on")),
        Object::Dac => findings.add_with(Rule::DacExpired, object, format_args!("since {end}")),
        _ => findings.add_with(Rule::IssuerNotValidNow, object, format_args!("from {start} to {end}")),
    }
}

/// Checks that a CA was valid at the first second of a DAC.
pub(crate) fn check_issuance(issuer: &Facts, object: Object, dac: &Facts, findings: &mut Findings) {
    if let (Some(time), Some(start), Some(end)) = (dac.not_before, issuer.not_before, issuer.not_after)
        && !issuer.is_valid_at(time)
    {
        let detail = format_args!("from {start} to {end}, the DAC from {time} on");
        findings.add_with(Rule::IssuerNotValidThen, object, detail);
    }
}

/// Checks the vendor id of a PAI against a PAA that has one.
pub(crate) fn check_paa_ids(paa: &Facts, pai: &Facts, findings: &mut Findings) {
    if let (Some(above), Some(below)) = (paa.ids.vendor_id, pai.ids.vendor_id)
        && above != below
    {
        findings.add_with(
            Rule::PaaVendorId,
            Object::Pai,
            format_args!("{below:04X}, not {above:04X}"),
        );
    }
}

/// Checks the ids of a DAC against its PAI.
pub(crate) fn check_pai_ids(pai: &Facts, dac: &Facts, findings: &mut Findings) {
    let pairs = [
        (Rule::PaiVendorId, pai.ids.vendor_id, dac.ids.vendor_id),
        (Rule::PaiProductId, pai.ids.product_id, dac.ids.product_id),
    ];
    for (rule, above, below) in pairs {
        if let (Some(above), Some(below)) = (above, below)
            && above != below
        {
            findings.add_with(rule, Object::Dac, format_args!("{below:04X}, not {above:04X}"));
        }
    }
}

enum Names {
    Equal,
    Equivalent,
    Different,
}

fn same_name(one: &[u8], other: &[u8]) -> Names {
    let read = |name| Walker::new(name).next();
    match (read(one), read(other)) {
        _ if one == other => Names::Equal,
        (Ok::<Tlv<'_>, _>(one), Ok(other)) if equivalent(&one, &other) => Names::Equivalent,
        _ => Names::Different,
    }
}
