//! Vendor id and product id in a subject (Matter Core Specification 6.1.1, and 6.2.2.2 for the form in a common name).

use der::asn1::AnyRef;
use der::{Tag, Tagged};
use matter_types::{ProductId, VendorId};
use x509_cert::name::Name;

use crate::{Error, oid};

/// How many octets of a common name are looked at.
const COMMON_NAME_LEN: usize = 64;
const VENDOR_PREFIX: &[u8] = b"Mvid:";
const PRODUCT_PREFIX: &[u8] = b"Mpid:";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SubjectIds {
    pub(super) vendor_id: Option<VendorId>,
    pub(super) product_id: Option<ProductId>,
}

impl SubjectIds {
    /// Reads both ids from the attributes of their own, or from a common name where there is neither attribute.
    ///
    /// Common names are scanned until one gives an id. A malformed id in one of those is an error even where the
    /// attributes decide.
    pub(super) fn from_name(subject: &Name) -> Result<Self, Error> {
        let mut attributes = Self::default();
        let mut common_name = Self::default();
        for attribute in subject.iter() {
            let value = AnyRef::from(&attribute.value);
            if attribute.oid == oid::VENDOR_ID {
                let id = text(value).and_then(vendor_id).ok_or(Error::SubjectVendorIdMalformed)?;
                if attributes.vendor_id.replace(id).is_some() {
                    return Err(Error::SubjectVendorIdDuplicate);
                }
            } else if attribute.oid == oid::PRODUCT_ID {
                let id = text(value)
                    .and_then(product_id)
                    .ok_or(Error::SubjectProductIdMalformed)?;
                if attributes.product_id.replace(id).is_some() {
                    return Err(Error::SubjectProductIdDuplicate);
                }
            } else if attribute.oid == oid::COMMON_NAME && common_name.is_empty() {
                common_name = Self::from_common_name(value.value())?;
            }
        }
        Ok(if attributes.is_empty() { common_name } else { attributes })
    }

    fn from_common_name(name: &[u8]) -> Result<Self, Error> {
        let name = name.get(..COMMON_NAME_LEN).unwrap_or(name);
        Ok(Self {
            vendor_id: match scan(name, VENDOR_PREFIX) {
                Scan::Absent => None,
                Scan::Malformed => return Err(Error::SubjectVendorIdMalformed),
                Scan::Found(digits) => Some(vendor_id(digits).ok_or(Error::SubjectVendorIdMalformed)?),
            },
            product_id: match scan(name, PRODUCT_PREFIX) {
                Scan::Absent => None,
                Scan::Malformed => return Err(Error::SubjectProductIdMalformed),
                Scan::Found(digits) => Some(product_id(digits).ok_or(Error::SubjectProductIdMalformed)?),
            },
        })
    }

    const fn is_empty(&self) -> bool {
        self.vendor_id.is_none() && self.product_id.is_none()
    }
}

enum Scan<'a> {
    Absent,
    Malformed,
    Found(&'a [u8]),
}

/// Looks for the first prefix with four digits behind it; a prefix without them counts only if no other has them.
fn scan<'a>(name: &'a [u8], prefix: &[u8]) -> Scan<'a> {
    let mut result = Scan::Absent;
    let mut rest = name;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(prefix) {
            match behind.get(..4) {
                Some(digits) if hex(digits).is_some() => return Scan::Found(digits),
                _ => result = Scan::Malformed,
            }
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    result
}

fn text(value: AnyRef<'_>) -> Option<&[u8]> {
    matches!(value.tag(), Tag::Utf8String | Tag::PrintableString).then(|| value.value())
}

fn vendor_id(digits: &[u8]) -> Option<VendorId> {
    hex(digits).and_then(|raw| VendorId::new(raw).ok())
}

fn product_id(digits: &[u8]) -> Option<ProductId> {
    hex(digits).and_then(|raw| ProductId::new(raw).ok())
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
