use alloc::string::String;
use alloc::vec::Vec;

use der::{Decode, Encode};
use x509_cert::ext::pkix::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use crate::Certificate;

/// Where a certificate says that its issuer's list is, read as the Matter SDK does (connectedhomeip,
/// `src/crypto`, `ExtractCRLDistributionPointURIFromX509Cert` and `ExtractCDPExtensionCRLIssuerFromX509Cert`).
///
/// Both parts are looked for on their own, and what is not of the one expected form is as if it were not there: one
/// extension with one distribution point; one full name, a URI with `http://` or `https://`; one directory name as
/// issuer of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrlDistributionPoint {
    uri: Option<String>,
    crl_issuer: Option<Vec<u8>>,
}

impl CrlDistributionPoint {
    /// The most octets of a URI that the SDK keeps (`kMaxCRLDistributionPointURLLength`); longer ones are its error.
    pub const MAX_URI_LEN: usize = 100;

    /// Reads the extension of a certificate.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let Ok(certificate) = x509_cert::Certificate::from_der(certificate.as_der()) else {
            return Self::default();
        };
        let mut found = certificate
            .tbs_certificate()
            .filter_extensions::<CrlDistributionPoints>();
        let (Some(Ok((_, points))), None) = (found.next(), found.next()) else {
            return Self::default();
        };
        match points.0.as_slice() {
            [point] => Self {
                uri: uri(point),
                crl_issuer: crl_issuer(point),
            },
            _ => Self::default(),
        }
    }

    /// Returns the URI of the list, which may be longer than [`CrlDistributionPoint::MAX_URI_LEN`].
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.uri.as_deref()
    }

    /// Returns the distinguished name of the list's issuer in DER.
    #[must_use]
    pub fn crl_issuer_der(&self) -> Option<&[u8]> {
        self.crl_issuer.as_deref()
    }
}

fn uri(point: &DistributionPoint) -> Option<String> {
    let Some(DistributionPointName::FullName(names)) = &point.distribution_point else {
        return None;
    };
    let [GeneralName::UniformResourceIdentifier(uri)] = names.as_slice() else {
        return None;
    };
    let uri = uri.as_str();
    (uri.starts_with("http://") || uri.starts_with("https://")).then(|| uri.into())
}

fn crl_issuer(point: &DistributionPoint) -> Option<Vec<u8>> {
    match point.crl_issuer.as_deref() {
        Some([GeneralName::DirectoryName(name)]) => name.to_der().ok(),
        _ => None,
    }
}
