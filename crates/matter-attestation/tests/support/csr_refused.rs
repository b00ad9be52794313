//! Requests that each break one rule.

use hex_literal::hex;
use matter_attestation::CsrFault;

use super::chain::key;
use super::der::{ALGORITHM, EC_KEY, P256, SECP256K1, SECP384R1, public_key, seq, signature, spki, tlv};
use super::{Change, extension_request, point};

/// The change, the broken rule, and the position.
pub(super) const REFUSED: [(&str, Change, CsrFault, usize); 38] = [
    (
        "version 2",
        |p| p.version = tlv(0x02, &[1]),
        CsrFault::Version { encoded: Some(1) },
        5,
    ),
    (
        "version in two bytes",
        |p| p.version = tlv(0x02, &[0, 0]),
        CsrFault::Version { encoded: None },
        5,
    ),
    (
        "version as BOOLEAN",
        |p| p.version = tlv(0x01, &[0]),
        CsrFault::Version { encoded: None },
        5,
    ),
    (
        "no version",
        |p| p.version = vec![],
        CsrFault::Version { encoded: None },
        5,
    ),
    ("subject is a SET", |p| p.subject[0] = 0x31, CsrFault::Subject, 8),
    (
        "subject with a SEQUENCE for an RDN",
        |p| p.subject[2] = 0x30,
        CsrFault::Subject,
        10,
    ),
    (
        "subject with an empty RDN",
        |p| p.subject = seq(&[&tlv(0x31, &[])]),
        CsrFault::Subject,
        12,
    ),
    ("no subject", |p| p.subject = vec![], CsrFault::Subject, 10),
    (
        "curve secp256k1",
        |p| p.public_key = public_key(SECP256K1, point().as_bytes()),
        CsrFault::Key,
        27,
    ),
    (
        "curve secp384r1",
        |p| p.public_key = public_key(SECP384R1, &[4; 97]),
        CsrFault::Key,
        28,
    ),
    (
        "no curve",
        |p| p.public_key = spki(EC_KEY, &[], point().as_bytes()),
        CsrFault::Key,
        27,
    ),
    (
        "compressed point",
        |p| {
            let point = point();
            let prefix = 2 + (point.as_bytes()[64] & 1);
            p.public_key = public_key(P256, &[&[prefix], &point.as_bytes()[1..33]].concat());
        },
        CsrFault::Key,
        27,
    ),
    (
        "hybrid point",
        |p| {
            let mut point = *point().as_bytes();
            point[0] = 6 + (point[64] & 1);
            p.public_key = public_key(P256, &point);
        },
        CsrFault::Key,
        27,
    ),
    (
        "point off the curve",
        |p| {
            let mut point = *point().as_bytes();
            point[64] ^= 1;
            p.public_key = public_key(P256, &point);
        },
        CsrFault::Key,
        27,
    ),
    (
        "point at infinity",
        |p| p.public_key = public_key(P256, &[0]),
        CsrFault::Key,
        27,
    ),
    (
        "a byte after the point",
        |p| {
            p.public_key = public_key(P256, &[point().as_bytes().as_slice(), &[0]].concat());
        },
        CsrFault::Key,
        27,
    ),
    (
        "a key with unused bits",
        |p| {
            let at = p.public_key.len() - 66;
            p.public_key[at] = 1;
        },
        CsrFault::Key,
        27,
    ),
    (
        "an RSA key",
        |p| {
            let rsa = hex!("06 09 2A 86 48 86 F7 0D 01 01 01 05 00");
            p.public_key = seq(&[&seq(&[&rsa]), &tlv(0x03, &[0, 0x30, 0])]);
        },
        CsrFault::Key,
        27,
    ),
    ("no attributes", |p| p.attributes = vec![], CsrFault::Attributes, 118),
    (
        "attributes as SET",
        |p| p.attributes = tlv(0x31, &[]),
        CsrFault::Attributes,
        118,
    ),
    (
        "attribute without values",
        |p| p.attributes = extension_request(&[]),
        CsrFault::Attributes,
        134,
    ),
    (
        "attribute with an empty SET",
        |p| p.attributes = extension_request(&tlv(0x31, &[])),
        CsrFault::Attributes,
        136,
    ),
    (
        "attribute with data after its SET",
        |p| {
            p.attributes = extension_request(&[tlv(0x31, &tlv(0x0C, b"a")), vec![5, 0]].concat());
        },
        CsrFault::Attributes,
        139,
    ),
    (
        "attribute without a type",
        |p| {
            p.attributes = tlv(0xA0, &seq(&[&tlv(0x31, &tlv(0x0C, b"a"))]));
        },
        CsrFault::Attributes,
        122,
    ),
    (
        "data after the attributes",
        |p| p.behind_attributes = vec![5, 0],
        CsrFault::Form,
        120,
    ),
    (
        "ecdsa-with-SHA1",
        |p| p.algorithm = seq(&[&hex!("06 07 2A 86 48 CE 3D 04 01")]),
        CsrFault::Algorithm,
        120,
    ),
    ("ecdsa-with-SHA384", |p| p.algorithm[11] = 3, CsrFault::Algorithm, 120),
    (
        "NULL parameters",
        |p| p.algorithm = seq(&[&ALGORITHM[2..], &[5, 0]]),
        CsrFault::Algorithm,
        120,
    ),
    ("no algorithm", |p| p.algorithm = vec![], CsrFault::Algorithm, 120),
    (
        "the signature of another request",
        |p| p.signed = Some(b"another".to_vec()),
        CsrFault::Possession,
        132,
    ),
    (
        "the signature of another key",
        |p| {
            let info = seq(&[&p.version, &p.subject, &p.public_key, &p.attributes]);
            p.signature = Some(signature(&key(4), &info));
        },
        CsrFault::Possession,
        132,
    ),
    (
        "a raw signature",
        |p| p.signature = Some(tlv(0x03, &[&[0][..], &[1; 64]].concat())),
        CsrFault::Signature,
        132,
    ),
    (
        "a signature as OCTET STRING",
        |p| p.signature = Some(tlv(0x04, &[0, 0])),
        CsrFault::Signature,
        132,
    ),
    (
        "a signature with unused bits",
        |p| {
            let info = seq(&[&p.version, &p.subject, &p.public_key, &p.attributes]);
            let mut bits = signature(&key(3), &info);
            bits[2] = 1;
            p.signature = Some(bits);
        },
        CsrFault::Signature,
        132,
    ),
    (
        "an empty signature",
        |p| p.signature = Some(tlv(0x03, &[])),
        CsrFault::Signature,
        132,
    ),
    (
        "r is 0",
        |p| {
            p.signature = Some(tlv(0x03, &[&[0][..], &seq(&[&tlv(2, &[0]), &tlv(2, &[1])])].concat()));
        },
        CsrFault::Possession,
        132,
    ),
    (
        "data after the signature",
        |p| p.behind_signature = vec![5, 0],
        CsrFault::Form,
        204,
    ),
    (
        "a byte after the request",
        |p| p.trailing = vec![0],
        CsrFault::Trailing,
        204,
    ),
];
