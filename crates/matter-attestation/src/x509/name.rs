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
    /// The number of the relative distinguished name that it is in.
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
    /// Tells whether the value is of a type that OpenSSL reads in a name (`B_ASN1_PRINTABLE` in its `asn1.h`), and
    /// UTF-8 where the type says so.
    pub(crate) fn is_readable(&self) -> bool {
        match self.value.tag {
            tag::UTF8_STRING => core::str::from_utf8(self.value.value).is_ok(),
            tag::BIT_STRING | tag::SEQUENCE | NUMERIC | BMP | UNIVERSAL => true,
            tag => is_string(tag) && tag != VISIBLE,
        }
    }

    /// Tells whether the value is of one of the types that new certificates have (RFC 5280, 4.1.2.4, and IA5String for
    /// the attributes of its appendix A.1), with the characters of that type.
    pub(crate) fn is_current(&self) -> bool {
        match self.value.tag {
            tag::UTF8_STRING => true,
            tag::PRINTABLE_STRING => self.value.value.iter().all(|&octet| is_printable(octet)),
            IA5 => self.value.value.is_ascii(),
            _ => false,
        }
    }

    /// Returns the number of the relative distinguished name and the type, of which there may be one each (X.501, 9.3).
    pub(crate) const fn place_and_type(&self) -> (usize, &'a [u8]) {
        (self.rdn, self.oid)
    }
}

/// Returns the first common name, if it is in a character set that UTF-8 includes.
pub(crate) fn common_name<'a>(name: &[Attribute<'a>]) -> Option<&'a str> {
    let common_name = oid::COMMON_NAME.as_bytes();
    let first = name.iter().find(|attribute| attribute.oid == common_name)?;
    let text = first.is_current().then_some(first.value.value)?;
    core::str::from_utf8(text).ok()
}

/// The characters of a PrintableString (X.680, 41.4).
const fn is_printable(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b' ' | b'\'' | b'(' | b')' | b'+'..=b'/' | b':' | b'=' | b'?')
}

/// Tells whether OpenSSL takes two names for the same: strings are compared without case, without space around them,
/// with any space inside counting as one, and without regard to their types (`x509_name_canon` in `crypto/x509`).
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

/// Tells whether a name begins with all the relative distinguished names of another, as far as OpenSSL can tell.
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

/// Returns the text of a string in any character set; `None` for what is no string or not of its character set.
fn text(value: &Tlv<'_>) -> Option<String> {
    let octets = value.value;
    match value.tag {
        // OpenSSL takes a TeletexString for Latin-1.
        T61 => Some(octets.iter().copied().map(char::from).collect()),
        BMP => {
            let (pairs, rest) = octets.as_chunks::<2>();
            let characters = pairs
                .iter()
                .map(|&pair| char::from_u32(u16::from_be_bytes(pair).into()));
            rest.is_empty().then(|| characters.collect())?
        }
        UNIVERSAL => {
            let (fours, rest) = octets.as_chunks::<4>();
            let characters = fours.iter().map(|&four| char::from_u32(u32::from_be_bytes(four)));
            rest.is_empty().then(|| characters.collect())?
        }
        tag if is_string(tag) => core::str::from_utf8(octets).ok().map(String::from),
        _ => None,
    }
}

const NUMERIC: u8 = 0x12;
const T61: u8 = 0x14;
const IA5: u8 = 0x16;
const VISIBLE: u8 = 0x1A;
const UNIVERSAL: u8 = 0x1C;
const BMP: u8 = 0x1E;

/// The strings of octets.
const fn is_string(tag: u8) -> bool {
    matches!(tag, tag::UTF8_STRING | tag::PRINTABLE_STRING | T61 | IA5 | VISIBLE)
}

fn canonical(text: &str) -> String {
    let words: Vec<_> = text.split_ascii_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}
