//! Certificates of delegates that sign an authority's lists: not a CA, key usage cRLSign.
#![allow(dead_code, unreachable_pub)]

use matter_attestation::{Certificate, PrivateKey};

use super::der::{ALGORITHM, P256, common_name, public_key, seq, signature, tlv};

/// The bits of key usage, as a BIT STRING.
pub const CRL_SIGN: &[u8] = &[0x03, 2, 1, 0x02];
pub const DIGITAL_SIGNATURE: &[u8] = &[0x03, 2, 7, 0x80];

pub fn delegate(issuer: &Certificate, issuer_key: &PrivateKey, key: &PrivateKey, usage: &[u8]) -> Certificate {
    let extension = |arc: u8, critical: bool, value: &[u8]| {
        let critical: &[u8] = if critical { &[1, 1, 0xFF] } else { &[] };
        seq(&[&[0x06, 3, 0x55, 0x1D, arc], critical, &tlv(4, value)])
    };
    let authority = seq(&[&tlv(0x80, issuer.subject_key_id().unwrap().as_bytes())]);
    let extensions = seq(&[
        &extension(19, true, &seq(&[])),
        &extension(15, true, usage),
        &extension(14, false, &tlv(4, key.public_key().key_id().as_bytes())),
        &extension(35, false, &authority),
    ]);
    let tbs = seq(&[
        &[0xA0, 3, 2, 1, 2],
        &tlv(2, &[9]),
        ALGORITHM,
        issuer.subject_der(),
        &seq(&[&tlv(0x17, b"250101000000Z"), &tlv(0x17, b"400101000000Z")]),
        &common_name("Delegate"),
        &public_key(P256, key.public_key().as_bytes()),
        &tlv(0xA3, &extensions),
    ]);
    Certificate::from_der(&seq(&[&tbs, ALGORITHM, &signature(issuer_key, &tbs)])).unwrap()
}
