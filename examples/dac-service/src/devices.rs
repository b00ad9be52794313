//! The sold devices, and the proofs of their identity.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use cli::Failure;
use der::{Decode, Encode};
use matter_issuance::DeviceId;
use p256::ecdsa::Signature;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;
use webpki::aws_lc_rs::{ECDSA_P256_SHA256, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS};
use x509_cert::Certificate;

use crate::clients::{Fingerprint, Subject};
use crate::config::{IdentityConfig, OrderConfig};
use crate::nonces::Nonce;
use crate::tls::read_verifier;

/// Context of the signature with a device's old key.
pub const REQUEST_CONTEXT: &[u8] = b"matter-dac-service-v1";

/// A sold device.
#[derive(Debug)]
struct Sold {
    order: Arc<str>,
    /// The SHA-256 of the public key that it must prove, if one is listed.
    key: Option<Fingerprint>,
}

/// The old identity in a request.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The device's old certificate.
    pub certificate: Vec<u8>,
    /// The certificates between it and a root.
    pub intermediates: Vec<Vec<u8>>,
    /// The signature: ECDSA as DER or as r and s, or RSA PKCS #1 v1.5, each with SHA-256.
    pub signature: Vec<u8>,
}

/// A fault of an old identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityFault {
    /// The certificate has no valid chain to a root.
    Chain,
    /// Its key differs from the list of sold devices.
    Key,
    /// It is malformed.
    Malformed,
    /// It names another device.
    Name,
    /// The signature does not verify with its key.
    Signature,
}

impl IdentityFault {
    /// Returns the machine-readable reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chain => "identity-chain",
            Self::Key => "identity-key",
            Self::Malformed => "identity-malformed",
            Self::Name => "identity-name",
            Self::Signature => "identity-signature",
        }
    }

    /// Returns the reason as a sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Chain => "the identity's certificate has no valid, unrevoked chain to a root of the configuration",
            Self::Key => "the identity's key differs from the list of sold devices",
            Self::Malformed => "the identity's certificate cannot be read",
            Self::Name => {
                "the device's serial number is not the common name or serial number in the identity's subject"
            }
            Self::Signature => {
                "the identity's signature of context, nonce, serial number and hash of the request does not verify"
            }
        }
    }
}

impl fmt::Display for IdentityFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The sold devices, with the authorities of their old identities.
#[derive(Debug)]
pub struct Devices {
    sold: BTreeMap<Box<str>, Sold>,
    orders: Vec<Arc<str>>,
    roots: Option<Arc<dyn ClientCertVerifier>>,
}

impl Devices {
    /// Reads the lists and authorities of a configuration.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with file and line.
    pub fn read(orders: &[OrderConfig], identities: &IdentityConfig) -> Result<Self, Failure> {
        let roots = match identities.roots.as_slice() {
            [] if !identities.crl.is_empty() => {
                return Err(Failure::Input(
                    "identities.crl: has no effect without identities.roots".into(),
                ));
            }
            [] => None,
            roots => Some(read_verifier(
                ("identities.roots", roots),
                ("identities.crl", &identities.crl),
                false,
            )?),
        };
        let mut devices = Self {
            sold: BTreeMap::new(),
            orders: Vec::new(),
            roots,
        };
        for order in orders {
            if devices.orders.iter().any(|other| **other == *order.id) {
                return Err(Failure::Input(format!("orders: duplicate id {:?}", order.id)));
            }
            let id = Arc::<str>::from(order.id.as_str());
            devices.add(&id, &order.sold)?;
            devices.orders.push(id);
        }
        Ok(devices)
    }

