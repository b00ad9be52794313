//! The extensions of a certificate (RFC 5280, 4.2).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::frame::malformed;
use super::{Frame, Malformed, Tlv, Walker, tag};
use crate::fault::FaultSink;
use crate::{Error, KeyId, Rule};

/// The last byte of the object identifiers below `id-ce`, 2.5.29 (RFC 5280, 4.2.1).
pub(crate) mod id {
    pub(crate) const SUBJECT_KEY_ID: u8 = 14;
    pub(crate) const KEY_USAGE: u8 = 15;
    pub(crate) const SUBJECT_ALT_NAME: u8 = 17;
    pub(crate) const BASIC_CONSTRAINTS: u8 = 19;
    pub(crate) const NAME_CONSTRAINTS: u8 = 30;
    pub(crate) const CRL_DISTRIBUTION_POINTS: u8 = 31;
    pub(crate) const CERTIFICATE_POLICIES: u8 = 32;
    pub(crate) const POLICY_MAPPINGS: u8 = 33;
    pub(crate) const AUTHORITY_KEY_ID: u8 = 35;
    pub(crate) const POLICY_CONSTRAINTS: u8 = 36;
    pub(crate) const EXTENDED_KEY_USAGE: u8 = 37;
    pub(crate) const INHIBIT_ANY_POLICY: u8 = 54;
}

/// One extension with an undecoded value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    /// The content of the OBJECT IDENTIFIER.
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    /// The position of an encoded FALSE, although DER omits defaults.
    pub(crate) written_default: Option<Malformed>,
    /// The content of the OCTET STRING.
    pub(crate) value: Tlv<'a>,
    /// Where the extension starts.
    pub(crate) offset: usize,
}

impl<'a> Extension<'a> {
    /// Reads the next extension of the list, if there is one.
    pub(crate) fn read(list: &mut Walker<'a>) -> Result<Option<Self>, Malformed> {
        if list.is_empty() {
            return Ok(None);
        }
        let extension = list.expect(tag::SEQUENCE)?;
        let mut fields = extension.inside();
        let oid = fields.object_identifier()?;
        let at = fields.position();
        let flag = default_false(&mut fields)?;
        let value = fields.expect(tag::OCTET_STRING)?;
        fields.finish()?;
        Ok(Some(Self {
            oid,
            critical: flag == Some(true),
            written_default: (flag == Some(false)).then_some(at),
            value,
            offset: extension.offset,
        }))
    }

    /// Reads the value; `None` after a fault.
    pub(crate) fn read_as<T: ExtensionValue<'a>, S: FaultSink>(&self, sink: &mut S) -> Result<Option<T>, S::Refusal> {
        match T::read(self.value.inside()) {
            Ok(value) => Ok(Some(value)),
            Err(Malformed(at)) => {
                let error = Error::ExtensionMalformed { extension: T::NAME };
                sink.refuse(T::MALFORMED, format_args!("at byte {at}"), error)?;
                Ok(None)
            }
        }
    }

    /// Returns the last byte of an object identifier below `id-ce`.
    pub(crate) const fn number(&self) -> Option<u8> {
        match self.oid {
            [0x55, 0x1D, number] => Some(*number),
            _ => None,
        }
    }
}

/// The extensions of one certificate in order, up to the first unreadable one.
pub(crate) struct Extensions<'a>(Vec<Extension<'a>>);

impl<'a> Extensions<'a> {
    pub(crate) fn read<S: FaultSink>(frame: &Frame<'a>, sink: &mut S) -> Result<Self, S::Refusal> {
        let (extensions, end) = Self::find_all(frame);
        if let Err(at) = end {
            malformed(Rule::ExtensionsMalformed, at, sink)?;
        }
        Ok(extensions)
    }

