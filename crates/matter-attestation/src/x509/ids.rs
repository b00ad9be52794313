//! Names, and the vendor and product id in a subject (Matter Core Specification 6.1.1, and 6.2.2.2 for the form in a
//! common name).

use alloc::vec::Vec;

use const_oid::ObjectIdentifier;
use matter_types::VendorId;

use super::frame::malformed;
use super::{Attribute, Frame, Tlv, attributes, tag};
use crate::fault::FaultSink;
use crate::{Error, Rule, hex, oid};

/// The maximum length of a common name in bytes (RFC 5280, A.1); the SDK ignores the rest.
const COMMON_NAME_LEN: usize = 64;

/// The ids in a subject, which may be outside of the assigned ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawIds {
    pub(crate) vendor_id: Option<u16>,
    pub(crate) product_id: Option<u16>,
}

/// The distinguishing properties of the two ids.
struct Kind {
    oid: ObjectIdentifier,
    prefix: &'static [u8],
    malformed: (Rule, Error),
    duplicate: (Rule, Error),
}

const VENDOR: Kind = Kind {
    oid: oid::VENDOR_ID,
    prefix: b"Mvid:",
    malformed: (Rule::VendorIdMalformed, Error::SubjectVendorIdMalformed),
    duplicate: (Rule::VendorIdDuplicate, Error::SubjectVendorIdDuplicate),
};
const PRODUCT: Kind = Kind {
    oid: oid::PRODUCT_ID,
    prefix: b"Mpid:",
    malformed: (Rule::ProductIdMalformed, Error::SubjectProductIdMalformed),
    duplicate: (Rule::ProductIdDuplicate, Error::SubjectProductIdDuplicate),
};

/// Reads the attributes of issuer and subject.
pub(crate) fn names<'a, S: FaultSink>(
    frame: &Frame<'a>,
    sink: &mut S,
) -> Result<[Option<Vec<Attribute<'a>>>; 2], S::Refusal> {
    let mut read = |name: &Tlv<'a>| match attributes(name) {
        Ok(attributes) => Ok(Some(attributes)),
        Err(at) => malformed(Rule::NameMalformed, at, sink).map(|()| None),
    };
    Ok([read(&frame.issuer)?, read(&frame.subject)?])
}

