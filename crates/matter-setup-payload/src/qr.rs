use core::str::FromStr;

use matter_types::{Discriminator, Passcode, VendorId};
use zeroize::Zeroize;

use crate::code::QrText;
use crate::data::{MAX_BYTES, MAX_CHARACTERS, decode};
use crate::deviation::{Deviations, Judge, Lenient};
use crate::packed::{self, Fields};
use crate::payload::ids;
use crate::{CommissioningFlow, DiscoveryCapabilities, Error, ErrorKind, OptionalData, SetupPayload, base38};

/// The prefix of every QR text.
pub(crate) const PREFIX: &str = "MT:";
/// The separator between payloads.
pub(crate) const SEPARATOR: char = '*';

impl SetupPayload {
    /// Returns the number of characters of the QR text: 22 without TLV data, at most 258.
    #[must_use]
    pub const fn qr_len(&self) -> usize {
        PREFIX.len() + self.body_len()
    }

    /// Encodes the payload as the text of a QR code (Matter Core Specification 5.1.3).
    #[must_use]
    pub fn qr_text(&self) -> QrText {
        QrText::write(|buffer| self.encode_qr(buffer).map_or(0, str::len))
    }

    /// Encodes the payload as the text of a QR code at the start of a buffer; 22 bytes are enough
    /// without TLV data.
    ///
    /// The buffer then contains the passcode; the caller must zeroize it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BufferTooSmall`] for less than [`SetupPayload::qr_len`] bytes.
    pub fn encode_qr<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b str, Error> {
        let too_small = Error::new(ErrorKind::BufferTooSmall { len: buffer.len() });
        let text = buffer.get_mut(..self.qr_len()).ok_or(too_small)?;
        let (prefix, body) = text.split_at_mut_checked(PREFIX.len()).ok_or(too_small)?;
        prefix.copy_from_slice(PREFIX.as_bytes());
        self.encode_body(body);
        // It is ASCII by construction.
        core::str::from_utf8(text).map_err(|_| too_small)
    }

    /// Parses the text of a QR code with one payload as a commissioner must, and lists the faults
    /// that strict parsing rejects.
    ///
    /// Tolerated are: reserved or no discovery capabilities, which are kept; in the TLV data,
    /// members with a reserved tag or an unknown type and an incomplete pair of PBKDF2 parameters,
    /// which are dropped; and any order and width of members.
    ///
    /// # Errors
    ///
    /// Any other fault that strict parsing rejects.
    pub fn parse_lenient(text: &str) -> Result<Lenient<Self>, Error> {
        let mut deviations = Deviations::new();
        let payload = parse(text, &mut Judge::lenient(&mut deviations))?;
        Ok(Lenient::new(payload, deviations))
    }

    pub(crate) const fn body_len(&self) -> usize {
        base38::encoded_len(packed::LEN + self.data().len())
    }

    /// Writes the text after the prefix into a slice of exactly its length.
    pub(crate) fn encode_body(&self, body: &mut [u8]) {
        let mut fields = self.fields().pack();
        if self.data().is_empty() {
            base38::encode(&fields, body);
        } else {
            let mut bytes = [0; MAX_BYTES];
            let data = self.data().as_bytes();
            let all = fields.iter().chain(data);
            bytes.iter_mut().zip(all).for_each(|(to, byte)| *to = *byte);
            base38::encode(bytes.get(..packed::LEN + data.len()).unwrap_or_default(), body);
            bytes.zeroize();
        }
        fields.zeroize();
    }

    fn fields(&self) -> Fields {
        Fields {
            version: 0,
            vendor_id: self.vendor_id().map_or(0, VendorId::get),
            product_id: self.product_id().map_or(0, |id| id.get()),
            flow: self.flow().get(),
            discovery: self.discovery().get(),
            discriminator: self.discriminator().get(),
            passcode: self.passcode().expose(),
            padding: 0,
        }
    }
}

impl FromStr for SetupPayload {
    type Err = Error;

    /// Parses the text of a QR code with one payload strictly: it must be identical to the output
    /// of [`SetupPayload::qr_text`].
    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text, &mut Judge::strict())
    }
}

fn parse(text: &str, judge: &mut Judge<'_>) -> Result<SetupPayload, Error> {
    let body = text.strip_prefix(PREFIX).ok_or(Error::at(ErrorKind::Prefix, 0))?;
    if let Some(place) = body.find(SEPARATOR) {
        return Err(Error::at(ErrorKind::SeveralPayloads, PREFIX.len() + place));
    }
    parse_body(body, PREFIX.len(), judge)
}

/// The bytes of a payload; the first eleven contain the passcode and are zeroized on drop.
struct Packed([u8; MAX_BYTES]);

impl Drop for Packed {
    fn drop(&mut self) {
        if let Some(fields) = self.0.get_mut(..packed::LEN) {
            fields.zeroize();
        }
    }
}

/// Parses one payload; `offset` is its position in the whole text.
pub(crate) fn parse_body(body: &str, offset: usize, judge: &mut Judge<'_>) -> Result<SetupPayload, Error> {
    let mut packed = Packed([0; MAX_BYTES]);
    let text = body.as_bytes();
    let (text, rest) = text.split_at_checked(MAX_CHARACTERS).unwrap_or((text, &[]));
    base38::decode(text, &mut packed.0, offset)?;
    if !rest.is_empty() {
        return Err(Error::at(ErrorKind::DataTooLong, offset + MAX_CHARACTERS));
    }
    let bytes = base38::decoded_len(text.len()).and_then(|len| packed.0.get(..len));
    let Some((fields, data)) = bytes.and_then(<[u8]>::split_first_chunk) else {
        let len = ErrorKind::Length { len: text.len() };
        return Err(Error::at(len, offset + text.len()));
    };
    let locate = |kind, byte| Error::at(kind, offset + base38::character_of(byte));
    let at = |byte| move |error: Error| locate(error.kind(), byte);
    let fields = Fields::unpack(fields);
    if fields.version != 0 {
        let version = fields.version;
        return Err(locate(ErrorKind::Version { version }, 0));
    }
    let (vendor, product) = ids(fields.vendor_id, fields.product_id).map_err(at(packed::VENDOR_ID_BYTE))?;
    let flow = CommissioningFlow::new(fields.flow.into()).map_err(at(packed::FLOW_BYTE))?;
    let discovery = match DiscoveryCapabilities::new(fields.discovery) {
        Ok(discovery) => discovery,
        Err(error) => {
            judge.tolerate(locate(error.kind(), packed::DISCOVERY_BYTE))?;
            DiscoveryCapabilities::tolerate(fields.discovery)
        }
    };
    let value = |byte| move |error| locate(ErrorKind::Value(error), byte);
    let discriminator = Discriminator::new(fields.discriminator).map_err(value(packed::DISCRIMINATOR_BYTE))?;
    let passcode = Passcode::new(fields.passcode).map_err(value(packed::PASSCODE_BYTE))?;
    if fields.padding != 0 {
        return Err(locate(ErrorKind::Padding, packed::PADDING_BYTE));
    }
    let data = if data.is_empty() {
        OptionalData::new()
    } else {
        decode(data, judge, &|kind, byte| locate(kind, packed::LEN + byte))?
    };
    let payload = SetupPayload::without_ids(discriminator, passcode).with_ids(vendor, product)?;
    Ok(payload.with_flow(flow).with_discovery(discovery).with_data(data))
}
