//! The content of a Certification Declaration, read as the Matter SDK reads it, whatever the values
//! (`DecodeCertificationElements` in connectedhomeip, `credentials/CertificationDeclaration.cpp`).

use alloc::vec::Vec;

use matter_tlv::{Element, Reader, Tag, Value};

use crate::KeyId;
use crate::cd::tag;

/// The content with values in the range of their fields, and not necessarily in the range that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) format_version: u16,
    pub(super) vendor_id: u16,
    pub(super) product_ids: Vec<u16>,
    pub(super) device_type_id: u32,
    pub(super) certificate_id_len: usize,
    pub(super) security_level: u8,
    pub(super) security_information: u16,
    pub(super) version_number: u16,
    pub(super) certification_type: u8,
    /// The ids that DAC and PAI have to have, if both are there.
    pub(super) dac_origin: Option<(u16, u16)>,
    pub(super) origin: Origin,
    pub(super) authorized_paas: Option<Vec<KeyId>>,
    /// The first known member that comes too late, which the SDK takes for an unknown one.
    pub(super) late: Option<u8>,
}

/// Which of the two origin ids are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    None,
    Both,
    /// The SDK disregards a product id alone.
    ProductAlone,
}

/// Why the content cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The TLV is malformed at this octet.
    Malformed(usize),
    /// This member is missing, out of order, of the wrong type or out of the range of its field.
    Member(u8),
    /// There is an origin vendor id without a product id.
    OriginIncomplete,
}

impl From<matter_tlv::Error> for Unreadable {
    fn from(error: matter_tlv::Error) -> Self {
        Self::Malformed(error.offset())
    }
}

impl Content {
    pub(super) fn read(tlv: &[u8]) -> Result<Self, Unreadable> {
        let mut members = Members::new(tlv)?;
        let format_version = members.number(tag::FORMAT_VERSION)?;
        let vendor_id = members.number(tag::VENDOR_ID)?;
        let product_ids = members
            .array(tag::PRODUCT_ID_ARRAY, number)?
            .ok_or(Unreadable::Member(tag::PRODUCT_ID_ARRAY))?;
        let device_type_id = members.number(tag::DEVICE_TYPE_ID)?;
        let certificate_id_len = members
            .optional(tag::CERTIFICATE_ID, utf8_len)?
            .ok_or(Unreadable::Member(tag::CERTIFICATE_ID))?;
        let security_level = members.number(tag::SECURITY_LEVEL)?;
        let security_information = members.number(tag::SECURITY_INFORMATION)?;
        let version_number = members.number(tag::VERSION_NUMBER)?;
        let certification_type = members.number(tag::CERTIFICATION_TYPE)?;
        let origin_vendor_id = members.optional(tag::DAC_ORIGIN_VENDOR_ID, number)?;
        let origin_product_id = members.optional(tag::DAC_ORIGIN_PRODUCT_ID, number)?;
        let (origin, dac_origin) = match (origin_vendor_id, origin_product_id) {
            (Some(vendor), Some(product)) => (Origin::Both, Some((vendor, product))),
            (None, None) => (Origin::None, None),
            (None, Some(_)) => (Origin::ProductAlone, None),
            (Some(_), None) => return Err(Unreadable::OriginIncomplete),
        };
        let authorized_paas = members.array(tag::AUTHORIZED_PAA_LIST, key_id)?;
        let late = members.finish()?;
        Ok(Self {
            format_version,
            vendor_id,
            product_ids,
            device_type_id,
            certificate_id_len,
            security_level,
            security_information,
            version_number,
            certification_type,
            dac_origin,
            origin,
            authorized_paas,
            late,
        })
    }
}

/// The members of the outermost structure, one looked at ahead.
struct Members<'a> {
    reader: Reader<'a>,
    next: Element<'a>,
}

impl<'a> Members<'a> {
    fn new(tlv: &'a [u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader::new(tlv);
        let start = read(&mut reader)?;
        if start.tag != Tag::Anonymous || start.value != Value::Structure {
            return Err(Unreadable::Malformed(start.offset));
        }
        let next = read(&mut reader)?;
        Ok(Self { reader, next })
    }

    fn number<T: TryFrom<u64>>(&mut self, tag: u8) -> Result<T, Unreadable> {
        self.optional(tag, number)?.ok_or(Unreadable::Member(tag))
    }

    fn optional<T>(&mut self, tag: u8, convert: fn(Value<'a>) -> Option<T>) -> Result<Option<T>, Unreadable> {
        if self.next.tag != Tag::Context(tag) {
            return Ok(None);
        }
        let value = convert(self.next.value).ok_or(Unreadable::Member(tag))?;
        self.next = read(&mut self.reader)?;
        Ok(Some(value))
    }

    fn array<T>(&mut self, tag: u8, convert: fn(Value<'a>) -> Option<T>) -> Result<Option<Vec<T>>, Unreadable> {
        if self.next.tag != Tag::Context(tag) {
            return Ok(None);
        }
        if self.next.value != Value::Array {
            return Err(Unreadable::Member(tag));
        }
        let mut items = Vec::new();
        loop {
            self.next = read(&mut self.reader)?;
            if self.next.value == Value::End {
                break;
            }
            items.push(convert(self.next.value).ok_or(Unreadable::Member(tag))?);
        }
        self.next = read(&mut self.reader)?;
        Ok(Some(items))
    }

    /// Skips what is left, and checks that nothing follows the structure.
    fn finish(mut self) -> Result<Option<u8>, Unreadable> {
        let mut late = None;
        while self.next.value != Value::End {
            if let Tag::Context(tag @ ..=tag::AUTHORIZED_PAA_LIST) = self.next.tag {
                late = late.or(Some(tag));
            }
            if matches!(self.next.value, Value::Structure | Value::Array | Value::List) {
                self.reader.skip_container()?;
            }
            self.next = read(&mut self.reader)?;
        }
        match self.reader.read()? {
            None => Ok(late),
            Some(element) => Err(Unreadable::Malformed(element.offset)),
        }
    }
}

fn read<'a>(reader: &mut Reader<'a>) -> Result<Element<'a>, Unreadable> {
    let offset = reader.offset();
    reader.read()?.ok_or(Unreadable::Malformed(offset))
}

fn number<T: TryFrom<u64>>(value: Value<'_>) -> Option<T> {
    match value {
        Value::Unsigned(value) => T::try_from(value).ok(),
        _ => None,
    }
}

const fn utf8_len(value: Value<'_>) -> Option<usize> {
    match value {
        Value::Utf8(text) => Some(text.len()),
        _ => None,
    }
}

fn key_id(value: Value<'_>) -> Option<KeyId> {
    match value {
        Value::Bytes(octets) => <[u8; KeyId::LEN]>::try_from(octets).ok().map(KeyId::new),
        _ => None,
    }
}
