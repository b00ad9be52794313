//! The TLV content of a Certification Declaration (Matter Core Specification 6.3.1), read like the Matter SDK reads it,
//! with any values (`DecodeCertificationElements` in connectedhomeip, `credentials/CertificationDeclaration.cpp`):
//!
//! ```text
//! structure {
//!   0 format_version    u16     6 security_information  u16
//!   1 vendor_id         u16     7 version_number        u16
//!   2 product_id_array  array   8 certification_type    u8
//!   3 device_type_id    u32     9 dac_origin_vendor_id  u16, optional
//!   4 certificate_id    utf8   10 dac_origin_product_id u16, with the one before
//!   5 security_level    u8     11 authorized_paa_list   array of 20 bytes, optional
//! }
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use matter_tlv::{Element, Tag, Value, Writer};
use matter_types::{ProductId, VendorId};

use super::declaration::{CertificationDeclaration, CertificationType, DacOrigin};
use crate::members::{MemberFault, Members, key_id, unsigned};
use crate::{Error, KeyId};

pub(super) mod tag {
    pub(in crate::cd) const FORMAT_VERSION: u8 = 0;
    pub(in crate::cd) const VENDOR_ID: u8 = 1;
    pub(in crate::cd) const PRODUCT_ID_ARRAY: u8 = 2;
    pub(in crate::cd) const DEVICE_TYPE_ID: u8 = 3;
    pub(in crate::cd) const CERTIFICATE_ID: u8 = 4;
    pub(in crate::cd) const SECURITY_LEVEL: u8 = 5;
    pub(in crate::cd) const SECURITY_INFORMATION: u8 = 6;
    pub(in crate::cd) const VERSION_NUMBER: u8 = 7;
    pub(in crate::cd) const CERTIFICATION_TYPE: u8 = 8;
    pub(in crate::cd) const DAC_ORIGIN_VENDOR_ID: u8 = 9;
    pub(in crate::cd) const DAC_ORIGIN_PRODUCT_ID: u8 = 10;
    pub(in crate::cd) const AUTHORIZED_PAA_LIST: u8 = 11;
}

/// The content, with values that fit their types but are not necessarily allowed.
///
/// [`CertificationDeclaration`] is the strict view of this: the values accepted by its constructors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) format_version: u16,
    pub(crate) vendor_id: Id,
    pub(crate) product_ids: Vec<Id>,
    pub(crate) device_type_id: u32,
    pub(crate) certificate_id: String,
    pub(crate) security_level: u8,
    pub(crate) security_information: u16,
    pub(crate) version_number: u16,
    pub(crate) certification_type: u8,
    /// The required vendor id and product id of DAC and PAI.
    dac_origin: Option<(Id, Id)>,
    pub(crate) authorized_paas: Option<Vec<KeyId>>,
    /// Tag and position of the first known member that comes too late, which the SDK treats as unknown.
    pub(crate) late: Option<(u8, usize)>,
}

/// A vendor id or a product id, and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Id {
    pub(crate) value: u16,
    offset: usize,
}

/// The reason why the content cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentFault {
    Member(MemberFault),
    /// There is an origin vendor id without a product id, or the reverse directly after the certification type.
    OriginIncomplete {
        missing: &'static str,
    },
}

impl From<MemberFault> for ContentFault {
    fn from(fault: MemberFault) -> Self {
        Self::Member(fault)
    }
}

impl From<ContentFault> for Error {
    fn from(fault: ContentFault) -> Self {
        match fault {
            ContentFault::Member(MemberFault::Malformed { offset }) => Self::CdTlvMalformed { offset },
            ContentFault::Member(MemberFault::Member { tag, offset }) => Self::CdMember { tag, offset },
            ContentFault::OriginIncomplete { .. } => Self::CdDacOriginIncomplete,
        }
    }
}

impl Content {
    /// Reads the members in order; unknown members after them are skipped.
    pub(crate) fn read(tlv: &[u8]) -> Result<Self, ContentFault> {
        let mut members = Members::new(tlv)?;
        let mut content = Self {
            format_version: members.required(tag::FORMAT_VERSION, unsigned)?,
            vendor_id: members.required(tag::VENDOR_ID, id)?,
            product_ids: match members.array(tag::PRODUCT_ID_ARRAY, id)? {
                Some(product_ids) => product_ids,
                None => return Err(members.missing(tag::PRODUCT_ID_ARRAY).into()),
            },
            device_type_id: members.required(tag::DEVICE_TYPE_ID, unsigned)?,
            certificate_id: members.required(tag::CERTIFICATE_ID, utf8)?,
            security_level: members.required(tag::SECURITY_LEVEL, unsigned)?,
            security_information: members.required(tag::SECURITY_INFORMATION, unsigned)?,
            version_number: members.required(tag::VERSION_NUMBER, unsigned)?,
            certification_type: members.required(tag::CERTIFICATION_TYPE, unsigned)?,
            dac_origin: origin(&mut members)?,
            authorized_paas: None,
            late: None,
        };
        content.authorized_paas = members.array(tag::AUTHORIZED_PAA_LIST, key_id)?;
        while let Some(&Element { tag, offset, .. }) = members.peek() {
            if let Tag::Context(tag @ ..=tag::AUTHORIZED_PAA_LIST) = tag {
                content.late.get_or_insert((tag, offset));
            }
            members.skip()?;
        }
        members.finish()?;
        Ok(content)
    }

