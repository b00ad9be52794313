//! Requests and answers as JSON.

use std::fmt;
use std::marker::PhantomData;

use base64ct::{Base64, Encoding};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::nonces::Nonce;

/// A value that must be a JSON object. By default serde also accepts an array of the members in order.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|object| object.0)
}

/// Deserializes an integer. `1.0` is one too, as in JSON Schema.
fn integer<'de, T: TryFrom<u32>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_u64().and_then(|whole| u32::try_from(whole).ok()).or_else(|| {
        let float = number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(float))?;
        format!("{float:.0}").parse().ok()
    });
    let value = whole.and_then(|whole| T::try_from(whole).ok());
    value.ok_or_else(|| D::Error::custom(format_args!("number {number} is not an integer, or is out of range")))
}

/// Bytes in Base64 with padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Base64::encode_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = Base64::decode_vec(&text).map_err(|_| D::Error::custom("not Base64 with padding"))?;
        if bytes.is_empty() {
            return Err(D::Error::custom("empty; at least one byte is required"));
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Nonce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not 64 lower-case hexadecimal digits"))
    }
}

/// `POST /v1/nonces`: requests nonces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonceRequest {
    /// The number of nonces, 1 to 64.
    #[serde(default = "one", deserialize_with = "integer")]
    pub count: u8,
}

impl NonceRequest {
    /// The largest number of nonces per request.
    pub const MAX: u8 = 64;
}

const fn one() -> u8 {
    1
}

/// The nonces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonceAnswer {
    /// The nonces; each is valid for one request of the same client.
    pub nonces: Vec<Nonce>,
    /// Their validity in seconds.
    pub expires_in: u64,
}

/// `POST /v1/dacs`: requests a device's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DacRequest {
    /// The device's serial number.
    pub serial: String,
    /// The order for which the device was sold; checked if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The request for the new key, PKCS#10 in DER.
    pub csr: Bytes,
    /// A nonce of this service.
    pub nonce: Nonce,
    /// The device's proof of its old identity.
    #[serde(deserialize_with = "object")]
    pub identity: IdentityProof,
}

/// A device's proof of its old identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProof {
    /// The device's old certificate in DER.
    pub certificate: Bytes,
    /// The certificates between it and a root, at most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intermediates: Vec<Bytes>,
    /// The signature with the certificate's key over context, nonce, serial number and hash of the CSR.
    pub signature: Bytes,
}

impl IdentityProof {
    /// The largest number of intermediate certificates.
    pub const MAX_INTERMEDIATES: usize = 4;
    /// The largest size of a certificate in bytes.
    pub const MAX_CERTIFICATE: usize = 2046;
    /// The largest size of a signature in bytes.
    pub const MAX_SIGNATURE: usize = 516;
}

/// The progress of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceState {
    /// Its certificate was issued.
    Signed,
    /// The device has stored it.
    Installed,
    /// The device has proved that it has the key.
    Proved,
}

/// A certificate and the data that a device needs with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DacAnswer {
    /// The SHA-256 of the public key, which identifies the certificate in other requests.
    pub key: String,
    /// The order for which the device was sold.
    pub order: String,
    /// The progress of the device.
    pub state: DeviceState,
    /// The Device Attestation Certificate.
    pub dac: Bytes,
    /// The issuer's certificate.
    pub pai: Bytes,
    /// The Certification Declaration.
    pub cd: Bytes,
    /// The commissioning data of the device.
    pub verifier: VerifierSet,
}

/// The commissioning data that a device requires, without the passcode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierSet {
    /// The discriminator, 0 to 4095.
    pub discriminator: u16,
    /// PBKDF2 iterations, 1000 to 100000.
    pub iterations: u32,
    /// The salt.
    pub salt: Bytes,
    /// The verifier: w0 and L, 97 bytes.
    pub verifier: Bytes,
}

/// The state of a certificate after a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateAnswer {
    /// The SHA-256 of the public key.
    pub key: String,
    /// The progress of the device.
    pub state: DeviceState,
}

/// `POST /v1/dacs/{key}/proved`: the proof that a device has the certificate's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofRequest {
    /// A nonce of this service.
    pub nonce: Nonce,
    /// The SHA-256 of the data that the device has read back from its storage, in hexadecimal.
    pub image_sha256: String,
    /// The signature with the DAC's key over context, nonce, key hash and image hash: DER, or r and s.
    pub signature: Bytes,
}

/// `GET /v1/devices/{serial}/onboarding`: the codes for the owner of a device.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnboardingAnswer {
    /// The device's serial number.
    pub serial: String,
    /// The progress of the device.
    pub state: DeviceState,
    /// The text of the QR code.
    pub qr: String,
    /// The manual pairing code.
    pub manual: String,
}

impl fmt::Debug for OnboardingAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both codes contain the passcode.
        f.debug_struct("OnboardingAnswer")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

/// `POST /v1/orders`: opens an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// The order's id.
    pub id: String,
    /// The number of devices that may get a certificate.
    #[serde(deserialize_with = "integer")]
    pub size: u32,
    /// The vendor id in the certificates.
    #[serde(deserialize_with = "integer")]
    pub vendor_id: u16,
    /// The product id in the certificates.
    #[serde(deserialize_with = "integer")]
    pub product_id: u16,
}

/// The state of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderState {
    /// No more certificates are issued.
    Closed,
    /// Certificates are issued.
    Open,
    /// The order awaits another operator's approval.
    Proposed,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderAnswer {
    /// The order's id.
    pub id: String,
    /// The number of devices that may get a certificate.
    pub size: u32,
    /// The number of devices that take a place in the order.
    pub used: u64,
    /// The vendor id in the certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<u16>,
    /// The product id in the certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<u16>,
    /// The state of the order.
    pub state: OrderState,
    /// The operator who opened the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<String>,
    /// The operator who approved the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// `GET /healthz` and `GET /readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthAnswer {
    /// Always `ok`; a service that is not healthy answers with a problem.
    pub status: String,
}
