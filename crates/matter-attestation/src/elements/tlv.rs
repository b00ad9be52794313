//! The attestation elements as TLV (Matter Core Specification 11.18.4.9):
//!
//! ```text
//! structure {
//!   1 certification_declaration  bytes     3 timestamp             u32
//!   2 attestation_nonce          32 bytes  4 firmware_information  bytes, optional
//!   vendor, profile, tag         bytes, any number
//! }
//! ```

use alloc::vec;
use alloc::vec::Vec;

use matter_tlv::{Tag, Writer};

use super::{AttestationElements, VendorReserved};
use crate::Error;
use crate::members::{MemberFault, Members, bytes, unsigned};

mod tag {
    pub(super) const DECLARATION: u8 = 1;
    pub(super) const NONCE: u8 = 2;
    pub(super) const TIMESTAMP: u8 = 3;
    pub(super) const FIRMWARE_INFORMATION: u8 = 4;
}

pub(super) fn encode(elements: &AttestationElements<'_>) -> Result<Vec<u8>, Error> {
    let mut buffer = vec![0; bound(elements)];
    let mut writer = Writer::new(&mut buffer);
    let len = write(&mut writer, elements)
        .and_then(|()| writer.finish())
        .map_or(usize::MAX, <[u8]>::len);
    if len > AttestationElements::MAX_LEN {
        return Err(Error::ElementsTooLong { len });
    }
    buffer.truncate(len);
    Ok(buffer)
}

/// Returns a length that the encoding does not exceed.
fn bound(elements: &AttestationElements<'_>) -> usize {
    /// More than control byte, tag and length of an element have.
    const HEAD: usize = 20;
    let fields = [
        Some(elements.declaration),
        Some(elements.nonce),
        elements.firmware_information,
    ];
    let entries = elements.vendor_reserved.iter().map(|entry| entry.data);
    // `3 * HEAD` is for the structure and the timestamp.
    fields
        .into_iter()
        .flatten()
        .chain(entries)
        .fold(3 * HEAD, |sum, bytes| {
            sum.saturating_add(HEAD).saturating_add(bytes.len())
        })
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
    read(input).map_err(|fault| match fault {
        MemberFault::Malformed { offset } => Error::ElementsMalformed { offset },
        MemberFault::Member { tag, offset } => Error::ElementsMember { tag, offset },
    })
}

fn read(input: &[u8]) -> Result<AttestationElements<'_>, MemberFault> {
    let mut members = Members::new(input)?;
    let mut elements = AttestationElements {
        declaration: members.required(tag::DECLARATION, bytes)?,
        nonce: members.required(tag::NONCE, bytes)?,
        timestamp: members.required(tag::TIMESTAMP, unsigned)?,
        firmware_information: None,
        vendor_reserved: Vec::new(),
    };
    let mut last = tag::TIMESTAMP;
    while let Some(element) = members.peek() {
        let data = bytes(element);
        match element.tag {
            Tag::Context(number) if number > last && elements.vendor_reserved.is_empty() => {
                if number == tag::FIRMWARE_INFORMATION {
                    elements.firmware_information = Some(data.ok_or(members.missing(number))?);
                }
                last = number;
            }
            Tag::FullyQualified { vendor, profile, tag } => elements.vendor_reserved.push(VendorReserved {
                vendor_id: vendor,
                profile,
                tag,
                data: data.ok_or(MemberFault::Malformed { offset: element.offset })?,
            }),
            _ => return Err(MemberFault::Malformed { offset: element.offset }),
        }
        members.skip()?;
    }
    members.finish()?;
    Ok(elements)
}
