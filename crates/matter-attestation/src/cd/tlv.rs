//! The content of a Certification Declaration as TLV (Matter Core Specification 6.3.1):
//!
//! ```text
//! structure {
//!   0 format_version    u16     6 security_information  u16
//!   1 vendor_id         u16     7 version_number        u16
//!   2 product_id_array  array   8 certification_type    u8
//!   3 device_type_id    u32     9 dac_origin_vendor_id  u16, optional
//!   4 certificate_id    utf8   10 dac_origin_product_id u16, with the one before
//!   5 security_level    u8     11 authorized_paa_list   array of 20 octets, optional
//! }
//! ```

use alloc::vec::Vec;

use matter_tlv::{Element, Reader, Tag, Value, Writer};
use matter_types::{ProductId, VendorId};

use super::content::{CertificationDeclaration, CertificationType, DacOrigin};
use crate::{Error, KeyId};

pub(crate) mod tag {
    pub(crate) const FORMAT_VERSION: u8 = 0;
    pub(crate) const VENDOR_ID: u8 = 1;
    pub(crate) const PRODUCT_ID_ARRAY: u8 = 2;
    pub(crate) const DEVICE_TYPE_ID: u8 = 3;
    pub(crate) const CERTIFICATE_ID: u8 = 4;
    pub(crate) const SECURITY_LEVEL: u8 = 5;
    pub(crate) const SECURITY_INFORMATION: u8 = 6;
    pub(crate) const VERSION_NUMBER: u8 = 7;
    pub(crate) const CERTIFICATION_TYPE: u8 = 8;
    pub(crate) const DAC_ORIGIN_VENDOR_ID: u8 = 9;
    pub(crate) const DAC_ORIGIN_PRODUCT_ID: u8 = 10;
    pub(crate) const AUTHORIZED_PAA_LIST: u8 = 11;
}

/// 1 + 3 + 4 + (4 + 100 * 3) + 6 + 22 + 3 + 4 + 4 + 3 + 4 + 4 + (4 + 10 * 22) + 1 octets are the most.
const MAX_LEN: usize = 640;

pub(super) fn encode(content: &CertificationDeclaration) -> Result<Vec<u8>, Error> {
    let mut buffer = [0; MAX_LEN];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer, content)
        .and_then(|()| writer.finish())
        .map(Vec::from)
        .map_err(|_| Error::EncodingFailed)
}

fn write(writer: &mut Writer<'_>, content: &CertificationDeclaration) -> Result<(), matter_tlv::Error> {
    let context = Tag::Context;
    writer.start_structure(Tag::Anonymous)?;
    writer.put_unsigned(
        context(tag::FORMAT_VERSION),
        CertificationDeclaration::FORMAT_VERSION.into(),
    )?;
    writer.put_unsigned(context(tag::VENDOR_ID), content.vendor_id.get().into())?;
    writer.start_array(context(tag::PRODUCT_ID_ARRAY))?;
    for product_id in &content.product_ids {
        writer.put_unsigned(Tag::Anonymous, product_id.get().into())?;
    }
    writer.end()?;
    writer.put_unsigned(context(tag::DEVICE_TYPE_ID), content.device_type_id.into())?;
    writer.put_utf8(context(tag::CERTIFICATE_ID), &content.certificate_id)?;
    writer.put_unsigned(context(tag::SECURITY_LEVEL), content.security_level.into())?;
    writer.put_unsigned(context(tag::SECURITY_INFORMATION), content.security_information.into())?;
    writer.put_unsigned(context(tag::VERSION_NUMBER), content.version_number.into())?;
    writer.put_unsigned(
        context(tag::CERTIFICATION_TYPE),
        content.certification_type.get().into(),
    )?;
    if let Some(origin) = content.dac_origin {
        writer.put_unsigned(context(tag::DAC_ORIGIN_VENDOR_ID), origin.vendor_id.get().into())?;
        writer.put_unsigned(context(tag::DAC_ORIGIN_PRODUCT_ID), origin.product_id.get().into())?;
    }
    if let Some(paas) = &content.authorized_paas {
        writer.start_array(context(tag::AUTHORIZED_PAA_LIST))?;
        for paa in paas {
            writer.put_bytes(Tag::Anonymous, paa.as_bytes())?;
        }
        writer.end()?;
    }
    writer.end()
}

