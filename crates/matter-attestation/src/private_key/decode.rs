use alloc::vec;
use alloc::vec::Vec;

use der::asn1::AnyRef;
use der::{Decode, Header, Reader, SliceReader, Tag};
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use signature::Keypair;
use zeroize::Zeroizing;

use super::PrivateKey;
use crate::{Error, PublicKey, hex, oid, pem};

const PKCS8_LABEL: &[u8] = b"PRIVATE KEY";
const SEC1_LABEL: &[u8] = b"EC PRIVATE KEY";
const ENCRYPTED_LABEL: &[u8] = b"ENCRYPTED PRIVATE KEY";
const PARAMETERS_LABEL: &[u8] = b"EC PARAMETERS";
const SCALAR_LEN: usize = 32;
/// The length of the SDK's `P256SerializedKeypair`: the uncompressed point, then the scalar.
const KEYPAIR_LEN: usize = PublicKey::LEN + SCALAR_LEN;

/// The form of an input, detected without decoding the key.
pub(super) enum Form {
    Bare(Result<PrivateKey, Error>),
    /// Encrypted PKCS#8 in DER.
    #[cfg_attr(not(feature = "encryption"), expect(dead_code, reason = "only refused"))]
    Encrypted(Zeroizing<Vec<u8>>),
    Pkcs8(Zeroizing<Vec<u8>>),
    Sec1(Zeroizing<Vec<u8>>),
}

pub(super) fn decode(input: &[u8]) -> Result<PrivateKey, Error> {
    match form(input)? {
        Form::Bare(key) => key,
        Form::Encrypted(_) => Err(Error::KeyEncrypted),
        Form::Pkcs8(der) => from_pkcs8(&der),
        Form::Sec1(der) => from_sec1(&der),
    }
}

pub(super) fn form(input: &[u8]) -> Result<Form, Error> {
    if pem::is_pem(input) {
        return pem_form(input);
    }
    if let Some(key) = bare(input) {
        return Ok(Form::Bare(key));
    }
    let der = || Zeroizing::new(Vec::from(input));
    match kind(input).map_err(|_| Error::KeyMalformed)? {
        // SEQUENCE { SEQUENCE algorithm, OCTET STRING encryptedData }
        (Tag::Sequence, _) => Ok(Form::Encrypted(der())),
        // SEQUENCE { INTEGER version, SEQUENCE algorithm, OCTET STRING key, ... }
        (Tag::Integer, Tag::Sequence) => Ok(Form::Pkcs8(der())),
        // SEQUENCE { INTEGER version, OCTET STRING key, ... }
        (Tag::Integer, Tag::OctetString) => Ok(Form::Sec1(der())),
        _ => Err(Error::KeyMalformed),
    }
}

/// Decodes a key without DER: 32 bytes, the 97 bytes of the Matter SDK, or either in hexadecimal digits; `None` for
/// other input. No DER key has these forms.
fn bare(input: &[u8]) -> Option<Result<PrivateKey, Error>> {
    let text = input.trim_ascii();
    if !text.is_empty() && text.iter().all(u8::is_ascii_hexdigit) {
        // 32 or 97 hexadecimal digits are a mistake, not the raw bytes of a key.
        let bytes = from_hex(text)?;
        return Some(from_bytes(&bytes).unwrap_or(Err(Error::KeyMalformed)));
    }
    from_bytes(input)
}

fn from_bytes(bytes: &[u8]) -> Option<Result<PrivateKey, Error>> {
    match bytes.len() {
        SCALAR_LEN => Some(from_scalar(bytes)),
        KEYPAIR_LEN if bytes.first() == Some(&0x04) => {
            let (point, scalar) = bytes.split_at_checked(PublicKey::LEN)?;
            Some(PublicKey::new(point).and_then(|point| {
                let key = from_scalar(scalar)?;
                if key.public_key() == point {
                    Ok(key)
                } else {
                    Err(Error::KeyMismatch)
                }
            }))
        }
        _ => None,
    }
}

fn from_scalar(bytes: &[u8]) -> Result<PrivateKey, Error> {
    let scalar = <&[u8; SCALAR_LEN]>::try_from(bytes).map_err(|_| Error::KeyMalformed)?;
    PrivateKey::from_scalar(scalar)
}

fn from_hex(digits: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; digits.len().min(2 * KEYPAIR_LEN) / 2]);
    hex::decode(digits, &mut bytes)?;
    Some(bytes)
}

fn pem_form(input: &[u8]) -> Result<Form, Error> {
    let mut key = None;
    for block in pem::blocks(input)? {
        if block.label == PARAMETERS_LABEL {
            continue;
        }
        if key.replace(block).is_some() {
            return Err(Error::PemMalformed);
        }
    }
    let block = key.ok_or(Error::PemMalformed)?;
    match block.label {
        ENCRYPTED_LABEL => block.decode().map(Form::Encrypted),
        // OpenSSL's format before PKCS#8, which derives the key with one iteration of MD5.
        _ if block.has_encryption_header() => Err(Error::KeyEncryption),
        PKCS8_LABEL => block.decode().map(Form::Pkcs8),
        SEC1_LABEL => block.decode().map(Form::Sec1),
        b"RSA PRIVATE KEY" | b"DSA PRIVATE KEY" => Err(Error::KeyNotP256),
        _ => Err(block.unexpected("PRIVATE KEY")),
    }
}

/// Returns the first two tags in the outer SEQUENCE, which distinguish the three DER forms.
fn kind(der: &[u8]) -> der::Result<(Tag, Tag)> {
    let mut reader = SliceReader::new(der)?;
    Header::decode(&mut reader)?.tag().assert_eq(Tag::Sequence)?;
    let first = Tag::peek(&reader)?;
    reader.tlv_bytes()?;
    Ok((first, Tag::peek(&reader)?))
}

pub(super) fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, Error> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| Error::KeyMalformed)?;
    let curve = info
        .algorithm
        .parameters
        .map(|parameters: AnyRef<'_>| parameters.decode_as());
    if info.algorithm.oid != oid::EC_PUBLIC_KEY || !matches!(curve, Some(Ok(oid::P256))) {
        return Err(Error::KeyNotP256);
    }
    let key = from_sec1(info.private_key.as_bytes())?;
    if let Some(public) = info.public_key {
        check_public(&key, public.as_bytes().ok_or(Error::KeyMalformed)?)?;
    }
    Ok(key)
}

fn from_sec1(der: &[u8]) -> Result<PrivateKey, Error> {
    let key = EcPrivateKey::from_der(der).map_err(|_| Error::KeyMalformed)?;
    let curve = key.parameters.and_then(|parameters| parameters.named_curve());
    if curve.is_some_and(|curve| curve != oid::P256) {
        return Err(Error::KeyNotP256);
    }
    let scalar = <&[u8; 32]>::try_from(key.private_key).map_err(|_| Error::KeyNotP256)?;
    let private = PrivateKey::from_scalar(scalar)?;
    if let Some(public) = key.public_key {
        check_public(&private, public)?;
    }
    Ok(private)
}

/// Checks that a public key, which may be compressed, belongs to the private key.
fn check_public(private: &PrivateKey, public: &[u8]) -> Result<(), Error> {
    let public = VerifyingKey::from_sec1_bytes(public).map_err(|_| Error::KeyMalformed)?;
    if public == private.verifying_key() {
        Ok(())
    } else {
        Err(Error::KeyMismatch)
    }
}
