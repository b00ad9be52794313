//! Checks a Certification Declaration: its signer, its limits, and its product (Matter Core Specification 6.2.3.1 and
//! 6.3).

use matter_types::{ProductId, VendorId};

use crate::cd::{Content, ContentFault, Envelope};
use crate::finding::Findings;
use crate::lint::Facts;
use crate::members::MemberFault;
use crate::x509::RawIds;
use crate::{CertificationDeclaration, CertificationType, DeclarationSigners, InputKind, KeyId, Object, Rule};

/// The maximum length in bytes of the content that the SDK decodes.
const MAX_CONTENT_LEN: usize = 790;
/// The certification test harness requires device types below this.
const DEVICE_TYPE_END: u32 = 0x7FFF_FFFF;

/// Checks the declaration by itself, and returns its content.
pub(super) fn check(cms: &[u8], signers: &DeclarationSigners, findings: &mut Findings) -> Option<Content> {
    if let Some(kind) = InputKind::in_place_of_declaration(cms) {
        findings.add_with(Rule::CdOther, Object::Cd, format_args!("it is {kind}"));
        return None;
    }
    if let kind @ InputKind::Truncated { .. } = InputKind::of(cms) {
        findings.add_with(Rule::CdMalformed, Object::Cd, format_args!("at byte 0; it is {kind}"));
        return None;
    }
    let Ok(envelope) = Envelope::read(cms, &mut findings.about(Object::Cd));
    let signer = envelope.signer_key_id.map(|bytes| {
        let key_id = <[u8; KeyId::LEN]>::try_from(bytes).ok().map(KeyId::new);
        let signer = key_id.and_then(|key_id| signers.find(key_id));
        match (key_id, signer) {
            (_, Some(signer)) if signer.is_test && !signers.allows_test_key() => {
                findings.add(Rule::CdTestKey, Object::Cd);
            }
            (Some(key_id), None) => findings.add_with(Rule::CdSignerUnknown, Object::Cd, format_args!("{key_id}")),
            (None, _) => {
                let detail = format_args!("a key identifier of {} bytes", bytes.len());
                findings.add_with(Rule::CdSignerUnknown, Object::Cd, detail);
            }
            _ => {}
        }
        signer
    });
    let signer = signer.flatten();
    let tlv = envelope.content?;
    let mut signed = false;
    if let (Some(signer), Some(signature)) = (signer, envelope.signature) {
        signed = signer.key.verify_der(tlv, signature).is_ok();
        if !signed {
            findings.add(Rule::CdSignature, Object::Cd);
        }
    }
    if tlv.len() > MAX_CONTENT_LEN {
        findings.add_with(Rule::CdTooLong, Object::Cd, format_args!("{} bytes", tlv.len()));
    }
    let content = match Content::read(tlv) {
        Ok(content) => content,
        Err(fault) => {
            add_content_fault(fault, findings);
            return None;
        }
    };
    check_limits(&content, findings);
    if signed && signer.is_some_and(|signer| signer.is_test) {
        let kind = content.certification_type;
        if kind > CertificationType::Provisional.get() {
            findings.add_with(Rule::CdTestKeyType, Object::Cd, format_args!("type {kind}"));
        } else if kind == CertificationType::Provisional.get() {
            findings.add(Rule::CdTypeNeedsCsa, Object::Cd);
        }
    }
    Some(content)
}

fn add_content_fault(fault: ContentFault, findings: &mut Findings) {
    let mut findings = findings.about(Object::Cd);
    match fault {
        ContentFault::Member(MemberFault::Malformed { offset }) => findings.add_at(Rule::CdContentMalformed, offset),
        ContentFault::Member(MemberFault::Member { tag, .. }) => {
            findings.add_with(Rule::CdMember, format_args!("member {tag}"));
        }
        ContentFault::OriginIncomplete { missing } => {
            findings.add_with(Rule::CdOriginIncomplete, format_args!("no {missing}"));
        }
    }
}