/// Reads both ids from their attributes, or from a common name if there is neither attribute.
///
/// Common names are scanned until one contains an id. A malformed id in one of them is a fault even if the attributes
/// decide.
pub(crate) fn subject_ids<S: FaultSink>(subject: &[Attribute<'_>], sink: &mut S) -> Result<RawIds, S::Refusal> {
    let by_attribute = RawIds {
        vendor_id: own_attribute(subject, &VENDOR, sink)?,
        product_id: own_attribute(subject, &PRODUCT, sink)?,
    };
    let has_attributes = has(subject, oid::VENDOR_ID) || has(subject, oid::PRODUCT_ID);

    let mut by_name = RawIds::default();
    for name in with_type(subject, oid::COMMON_NAME) {
        let name = name.value.value;
        if name.is_empty() {
            sink.note(Rule::NameMalformed, format_args!("an empty common name"))?;
        }
        if name.len() > COMMON_NAME_LEN {
            sink.note(Rule::CommonNameTooLong, format_args!("{} bytes", name.len()))?;
        }
        // Scanning stops at the common name that contains an id.
        if by_name == RawIds::default() {
            by_name = RawIds {
                vendor_id: in_common_name(name, &VENDOR, has_attributes, sink)?,
                product_id: in_common_name(name, &PRODUCT, has_attributes, sink)?,
            };
        }
    }
    if has_attributes && by_name != RawIds::default() {
        sink.note(Rule::CommonNameIdIgnored, format_args!(""))?;
    }
    let ids = if has_attributes { by_attribute } else { by_name };
    check_range(ids, sink)?;
    Ok(ids)
}

/// Reads the only attribute of its kind.
fn own_attribute<S: FaultSink>(
    subject: &[Attribute<'_>],
    kind: &Kind,
    sink: &mut S,
) -> Result<Option<u16>, S::Refusal> {
    let mut found = with_type(subject, kind.oid);
    let Some(Attribute { value, .. }) = found.next() else {
        return Ok(None);
    };
    if found.next().is_some() {
        let (rule, error) = kind.duplicate.clone();
        sink.refuse(rule, format_args!(""), error)?;
    }
    let (rule, error) = kind.malformed.clone();
    match value.tag {
        tag::UTF8_STRING => {}
        tag::PRINTABLE_STRING => sink.note(Rule::VendorIdPrintable, format_args!(""))?,
        _ => sink.refuse(Rule::VendorIdString, format_args!(""), error.clone())?,
    }
    let id = four_digits(value.value);
    if id.is_none() {
        sink.refuse(rule, format_args!("at byte {}", value.offset), error)?;
    }
    Ok(id)
}

fn in_common_name<S: FaultSink>(
    name: &[u8],
    kind: &Kind,
    disregarded: bool,
    sink: &mut S,
) -> Result<Option<u16>, S::Refusal> {
    let count = name
        .windows(kind.prefix.len())
        .filter(|part| *part == kind.prefix)
        .count();
    if count > 1 && !disregarded {
        sink.note(Rule::CommonNameIdRepeated, format_args!("{count} times"))?;
    }
    match scan(name, kind.prefix) {
        Scan::Absent => Ok(None),
        Scan::Found(id) => Ok(Some(id)),
        Scan::Malformed => {
            let (rule, error) = kind.malformed.clone();
            sink.refuse(rule, format_args!("in the common name"), error)?;
            Ok(None)
        }
    }
}

fn check_range<S: FaultSink>(ids: RawIds, sink: &mut S) -> Result<(), S::Refusal> {
    if let Some(id) = ids.vendor_id {
        match VendorId::new(id) {
            Err(_) => {
                let error = Error::SubjectVendorIdMalformed;
                sink.refuse(Rule::VendorIdRange, format_args!("{id:04X}"), error)?;
            }
            Ok(id) if id.is_test() => sink.note(Rule::TestVendorId, format_args!("{id}"))?,
            Ok(_) => {}
        }
    }
    if ids.product_id == Some(0) {
        let error = Error::SubjectProductIdMalformed;
        sink.refuse(Rule::ProductIdZero, format_args!(""), error)?;
    }
    Ok(())
}

/// Returns whether vendor id and product id are present but unreadable.
pub(crate) fn has_unreadable_ids(subject: &[Attribute<'_>]) -> (bool, bool) {
    let unreadable = |kind: &Kind| {
        let in_name = |name: &Attribute<'_>| matches!(scan(name.value.value, kind.prefix), Scan::Malformed);
        has(subject, kind.oid) || with_type(subject, oid::COMMON_NAME).any(in_name)
    };
    (unreadable(&VENDOR), unreadable(&PRODUCT))
}

fn with_type<'s, 'a>(
    subject: &'s [Attribute<'a>],
    oid: ObjectIdentifier,
) -> impl Iterator<Item = &'s Attribute<'a>> + use<'s, 'a> {
    subject.iter().filter(move |attribute| attribute.oid == oid.as_bytes())
}

fn has(subject: &[Attribute<'_>], oid: ObjectIdentifier) -> bool {
    with_type(subject, oid).next().is_some()
}

enum Scan {
    Absent,
    Malformed,
    Found(u16),
}

/// Searches for the first prefix followed by four digits; a prefix without digits counts only if there is no other.
fn scan(name: &[u8], prefix: &[u8]) -> Scan {
    let name = name.get(..COMMON_NAME_LEN).unwrap_or(name);
    let mut result = Scan::Absent;
    for at in 0..name.len() {
        let Some(after) = name.get(at..).and_then(|rest| rest.strip_prefix(prefix)) else {
            continue;
        };
        match after.get(..4).and_then(four_digits) {
            Some(id) => return Scan::Found(id),
            None => result = Scan::Malformed,
        }
    }
    result
}

/// Decodes exactly four upper-case hexadecimal digits.
fn four_digits(digits: &[u8]) -> Option<u16> {
    let mut bytes = [0; 2];
    hex::decode_upper(digits, &mut bytes)?;
    Some(u16::from_be_bytes(bytes))
}
