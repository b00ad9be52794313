//! The JSON objects of the Matter SDK's revocation set, and of the DCL's revocation distribution points.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Display;

use base64ct::{Base64, Encoding};
use matter_types::{ProductId, VendorId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{RevocationEntry, RevocationPoint, RevocationSet};
use crate::{Certificate, KeyId, SerialNumber, hex};

const TYPE: &str = "revocation_set";
/// The DCL's revocation type of a CRL.
const CRL: u32 = 1;

/// One object of a revocation set, with the member names of `credentials/generate_revocation_set.py`.
#[derive(Serialize, Deserialize)]
struct Entry {
    r#type: String,
    issuer_subject_key_id: String,
    issuer_name: String,
    revoked_serial_numbers: Vec<String>,
    crl_signer_cert: String,
    // The script writes null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crl_signer_delegator: Option<String>,
}

impl Serialize for RevocationEntry {
    /// Writes an object with these members, in this order: `type`, `issuer_subject_key_id`, `issuer_name`,
    /// `revoked_serial_numbers`, `crl_signer_cert`, and `crl_signer_delegator` if present.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Entry {
            r#type: TYPE.into(),
            issuer_subject_key_id: self.issuer_key_id().to_string(),
            issuer_name: Base64::encode_string(self.issuer_name()),
            revoked_serial_numbers: self.revoked().map(serial_to_text).collect(),
            crl_signer_cert: Base64::encode_string(self.signer().as_der()),
            crl_signer_delegator: self.delegator().map(|ca| Base64::encode_string(ca.as_der())),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RevocationEntry {
    /// Reads the object; unknown members are ignored.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entry = Entry::deserialize(deserializer)?;
        if entry.r#type != TYPE {
            return Err(D::Error::custom("type is not \"revocation_set\""));
        }
        let issuer_name = base64(&entry.issuer_name, "issuer_name")?;
        let issuer_key_id = key_id(&entry.issuer_subject_key_id, "issuer_subject_key_id")?;
        let revoked = entry
            .revoked_serial_numbers
            .iter()
            .map(|text| {
                upper_hex(text)
                    .and_then(|number| SerialNumber::new(&number).ok())
                    .ok_or_else(|| {
                        D::Error::custom(format_args!(
                            "revoked_serial_numbers: {text:?} must be an even number of upper-case hexadecimal digits \
                             of a positive number of at most 20 bytes"
                        ))
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let signer = certificate(&entry.crl_signer_cert, "crl_signer_cert")?;
        let delegator = match &entry.crl_signer_delegator {
            Some(text) => Some(certificate(text, "crl_signer_delegator")?),
            None => None,
        };
        Ok(Self::new(&issuer_name, issuer_key_id, revoked, signer, delegator))
    }
}

impl Serialize for RevocationSet {
    /// Writes an array of the entries.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RevocationSet {
    /// Reads an array of entries.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<RevocationEntry>::deserialize(deserializer).map(Self::new)
    }
}

/// One object of the DCL's `PkiRevocationDistributionPoint`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    vid: u16,
    #[serde(default)]
    pid: u16,
    #[serde(rename = "isPAA")]
    is_paa: bool,
    crl_signer_certificate: String,
    #[serde(default)]
    crl_signer_delegator: Option<String>,
    #[serde(rename = "issuerSubjectKeyID")]
    issuer_subject_key_id: String,
    #[serde(rename = "dataURL")]
    data_url: String,
    revocation_type: u32,
}

impl<'de> Deserialize<'de> for RevocationPoint {
    /// Reads an object of the DCL's answer, with certificates in PEM. A product id of 0 and an empty delegator mean
    /// absent.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let point = Point::deserialize(deserializer)?;
        if point.revocation_type != CRL {
            return Err(D::Error::custom("revocationType is not 1 (CRL)"));
        }
        let pem =
            |text: &str, member| Certificate::from_pem(text).map_err(|error| in_member::<D::Error>(member, error));
        let mut read = Self::new(
            VendorId::new(point.vid).map_err(|error| in_member("vid", error))?,
            point.is_paa,
            key_id(&point.issuer_subject_key_id, "issuerSubjectKeyID")?,
            pem(&point.crl_signer_certificate, "crlSignerCertificate")?,
            &point.data_url,
        );
        if point.pid != 0 {
            read = read.with_product_id(ProductId::new(point.pid).map_err(|error| in_member("pid", error))?);
        }
        match point.crl_signer_delegator.as_deref() {
            None | Some("") => Ok(read),
            Some(text) => Ok(read.with_delegator(pem(text, "crlSignerDelegator")?)),
        }
    }
}

/// Formats the number as the SDK compares it: without the leading zero byte of a positive INTEGER.
fn serial_to_text(serial: SerialNumber) -> String {
    let text = serial.to_string();
    match text.strip_prefix("00") {
        Some(digits) => digits.into(),
        None => text,
    }
}

fn key_id<E: serde::de::Error>(text: &str, member: &str) -> Result<KeyId, E> {
    let mut bytes = [0; KeyId::LEN];
    hex::decode_upper(text.as_bytes(), &mut bytes)
        .map(|()| KeyId::new(bytes))
        .ok_or_else(|| in_member(member, "not 40 upper-case hexadecimal digits"))
}

fn certificate<E: serde::de::Error>(text: &str, member: &str) -> Result<Certificate, E> {
    Certificate::from_der(&base64(text, member)?).map_err(|error| in_member(member, error))
}

fn base64<E: serde::de::Error>(text: &str, member: &str) -> Result<Vec<u8>, E> {
    Base64::decode_vec(text).map_err(|_| in_member(member, "not base64 with padding"))
}

fn in_member<E: serde::de::Error>(member: &str, error: impl Display) -> E {
    E::custom(format_args!("{member}: {error}"))
}

/// Decodes two upper-case digits for each byte.
fn upper_hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() / 2];
    hex::decode_upper(text.as_bytes(), &mut bytes)?;
    Some(bytes)
}