fn check_limits(content: &Content, findings: &mut Findings) {
    let mut add = |broken: bool, rule: Rule, detail: core::fmt::Arguments<'_>| {
        if broken {
            findings.add_with(rule, Object::Cd, detail);
        }
    };
    let version = content.format_version;
    let known = version == CertificationDeclaration::FORMAT_VERSION;
    add(!known, Rule::CdFormatVersion, format_args!("{version}"));
    let vendor = content.vendor_id.value;
    let out = VendorId::new(vendor).is_err();
    add(out, Rule::CdVendorIdRange, format_args!("{vendor:04X}"));
    let count = content.product_ids.len();
    let out = count == 0 || count > CertificationDeclaration::MAX_PRODUCT_IDS;
    add(out, Rule::CdProductIdCount, format_args!("{count} products"));
    let zero = content.has_product(0);
    add(zero, Rule::CdProductIdZero, format_args!(""));
    let device_type = content.device_type_id;
    let out = device_type >= DEVICE_TYPE_END;
    add(out, Rule::CdDeviceTypeId, format_args!("{device_type:08X}"));
    let len = content.certificate_id.len();
    let wrong = len != CertificationDeclaration::CERTIFICATE_ID_LEN;
    add(wrong, Rule::CdCertificateIdLength, format_args!("{len} bytes"));
    let level = content.security_level;
    add(level != 0, Rule::CdSecurityLevel, format_args!("{level}"));
    let information = content.security_information;
    add(
        information != 0,
        Rule::CdSecurityInformation,
        format_args!("{information}"),
    );
    add(content.version_number == 0, Rule::CdVersionNumber, format_args!(""));
    let kind = content.certification_type;
    let unknown = CertificationType::new(kind.into()).is_err();
    add(unknown, Rule::CdCertificationType, format_args!("{kind}"));
    if let Some(count) = content.authorized_paas.as_ref().map(alloc::vec::Vec::len) {
        let out = count == 0 || count > CertificationDeclaration::MAX_AUTHORIZED_PAAS;
        add(out, Rule::CdAuthorizedPaaCount, format_args!("{count} PAAs"));
    }
    // The SDK treats it as an unknown member.
    if let Some((tag, _)) = content.late {
        findings.add_as(Rule::CdMember, Object::Cd, None, format_args!("member {tag}, too late"));
    }
    findings.add(Rule::CdNeedsLedger, Object::Cd);
}

/// Checks that the declaration is for this product.
pub(super) fn check_product(content: &Content, vendor: VendorId, product: ProductId, findings: &mut Findings) {
    let id = content.vendor_id.value;
    if id != vendor.get() {
        let detail = format_args!("{id:04X}, not {vendor}");
        findings.add_with(Rule::CdVendorId, Object::Cd, detail);
    }
    if !content.has_product(product.get()) {
        findings.add_with(Rule::CdProductId, Object::Cd, format_args!("{product}"));
    }
}

/// Checks that the ids of a PAI or a DAC are those that the declaration requires.
pub(super) fn check_ids(content: &Content, ids: RawIds, object: Object, findings: &mut Findings) {
    let (vendor_rule, product_rule) = match object {
        Object::Pai => (Rule::CdPaiVendorId, Rule::CdPaiProductId),
        _ => (Rule::CdDacVendorId, Rule::CdDacProductId),
    };
    let vendor = content
        .dac_origin()
        .map_or(content.vendor_id.value, |(vendor, _)| vendor);
    if let Some(id) = ids.vendor_id
        && id != vendor
    {
        findings.add_with(vendor_rule, Object::Cd, format_args!("{id:04X}, not {vendor:04X}"));
    }
    if let Some(id) = ids.product_id {
        let listed = match content.dac_origin() {
            Some((_, product)) => id == product,
            None => content.has_product(id),
        };
        // The SDK treats product id 0 in a PAI as absent.
        if !listed && object == Object::Pai && id == 0 {
            findings.add_as(product_rule, Object::Cd, None, format_args!("{id:04X}"));
        } else if !listed {
            findings.add_with(product_rule, Object::Cd, format_args!("{id:04X}"));
        }
    }
}

/// Reports a certificate for another product, which is allowed if one DAC serves several.
pub(super) fn check_other_product(
    content: &Content,
    product: ProductId,
    ids: RawIds,
    object: Object,
    findings: &mut Findings,
) {
    if let Some(id) = ids.product_id
        && id != product.get()
        && content.dac_origin().is_none()
    {
        let detail = format_args!("{id:04X}, not {product}");
        findings.add_with(Rule::ProductIdOfAnother, object, detail);
    }
}

/// Checks that the PAA is authorized, if the declaration restricts them.
pub(super) fn check_paa(content: &Content, paa: Option<&Facts>, pai: Option<&Facts>, findings: &mut Findings) {
    let key_id = paa
        .and_then(|paa| paa.subject_key_id)
        .or_else(|| pai.and_then(|pai| pai.authority_key_id));
    if let (Some(paas), Some(key_id)) = (&content.authorized_paas, key_id)
        && !paas.contains(&key_id)
    {
        findings.add_with(Rule::CdPaaNotAuthorized, Object::Cd, format_args!("{key_id}"));
    }
}
