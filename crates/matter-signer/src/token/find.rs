//! Finds the private key that a URI names, and its public key.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use matter_attestation::Certificate;
use rsa::{BoxedUint, PublicKey as RsaPublicKey};

use super::cause::refused;
use crate::uri::Hex;
use crate::{Error, Pkcs11Uri, VerifyingKey};

/// Object identifiers of the curves in DER (RFC 5480, 2.1.1.1).
pub(super) const P256: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22];
/// The tag of an OCTET STRING.
const OCTET_STRING: u8 = 0x04;
/// The supported key types.
const KINDS: &str = "P-256, P-384 or RSA";

/// Finds the only private key that matches a URI.
pub(super) fn private_key(session: &Session, uri: &Pkcs11Uri) -> Result<ObjectHandle, Error> {
    let mut template = named(uri);
    template.push(Attribute::Class(ObjectClass::PRIVATE_KEY));
    let found = objects(session, &template)?;
    match found.as_slice() {
        [key] => Ok(*key),
        [] => Err(Error::KeyMissing {
            wanted: uri.key_words(),
            present: names(
                session,
                &objects(session, &[Attribute::Class(ObjectClass::PRIVATE_KEY)])?,
            )?,
        }),
        several => Err(Error::KeyAmbiguous {
            wanted: uri.key_words(),
            found: names(session, several)?,
        }),
    }
}

/// The label and id of a URI as a search template.
pub(super) fn named(uri: &Pkcs11Uri) -> Vec<Attribute> {
    let label = uri.object().map(|label| Attribute::Label(label.into()));
    let id = uri.id().map(|id| Attribute::Id(id.into()));
    label.into_iter().chain(id).collect()
}

