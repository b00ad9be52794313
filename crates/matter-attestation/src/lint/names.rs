//! The rules of names, and the required ids of a PAA, a PAI or a DAC (Matter Core Specification 6.2.2).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::finding::AboutObject;
use crate::x509::{self, Attribute, Frame, RawIds};
use crate::{Object, Rule};

pub(super) fn check(frame: &Frame<'_>, is_crl_signer: bool, lint: &mut AboutObject<'_>) -> RawIds {
    let Ok([issuer, subject]) = x509::names(frame, lint);
    let empty = |name: &Option<Vec<Attribute<'_>>>| name.as_ref().is_some_and(Vec::is_empty);
    if empty(&issuer) || empty(&subject) {
        lint.add(Rule::NameEmpty);
    }
    for attributes in [&issuer, &subject].into_iter().flatten() {
        strings(attributes, lint);
    }
    let Some(subject) = subject else {
        return RawIds::default();
    };
    let Ok(ids) = x509::subject_ids(&subject, lint);
    // A delegate that signs CRLs has no ids.
    if !is_crl_signer {
        presence(ids, &subject, lint);
    }
    ids
}

fn strings(attributes: &[Attribute<'_>], lint: &mut AboutObject<'_>) {
    let mut seen = BTreeSet::new();
    for attribute in attributes {
        if !attribute.is_readable() {
            lint.add_at(Rule::NameMalformed, attribute.value.offset);
        } else if !attribute.is_current() {
            lint.add_with(Rule::NameString, format_args!("with tag {:02X}", attribute.value.tag));
        }
        if !seen.insert(attribute.place_and_type()) {
            lint.add(Rule::NameAttributeRepeated);
        }
    }
}

fn presence(ids: RawIds, subject: &[Attribute<'_>], lint: &mut AboutObject<'_>) {
    // An unreadable id is not also reported as missing.
    let (vendor_unreadable, product_unreadable) = x509::has_unreadable_ids(subject);
    let vendor = ids.vendor_id.is_some() || vendor_unreadable;
    let product = ids.product_id.is_some() || product_unreadable;
    match lint.object() {
        Object::Paa => {
            if let Some(id) = ids.product_id {
                lint.add_with(Rule::ProductIdInPaa, format_args!("{id:04X}"));
            }
        }
        Object::Pai if !vendor => lint.add(Rule::VendorIdMissing),
        Object::Dac => {
            if !vendor {
                lint.add(Rule::VendorIdMissing);
            }
            if !product {
                lint.add(Rule::ProductIdMissing);
            }
        }
        _ => {}
    }
}
