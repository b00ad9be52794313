use core::fmt;

use der::DateTime;

/// What is wrong with the form of a certificate revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrlFault {
    /// The signature algorithm, inside or outside of the signed part, is not ecdsa-with-SHA256 without parameters.
    Algorithm,
    /// The authority key identifier is missing or does not have 20 octets.
    AuthorityKeyId,
    /// An entry names the issuer of its certificate, but the list does not say that it is an indirect one.
    CertificateIssuer,
    /// A critical extension is unknown here.
    CriticalExtension,
    /// The update times are missing, malformed or the wrong way round.
    Dates,
    /// The issuing distribution point is malformed, or is not one URI.
    DistributionPoint,
    /// An entry is malformed, or its serial number is not positive and of at most 20 octets.
    Entry,
    /// An extension is malformed or there twice.
    Extension,
    /// It is not DER or does not have the parts of a list.
    Form,
    /// The issuer is not a distinguished name.
    Issuer,
    /// The list is not complete: it has the changes to another, or has only some reasons or attribute certificates.
    Scope,
    /// The signature is not an ECDSA signature in DER in a BIT STRING.
    Signature,
    /// Octets follow the list.
    Trailing,
    /// The version is not 2, which is encoded as 1.
    Version,
}

impl fmt::Display for CrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "signature algorithm is not ecdsa-with-SHA256 without parameters",
            Self::AuthorityKeyId => "authority key identifier of 20 octets is missing",
            Self::CertificateIssuer => "an entry names its certificate's issuer in a list that is not indirect",
            Self::CriticalExtension => "critical extension is unknown",
            Self::Dates => "this update and, not before it, next update are missing or malformed",
            Self::DistributionPoint => "issuing distribution point is malformed or not one URI",
            Self::Entry => "entry is malformed or its serial number not positive and of at most 20 octets",
            Self::Extension => "extension is malformed or there twice",
            Self::Form => "not the DER of a CertificateList",
            Self::Issuer => "issuer is not a distinguished name",
            Self::Scope => "list is not complete: a delta, for some reasons only, or for attribute certificates only",
            Self::Signature => "signature is not a BIT STRING with an ECDSA signature in DER",
            Self::Trailing => "octets follow the list",
            Self::Version => "version is not 2 (encoded as 1)",
        })
    }
}

/// Why a certificate revocation list is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationFault {
    /// A newer list should have replaced this one.
    CrlExpired {
        /// When.
        next_update: DateTime,
        /// What time it is.
        at: DateTime,
    },
    /// The list is from the future.
    CrlNotYetValid {
        /// When it was made.
        this_update: DateTime,
        /// What time it is.
        at: DateTime,
    },
    /// The point's issuer subject key identifier is not that of the authority.
    PointKeyId,
    /// The point's product id is not that of the authority.
    PointProductId,
    /// Several points share authority and vendor, and the list's distribution point is not this one's URL.
    PointUri,
    /// The point's vendor id is not that of the authority.
    PointVendorId,
    /// The signer has no path to one of the PAAs.
    SignerUnknown,
    /// The key usage of the signer does not have cRLSign.
    SignerUsage,
    /// The signer, or a certificate above it, was not valid when the list was made.
    SignerValidity,
}

impl fmt::Display for RevocationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CrlExpired { next_update, at } => {
                write!(f, "list was to be replaced by {next_update}, and it is {at}")
            }
            Self::CrlNotYetValid { this_update, at } => write!(f, "list is from {this_update}, and it is {at}"),
            Self::PointKeyId => f.write_str("point's issuer subject key identifier is not that of the authority"),
            Self::PointProductId => f.write_str("point's product id is not that of the authority"),
            Self::PointUri => f.write_str(
                "several points share authority and vendor, and the list's distribution point is not this one's URL",
            ),
            Self::PointVendorId => f.write_str("point's vendor id is not that of the authority"),
            Self::SignerUnknown => f.write_str("signer has no path to one of the PAAs"),
            Self::SignerUsage => f.write_str("signer's key usage does not have cRLSign"),
            Self::SignerValidity => f.write_str("signer's path was not valid when the list was made"),
        }
    }
}
