//! The client's certificate and its roles.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use base16ct::HexDisplay;
use der::Decode;
use der::asn1::{PrintableStringRef, Utf8StringRef};
use der::oid::ObjectIdentifier;
use der::oid::db::rfc4519::{CN, ORGANIZATIONAL_UNIT_NAME as OU};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::name::Name;

/// A permission of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Fetches onboarding codes for the owners of devices.
    App,
    /// Requests nonces and certificates, and reports their use.
    DeviceCloud,
    /// Reads metrics.
    Monitor,
    /// Opens and approves orders.
    Operator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::App, Self::DeviceCloud, Self::Monitor, Self::Operator];

    /// Returns the name used in the configuration and as organizational unit.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::DeviceCloud => "device-cloud",
            Self::Monitor => "monitor",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes a certificate.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Reads 64 hexadecimal digits, with or without colons between bytes, as written by `openssl x509 -fingerprint`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.replace(':', "");
        let mut bytes = [0; 32];
        let decoded = base16ct::mixed::decode(digits.as_bytes(), &mut bytes).ok()?;
        (decoded.len() == 32).then_some(Self(bytes))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", HexDisplay(&self.0))
    }
}

/// A client of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientEntry {
    /// The common name in the subject of its certificate.
    pub name: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The SHA-256 of its certificates, if only certain certificates with this name are accepted.
    #[serde(default)]
    pub sha256: Vec<String>,
}

/// A client with its certificate.
#[derive(Clone, Debug)]
pub struct Client {
    name: Arc<str>,
    fingerprint: Fingerprint,
    roles: Vec<Role>,
}

impl Client {
    /// Returns the common name, or `unknown`.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns the SHA-256 of the certificate.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns whether it has one of the roles.
    #[must_use]
    pub fn has_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }
}

#[derive(Debug)]
struct Known {
    name: Arc<str>,
    roles: Vec<Role>,
    certificates: Vec<Fingerprint>,
}

/// The clients of the configuration.
#[derive(Debug)]
pub struct Clients {
    known: BTreeMap<String, Known>,
    roles_from_ou: bool,
    unknown: Arc<str>,
}

impl Clients {
    /// Builds the clients of a configuration. With `roles_from_ou`, the organizational units in the subject of a
    /// certificate issued by the clients' CA are roles too.
    ///
    /// # Errors
    ///
    /// A message about the fault.
    pub fn new(entries: &[ClientEntry], roles_from_ou: bool) -> Result<Self, String> {
        let mut known = BTreeMap::new();
        for entry in entries {
            let name = &entry.name;
            if name.is_empty() || name.len() > 64 {
                return Err("clients: a name must have 1 to 64 bytes".into());
            }
            let certificates = entry.sha256.iter().map(|text| {
                Fingerprint::parse(text)
                    .ok_or_else(|| format!("clients: sha256 of {name:?} is not 64 hexadecimal digits"))
            });
            let client = Known {
                name: name.as_str().into(),
                roles: entry.roles.clone(),
                certificates: certificates.collect::<Result<_, _>>()?,
            };
            if known.insert(name.clone(), client).is_some() {
                return Err(format!("clients: duplicate name {name:?}"));
            }
        }
        if known.is_empty() && !roles_from_ou {
            return Err(
                "clients: none is listed and tls.roles_from_ou is false, so every request would be refused".into(),
            );
        }
        Ok(Self {
            known,
            roles_from_ou,
            unknown: "unknown".into(),
        })
    }

    /// Returns the client of a verified certificate. An unknown certificate gives a client without roles.
    #[must_use]
    pub fn identify(&self, certificate: &[u8]) -> Client {
        let fingerprint = Fingerprint::of(certificate);
        let subject = Subject::of(certificate).unwrap_or_default();
        let known = subject.name.as_deref().and_then(|name| self.known.get(name));
        let known = known.filter(|known| known.certificates.is_empty() || known.certificates.contains(&fingerprint));
        let mut roles = known.map_or_else(Vec::new, |known| known.roles.clone());
        if self.roles_from_ou {
            roles.extend(
                Role::ALL
                    .iter()
                    .filter(|role| subject.units.iter().any(|unit| unit == role.name())),
            );
        }
        // Only names that the configuration or the CA vouches for are logged and recorded.
        let name = match (known, subject.name) {
            (Some(known), _) => known.name.clone(),
            (None, Some(name)) if !roles.is_empty() => name.into(),
            _ => self.unknown.clone(),
        };
        Client {
            name,
            fingerprint,
            roles,
        }
    }
}

/// The relevant parts of a certificate's subject.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    /// The common name, if there is exactly one.
    pub(crate) name: Option<String>,
    /// The serialNumber attribute, if there is exactly one.
    pub(crate) serial: Option<String>,
    units: Vec<String>,
}

impl Subject {
    pub(crate) fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        let subject = certificate.tbs_certificate().subject();
        Some(Self {
            name: only(texts(subject, CN)),
            serial: only(texts(subject, SERIAL_NUMBER)),
            units: texts(subject, OU),
        })
    }
}

/// id-at-serialNumber (ITU-T X.520).
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");

fn only(mut texts: Vec<String>) -> Option<String> {
    let text = texts.pop()?;
    let printable = text.len() <= 64 && !text.is_empty() && !text.contains(char::is_control);
    (texts.is_empty() && printable).then_some(text)
}

fn texts(name: &Name, kind: ObjectIdentifier) -> Vec<String> {
    let attributes = name.iter_rdn().flat_map(|rdn| rdn.iter());
    let values = attributes.filter(|attribute| attribute.oid == kind).map(|attribute| {
        let value = &attribute.value;
        let utf8 = value
            .decode_as::<Utf8StringRef<'_>>()
            .map(|text| text.as_str().to_owned());
        let text = utf8.or_else(|_| {
            value
                .decode_as::<PrintableStringRef<'_>>()
                .map(|text| text.as_str().to_owned())
        });
        // An unreadable one counts: then there is not exactly one.
        text.unwrap_or_default()
    });
    values.collect()
}
