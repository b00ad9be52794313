//! A naive DER writer for valid and invalid output; independent of the crate's.
#![allow(dead_code, unreachable_pub)]

use matter_attestation::PrivateKey;
use p256::ecdsa::DerSignature;
use signature::Signer;

pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BITS: u8 = 0x03;
pub const OCTETS: u8 = 0x04;
pub const NULL: &[u8] = &[0x05, 0];
pub const OID: u8 = 0x06;
pub const UTF8: u8 = 0x0C;
pub const PRINTABLE: u8 = 0x13;
pub const IA5: u8 = 0x16;
pub const UTC: u8 = 0x17;
pub const GENERALIZED: u8 = 0x18;

// Object identifiers by their content bytes.
pub const COMMON_NAME: &[u8] = &[0x55, 4, 3];
pub const ORGANIZATION: &[u8] = &[0x55, 4, 10];
pub const VENDOR_ID: &[u8] = &[0x2B, 6, 1, 4, 1, 0x82, 0xA2, 0x7C, 2, 1];
pub const PRODUCT_ID: &[u8] = &[0x2B, 6, 1, 4, 1, 0x82, 0xA2, 0x7C, 2, 2];
pub const ECDSA_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
pub const ECDSA_SHA384: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3];
pub const EC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
pub const RSA_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
pub const P256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
pub const SECP256K1: &[u8] = &[0x2B, 0x81, 4, 0, 0x0A];
pub const SECP384R1: &[u8] = &[0x2B, 0x81, 4, 0, 0x22];
pub const SECP521R1: &[u8] = &[0x2B, 0x81, 4, 0, 0x23];
pub const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
pub const SHA1: &[u8] = &[0x2B, 0x0E, 3, 2, 0x1A];
pub const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
pub const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
pub const ENVELOPED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 3];

// Extensions by their content bytes.
pub const SKI: &[u8] = &[0x55, 0x1D, 14];
pub const KEY_USAGE: &[u8] = &[0x55, 0x1D, 15];
pub const ALT_NAME: &[u8] = &[0x55, 0x1D, 17];
pub const BASIC: &[u8] = &[0x55, 0x1D, 19];
pub const CRL_POINTS: &[u8] = &[0x55, 0x1D, 31];
pub const AKI: &[u8] = &[0x55, 0x1D, 35];
pub const EXTENDED_USAGE: &[u8] = &[0x55, 0x1D, 37];
pub const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 30];
pub const POLICIES: &[u8] = &[0x55, 0x1D, 32];
pub const POLICY_MAPPINGS: &[u8] = &[0x55, 0x1D, 33];
pub const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 36];
pub const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1D, 54];
pub const POLICY: &[u8] = &[0x2A, 3, 8];
pub const ANY_POLICY: &[u8] = &[0x55, 0x1D, 0x20, 0];
pub const UNKNOWN: &[u8] = &[0x2A, 3, 4];

/// ecdsa-with-SHA256 without parameters, the whole AlgorithmIdentifier.
pub const ALGORITHM: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];

/// Tag, length and value.
pub fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let len = u32::try_from(value.len()).unwrap();
    let bytes = len.to_be_bytes();
    match len {
        0..=0x7F => out.push(bytes[3]),
        0x80..=0xFF => out.extend([0x81, bytes[3]]),
        0x100..=0xFFFF => out.extend([&[0x82], &bytes[2..]].concat()),
        _ => out.extend([&[0x83], &bytes[1..]].concat()),
    }
    out.extend(value);
    out
}

pub fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, &parts.concat())
}

pub fn oid(content: &[u8]) -> Vec<u8> {
    tlv(OID, content)
}

/// An AlgorithmIdentifier without parameters.
pub fn algorithm(content: &[u8]) -> Vec<u8> {
    seq(&[&oid(content)])
}

/// A distinguished name, one attribute in each part: object identifier, string tag, text.
pub fn name(attributes: &[(&[u8], u8, &str)]) -> Vec<u8> {
    let rdns: Vec<_> = attributes
        .iter()
        .map(|(kind, tag, text)| tlv(SET, &seq(&[&oid(kind), &tlv(*tag, text.as_bytes())])))
        .collect();
    tlv(SEQUENCE, &rdns.concat())
}

/// A distinguished name of one common name.
pub fn common_name(text: &str) -> Vec<u8> {
    name(&[(COMMON_NAME, UTF8, text)])
}

/// The content of certificate policies.
pub fn policies(list: &[&[u8]]) -> Vec<u8> {
    let information: Vec<_> = list.iter().flat_map(|policy| seq(&[&oid(policy)])).collect();
    tlv(SEQUENCE, &information)
}

pub fn extension(kind: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { tlv(BOOLEAN, &[0xFF]) } else { Vec::new() };
    seq(&[&oid(kind), &flag, &tlv(OCTETS, value)])
}

pub fn validity(not_before: &str, not_after: &str) -> Vec<u8> {
    let time = |text: &str| tlv(if text.len() == 13 { UTC } else { GENERALIZED }, text.as_bytes());
    seq(&[&time(not_before), &time(not_after)])
}

pub fn spki(algorithm: &[u8], parameters: &[u8], point: &[u8]) -> Vec<u8> {
    let bits = tlv(BITS, &[&[0], point].concat());
    seq(&[&seq(&[&oid(algorithm), parameters]), &bits])
}

/// The public key at this point of a named curve.
pub fn public_key(curve: &[u8], point: &[u8]) -> Vec<u8> {
    spki(EC_KEY, &oid(curve), point)
}

/// A BIT STRING with a key's signature.
pub fn signature(key: &PrivateKey, message: &[u8]) -> Vec<u8> {
    let signature: DerSignature = key.sign(message);
    tlv(BITS, &[&[0], signature.as_bytes()].concat())
}
