//! TLS: the service's certificate, and the verification of clients.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cli::Failure;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use crate::config::{TlsConfig, check_secret};

/// The state for new connections.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) verifier: Arc<dyn ClientCertVerifier>,
}

/// The cryptography of all connections: AWS-LC.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

impl Tls {
    /// Reads the files of a configuration.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with the file.
    pub(crate) fn read(config: &TlsConfig) -> Result<Self, Failure> {
        let verifier = read_verifier(
            ("tls.client_ca", &config.client_ca),
            ("tls.client_crl", &config.client_crl),
            config.allow_expired_crl,
        )?;
        let chain = read_certificates("tls.certificate", &config.certificate)?;
        check_secret("tls.key", &config.key)?;
        let bytes = cli::read_file("tls.key", &config.key)?;
        let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
            wrong(
                "tls.key",
                &config.key,
                "is not an unencrypted private key in PEM (PKCS#8, SEC 1 or PKCS#1)",
            )
        })?;
        let server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::Work(format!("TLS: {error}")))?
            .with_client_cert_verifier(verifier.clone())
            .with_single_cert(chain, key)
            .map_err(|error| {
                wrong(
                    "tls.certificate",
                    &config.certificate,
                    format!("does not fit tls.key: {error}"),
                )
            })?;
        let mut server = server;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would skip verifying its certificate against newer revocation lists.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Self {
            server: Arc::new(server),
            verifier,
        })
    }
}

/// Creates a chain verifier from files.
pub(crate) fn read_verifier(
    (roots_name, roots): (&str, &[PathBuf]),
    (lists_name, lists): (&str, &[PathBuf]),
    allow_expired: bool,
) -> Result<Arc<dyn ClientCertVerifier>, Failure> {
    let mut store = RootCertStore::empty();
    for path in roots {
        for certificate in read_certificates(roots_name, path)? {
            store.add(certificate).map_err(|error| {
                wrong(
                    roots_name,
                    path,
                    format!("contains a certificate that cannot be a root: {error}"),
                )
            })?;
        }
    }
    let mut verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider());
    for path in lists {
        verifier = verifier.with_crls(read_lists(lists_name, path)?);
    }
    if !allow_expired {
        verifier = verifier.enforce_revocation_expiration();
    }
    verifier
        .build()
        .map_err(|error| Failure::Input(format!("{roots_name}, {lists_name}: unusable: {error}")))
}

fn read_certificates(name: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = cli::read_file(name, path)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| wrong(name, path, format!("is not PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(wrong(name, path, "contains no certificate in PEM"));
    }
    Ok(certificates)
}

fn read_lists(name: &str, path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    let bytes = cli::read_file(name, path)?;
    // DER begins with a SEQUENCE.
    if bytes.first() == Some(&0x30) {
        return Ok(vec![CertificateRevocationListDer::from(bytes.to_vec())]);
    }
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let sections = sections.map_err(|error| wrong(name, path, format!("is not DER or PEM: {error}")))?;
    let lists = sections.into_iter().filter(|(kind, _)| *kind == SectionKind::Crl);
    let lists = lists
        .map(|(_, der)| CertificateRevocationListDer::from(der))
        .collect::<Vec<_>>();
    if lists.is_empty() {
        return Err(wrong(name, path, "contains no revocation list in PEM or DER"));
    }
    Ok(lists)
}

fn wrong(name: &str, path: &Path, reason: impl std::fmt::Display) -> Failure {
    Failure::Input(format!("{name} {}: {reason}", path.display()))
}
