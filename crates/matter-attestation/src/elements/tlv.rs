//! The attestation elements as TLV (Matter Core Specification 11.18.4.9):
//!
//! ```text
//! structure {
//!   1 certification_declaration  octets     3 timestamp             u32
//!   2 attestation_nonce          32 octets  4 firmware_information  octets, optional
//!   vendor, profile, tag         octets, any number
//! }
//! ```

use alloc::vec::Vec;

use matter_tlv::{Element, Reader, Tag, Value, Writer};

use super::{AttestationElements, VendorReserved};
use crate::Error;

mod tag {
    pub(super) const DECLARATION: u8 = 1;
    pub(super) const NONCE: u8 = 2;
    pub(super) const TIMESTAMP: u8 = 3;
    pub(super) const FIRMWARE_INFORMATION: u8 = 4;
}

pub(super) fn encode(elements: &AttestationElements<'_>) -> Result<Vec<u8>, Error> {
    let mut buffer = [0; AttestationElements::MAX_LEN];
    let mut writer = Writer::new(&mut buffer);
    write(&mut writer, elements)
        .and_then(|()| writer.finish())
        .map(Vec::from)
        .map_err(|_| Error::ElementsTooLong)
}

fn write(writer: &mut Writer<'_>, elements: &AttestationElements<'_>) -> Result<(), matter_tlv::Error> {
    writer.start_structure(Tag::Anonymous)?;
    writer.put_bytes(Tag::Context(tag::DECLARATION), elements.declaration)?;
    writer.put_bytes(Tag::Context(tag::NONCE), elements.nonce)?;
    writer.put_unsigned(Tag::Context(tag::TIMESTAMP), elements.timestamp.into())?;
    if let Some(information) = elements.firmware_information {
        writer.put_bytes(Tag::Context(tag::FIRMWARE_INFORMATION), information)?;
    }
    for entry in &elements.vendor_reserved {
        let tag = Tag::FullyQualified {
            vendor: entry.vendor_id,
            profile: entry.profile,
            tag: entry.tag,
        };
        writer.put_bytes(tag, entry.data)?;
    }
    writer.end()
}

pub(super) fn decode(input: &[u8]) -> Result<AttestationElements<'_>, Error> {
    let mut reader = Reader::new(input);
    let start = read(&mut reader)?;
    if start.tag != Tag::Anonymous || start.value != Value::Structure {
        return Err(Error::ElementsMalformed { offset: start.offset });
    }
    let declaration = octets(&read(&mut reader)?, tag::DECLARATION)?;
    let nonce = octets(&read(&mut reader)?, tag::NONCE)?;
    let timestamp = timestamp(&read(&mut reader)?)?;
    let mut elements = AttestationElements {
        declaration,
        nonce,
        timestamp,
        firmware_information: None,
        vendor_reserved: Vec::new(),
    };
    let mut last = tag::TIMESTAMP;
    loop {
        let element = read(&mut reader)?;
        match element.tag {
            _ if element.value == Value::End => break,
            Tag::Context(number) if number > last && elements.vendor_reserved.is_empty() => {
                if number == tag::FIRMWARE_INFORMATION {
                    elements.firmware_information = Some(octets(&element, number)?);
                } else {
                    skip(&mut reader, &element)?;
                }
                last = number;
            }
            Tag::FullyQualified { vendor, profile, tag } => {
                let Value::Bytes(data) = element.value else {
                    return Err(Error::ElementsMalformed { offset: element.offset });
                };
                elements.vendor_reserved.push(VendorReserved {
                    vendor_id: vendor,
                    profile,
                    tag,
                    data,
                });
            }
            _ => return Err(Error::ElementsMalformed { offset: element.offset }),
        }
    }
    match reader.read().map_err(malformed)? {
        None => Ok(elements),
        Some(element) => Err(Error::ElementsMalformed { offset: element.offset }),
    }
}

fn skip(reader: &mut Reader<'_>, element: &Element<'_>) -> Result<(), Error> {
    match element.value {
        Value::Structure | Value::Array | Value::List => reader.skip_container().map_err(malformed),
        _ => Ok(()),
    }
}

fn read<'a>(reader: &mut Reader<'a>) -> Result<Element<'a>, Error> {
    let offset = reader.offset();
    reader
        .read()
        .map_err(malformed)?
        .ok_or(Error::ElementsMalformed { offset })
}

fn malformed(error: matter_tlv::Error) -> Error {
    Error::ElementsMalformed { offset: error.offset() }
}

fn octets<'a>(element: &Element<'a>, tag: u8) -> Result<&'a [u8], Error> {
    match element.value {
        Value::Bytes(octets) if element.tag == Tag::Context(tag) => Ok(octets),
        _ => Err(member(element, tag)),
    }
}

fn timestamp(element: &Element<'_>) -> Result<u32, Error> {
    match element.value {
        Value::Unsigned(time) if element.tag == Tag::Context(tag::TIMESTAMP) => {
            u32::try_from(time).map_err(|_| member(element, tag::TIMESTAMP))
        }
        _ => Err(member(element, tag::TIMESTAMP)),
    }
}

const fn member(element: &Element<'_>, tag: u8) -> Error {
    Error::ElementsMember {
        tag,
        offset: element.offset,
    }
}
