//! The two encodings of a key, which have one length each.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::{PrivateKey, PublicKey};

/// SEQUENCE, version 1, OCTET STRING of 32.
const SEC1_HEAD: &[u8] = &[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
/// The curve's name prime256v1 in its explicit tag.
const SEC1_CURVE: &[u8] = &[0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
/// BIT STRING of 65 octets in its explicit tag.
const POINT_HEAD: &[u8] = &[0xA1, 0x44, 0x03, 0x42, 0x00];
/// SEQUENCE, version 0, id-ecPublicKey with prime256v1, OCTET STRING of an ECPrivateKey without the curve's name.
const PKCS8_HEAD: &[u8] = &[
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
    0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x04, 0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20,
];

pub(crate) fn sec1_der(scalar: &[u8; 32], public_key: &PublicKey) -> Zeroizing<Vec<u8>> {
    let mut der = Zeroizing::new(Vec::with_capacity(PrivateKey::SEC1_LEN));
    for part in [SEC1_HEAD, scalar, SEC1_CURVE, POINT_HEAD, public_key.as_bytes()] {
        der.extend_from_slice(part);
    }
    der
}

pub(crate) fn pkcs8_der(scalar: &[u8; 32], public_key: &PublicKey) -> Zeroizing<Vec<u8>> {
    let mut der = Zeroizing::new(Vec::with_capacity(PrivateKey::PKCS8_LEN));
    for part in [PKCS8_HEAD, scalar, POINT_HEAD, public_key.as_bytes()] {
        der.extend_from_slice(part);
    }
    der
}
