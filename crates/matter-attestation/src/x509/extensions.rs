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

/// One extension, its value not looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    /// The content of the OBJECT IDENTIFIER.
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    /// The place of a FALSE that is written out, where DER leaves a default out.
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

    /// Returns the last byte of an object identifier below `id-ce`.
    pub(crate) const fn number(&self) -> Option<u8> {
        match self.oid {
            [0x55, 0x1D, number] => Some(*number),
            _ => None,
        }
    }
}

/// The extensions of one certificate, in their order, up to the first that cannot be read.
pub(crate) struct Extensions<'a>(Vec<Extension<'a>>);

impl<'a> Extensions<'a> {
    pub(crate) fn read<S: FaultSink>(frame: &Frame<'a>, sink: &mut S) -> Result<Self, S::Refusal> {
        let (extensions, end) = Self::find_all(frame);
        if let Err(at) = end {
            malformed(Rule::ExtensionsMalformed, at, sink)?;
        }
        Ok(extensions)
    }

    /// Returns the extensions, and where one cannot be read.
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

    /// Returns the values of all extensions with this number below `id-ce`.
    pub(crate) fn values_of(&self, number: u8) -> Vec<Tlv<'a>> {
        let found = self.iter().filter(|extension| extension.number() == Some(number));
        found.map(|extension| extension.value).collect()
    }

    /// Returns the second occurrence of each extension that is there more than once.
    pub(crate) fn duplicates(&self) -> impl Iterator<Item = &Extension<'a>> {
        let mut counts = BTreeMap::<&[u8], usize>::new();
        self.iter().filter(move |extension| {
            let count = counts.entry(extension.oid).or_default();
            *count += 1;
            *count == 2
        })
    }
}

/// Returns the name in RFC 5280 of the extensions that the strict view reads.
pub(crate) const fn name_of(number: u8) -> Option<&'static str> {
    match number {
        id::BASIC_CONSTRAINTS => Some(BASIC_CONSTRAINTS),
        id::KEY_USAGE => Some(KEY_USAGE),
        id::SUBJECT_KEY_ID => Some(SUBJECT_KEY_ID),
        id::AUTHORITY_KEY_ID => Some(AUTHORITY_KEY_ID),
        _ => None,
    }
}

const BASIC_CONSTRAINTS: &str = "basicConstraints";
const KEY_USAGE: &str = "keyUsage";
const SUBJECT_KEY_ID: &str = "subjectKeyIdentifier";
const AUTHORITY_KEY_ID: &str = "authorityKeyIdentifier";

/// Basic constraints (RFC 5280, 4.2.1.9).
#[derive(Clone, Copy, Debug)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    pub(crate) path_len: Option<u64>,
}

pub(crate) fn basic_constraints<S: FaultSink>(
    extension: &Extension<'_>,
    sink: &mut S,
) -> Result<Option<BasicConstraints>, S::Refusal> {
    let (ca, path_len) = match read_basic_constraints(&extension.value) {
        Ok(fields) => fields,
        Err(at) => {
            unreadable(Rule::BasicConstraintsMalformed, at, BASIC_CONSTRAINTS, sink)?;
            return Ok(None);
        }
    };
    if ca == Some(false) {
        default_encoded(extension, sink)?;
    }
    let ca = ca == Some(true);
    Ok(Some(BasicConstraints { ca, path_len }))
}

fn read_basic_constraints(value: &Tlv<'_>) -> Result<(Option<bool>, Option<u64>), Malformed> {
    let mut fields = only(value, tag::SEQUENCE)?.inside();
    let ca = default_false(&mut fields)?;
    let path_len = match fields.next_if(tag::INTEGER)? {
        None => None,
        Some(number) => Some(number.small_number()?),
    };
    fields.finish()?;
    Ok((ca, path_len))
}

/// Whether basic constraints begin with a cA that is TRUE, whatever follows.
pub(crate) fn claims_ca(extension: &Extension<'_>) -> bool {
    let fields = extension.value.inside().expect(tag::SEQUENCE);
    fields.is_ok_and(|fields| default_false(&mut fields.inside()) == Ok(Some(true)))
}

/// Reports a FALSE that is written out.
pub(crate) fn default_encoded<S: FaultSink>(extension: &Extension<'_>, sink: &mut S) -> Result<(), S::Refusal> {
    let at = extension.value.offset;
    sink.note(Rule::DefaultEncoded, format_args!("at octet {at}"))
}

