//! Authorities of ordinary certificates, for clients, the service, and devices' old identities.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use der::asn1::{GeneralizedTime, OctetString, UtcTime};
use der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::pem::LineEnding;
use der::{Decode, Encode};
use matter_attestation::PrivateKey;
use p256::ecdsa::DerSignature;
use p256::pkcs8::EncodePublicKey;
use signature::Keypair;
use x509_cert::Certificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder, CrlBuilder, Result as BuilderResult};
use x509_cert::certificate::TbsCertificate;
use x509_cert::crl::RevokedCert;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlNumber, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

/// Any failure in the laboratory.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const DAY: i64 = 86_400;
const TEN_YEARS: i64 = 3650 * DAY;

/// The purpose of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A client.
    Client,
    /// A client whose certificate has expired.
    Expired,
    /// A service on this machine.
    Server,
}

/// An authority with a new key.
pub struct Authority {
    key: PrivateKey,
    certificate: Certificate,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Creates a self-signed authority.
    ///
    /// # Errors
    ///
    /// If the certificate cannot be made.
    pub fn new(subject: &str) -> Result<Self> {
        let key = crate::lab::setup::new_key()?;
        let certificate = build(&key, &key, None, &Name::from_str(subject)?, None, (-DAY, TEN_YEARS))?;
        Ok(Self { key, certificate })
    }

    /// Restores an existing authority.
    ///
    /// # Errors
    ///
    /// If the certificate cannot be read.
    pub fn from_parts(key: PrivateKey, certificate: &[u8]) -> Result<Self> {
        Ok(Self {
            key,
            certificate: Certificate::from_der(certificate)?,
        })
    }

    /// Issues a certificate in DER.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn issue(&self, subject: &str, key: &PrivateKey, leaf: Leaf) -> Result<Vec<u8>> {
        let validity = match leaf {
            Leaf::Expired => (-2 * DAY, -DAY),
            Leaf::Client | Leaf::Server => (-DAY, TEN_YEARS),
        };
        let issuer = Some(&self.certificate);
        Ok(build(&self.key, key, issuer, &Name::from_str(subject)?, Some(leaf), validity)?.to_der()?)
    }

    /// Issues a revocation list in DER that contains the given certificates.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn revoke(&self, certificates: &[Vec<u8>]) -> Result<Vec<u8>> {
        let now = time(-60)?;
        let revoked = certificates.iter().map(|der| {
            Ok(RevokedCert {
                serial_number: Certificate::from_der(der)?.tbs_certificate().serial_number().clone(),
                revocation_date: now,
                crl_entry_extensions: None,
            })
        });
        let revoked = revoked.collect::<Result<Vec<_>>>()?;
        let number = CrlNumber::try_from(u64::try_from(certificates.len())? + 1)?;
        let list =
            CrlBuilder::new_with_this_update(&self.certificate, number, now)?.with_next_update(Some(time(TEN_YEARS)?));
        // A list without entries omits the field.
        let list = if revoked.is_empty() {
            list
        } else {
            list.with_certificates(revoked.into_iter())
        };
        Ok(list.build::<_, DerSignature>(&self.key)?.to_der()?)
    }

    /// Returns its certificate in DER.
    ///
    /// # Errors
    ///
    /// Does not fail in practice.
    pub fn to_der(&self) -> Result<Vec<u8>> {
        Ok(self.certificate.to_der()?)
    }

    /// Returns its key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }
}

/// Encodes DER as PEM.
///
/// # Errors
///
/// Does not fail in practice.
pub fn to_pem(label: &str, der: &[u8]) -> Result<String> {
    Ok(der::pem::encode_string(label, LineEnding::LF, der)?)
}

/// Returns the time `seconds` from now.
fn time(seconds: i64) -> Result<Time> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let since = Duration::from_secs(u64::try_from(now.saturating_add(seconds))?);
    // UTCTime is used until 2049 (RFC 5280, 4.1.2.5).
    Ok(match UtcTime::from_unix_duration(since) {
        Ok(time) => Time::UtcTime(time),
        Err(_) => Time::GeneralTime(GeneralizedTime::from_unix_duration(since)?),
    })
}

fn build(
    signer: &PrivateKey,
    key: &PrivateKey,
    issuer: Option<&Certificate>,
    subject: &Name,
    leaf: Option<Leaf>,
    (from, to): (i64, i64),
) -> Result<Certificate> {
    let spki = SubjectPublicKeyInfoOwned::from_der(key.verifying_key().to_public_key_der()?.as_bytes())?;
    let profile = Profile {
        issuer: issuer.map(|issuer| issuer.tbs_certificate().subject().clone()),
        subject: subject.clone(),
        leaf,
    };
    let mut serial = [0; 16];
    getrandom::fill(&mut serial)?;
    let validity = Validity::new(time(from)?, time(to)?);
    // Positive, and of full length.
    let [first, ..] = &mut serial;
    *first = (*first & 0x7F) | 0x40;
    let builder = CertificateBuilder::new(profile, SerialNumber::new(&serial)?, validity, spki)?;
    Ok(builder.build::<_, DerSignature>(signer)?)
}

struct Profile {
    issuer: Option<Name>,
    subject: Name,
    /// `None` for an authority.
    leaf: Option<Leaf>,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, subject: &Name) -> Name {
        self.issuer.as_ref().unwrap_or(subject).clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> BuilderResult<Vec<Extension>> {
        let usage = match self.leaf {
            None => KeyUsages::KeyCertSign | KeyUsages::CRLSign,
            Some(_) => KeyUsages::DigitalSignature.into(),
        };
        let constraints = BasicConstraints {
            ca: self.leaf.is_none(),
            path_len_constraint: None,
        };
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(SubjectKeyIdentifier::try_from(issuer_key)?.0),
            ..AuthorityKeyIdentifier::default()
        };
        let name = Name::default();
        let mut extensions = vec![
            (true, &constraints).to_extension(&name, &[])?,
            (true, &KeyUsage(usage)).to_extension(&name, &[])?,
            (false, &SubjectKeyIdentifier::try_from(key)?).to_extension(&name, &[])?,
            (false, &authority).to_extension(&name, &[])?,
        ];
        let purpose = match self.leaf {
            None => return Ok(extensions),
            Some(Leaf::Server) => ID_KP_SERVER_AUTH,
            Some(Leaf::Client | Leaf::Expired) => ID_KP_CLIENT_AUTH,
        };
        extensions.push((false, &ExtendedKeyUsage(vec![purpose])).to_extension(&name, &[])?);
        if self.leaf == Some(Leaf::Server) {
            let names = [
                GeneralName::DnsName(der::asn1::Ia5String::new("localhost")?),
                GeneralName::IpAddress(OctetString::new(Ipv4Addr::LOCALHOST.octets())?),
            ];
            extensions.push((false, &SubjectAltName(names.to_vec())).to_extension(&name, &[])?);
        }
        Ok(extensions)
    }
}