/// Reads the members in their order; unknown ones behind them are skipped.
pub(super) fn decode(tlv: &[u8]) -> Result<CertificationDeclaration, Error> {
    let mut members = Members::new(tlv)?;
    let format_version = members.required(tag::FORMAT_VERSION, unsigned::<u64>)?;
    if format_version != CertificationDeclaration::FORMAT_VERSION.into() {
        return Err(Error::CdFormatVersion { value: format_version });
    }
    let vendor_id = members.required(tag::VENDOR_ID, vendor_id)?;
    let product_ids = members
        .array(tag::PRODUCT_ID_ARRAY, product_id)?
        .ok_or_else(|| members.missing(tag::PRODUCT_ID_ARRAY))?;
    let device_type_id = members.required(tag::DEVICE_TYPE_ID, unsigned)?;
    let certificate_id = members.required(tag::CERTIFICATE_ID, utf8)?;
    let security_level = members.required(tag::SECURITY_LEVEL, unsigned)?;
    let security_information = members.required(tag::SECURITY_INFORMATION, unsigned)?;
    let version_number = members.required(tag::VERSION_NUMBER, unsigned)?;
    let certification_type = CertificationType::new(members.required(tag::CERTIFICATION_TYPE, unsigned)?)?;
    let origin_vendor_id = members.optional(tag::DAC_ORIGIN_VENDOR_ID, self::vendor_id)?;
    let origin_product_id = members.optional(tag::DAC_ORIGIN_PRODUCT_ID, product_id)?;
    let authorized_paas = members.array(tag::AUTHORIZED_PAA_LIST, key_id)?;
    members.finish()?;

    let mut content = CertificationDeclaration::new(
        vendor_id,
        &product_ids,
        device_type_id,
        certificate_id,
        certification_type,
    )?;
    content.security_level = security_level;
    content.security_information = security_information;
    content.version_number = version_number;
    content.dac_origin = match (origin_vendor_id, origin_product_id) {
        (Some(vendor_id), Some(product_id)) => Some(DacOrigin { vendor_id, product_id }),
        (None, None) => None,
        _ => return Err(Error::CdDacOriginIncomplete),
    };
    match authorized_paas {
        Some(paas) => content.with_authorized_paas(&paas),
        None => Ok(content),
    }
}

/// The members of the outermost structure, one looked at ahead.
struct Members<'a> {
    reader: Reader<'a>,
    next: Element<'a>,
}

impl<'a> Members<'a> {
    fn new(tlv: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(tlv);
        let start = read(&mut reader)?;
        if start.tag != Tag::Anonymous || start.value != Value::Structure {
            return Err(Error::CdTlvMalformed { offset: start.offset });
        }
        let next = read(&mut reader)?;
        Ok(Self { reader, next })
    }

    fn missing(&self, tag: u8) -> Error {
        Error::CdMember {
            tag,
            offset: self.next.offset,
        }
    }

    fn required<T>(&mut self, tag: u8, convert: fn(Value<'a>) -> Option<T>) -> Result<T, Error> {
        self.optional(tag, convert)?.ok_or_else(|| self.missing(tag))
    }

    fn optional<T>(&mut self, tag: u8, convert: fn(Value<'a>) -> Option<T>) -> Result<Option<T>, Error> {
        if self.next.tag != Tag::Context(tag) {
            return Ok(None);
        }
        let value = convert(self.next.value).ok_or_else(|| self.missing(tag))?;
        self.next = read(&mut self.reader)?;
        Ok(Some(value))
    }

    fn array<T>(&mut self, tag: u8, convert: fn(Value<'a>) -> Option<T>) -> Result<Option<Vec<T>>, Error> {
        if self.next.tag != Tag::Context(tag) {
            return Ok(None);
        }
        if self.next.value != Value::Array {
            return Err(self.missing(tag));
        }
        let mut items = Vec::new();
        loop {
            self.next = read(&mut self.reader)?;
            if self.next.value == Value::End {
                break;
            }
            items.push(convert(self.next.value).ok_or_else(|| self.missing(tag))?);
        }
        self.next = read(&mut self.reader)?;
        Ok(Some(items))
    }

    /// Skips unknown members, checks that known ones do not come late, and that nothing follows the structure.
    fn finish(mut self) -> Result<(), Error> {
        while self.next.value != Value::End {
            if let Tag::Context(tag @ ..=tag::AUTHORIZED_PAA_LIST) = self.next.tag {
                return Err(self.missing(tag));
            }
            if matches!(self.next.value, Value::Structure | Value::Array | Value::List) {
                self.reader.skip_container().map_err(malformed)?;
            }
            self.next = read(&mut self.reader)?;
        }
        match self.reader.read().map_err(malformed)? {
            None => Ok(()),
            Some(element) => Err(Error::CdTlvMalformed { offset: element.offset }),
        }
    }
}

fn read<'a>(reader: &mut Reader<'a>) -> Result<Element<'a>, Error> {
    let offset = reader.offset();
    reader
        .read()
        .map_err(malformed)?
        .ok_or(Error::CdTlvMalformed { offset })
}

fn malformed(error: matter_tlv::Error) -> Error {
    Error::CdTlvMalformed { offset: error.offset() }
}

fn unsigned<T: TryFrom<u64>>(value: Value<'_>) -> Option<T> {
    match value {
        Value::Unsigned(value) => T::try_from(value).ok(),
        _ => None,
    }
}

fn vendor_id(value: Value<'_>) -> Option<VendorId> {
    unsigned::<u16>(value).and_then(|raw| VendorId::new(raw).ok())
}

fn product_id(value: Value<'_>) -> Option<ProductId> {
    unsigned::<u16>(value).and_then(|raw| ProductId::new(raw).ok())
}

fn utf8(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Utf8(text) => Some(text),
        _ => None,
    }
}

fn key_id(value: Value<'_>) -> Option<KeyId> {
    match value {
        Value::Bytes(octets) => <[u8; KeyId::LEN]>::try_from(octets).ok().map(KeyId::new),
        _ => None,
    }
}