pub(super) fn objects(session: &Session, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Error> {
    let found = session.find_objects(template);
    found.map_err(|error| refused("to list its keys", error))
}

/// Describes keys by their labels and ids.
fn names(session: &Session, keys: &[ObjectHandle]) -> Result<Vec<String>, Error> {
    keys.iter()
        .map(|key| {
            let (mut label, mut id) = (String::new(), Vec::new());
            for attribute in attributes(session, *key, &[AttributeType::Label, AttributeType::Id])? {
                match attribute {
                    Attribute::Label(bytes) => label = String::from_utf8_lossy(&bytes).into_owned(),
                    Attribute::Id(bytes) => id = bytes,
                    _ => {}
                }
            }
            label.retain(|letter| !letter.is_control());
            Ok(format!("'{label}' id {}", Hex(&id)))
        })
        .collect()
}

fn attributes(session: &Session, key: ObjectHandle, wanted: &[AttributeType]) -> Result<Vec<Attribute>, Error> {
    let found = session.get_attributes(key, wanted);
    found.map_err(|error| refused("to return the attributes of a key", error))
}

/// The public-key attributes of an object.
#[derive(Default)]
struct Parts {
    kind: Option<KeyType>,
    label: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    curve: Option<Vec<u8>>,
    point: Option<Vec<u8>>,
    modulus: Option<Vec<u8>>,
    exponent: Option<Vec<u8>>,
}

impl Parts {
    fn read(session: &Session, object: ObjectHandle) -> Result<Self, Error> {
        let wanted = [AttributeType::KeyType, AttributeType::Label, AttributeType::Id];
        let mut parts = Self::default();
        parts.take(attributes(session, object, &wanted)?);
        // Request only attributes of this key type: SoftHSM refuses a request with others.
        let wanted: &[AttributeType] = match parts.kind {
            Some(KeyType::EC) => &[AttributeType::EcParams, AttributeType::EcPoint],
            Some(KeyType::RSA) => &[AttributeType::Modulus, AttributeType::PublicExponent],
            _ => &[],
        };
        for wanted in wanted {
            // A private key need not have the attributes of its public key.
            parts.take(session.get_attributes(object, &[*wanted]).unwrap_or_default());
        }
        Ok(parts)
    }

    fn take(&mut self, attributes: Vec<Attribute>) {
        for attribute in attributes {
            match attribute {
                Attribute::KeyType(kind) => self.kind = Some(kind),
                Attribute::Label(label) => self.label = Some(label),
                Attribute::Id(id) => self.id = Some(id).filter(|id| !id.is_empty()),
                Attribute::EcParams(curve) => self.curve = Some(curve),
                Attribute::EcPoint(point) => self.point = Some(point).filter(|point| !point.is_empty()),
                Attribute::Modulus(modulus) => self.modulus = Some(modulus),
                Attribute::PublicExponent(exponent) => self.exponent = Some(exponent),
                _ => {}
            }
        }
    }

    /// Builds the key if all its attributes are present.
    fn key(&self) -> Result<Option<VerifyingKey>, Error> {
        let kind = |found: &str| Error::KeyKind {
            found: found.into(),
            expected: KINDS,
        };
        match self.kind {
            Some(KeyType::RSA) => {
                let (Some(modulus), Some(exponent)) = (&self.modulus, &self.exponent) else {
                    return Ok(None);
                };
                let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
                let key = RsaPublicKey::new(number(modulus), number(exponent));
                key.map(|key| Some(VerifyingKey::Rsa(key)))
                    .map_err(|_| Error::PublicKey)
            }
            Some(KeyType::EC) => {
                let curve = self.curve.as_deref();
                if !matches!(curve, None | Some(P256 | P384)) {
                    return Err(kind("an unsupported curve"));
                }
                let Some(point) = self.point.as_deref().map(unwrapped) else {
                    return Ok(None);
                };
                let p256 = || p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok();
                let p384 = || p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok();
                let key = match curve {
                    Some(P384) => p384().map(VerifyingKey::P384),
                    _ => p256().map(VerifyingKey::P256),
                };
                key.map(Some).ok_or(Error::PublicKey)
            }
            _ => Err(kind("an unsupported algorithm")),
        }
    }
}

/// Unwraps the point from its OCTET STRING, if any: modules return both forms.
fn unwrapped(point: &[u8]) -> &[u8] {
    match point {
        [OCTET_STRING, len, inside @ ..] if usize::from(*len) == inside.len() => inside,
        point => point,
    }
}

/// Finds the public key of a private key: from the public key object or certificate with its id, or from its own
/// attributes.
pub(super) fn public_key(session: &Session, uri: &Pkcs11Uri, key: ObjectHandle) -> Result<VerifyingKey, Error> {
    let own = Parts::read(session, key)?;
    let mut template = vec![Attribute::Class(ObjectClass::PUBLIC_KEY)];
    match (&own.id, &own.label) {
        (Some(id), _) => template.push(Attribute::Id(id.clone())),
        (None, Some(label)) => template.push(Attribute::Label(label.clone())),
        (None, None) => {}
    }
    for object in objects(session, &template)? {
        let parts = Parts::read(session, object)?;
        if let Some(found) = parts.key()?.filter(|_| parts.kind == own.kind) {
            return Ok(found);
        }
    }
    if let Some(found) = own.key()? {
        return Ok(found);
    }
    if let Some(class) = template.first_mut() {
        *class = Attribute::Class(ObjectClass::CERTIFICATE);
    }
    for object in objects(session, &template)? {
        if let Some(found) = in_certificate(session, object)? {
            return Ok(found);
        }
    }
    Err(Error::PublicKeyMissing {
        wanted: uri.key_words(),
    })
}

fn in_certificate(session: &Session, object: ObjectHandle) -> Result<Option<VerifyingKey>, Error> {
    let value = attributes(session, object, &[AttributeType::Value])?;
    let certificate = value.iter().find_map(|attribute| match attribute {
        Attribute::Value(der) => Certificate::from_der(der).ok(),
        _ => None,
    });
    let point = certificate.map(|certificate| *certificate.public_key().as_bytes());
    Ok(point.and_then(|point| {
        p256::ecdsa::VerifyingKey::from_sec1_bytes(&point)
            .ok()
            .map(VerifyingKey::P256)
    }))
}
