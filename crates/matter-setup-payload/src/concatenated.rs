use crate::deviation::{Deviations, Judge, Lenient};
use crate::qr::{PREFIX, SEPARATOR, parse_body};
use crate::{Error, ErrorKind, SetupPayload};

/// Capacity in characters of the largest QR code in alphanumeric mode (ISO/IEC 18004, version 40 at
/// level L).
const MAX_LEN: usize = 4296;

/// A QR text with one or more valid payloads (Matter Core Specification 5.1.3.2).
///
/// # Examples
///
/// ```
/// use matter_setup_payload::ConcatenatedPayloads;
///
/// let both = ConcatenatedPayloads::parse("MT:Y.K9042C00KA0648G00*634J042C00KA0648G00")?;
/// assert_eq!(both.len(), 2);
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
#[derive(Clone)]
pub struct ConcatenatedPayloads<'a> {
    /// The text after the prefix.
    body: &'a str,
    len: usize,
    lenient: bool,
}

impl<'a> ConcatenatedPayloads<'a> {
    /// Parses the text strictly: one invalid payload makes the whole text invalid.
    ///
    /// # Errors
    ///
    /// As for one payload, with positions in the whole text; [`ErrorKind::TooLong`] above 4296
    /// characters.
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        Self::read(text, false, &mut Judge::strict())
    }

    /// Parses the text as a commissioner must; see [`SetupPayload::parse_lenient`].
    ///
    /// # Errors
    ///
    /// Any fault that is not tolerated in one of the payloads.
    pub fn parse_lenient(text: &'a str) -> Result<Lenient<Self>, Error> {
        let mut deviations = Deviations::new();
        let payloads = Self::read(text, true, &mut Judge::lenient(&mut deviations))?;
        Ok(Lenient::new(payloads, deviations))
    }

    fn read(text: &'a str, lenient: bool, judge: &mut Judge<'_>) -> Result<Self, Error> {
        let body = text.strip_prefix(PREFIX).ok_or(Error::at(ErrorKind::Prefix, 0))?;
        if text.len() > MAX_LEN {
            return Err(Error::at(ErrorKind::TooLong, MAX_LEN));
        }
        let mut len = 0;
        let mut offset = PREFIX.len();
        for payload in body.split(SEPARATOR) {
            parse_body(payload, offset, judge)?;
            offset += payload.len() + SEPARATOR.len_utf8();
            len += 1;
        }
        Ok(Self { body, len, lenient })
    }

    /// Returns the number of payloads, at least 1.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns the payloads in order.
    pub fn iter(&self) -> impl Iterator<Item = SetupPayload> + 'a {
        let lenient = self.lenient;
        self.body.split(SEPARATOR).filter_map(move |payload| {
            let mut deviations = Deviations::new();
            let mut judge = if lenient {
                Judge::lenient(&mut deviations)
            } else {
                Judge::strict()
            };
            // All payloads were validated by the constructor.
            parse_body(payload, 0, &mut judge).ok()
        })
    }
}

impl core::fmt::Debug for ConcatenatedPayloads<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Encodes payloads as one QR text at the start of a buffer: `MT:`, then the payloads in order,
/// separated by `*`.
///
/// The buffer then contains the passcodes; the caller must zeroize it.
///
/// # Examples
///
/// ```
/// use matter_setup_payload::{SetupPayload, encode_concatenated};
///
/// let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse()?;
/// let mut buffer = [0; 64];
/// assert_eq!(encode_concatenated([&payload, &payload], &mut buffer)?, "MT:Y.K9042C00KA0648G00*Y.K9042C00KA0648G00");
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::NoPayloads`], [`ErrorKind::TooLong`] above 4296 characters, or [`ErrorKind::BufferTooSmall`].
pub fn encode_concatenated<'p, 'b>(
    payloads: impl IntoIterator<Item = &'p SetupPayload>,
    buffer: &'b mut [u8],
) -> Result<&'b str, Error> {
    let too_small = Error::new(ErrorKind::BufferTooSmall { len: buffer.len() });
    let mut end = 0;
    for payload in payloads {
        let (mark, start) = if end == 0 { (PREFIX, 0) } else { ("*", end) };
        let middle = start + mark.len();
        end = middle + payload.body_len();
        if end > MAX_LEN {
            return Err(ErrorKind::TooLong.into());
        }
        let text = buffer.get_mut(start..end).ok_or(too_small)?;
        let (before, body) = text.split_at_mut_checked(mark.len()).ok_or(too_small)?;
        before.copy_from_slice(mark.as_bytes());
        payload.encode_body(body);
    }
    if end == 0 {
        return Err(ErrorKind::NoPayloads.into());
    }
    let text: &'b [u8] = buffer;
    // The text is ASCII by construction.
    let text = text.get(..end).and_then(|text| core::str::from_utf8(text).ok());
    text.ok_or(too_small)
}
