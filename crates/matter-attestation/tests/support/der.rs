//! A naive DER writer, independent of the crate's.
#![allow(dead_code, unreachable_pub)]

use matter_attestation::PrivateKey;
use p256::ecdsa::DerSignature;
use signature::Signer;

/// ecdsa-with-SHA256 without parameters.
pub const ALGORITHM: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let header = match len {
        0..=0x7F => vec![tag, len as u8],
        0x80..=0xFF => vec![tag, 0x81, len as u8],
        _ => vec![tag, 0x82, (len >> 8) as u8, len as u8],
    };
    [&header, content].concat()
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A distinguished name of one common name as UTF8String.
pub fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &tlv(0x0C, common_name.as_bytes())]);
    sequence(&[&tlv(0x31, &attribute)])
}

/// A BIT STRING with a key's signature.
pub fn signature(key: &PrivateKey, message: &[u8]) -> Vec<u8> {
    let signature: DerSignature = key.sign(message);
    tlv(0x03, &[&[0], signature.as_bytes()].concat())
}

/// A SubjectPublicKeyInfo for this point and this curve.
pub fn public_key(curve: &[u8], point: &[u8]) -> Vec<u8> {
    let ec = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
    sequence(&[&sequence(&[&ec, curve]), &tlv(0x03, &[&[0], point].concat())])
}

pub const PRIME256V1: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
pub const SECP256K1: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x0A];
pub const SECP384R1: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22];