    /// Returns the extensions, and the position of an unreadable one.
    pub(crate) fn find_all(frame: &Frame<'a>) -> (Self, Result<(), Malformed>) {
        let mut list = Vec::new();
        let mut walker = frame.extensions.map_or(Walker::new(&[]), |list| list.inside());
        loop {
            match Extension::read(&mut walker) {
                Ok(Some(extension)) => list.push(extension),
                Ok(None) => return (Self(list), Ok(())),
                Err(at) => return (Self(list), Err(at)),
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Extension<'a>> {
        self.0.iter()
    }

    /// Returns the first extension with this number below `id-ce`.
    pub(crate) fn find(&self, number: u8) -> Option<&Extension<'a>> {
        self.iter().find(|extension| extension.number() == Some(number))
    }

    /// Decodes the extension with this value type, if there is one.
    pub(crate) fn read_as<T: ExtensionValue<'a>, S: FaultSink>(&self, sink: &mut S) -> Result<Option<T>, S::Refusal> {
        self.find(T::NUMBER)
            .map_or(Ok(None), |extension| extension.read_as(sink))
    }

    /// Returns the values of all extensions with this number below `id-ce`.
    pub(crate) fn values_of(&self, number: u8) -> Vec<Tlv<'a>> {
        let found = self.iter().filter(|extension| extension.number() == Some(number));
        found.map(|extension| extension.value).collect()
    }

    /// Returns the second occurrence of each duplicate extension.
    pub(crate) fn duplicates(&self) -> impl Iterator<Item = &Extension<'a>> {
        let mut counts = BTreeMap::<&[u8], usize>::new();
        self.iter().filter(move |extension| {
            let count = counts.entry(extension.oid).or_default();
            *count += 1;
            *count == 2
        })
    }
}

/// The value of an extension that the strict view decodes, too.
pub(crate) trait ExtensionValue<'a>: Sized {
    /// The last byte of the object identifier below `id-ce`.
    const NUMBER: u8;
    /// The name in RFC 5280.
    const NAME: &'static str;
    /// The rule that a malformed value breaks.
    const MALFORMED: Rule;

    /// Decodes the content of the OCTET STRING.
    fn read(content: Walker<'a>) -> Result<Self, Malformed>;
}

/// Returns the name of an extension that the strict view decodes.
pub(crate) fn name_of(extension: &Extension<'_>) -> Option<&'static str> {
    match extension.number()? {
        BasicConstraints::NUMBER => Some(BasicConstraints::NAME),
        KeyUsage::NUMBER => Some(KeyUsage::NAME),
        SubjectKeyId::NUMBER => Some(SubjectKeyId::NAME),
        AuthorityKeyId::NUMBER => Some(AuthorityKeyId::NAME),
        _ => None,
    }
}

/// Basic constraints (RFC 5280, 4.2.1.9).
#[derive(Clone, Copy, Debug)]
pub(crate) struct BasicConstraints {
    /// The cA flag, if it is encoded.
    pub(crate) written_ca: Option<bool>,
    pub(crate) path_len: Option<u64>,
}

impl BasicConstraints {
    pub(crate) fn is_ca(&self) -> bool {
        self.written_ca == Some(true)
    }

    /// Whether the value starts with a cA flag of TRUE; the rest is ignored.
    pub(crate) fn claims_ca(extension: &Extension<'_>) -> bool {
        let fields = extension.value.inside().expect(tag::SEQUENCE);
        fields.is_ok_and(|fields| default_false(&mut fields.inside()) == Ok(Some(true)))
    }
}

impl<'a> ExtensionValue<'a> for BasicConstraints {
    const NUMBER: u8 = id::BASIC_CONSTRAINTS;
    const NAME: &'static str = "basicConstraints";
    const MALFORMED: Rule = Rule::BasicConstraintsMalformed;

    fn read(content: Walker<'a>) -> Result<Self, Malformed> {
        let mut fields = content.only(tag::SEQUENCE)?.inside();
        let written_ca = default_false(&mut fields)?;
        let path_len = match fields.next_if(tag::INTEGER)? {
            None => None,
            Some(number) => Some(number.small_number()?),
        };
        fields.finish()?;
        Ok(Self { written_ca, path_len })
    }
}

/// A key usage (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyUsage {
    /// The first eight bits, most significant first.
    pub(crate) first: u8,
    /// Whether there are further bits.
    pub(crate) more: bool,
}

