use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::signed::whole_bytes;
use super::{Malformed, Signed, Tlv, tag};
use crate::fault::FaultSink;
use crate::{Error, InputKind, Rule};

/// The maximum length of a DAC, PAI or PAA in bytes (Matter Core Specification 6.1.3).
pub(crate) const MAX_LEN: usize = 600;

/// The frame of a certificate (RFC 5280, 4.1): all parts in place, none of them decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// The signed part, with tag and length.
    pub(crate) tbs: Tlv<'a>,
    /// The encoded version number, 0 if absent.
    pub(crate) version: u64,
    pub(crate) serial: Tlv<'a>,
    pub(crate) inner_algorithm: Tlv<'a>,
    pub(crate) issuer: Tlv<'a>,
    pub(crate) validity: Tlv<'a>,
    pub(crate) subject: Tlv<'a>,
    pub(crate) public_key: Tlv<'a>,
    /// The SEQUENCE of extensions.
    pub(crate) extensions: Option<Tlv<'a>>,
    pub(crate) outer_algorithm: Tlv<'a>,
    /// The content of the BIT STRING, without the byte for unused bits.
    pub(crate) signature: &'a [u8],
    /// The length of the certificate in bytes, without trailing bytes.
    pub(crate) len: usize,
}

impl<'a> Frame<'a> {
    /// Finds the parts without checking them.
    pub(crate) fn find(input: &'a [u8]) -> Result<Self, Malformed> {
        let mut signed = Signed::find(input)?;
        let outer_algorithm = signed.rest.expect(tag::SEQUENCE)?;
        let signature = whole_bytes(&signed.rest.expect(tag::BIT_STRING)?)?;
        signed.rest.finish()?;
        let mut fields = signed.tbs.inside();
        let version = match fields.next_if(tag::EXPLICIT_0)? {
            None => 0,
            Some(version) => {
                let mut inside = version.inside();
                let number = inside.expect(tag::INTEGER)?.small_number()?;
                inside.finish()?;
                number
            }
        };
        let serial = fields.expect(tag::INTEGER)?;
        let inner_algorithm = fields.expect(tag::SEQUENCE)?;
        let issuer = fields.expect(tag::SEQUENCE)?;
        let validity = fields.expect(tag::SEQUENCE)?;
        let subject = fields.expect(tag::SEQUENCE)?;
        let public_key = fields.expect(tag::SEQUENCE)?;
        fields.next_if(tag::IMPLICIT_1)?;
        fields.next_if(tag::IMPLICIT_2)?;
        let extensions = match fields.next_if(tag::EXPLICIT_3)? {
            None => None,
            Some(list) => {
                let mut inside = list.inside();
                let sequence = inside.expect(tag::SEQUENCE)?;
                inside.finish()?;
                Some(sequence)
            }
        };
        fields.finish()?;
        Ok(Self {
            tbs: signed.tbs,
            version,
            serial,
            inner_algorithm,
            issuer,
            validity,
            subject,
            public_key,
            extensions,
            outer_algorithm,
            signature,
            len: signed.len,
        })
    }

    /// Finds the parts of a version 3 certificate; `None` after a fault in the frame.
    pub(crate) fn read<S: FaultSink>(input: &'a [u8], sink: &mut S) -> Result<Option<Self>, S::Refusal> {
        if input.is_empty() {
            let error = Malformed(0).in_certificate();
            sink.refuse(Rule::CertificateEmpty, format_args!(""), error)?;
            return Ok(None);
        }
        let frame = match Self::find(input) {
            Ok(frame) => frame,
            Err(at) => {
                // The type of the file is more helpful than a position in it.
                let kind = match InputKind::of(input) {
                    InputKind::Unknown | InputKind::Certificate => String::new(),
                    kind => alloc::format!("; it is {kind}"),
                };
                let detail = format_args!("at byte {}{kind}", at.0);
                sink.refuse(Rule::CertificateMalformed, detail, at.in_certificate())?;
                return Ok(None);
            }
        };
        if frame.len < input.len() {
            sink.refuse(
                Rule::CertificateTrailingBytes,
                format_args!("{} of them", input.len() - frame.len),
                Malformed(frame.len).in_certificate(),
            )?;
        }
        if frame.len > MAX_LEN {
            sink.note(Rule::CertificateTooLong, format_args!("{} bytes", frame.len))?;
        }
        if frame.version != 2 {
            let number = frame.version.saturating_add(1);
            sink.refuse(
                Rule::CertificateVersion,
                format_args!("version {number}"),
                Error::CertificateVersion { version: number },
            )?;
        }
        Ok(Some(frame))
    }
}

impl Malformed {
    /// The error for this place in a certificate.
    pub(crate) const fn in_certificate(self) -> Error {
        Error::CertificateMalformed { offset: Some(self.0) }
    }
}

/// Reports an unreadable part of the certificate.
pub(super) fn malformed<S: FaultSink>(rule: Rule, at: Malformed, sink: &mut S) -> Result<(), S::Refusal> {
    sink.refuse(rule, format_args!("at byte {}", at.0), at.in_certificate())
}

/// A decoded certificate with the parts that are compared byte by byte: encoding a parsed name again may reorder it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CertificateDer {
    der: Vec<u8>,
    tbs: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    signature: Range<usize>,
}

impl CertificateDer {
    pub(crate) fn new(der: &[u8], frame: &Frame<'_>) -> Self {
        Self {
            der: der.into(),
            tbs: frame.tbs.span(),
            issuer: frame.issuer.span(),
            subject: frame.subject.span(),
            signature: frame.len.saturating_sub(frame.signature.len())..frame.len,
        }
    }

    pub(crate) fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The issuer in DER, with tag and length.
    pub(crate) fn issuer(&self) -> &[u8] {
        self.part(&self.issuer)
    }

    /// The subject in DER, with tag and length.
    pub(crate) fn subject(&self) -> &[u8] {
        self.part(&self.subject)
    }

    /// The signed part, and the signature in DER.
    pub(crate) fn signed(&self) -> (&[u8], &[u8]) {
        (self.part(&self.tbs), self.part(&self.signature))
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for CertificateDer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateDer").finish_non_exhaustive()
    }
}
