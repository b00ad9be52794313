//! X.509 read without judging: what a certificate holds is found even where it breaks rules, and where the octets make
//! no sense, the place is known.

mod der;
mod name;
mod time;

pub(crate) use self::der::{Malformed, Tlv, Walker, tag};
pub(crate) use self::name::{Attribute, attributes, equivalent};
pub(crate) use self::time::{Encoding, Time};

/// The AlgorithmIdentifier ecdsa-with-SHA256 without parameters (RFC 5758, 3.2), as it stands inside of the SEQUENCE.
pub(crate) const ECDSA_WITH_SHA256: [u8; 10] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

/// The frame of a certificate (RFC 5280, 4.1): all parts in their places, none of them looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// The signed part, with tag and length.
    pub(crate) tbs: Tlv<'a>,
    /// The number of the version, 0 where it is absent.
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
    /// The content of the BIT STRING, without the octet that counts unused bits.
    pub(crate) signature: &'a [u8],
    /// How many octets the certificate has, without what follows it.
    pub(crate) len: usize,
}

impl<'a> Frame<'a> {
    pub(crate) fn read(input: &'a [u8]) -> Result<Self, Malformed> {
        let certificate = Walker::new(input).expect(tag::SEQUENCE)?;
        let mut outer = certificate.inside();
        let tbs = outer.expect(tag::SEQUENCE)?;
        let outer_algorithm = outer.expect(tag::SEQUENCE)?;
        let signature = outer.expect(tag::BIT_STRING)?;
        let signature = whole_octets(&signature)?;
        outer.finish()?;

        let mut fields = tbs.inside();
        let version = match fields.next_if(tag::EXPLICIT_0)? {
            None => 0,
            Some(version) => {
                let mut inside = version.inside();
                let number = small_number(&inside.expect(tag::INTEGER)?)?;
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
            tbs,
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
            len: certificate.raw.len(),
        })
    }
}

/// One extension, its value not looked into (RFC 5280, 4.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    /// The content of the OBJECT IDENTIFIER.
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    /// FALSE is written out, where DER leaves a default out.
    pub(crate) has_default: bool,
    /// The content of the OCTET STRING.
    pub(crate) value: Tlv<'a>,
}

impl<'a> Extension<'a> {
    /// Reads the next extension of the list, if there is one.
    pub(crate) fn read(list: &mut Walker<'a>) -> Result<Option<Self>, Malformed> {
        if list.is_empty() {
            return Ok(None);
        }
        let mut fields = list.expect(tag::SEQUENCE)?.inside();
        let oid = fields.object_identifier()?;
        let flag = default_false(&mut fields)?;
        let value = fields.expect(tag::OCTET_STRING)?;
        fields.finish()?;
        Ok(Some(Self {
            oid,
            critical: flag == Some(true),
            has_default: flag == Some(false),
            value,
        }))
    }
}

/// Reads a BOOLEAN whose default is FALSE, if it is there.
pub(crate) fn default_false(fields: &mut Walker<'_>) -> Result<Option<bool>, Malformed> {
    let Some(flag) = fields.next_if(tag::BOOLEAN)? else {
        return Ok(None);
    };
    match flag.value {
        [0] => Ok(Some(false)),
        [0xFF] => Ok(Some(true)),
        _ => Err(flag.malformed()),
    }
}

/// Reads a BIT STRING of whole octets.
pub(crate) fn whole_octets<'a>(bits: &Tlv<'a>) -> Result<&'a [u8], Malformed> {
    match bits.value {
        [0, octets @ ..] => Ok(octets),
        _ => Err(bits.malformed()),
    }
}

/// Reads an INTEGER that is not negative and fits.
pub(crate) fn small_number(integer: &Tlv<'_>) -> Result<u64, Malformed> {
    match integer.value {
        [] | [0x80..=0xFF, ..] | [0, 0..=0x7F, ..] => Err(integer.malformed()),
        octets if octets.len() > 8 => Err(integer.malformed()),
        octets => Ok(octets.iter().fold(0, |number, &octet| number << 8 | u64::from(octet))),
    }
}
