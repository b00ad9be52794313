use der::asn1::AnyRef;
use der::{Decode, Header, Reader, SliceReader, Tag};
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use signature::Keypair;

use super::PrivateKey;
use crate::{Error, oid, pem};

const PKCS8_LABEL: &[u8] = b"PRIVATE KEY";
const SEC1_LABEL: &[u8] = b"EC PRIVATE KEY";
const ENCRYPTED_LABEL: &[u8] = b"ENCRYPTED PRIVATE KEY";
const PARAMETERS_LABEL: &[u8] = b"EC PARAMETERS";

pub(super) fn decode(input: &[u8]) -> Result<PrivateKey, Error> {
    if !pem::is_pem(input) {
        return from_der(input);
    }
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
        ENCRYPTED_LABEL => Err(Error::KeyEncrypted),
        _ if block.has_encryption_header() => Err(Error::KeyEncrypted),
        PKCS8_LABEL => from_pkcs8(&block.decode()?),
        SEC1_LABEL => from_sec1(&block.decode()?),
        b"RSA PRIVATE KEY" | b"DSA PRIVATE KEY" => Err(Error::KeyNotP256),
        _ => Err(Error::PemLabel {
            expected: "PRIVATE KEY",
        }),
    }
}

/// Tells the three forms apart by the second and third tag, then reads the one that it is.
fn from_der(der: &[u8]) -> Result<PrivateKey, Error> {
    match kind(der).map_err(|_| Error::KeyMalformed)? {
        // SEQUENCE { SEQUENCE algorithm, OCTET STRING encryptedData }
        (Tag::Sequence, _) => Err(Error::KeyEncrypted),
        // SEQUENCE { INTEGER version, SEQUENCE algorithm, OCTET STRING key, ... }
        (Tag::Integer, Tag::Sequence) => from_pkcs8(der),
        // SEQUENCE { INTEGER version, OCTET STRING key, ... }
        (Tag::Integer, Tag::OctetString) => from_sec1(der),
        _ => Err(Error::KeyMalformed),
    }
}

fn kind(der: &[u8]) -> der::Result<(Tag, Tag)> {
    let mut reader = SliceReader::new(der)?;
    Header::decode(&mut reader)?.tag().assert_eq(Tag::Sequence)?;
    let first = Tag::peek(&reader)?;
    reader.tlv_bytes()?;
    Ok((first, Tag::peek(&reader)?))
}

fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, Error> {
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

/// Checks the public key beside a private one, which may be compressed.
fn check_public(private: &PrivateKey, public: &[u8]) -> Result<(), Error> {
    let public = VerifyingKey::from_sec1_bytes(public).map_err(|_| Error::KeyMalformed)?;
    if public == private.verifying_key() {
        Ok(())
    } else {
        Err(Error::KeyMismatch)
    }
}
