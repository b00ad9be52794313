//! Names, and the vendor and product id in a subject (Matter Core Specification 6.1.1 and 6.2.2.2).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use matter_types::VendorId;

use super::Lint;
use super::facts::RawIds;
use crate::raw::{Attribute, Frame, attributes, tag};
use crate::{Object, Rule, oid};

/// The most octets of a common name (RFC 5280, A.1); the SDK looks at no more.
const COMMON_NAME_LEN: usize = 64;

/// What tells the two ids apart.
struct Kind {
    prefix: &'static [u8],
    malformed: Rule,
    duplicate: Rule,
}

const VENDOR: Kind = Kind {
    prefix: b"Mvid:",
    malformed: Rule::VendorIdMalformed,
    duplicate: Rule::VendorIdDuplicate,
};
const PRODUCT: Kind = Kind {
    prefix: b"Mpid:",
    malformed: Rule::ProductIdMalformed,
    duplicate: Rule::ProductIdDuplicate,
};

pub(super) fn names(frame: &Frame<'_>, lint: &mut Lint<'_>) -> RawIds {
    let [issuer, subject] = [&frame.issuer, &frame.subject].map(|name| match attributes(name) {
        Ok(attributes) => Some(attributes),
        Err(malformed) => {
            lint.malformed(Rule::NameMalformed, malformed);
            None
        }
    });
    let empty = |name: &Option<Vec<Attribute<'_>>>| name.as_ref().is_some_and(Vec::is_empty);
    if empty(&issuer) || empty(&subject) {
        lint.plain(Rule::NameEmpty);
    }
    for attributes in [&issuer, &subject].into_iter().flatten() {
        strings(attributes, lint);
    }
    subject.map(|subject| ids(&subject, lint)).unwrap_or_default()
}