/// A key usage (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyUsage {
    /// The first eight bits, of which the first is the highest.
    pub(crate) first: u8,
    /// There are bits behind them.
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

pub(crate) fn key_usage<S: FaultSink>(extension: &Extension<'_>, sink: &mut S) -> Result<Option<KeyUsage>, S::Refusal> {
    match read_key_usage(&extension.value) {
        Ok(usage) => Ok(Some(usage)),
        Err(at) => unreadable(Rule::KeyUsageMalformed, at, KEY_USAGE, sink).map(|()| None),
    }
}

fn read_key_usage(value: &Tlv<'_>) -> Result<KeyUsage, Malformed> {
    let bits = only(value, tag::BIT_STRING)?;
    let (first, more) = match *bits.value {
        [unused @ 0..=7, first] if first.trailing_zeros() >= u32::from(unused) => (first, false),
        [7, first, 0x80] => (first, true),
        _ => return Err(bits.malformed()),
    };
    Ok(KeyUsage { first, more })
}

/// Reads a subject key identifier (RFC 5280, 4.2.1.2).
pub(crate) fn subject_key_id<S: FaultSink>(
    extension: &Extension<'_>,
    sink: &mut S,
) -> Result<Option<KeyId>, S::Refusal> {
    let mut outer = extension.value.inside();
    let id = outer
        .expect(tag::OCTET_STRING)
        .and_then(|id| key_id(&id))
        .and_then(|id| outer.finish().map(|()| id));
    match id {
        Ok(id) => Ok(Some(id)),
        Err(at) => unreadable(Rule::SubjectKeyIdMalformed, at, SUBJECT_KEY_ID, sink).map(|()| None),
    }
}

/// An authority key identifier (RFC 5280, 4.2.1.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKeyId<'a> {
    pub(crate) key_id: KeyId,
    /// The content of the issuer's serial number.
    pub(crate) serial: Option<&'a [u8]>,
    /// It names the issuer's certificate in another way, too.
    pub(crate) has_more: bool,
}

/// Reads an authority key identifier; the strict view tolerates one without a key identifier.
pub(crate) fn authority_key_id<'a, S: FaultSink>(
    extension: &Extension<'a>,
    sink: &mut S,
) -> Result<Option<AuthorityKeyId<'a>>, S::Refusal> {
    let rule = Rule::AuthorityKeyIdMalformed;
    match read_authority_key_id(&extension.value) {
        Ok(Ok(read)) => Ok(Some(read)),
        Ok(Err(Malformed(at))) => sink.note(rule, format_args!("at octet {at}")).map(|()| None),
        Err(at) => unreadable(rule, at, AUTHORITY_KEY_ID, sink).map(|()| None),
    }
}

/// Returns what is read, or where the key identifier should be.
fn read_authority_key_id<'a>(value: &Tlv<'a>) -> Result<Result<AuthorityKeyId<'a>, Malformed>, Malformed> {
    let mut fields = only(value, tag::SEQUENCE)?.inside();
    let start = fields.position();
    let id = fields.next_if(tag::IMPLICIT_0)?;
    let has_more = !fields.is_empty();
    let read_id = id.map(|id| key_id(&id)).transpose()?;
    fields.next_if(tag::EXPLICIT_1)?;
    let serial = fields.next_if(tag::IMPLICIT_2)?.map(|serial| serial.value);
    fields.finish()?;
    Ok(read_id.ok_or(start).map(|key_id| AuthorityKeyId {
        key_id,
        serial,
        has_more,
    }))
}

/// Reads the content of a key identifier.
pub(crate) fn key_id(octets: &Tlv<'_>) -> Result<KeyId, Malformed> {
    <[u8; KeyId::LEN]>::try_from(octets.value)
        .map(KeyId::new)
        .map_err(|_| octets.malformed())
}

/// Reads the one element inside of another.
fn only<'a>(value: &Tlv<'a>, tag: u8) -> Result<Tlv<'a>, Malformed> {
    let mut outer = value.inside();
    let element = outer.expect(tag)?;
    outer.finish()?;
    Ok(element)
}

/// Reads a BOOLEAN whose default is FALSE, if it is there.
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

/// Reports an extension whose value cannot be read.
fn unreadable<S: FaultSink>(
    rule: Rule,
    Malformed(at): Malformed,
    extension: &'static str,
    sink: &mut S,
) -> Result<(), S::Refusal> {
    sink.refuse(
        rule,
        format_args!("at octet {at}"),
        Error::ExtensionMalformed { extension },
    )
}
