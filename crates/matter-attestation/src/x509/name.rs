use alloc::string::String;
use alloc::vec::Vec;

use super::{Malformed, Tlv, tag};
use crate::oid;

/// One attribute of a distinguished name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    /// The content of the OBJECT IDENTIFIER.
    pub(crate) oid: &'a [u8],
    pub(crate) value: Tlv<'a>,
    /// The index of the relative distinguished name that contains it.
    rdn: usize,
}

/// Reads all attributes of a distinguished name, which is a SEQUENCE (RFC 5280, 4.1.2.4).
pub(crate) fn attributes<'a>(name: &Tlv<'a>) -> Result<Vec<Attribute<'a>>, Malformed> {
    let mut found = Vec::new();
    let mut rdns = name.inside();
    for rdn in 0.. {
        if rdns.is_empty() {
            break;
        }
        let set = rdns.expect(tag::SET)?;
        let mut members = set.inside();
        if members.is_empty() {
            return Err(set.malformed());
        }
        while !members.is_empty() {
            let mut fields = members.expect(tag::SEQUENCE)?.inside();
            let oid = fields.object_identifier()?;
            let value = fields.next()?;
            fields.finish()?;
            found.push(Attribute { oid, value, rdn });
        }
    }
    Ok(found)
}

impl<'a> Attribute<'a> {
    /// Whether the value has a type that OpenSSL accepts in a name (`B_ASN1_PRINTABLE` in its `asn1.h`), and is UTF-8
    /// if the type requires it.
    pub(crate) fn is_readable(&self) -> bool {
        match self.value.tag {
            tag::UTF8_STRING => core::str::from_utf8(self.value.value).is_ok(),
            tag::BIT_STRING | tag::SEQUENCE | NUMERIC | BMP | UNIVERSAL => true,
            tag => is_string(tag) && tag != VISIBLE,
        }
    }

    /// Whether the value has one of the types of new certificates (RFC 5280, 4.1.2.4, and IA5String for the attributes
    /// of its appendix A.1), with only the characters of that type.
    pub(crate) fn is_current(&self) -> bool {
        match self.value.tag {
            tag::UTF8_STRING => true,
            tag::PRINTABLE_STRING => self.value.value.iter().all(|&byte| is_printable(byte)),
            IA5 => self.value.value.is_ascii(),
            _ => false,
        }
    }

    /// Returns the index of the relative distinguished name and the type; the combination must be unique (X.501, 9.3).
    pub(crate) const fn place_and_type(&self) -> (usize, &'a [u8]) {
        (self.rdn, self.oid)
    }
}

/// Returns the first common name, if its character set is a subset of UTF-8.
pub(crate) fn common_name<'a>(name: &[Attribute<'a>]) -> Option<&'a str> {
    let common_name = oid::COMMON_NAME.as_bytes();
    let first = name.iter().find(|attribute| attribute.oid == common_name)?;
    let text = first.is_current().then_some(first.value.value)?;
    core::str::from_utf8(text).ok()
}

/// The characters of a PrintableString (X.680, 41.4).
const fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'\'' | b'(' | b')' | b'+'..=b'/' | b':' | b'=' | b'?')
}

/// Whether OpenSSL considers two names equal: strings are compared ignoring case, surrounding whitespace and string
/// types, and inner whitespace counts as one space (`x509_name_canon` in `crypto/x509`).
pub(crate) fn equivalent(one: &Tlv<'_>, other: &Tlv<'_>) -> bool {
    match (attributes(one), attributes(other)) {
        (Ok(one), Ok(other)) => {
            one.len() == other.len()
                && one.iter().zip(&other).all(|(one, other)| {
                    one.oid == other.oid && one.rdn == other.rdn && same_value(&one.value, &other.value)
                })
        }
        _ => false,
    }
}

/// Whether a name starts with all relative distinguished names of another, as compared by OpenSSL.
pub(crate) fn begins_with(name: &Tlv<'_>, base: &Tlv<'_>) -> bool {
    let (Ok(name), Ok(base)) = (attributes(name), attributes(base)) else {
        return false;
    };
    let ends = base.last().map_or(0, |last| last.rdn + 1);
    let whole = name.iter().filter(|attribute| attribute.rdn < ends).count() == base.len();
    whole
        && name
            .iter()
            .zip(&base)
            .all(|(one, other)| one.oid == other.oid && one.rdn == other.rdn && same_value(&one.value, &other.value))
}

fn same_value(one: &Tlv<'_>, other: &Tlv<'_>) -> bool {
    match (text(one), text(other)) {
        (Some(one), Some(other)) => canonical(&one) == canonical(&other),
        _ => one.raw == other.raw,
    }
}

/// Decodes a string of any character set; `None` for other types or invalid characters.
fn text(value: &Tlv<'_>) -> Option<String> {
    let bytes = value.value;
    match value.tag {
        // OpenSSL treats a TeletexString as Latin-1.
        T61 => Some(bytes.iter().copied().map(char::from).collect()),
        BMP => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let characters = pairs
                .iter()
                .map(|&pair| char::from_u32(u16::from_be_bytes(pair).into()));
            rest.is_empty().then(|| characters.collect())?
        }
        UNIVERSAL => {
            let (fours, rest) = bytes.as_chunks::<4>();
            let characters = fours.iter().map(|&four| char::from_u32(u32::from_be_bytes(four)));
            rest.is_empty().then(|| characters.collect())?
        }
        tag if is_string(tag) => core::str::from_utf8(bytes).ok().map(String::from),
        _ => None,
    }
}

const NUMERIC: u8 = 0x12;
const T61: u8 = 0x14;
const IA5: u8 = 0x16;
const VISIBLE: u8 = 0x1A;
const UNIVERSAL: u8 = 0x1C;
const BMP: u8 = 0x1E;

/// String types of single bytes.
const fn is_string(tag: u8) -> bool {
    matches!(tag, tag::UTF8_STRING | tag::PRINTABLE_STRING | T61 | IA5 | VISIBLE)
}

fn canonical(text: &str) -> String {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}
