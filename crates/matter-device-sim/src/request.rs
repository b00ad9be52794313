//! Certificate signing request (RFC 2986), encoded by hand so that the station's parser is tested against independent
//! code.

use matter_attestation::PrivateKey;
use p256::ecdsa::DerSignature;
use signature::Signer;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTF8_STRING: u8 = 0x0C;
const BIT_STRING: u8 = 0x03;
const ATTRIBUTES: u8 = 0xA0;
/// Version 0.
const VERSION: &[u8] = &[0x02, 0x01, 0x00];
/// id-at-commonName, and Matter's attributes for vendor and product (Matter Core Specification 6.2.2.2).
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
const VENDOR_ID: &[u8] = &[0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xA2, 0x7C, 0x02, 0x01];
const PRODUCT_ID: &[u8] = &[0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xA2, 0x7C, 0x02, 0x02];
/// SEQUENCE of id-ecPublicKey and prime256v1.
const KEY_ALGORITHM: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
    0x01, 0x07,
];
/// SEQUENCE of ecdsa-with-SHA256.
const SIGNATURE_ALGORITHM: &[u8] = &[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

/// Creates a request for a key. `ids` are the vendor and product that the subject claims.
pub(crate) fn request(key: &PrivateKey, common_name: &str, ids: Option<(&str, &str)>) -> Vec<u8> {
    let mut name = attribute(COMMON_NAME, common_name);
    if let Some((vendor, product)) = ids {
        name.extend(attribute(VENDOR_ID, vendor));
        name.extend(attribute(PRODUCT_ID, product));
    }
    let bits = |bytes: &[u8]| tlv(BIT_STRING, &[&[0], bytes].concat());
    let public_key = key.public_key();
    let spki = tlv(SEQUENCE, &[KEY_ALGORITHM, &bits(public_key.as_bytes())].concat());
    let info = tlv(
        SEQUENCE,
        &[VERSION, &tlv(SEQUENCE, &name), &spki, &tlv(ATTRIBUTES, &[])].concat(),
    );
    let signature: DerSignature = key.sign(&info);
    tlv(
        SEQUENCE,
        &[&info, SIGNATURE_ALGORITHM, &bits(signature.as_bytes())].concat(),
    )
}

fn attribute(oid: &[u8], text: &str) -> Vec<u8> {
    let value = tlv(UTF8_STRING, text.as_bytes());
    tlv(SET, &tlv(SEQUENCE, &[oid, &value].concat()))
}

/// Encodes an element of at most 65535 bytes.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut element = vec![tag];
    match (high, low) {
        (0, 0..=0x7F) => element.push(low),
        (0, _) => element.extend([0x81, low]),
        _ => element.extend([0x82, high, low]),
    }
    element.extend_from_slice(value);
    element
}