fn strings(attributes: &[Attribute<'_>], lint: &mut Lint<'_>) {
    let mut seen = BTreeSet::new();
    for attribute in attributes {
        if !attribute.is_readable() {
            lint.malformed(Rule::NameMalformed, attribute.value.malformed());
        } else if !attribute.is_current() {
            lint.add(Rule::NameString, format_args!("with tag {:02X}", attribute.value.tag));
        }
        if !seen.insert(attribute.place_and_type()) {
            lint.plain(Rule::NameAttributeRepeated);
        }
    }
}

fn ids(subject: &[Attribute<'_>], lint: &mut Lint<'_>) -> RawIds {
    let of = |oid: const_oid::ObjectIdentifier| subject.iter().filter(move |attribute| attribute.oid == oid.as_bytes());
    let by_attribute = RawIds {
        vendor_id: attribute(of(oid::VENDOR_ID), &VENDOR, lint),
        product_id: attribute(of(oid::PRODUCT_ID), &PRODUCT, lint),
    };
    let has_attributes = of(oid::VENDOR_ID).chain(of(oid::PRODUCT_ID)).next().is_some();

    let mut by_name = RawIds::default();
    for name in of(oid::COMMON_NAME) {
        let name = name.value.value;
        if name.is_empty() {
            lint.add(Rule::NameMalformed, format_args!("a common name of no octets"));
        }
        if name.len() > COMMON_NAME_LEN {
            lint.add(Rule::CommonNameTooLong, format_args!("{} octets", name.len()));
        }
        // A common name that gave an id is the last one looked at.
        if by_name == RawIds::default() {
            by_name = common_name(name, has_attributes, lint);
        }
    }
    if has_attributes && by_name != RawIds::default() {
        lint.plain(Rule::CommonNameIdIgnored);
    }
    let ids = if has_attributes { by_attribute } else { by_name };
    range(ids, lint);
    presence(ids, subject, lint);
    ids
}

/// Reads the one attribute of its kind.
fn attribute<'a>(mut found: impl Iterator<Item = &'a Attribute<'a>>, kind: &Kind, lint: &mut Lint<'_>) -> Option<u16> {
    let value = found.next()?.value;
    if found.next().is_some() {
        lint.plain(kind.duplicate);
    }
    match value.tag {
        tag::UTF8_STRING => {}
        tag::PRINTABLE_STRING => lint.plain(Rule::VendorIdPrintable),
        _ => lint.plain(Rule::VendorIdString),
    }
    let id = hex(value.value);
    if id.is_none() {
        lint.malformed(kind.malformed, value.malformed());
    }
    id
}

fn common_name(name: &[u8], disregarded: bool, lint: &mut Lint<'_>) -> RawIds {
    let mut id = |kind: &Kind| {
        let count = name
            .windows(kind.prefix.len())
            .filter(|part| *part == kind.prefix)
            .count();
        if count > 1 && !disregarded {
            lint.add(Rule::CommonNameIdRepeated, format_args!("{count} times"));
        }
        match scan(name.get(..COMMON_NAME_LEN).unwrap_or(name), kind.prefix) {
            Scan::Absent => None,
            Scan::Found(id) => Some(id),
            Scan::Malformed => {
                lint.add(kind.malformed, format_args!("in the common name"));
                None
            }
        }
    };
    RawIds {
        vendor_id: id(&VENDOR),
        product_id: id(&PRODUCT),
    }
}

enum Scan {
    Absent,
    Malformed,
    Found(u16),
}

/// Looks for the first prefix with four digits behind it; a prefix without them counts only if no other has them.
fn scan(name: &[u8], prefix: &[u8]) -> Scan {
    let mut result = Scan::Absent;
    for at in 0..name.len() {
        let Some(behind) = name.get(at..).and_then(|rest| rest.strip_prefix(prefix)) else {
            continue;
        };
        match behind.get(..4).and_then(hex) {
            Some(id) => return Scan::Found(id),
            None => result = Scan::Malformed,
        }
    }
    result
}

fn range(ids: RawIds, lint: &mut Lint<'_>) {
    if let Some(id) = ids.vendor_id {
        match VendorId::new(id) {
            Err(_) => lint.add(Rule::VendorIdRange, format_args!("{id:04X}")),
            Ok(id) if id.is_test() => lint.add(Rule::TestVendorId, format_args!("{id}")),
            Ok(_) => {}
        }
    }
    if ids.product_id == Some(0) {
        lint.plain(Rule::ProductIdZero);
    }
}

fn presence(ids: RawIds, subject: &[Attribute<'_>], lint: &mut Lint<'_>) {
    // What is there, but cannot be read, is not reported as missing too.
    let unreadable = |oid: const_oid::ObjectIdentifier| subject.iter().any(|attribute| attribute.oid == oid.as_bytes());
    let in_name = |prefix: &[u8]| {
        subject
            .iter()
            .filter(|attribute| attribute.oid == oid::COMMON_NAME.as_bytes())
            .any(|attribute| matches!(scan(attribute.value.value, prefix), Scan::Malformed))
    };
    let vendor = ids.vendor_id.is_some() || unreadable(oid::VENDOR_ID) || in_name(VENDOR.prefix);
    let product = ids.product_id.is_some() || unreadable(oid::PRODUCT_ID) || in_name(PRODUCT.prefix);
    match lint.object {
        Object::Paa => {
            if let Some(id) = ids.product_id {
                lint.add(Rule::ProductIdInPaa, format_args!("{id:04X}"));
            }
        }
        Object::Pai if !vendor => lint.plain(Rule::VendorIdMissing),
        Object::Dac => {
            if !vendor {
                lint.plain(Rule::VendorIdMissing);
            }
            if !product {
                lint.plain(Rule::ProductIdMissing);
            }
        }
        _ => {}
    }
}

/// Reads exactly four upper-case hexadecimal digits.
fn hex(digits: &[u8]) -> Option<u16> {
    let digits = <[u8; 4]>::try_from(digits).ok()?;
    digits.iter().try_fold(0u16, |value, &digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'F' => digit - b'A' + 10,
            _ => return None,
        };
        Some(value << 4 | u16::from(digit))
    })
}