    fn add(&mut self, order: &Arc<str>, path: &Path) -> Result<(), Failure> {
        let table = cli::read_table_with_header("orders.sold", path)?;
        let Some((header, rows)) = table.rows().split_first() else {
            return Err(Failure::Input(format!("orders.sold {}: is empty", path.display())));
        };
        let column = |name: &str| header.cells().position(|cell| cell.trim() == name);
        let serials = column("serial")
            .ok_or_else(|| Failure::Input(format!("orders.sold {}: has no column serial", path.display())))?;
        let keys = column("identity");
        for row in rows {
            let place = |column: &str| table.place(row.line(), column);
            let serial = row.get(serials).unwrap_or_default().trim();
            let device = DeviceId::new(serial).map_err(|refusal| Failure::at(&place("serial"), refusal))?;
            let key = keys
                .and_then(|keys| row.get(keys))
                .map(str::trim)
                .filter(|text| !text.is_empty());
            let key = key.map(|text| {
                Fingerprint::parse(text)
                    .ok_or_else(|| Failure::at(&place("identity"), "is not the 64 hexadecimal digits of a SHA-256"))
            });
            let sold = Sold {
                order: order.clone(),
                key: key.transpose()?,
            };
            if sold.key.is_none() && self.roots.is_none() {
                let reason = "is empty, but without identities.roots it is required to identify the device";
                return Err(Failure::at(&place("identity"), reason));
            }
            if self.sold.insert(device.as_str().into(), sold).is_some() {
                return Err(Failure::at(
                    &place("serial"),
                    "duplicate serial number, listed before in this or another order",
                ));
            }
        }
        Ok(())
    }

    /// Returns the number of sold devices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sold.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sold.is_empty()
    }

    /// Returns the order for which a device was sold.
    #[must_use]
    pub fn order_of(&self, serial: &str) -> Option<&Arc<str>> {
        self.sold.get(serial).map(|sold| &sold.order)
    }

    /// Checks that a request is from the device that it names: with its listed key, or else with a certificate that
    /// names it and has a chain to a root. `serial` is the serial number as written in the request.
    ///
    /// # Errors
    ///
    /// [`IdentityFault`]
    pub fn verify(
        &self,
        device: &DeviceId,
        serial: &str,
        nonce: &Nonce,
        csr: &[u8],
        identity: &Identity,
    ) -> Result<(), IdentityFault> {
        let certificate = CertificateDer::from(identity.certificate.as_slice());
        let end_entity = EndEntityCert::try_from(&certificate).map_err(|_| IdentityFault::Malformed)?;
        match self.sold.get(device.as_str()).and_then(|sold| sold.key) {
            Some(wanted) => {
                let parsed = Certificate::from_der(&identity.certificate).map_err(|_| IdentityFault::Malformed)?;
                let key = parsed.tbs_certificate().subject_public_key_info().to_der();
                if Fingerprint::of(&key.map_err(|_| IdentityFault::Malformed)?) != wanted {
                    return Err(IdentityFault::Key);
                }
            }
            None => {
                let subject = Subject::of(&identity.certificate).ok_or(IdentityFault::Malformed)?;
                let names = [&subject.name, &subject.serial].into_iter().flatten();
                if !names.flat_map(|name| DeviceId::new(name)).any(|name| name == *device) {
                    return Err(IdentityFault::Name);
                }
                let roots = self.roots.as_ref().ok_or(IdentityFault::Chain)?;
                let intermediates = identity
                    .intermediates
                    .iter()
                    .map(|der| CertificateDer::from(der.as_slice()));
                roots
                    .verify_client_cert(&certificate, &intermediates.collect::<Vec<_>>(), UnixTime::now())
                    .map_err(|_| IdentityFault::Chain)?;
            }
        }
        let message = request_message(nonce, serial, csr);
        let is_signed = |algorithm: &dyn SignatureVerificationAlgorithm, signature: &[u8]| {
            end_entity.verify_signature(algorithm, &message, signature).is_ok()
        };
        let [ecdsa, rsa, rsa_without] = [
            ECDSA_P256_SHA256,
            RSA_PKCS1_2048_8192_SHA256,
            RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        ];
        let signature = &identity.signature;
        let signed = is_signed(ecdsa, signature)
            || raw_to_der(signature).is_some_and(|der| is_signed(ecdsa, &der))
            || is_signed(rsa, signature)
            || is_signed(rsa_without, signature);
        if signed { Ok(()) } else { Err(IdentityFault::Signature) }
    }
}

/// Returns the data that a device signs with its old key; the signature hashes it with SHA-256.
#[must_use]
pub fn request_message(nonce: &Nonce, serial: &str, csr: &[u8]) -> Vec<u8> {
    [
        REQUEST_CONTEXT,
        nonce.as_bytes(),
        serial.as_bytes(),
        &Sha256::digest(csr),
    ]
    .concat()
}

/// Encodes r and s, 32 bytes each, in DER.
pub(crate) fn raw_to_der(signature: &[u8]) -> Option<Vec<u8>> {
    let signature = Signature::from_slice(signature).ok()?;
    Some(signature.to_der().as_bytes().to_vec())
}