    /// Returns the required ids of DAC and PAI, if both are present.
    pub(crate) fn dac_origin(&self) -> Option<(u16, u16)> {
        let (vendor, product) = self.dac_origin?;
        Some((vendor.value, product.value))
    }

    /// Whether a product is listed.
    pub(crate) fn has_product(&self, product_id: u16) -> bool {
        self.product_ids.iter().any(|id| id.value == product_id)
    }
}

/// Decodes the content of a declaration strictly.
pub(super) fn decode(tlv: &[u8]) -> Result<CertificationDeclaration, Error> {
    let content = Content::read(tlv)?;
    if content.format_version != CertificationDeclaration::FORMAT_VERSION {
        let value = content.format_version.into();
        return Err(Error::CdFormatVersion { value });
    }
    if let Some((tag, offset)) = content.late {
        return Err(Error::CdMember { tag, offset });
    }
    let product_id = |id: &Id, tag| ProductId::new(id.value).map_err(|_| id.refused(tag));
    let vendor_id = |id: &Id, tag| VendorId::new(id.value).map_err(|_| id.refused(tag));
    let product_ids = content.product_ids.iter();
    let mut declaration = CertificationDeclaration::new(
        vendor_id(&content.vendor_id, tag::VENDOR_ID)?,
        &product_ids
            .map(|id| product_id(id, tag::PRODUCT_ID_ARRAY))
            .collect::<Result<Vec<_>, _>>()?,
        content.device_type_id,
        &content.certificate_id,
        CertificationType::new(content.certification_type.into())?,
    )?;
    declaration.security_level = content.security_level;
    declaration.security_information = content.security_information;
    declaration.version_number = content.version_number;
    declaration.dac_origin = match content.dac_origin {
        Some((vendor, product)) => Some(DacOrigin {
            vendor_id: vendor_id(&vendor, tag::DAC_ORIGIN_VENDOR_ID)?,
            product_id: product_id(&product, tag::DAC_ORIGIN_PRODUCT_ID)?,
        }),
        None => None,
    };
    match content.authorized_paas {
        Some(paas) => declaration.with_authorized_paas(&paas),
        None => Ok(declaration),
    }
}

impl Id {
    const fn refused(&self, tag: u8) -> Error {
        let offset = self.offset;
        Error::CdMember { tag, offset }
    }
}

/// Reads the two origin ids. The SDK refuses a product id without a vendor id only directly after the certification
/// type; after another member it is treated as unknown.
fn origin(members: &mut Members<'_>) -> Result<Option<(Id, Id)>, ContentFault> {
    let Some(vendor) = members.optional(tag::DAC_ORIGIN_VENDOR_ID, id)? else {
        let product = Tag::Context(tag::DAC_ORIGIN_PRODUCT_ID);
        let alone = members.peek().is_some_and(|next| next.tag == product);
        return if alone {
            Err(ContentFault::OriginIncomplete { missing: "vendor id" })
        } else {
            Ok(None)
        };
    };
    match members.optional(tag::DAC_ORIGIN_PRODUCT_ID, id)? {
        Some(product) => Ok(Some((vendor, product))),
        None => Err(ContentFault::OriginIncomplete { missing: "product id" }),
    }
}

fn id(element: &Element<'_>) -> Option<Id> {
    unsigned(element).map(|value| Id {
        value,
        offset: element.offset,
    })
}

fn utf8(element: &Element<'_>) -> Option<String> {
    match element.value {
        Value::Utf8(text) => Some(text.into()),
        _ => None,
    }
}

impl CertificationDeclaration {
    /// Encodes the content as TLV, which is signed.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which does not occur for valid content.
    pub fn encode_tlv(&self) -> Result<Vec<u8>, Error> {
        encode(self)
    }
}

/// The maximum length: 1 + 3 + 4 + (4 + 100 * 3) + 6 + 22 + 3 + 4 + 4 + 3 + 4 + 4 + (4 + 10 * 22) + 1 bytes.
const MAX_LEN: usize = 640;

fn encode(content: &CertificationDeclaration) -> Result<Vec<u8>, Error> {
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
