use alloc::string::String;
use alloc::vec::Vec;

use crate::x509::{Extensions, Frame, Malformed, Tlv, id, tag};
use crate::{Certificate, Error};

/// The CRL distribution point of a certificate (Matter Core Specification 6.2.4.1; RFC 5280, 4.2.1.13).
///
/// There may be one distribution point, with one http or https URI, and with one CRL issuer if the CRL has another
/// signer than the certificate. Each part is searched separately, and any other content counts as absent, like in the
/// Matter SDK (connectedhomeip, `src/crypto`, `ExtractCRLDistributionPointURIFromX509Cert` and
/// `ExtractCDPExtensionCRLIssuerFromX509Cert`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrlDistributionPoint {
    uri: Option<String>,
    crl_issuer: Option<Vec<u8>>,
}

impl CrlDistributionPoint {
    /// The maximum length in bytes of a URI in the SDK (`kMaxCRLDistributionPointURLLength`); a longer one is an error
    /// there.
    pub const MAX_URI_LEN: usize = 100;

    /// Reads the extension of a certificate.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        // A decoded certificate always has a frame.
        Self::of_der(certificate.as_der()).unwrap_or_default()
    }

    /// Reads the extension of a certificate in DER, including one that [`Certificate`] refuses.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateMalformed`] when it is not a certificate.
    pub fn of_der(certificate: &[u8]) -> Result<Self, Error> {
        let frame = Frame::find(certificate).map_err(Malformed::in_certificate)?;
        let (extensions, end) = Extensions::find_all(&frame);
        end.map_err(Malformed::in_certificate)?;
        let points = DistributionPoints::read(&extensions.values_of(id::CRL_DISTRIBUTION_POINTS));
        Ok(Self {
            uri: points.uri.map(String::from),
            crl_issuer: points.crl_issuer.map(Vec::from),
        })
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

/// The content of the distribution points extension.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DistributionPoints<'a> {
    uri: Option<&'a str>,
    crl_issuer: Option<&'a [u8]>,
    /// A CRL issuer is named, but not by a single distinguished name.
    other_crl_issuer: bool,
}

impl<'a> DistributionPoints<'a> {
    pub(crate) fn read(extensions: &[Tlv<'a>]) -> Self {
        match extensions {
            [one] => Self::read_one(one).unwrap_or_default(),
            _ => Self::default(),
        }
    }

    pub(crate) const fn is_allowed(&self) -> bool {
        self.uri.is_some() && !self.other_crl_issuer
    }

    /// Decodes `SEQUENCE OF DistributionPoint`, which must have one member.
    fn read_one(extension: &Tlv<'a>) -> Result<Self, Malformed> {
        let mut outer = extension.inside();
        let mut list = outer.expect(tag::SEQUENCE)?.inside();
        outer.finish()?;
        let mut fields = list.expect(tag::SEQUENCE)?.inside();
        list.finish()?;
        let mut points = Self::default();
        if let Some(name) = fields.next_if(tag::EXPLICIT_0)? {
            let mut name = name.inside();
            // The alternative, nameRelativeToCRLIssuer, is not a URI.
            if let Some(names) = name.next_if(tag::EXPLICIT_0)? {
                points.uri = one(&names)
                    .filter(|uri| uri.tag == tag::IMPLICIT_6)
                    .and_then(|uri| core::str::from_utf8(uri.value).ok())
                    .filter(|uri| uri.is_ascii())
                    .filter(|uri| uri.starts_with("http://") || uri.starts_with("https://"));
            }
        }
        fields.next_if(tag::IMPLICIT_1)?;
        if let Some(issuers) = fields.next_if(tag::EXPLICIT_2)? {
            points.crl_issuer = one(&issuers)
                .filter(|issuer| issuer.tag == tag::EXPLICIT_4)
                .and_then(|issuer| one(&issuer))
                .filter(|name| name.tag == tag::SEQUENCE)
                .map(|name| name.raw);
            points.other_crl_issuer = points.crl_issuer.is_none();
        }
        fields.finish()?;
        Ok(points)
    }
}

/// Returns the only member.
fn one<'a>(list: &Tlv<'a>) -> Option<Tlv<'a>> {
    let mut members = list.inside();
    let member = members.next().ok()?;
    members.is_empty().then_some(member)
}