impl KeyUsage {
    pub(crate) const DIGITAL_SIGNATURE: u8 = 0x80;
    pub(crate) const KEY_CERT_SIGN: u8 = 0x04;
    pub(crate) const CRL_SIGN: u8 = 0x02;

    pub(crate) const fn has(self, bit: u8) -> bool {
        self.first & bit != 0
    }
}

impl<'a> ExtensionValue<'a> for KeyUsage {
    const NUMBER: u8 = id::KEY_USAGE;
    const NAME: &'static str = "keyUsage";
    const MALFORMED: Rule = Rule::KeyUsageMalformed;

    fn read(content: Walker<'a>) -> Result<Self, Malformed> {
        let bits = content.only(tag::BIT_STRING)?;
        let (first, more) = match *bits.value {
            [unused @ 0..=7, first] if first.trailing_zeros() >= u32::from(unused) => (first, false),
            [7, first, 0x80] => (first, true),
            _ => return Err(bits.malformed()),
        };
        Ok(Self { first, more })
    }
}

/// A subject key identifier (RFC 5280, 4.2.1.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubjectKeyId(pub(crate) KeyId);

impl<'a> ExtensionValue<'a> for SubjectKeyId {
    const NUMBER: u8 = id::SUBJECT_KEY_ID;
    const NAME: &'static str = "subjectKeyIdentifier";
    const MALFORMED: Rule = Rule::SubjectKeyIdMalformed;

    fn read(mut content: Walker<'a>) -> Result<Self, Malformed> {
        let id = key_id(&content.expect(tag::OCTET_STRING)?)?;
        content.finish()?;
        Ok(Self(id))
    }
}

/// An authority key identifier (RFC 5280, 4.2.1.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKeyId<'a> {
    /// The key identifier, or the position where it should be.
    pub(crate) key_id: Result<KeyId, Malformed>,
    /// The content of the issuer's serial number.
    pub(crate) serial: Option<&'a [u8]>,
    /// Whether it also identifies the issuer's certificate in another way.
    pub(crate) has_more: bool,
}

impl<'a> ExtensionValue<'a> for AuthorityKeyId<'a> {
    const NUMBER: u8 = id::AUTHORITY_KEY_ID;
    const NAME: &'static str = "authorityKeyIdentifier";
    const MALFORMED: Rule = Rule::AuthorityKeyIdMalformed;

    fn read(content: Walker<'a>) -> Result<Self, Malformed> {
        let mut fields = content.only(tag::SEQUENCE)?.inside();
        let start = fields.position();
        let key_id = match fields.next_if(tag::IMPLICIT_0)? {
            None => Err(start),
            Some(id) => Ok(key_id(&id)?),
        };
        let has_more = !fields.is_empty();
        fields.next_if(tag::EXPLICIT_1)?;
        let serial = fields.next_if(tag::IMPLICIT_2)?.map(|serial| serial.value);
        fields.finish()?;
        Ok(Self {
            key_id,
            serial,
            has_more,
        })
    }
}

/// Reads the content of a key identifier.
pub(crate) fn key_id(bytes: &Tlv<'_>) -> Result<KeyId, Malformed> {
    <[u8; KeyId::LEN]>::try_from(bytes.value)
        .map(KeyId::new)
        .map_err(|_| bytes.malformed())
}

/// Reads a BOOLEAN with the default FALSE, if present.
fn default_false(fields: &mut Walker<'_>) -> Result<Option<bool>, Malformed> {
    let Some(flag) = fields.next_if(tag::BOOLEAN)? else {
        return Ok(None);
    };
    match flag.value {
        [0] => Ok(Some(false)),
        [0xFF] => Ok(Some(true)),
        _ => Err(flag.malformed()),
    }
}
