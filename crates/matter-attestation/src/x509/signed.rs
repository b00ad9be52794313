use p256::ecdsa::DerSignature;

use super::{Malformed, Tlv, Walker, tag};

/// The content of the AlgorithmIdentifier ecdsa-with-SHA256 without parameters (RFC 5758, 3.2).
const ECDSA_WITH_SHA256: [u8; 10] = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

/// The outermost form of certificates, requests and revocation lists (RFC 5280, 4.1 and 5.1; RFC 2986, 4.2): `SEQUENCE
/// { signed part SEQUENCE, AlgorithmIdentifier, BIT STRING }`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    /// The signed part, with tag and length.
    pub(crate) tbs: Tlv<'a>,
    /// Algorithm and signature.
    pub(super) rest: Walker<'a>,
    /// The length in bytes, without trailing bytes.
    pub(crate) len: usize,
}

/// The faulty part of the outermost form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedFault {
    Algorithm,
    Form,
    Signature,
    Trailing,
}

type Refused = (SignedFault, Malformed);

impl<'a> Signed<'a> {
    /// Finds the signed part; trailing bytes are allowed.
    pub(super) fn find(input: &'a [u8]) -> Result<Self, Malformed> {
        let whole = Walker::new(input).expect(tag::SEQUENCE)?;
        let mut rest = whole.inside();
        let tbs = rest.expect(tag::SEQUENCE)?;
        Ok(Self {
            tbs,
            rest,
            len: whole.raw.len(),
        })
    }

    /// Finds the signed part; trailing bytes are refused.
    pub(crate) fn read(input: &'a [u8]) -> Result<Self, Refused> {
        let mut outside = Walker::new(input);
        outside.expect(tag::SEQUENCE).map_err(form)?;
        outside.finish().map_err(|at| (SignedFault::Trailing, at))?;
        Self::find(input).map_err(form)
    }

    /// Reads the BIT STRING after the algorithm, which must be ecdsa-with-SHA256 without parameters.
    pub(crate) fn signature(&self) -> Result<Tlv<'a>, Refused> {
        let mut rest = self.rest;
        let algorithm = rest.expect(tag::SEQUENCE).map_err(|at| (SignedFault::Algorithm, at))?;
        if !is_ecdsa_with_sha256(&algorithm) {
            return Err((SignedFault::Algorithm, algorithm.malformed()));
        }
        let signature = rest
            .expect(tag::BIT_STRING)
            .map_err(|at| (SignedFault::Signature, at))?;
        rest.finish().map_err(form)?;
        Ok(signature)
    }
}

/// Returns the ECDSA signature in DER from a BIT STRING.
pub(crate) fn ecdsa_signature<'a>(bits: &Tlv<'a>) -> Result<&'a [u8], Refused> {
    whole_bytes(bits)
        .ok()
        .filter(|bytes| DerSignature::from_bytes(bytes).is_ok())
        .ok_or((SignedFault::Signature, bits.malformed()))
}

/// Whether an ECDSA signature in DER is of a larger curve than P-256, up to P-521: two positive numbers, at least one
/// of which has more than 32 bytes.
pub(crate) fn is_larger_signature(signature: &[u8]) -> bool {
    const P256: usize = 32;
    const P521: usize = 66;
    let number = |fields: &mut Walker<'_>| match *fields.expect(tag::INTEGER)?.value {
        [0, ref rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest.len()),
        [1..=0x7F, ref rest @ ..] => Ok(rest.len() + 1),
        _ => Err(fields.position()),
    };
    let read = Walker::new(signature).only(tag::SEQUENCE).and_then(|numbers| {
        let mut fields = numbers.inside();
        let longest = number(&mut fields)?.max(number(&mut fields)?);
        fields.finish().map(|()| longest)
    });
    read.is_ok_and(|longest| (P256 + 1..=P521).contains(&longest))
}

const fn form(at: Malformed) -> Refused {
    (SignedFault::Form, at)
}

/// Whether a SEQUENCE is the AlgorithmIdentifier ecdsa-with-SHA256 without parameters.
pub(crate) fn is_ecdsa_with_sha256(algorithm: &Tlv<'_>) -> bool {
    algorithm.value == ECDSA_WITH_SHA256
}

/// Reads a BIT STRING of whole bytes.
pub(crate) fn whole_bytes<'a>(bits: &Tlv<'a>) -> Result<&'a [u8], Malformed> {
    match bits.value {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(bits.malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithm_is_that_of_its_object_identifier() {
        assert_eq!(&ECDSA_WITH_SHA256[2..], crate::oid::ECDSA_WITH_SHA256.as_bytes());
    }
}
