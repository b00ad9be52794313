//! Public keys in DER: RFC 5280, 4.1.2.7 (SubjectPublicKeyInfo), RFC 8017, A.1.1, and RFC 5480.

use spki::der::asn1::UintRef;
use spki::der::{Decode, Reader, SliceReader, Tag};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use crate::{BootKeyKind, BootPublicKey, Error};

pub(super) fn decode(der: &[u8]) -> Result<BootPublicKey, Error> {
    let info = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| Error::PublicKeyForm)?;
    let key = info.subject_public_key.as_bytes().ok_or(Error::PublicKeyForm)?;
    match info.algorithm.oid {
        RSA_ENCRYPTION => {
            let (modulus, exponent) = rsa(key).map_err(|_| Error::PublicKeyForm)?;
            BootPublicKey::from_rsa(modulus, exponent)
        }
        EC_PUBLIC_KEY => {
            let curve = info.algorithm.parameters_oid().map_err(|_| Error::PublicKeyForm)?;
            let kind = match curve {
                PRIME192V1 => BootKeyKind::EcdsaP192,
                PRIME256V1 => BootKeyKind::EcdsaP256,
                SECP384R1 => BootKeyKind::EcdsaP384,
                oid => return Err(Error::PublicKeyAlgorithm { oid }),
            };
            // 04: uncompressed, and not the point at infinity.
            let point = key.strip_prefix(&[4]).ok_or(Error::PublicKeyForm)?;
            let (x, y) = point.split_at_checked(kind.number_len()).ok_or(Error::PublicKeyForm)?;
            BootPublicKey::from_ecdsa(kind, x, y)
        }
        oid => Err(Error::PublicKeyAlgorithm { oid }),
    }
}

/// Reads modulus and exponent.
fn rsa(der: &[u8]) -> spki::der::Result<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(der)?;
    let numbers = reader.sequence(|inner| {
        let modulus = UintRef::decode(inner)?;
        let exponent = UintRef::decode(inner)?;
        Ok::<_, spki::der::Error>((modulus.as_bytes(), exponent.as_bytes()))
    })?;
    if !reader.is_finished() {
        return Err(Tag::Sequence.length_error().into());
    }
    Ok(numbers)
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const PRIME192V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.1");
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
