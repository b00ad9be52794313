use core::fmt;

use const_oid::ObjectIdentifier;
use der::DateTime;
use matter_types::{ProductId, VendorId};

use crate::KeyId;
use crate::error::OrNone;

/// A fault in the form of a certificate revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrlFault {
    /// The signature algorithm, inside or outside of the signed part, is not ecdsa-with-SHA256 without parameters.
    Algorithm,
    /// The authority key identifier is missing or does not have 20 bytes.
    AuthorityKeyId,
    /// An entry names the issuer of its certificate, but the list is not marked as indirect.
    CertificateIssuer,
    /// A critical extension is not supported.
    CriticalExtension {
        /// The extension, unless its object identifier is malformed.
        oid: Option<ObjectIdentifier>,
    },
    /// The update times are missing, malformed or reversed.
    Dates,
    /// The issuing distribution point is malformed, or not a single URI.
    DistributionPoint,
    /// An entry is malformed, or its serial number is not positive or has more than 20 bytes.
    Entry,
    /// An extension is malformed or duplicated.
    Extension,
    /// It is not DER or does not have the parts of a list.
    Form,
    /// The issuer is not a distinguished name.
    Issuer,
    /// The list is incomplete: a delta CRL, or limited to some reasons or to attribute certificates.
    Scope,
    /// The signature is not an ECDSA signature in DER in a BIT STRING.
    Signature,
    /// There are bytes after the list.
    Trailing,
    /// The version is not 2, which is encoded as 1.
    Version {
        /// The encoded number, if there is one of a single byte.
        encoded: Option<u8>,
    },
}

impl fmt::Display for CrlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::Algorithm => "signature algorithm is not ecdsa-with-SHA256 without parameters",
            Self::AuthorityKeyId => "authority key identifier of 20 bytes is missing",
            Self::CertificateIssuer => "an entry names its certificate's issuer in a list that is not indirect",
            Self::CriticalExtension { oid } => {
                f.write_str("critical extension is not supported")?;
                return oid.map_or(Ok(()), |oid| write!(f, ": {oid}"));
            }
            Self::Dates => "this update or next update is missing or malformed, or next update is before this update",
            Self::DistributionPoint => "issuing distribution point is malformed or not a single URI",
            Self::Entry => "entry is malformed, or its serial number is not positive or has more than 20 bytes",
            Self::Extension => "extension is malformed or duplicated",
            Self::Form => "not a CertificateList in DER",
            Self::Issuer => "issuer is not a distinguished name",
            Self::Scope => "list is incomplete: a delta, or limited to some reasons or to attribute certificates",
            Self::Signature => "signature is not a BIT STRING with an ECDSA signature in DER",
            Self::Trailing => "trailing bytes after the list",
            Self::Version { encoded } => {
                f.write_str("version is not 2 (encoded as 1)")?;
                return encoded.map_or(Ok(()), |encoded| write!(f, ": encoded as {encoded}"));
            }
        })
    }
}

/// The reason why a certificate revocation list was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RevocationFault {
    /// The next update of the list is in the past.
    CrlExpired {
        /// The time of the next update.
        next_update: DateTime,
        /// The current time.
        at: DateTime,
    },
    /// The list is from the future.
    CrlNotYetValid {
        /// The time of issue.
        this_update: DateTime,
        /// The current time.
        at: DateTime,
    },
    /// The point's issuer subject key identifier differs from the authority's.
    PointKeyId {
        /// The point's.
        point: KeyId,
        /// The authority's.
        authority: Option<KeyId>,
    },
    /// The point's product id differs from the authority's.
    PointProductId {
        /// The point's.
        point: Option<ProductId>,
        /// The authority's.
        authority: Option<ProductId>,
    },
    /// Several points have the same authority and vendor, and the list's distribution point differs from this point's
    /// URL.
    PointUri,
    /// The point's vendor id differs from the authority's.
    PointVendorId {
        /// The point's.
        point: VendorId,
        /// The authority's.
        authority: Option<VendorId>,
    },
    /// The signer has no path to one of the PAAs.
    SignerUnknown,
    /// The key usage of the signer does not have cRLSign.
    SignerUsage,
    /// The signer, or a certificate above it, was not valid when the list was issued.
    SignerValidity,
}

impl fmt::Display for RevocationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CrlExpired { next_update, at } => {
                write!(f, "list expired at {next_update}; the time is {at}")
            }
            Self::CrlNotYetValid { this_update, at } => write!(f, "list is valid from {this_update}; the time is {at}"),
            Self::PointKeyId { point, authority } => {
                f.write_str("point's issuer subject key identifier differs from the authority's")?;
                differs(f, Some(*point), *authority)
            }
            Self::PointProductId { point, authority } => {
                f.write_str("point's product id differs from the authority's")?;
                differs(f, *point, *authority)
            }
            Self::PointUri => f.write_str(
                "several points have the same authority and vendor, and the list's distribution point differs from this point's URL",
            ),
            Self::PointVendorId { point, authority } => {
                f.write_str("point's vendor id differs from the authority's")?;
                differs(f, Some(*point), *authority)
            }
            Self::SignerUnknown => f.write_str("signer has no path to one of the PAAs"),
            Self::SignerUsage => f.write_str("signer's key usage does not have cRLSign"),
            Self::SignerValidity => f.write_str("signer's path was not valid when the list was issued"),
        }
    }
}

/// Writes both values. Two authorities may have the same key identifier: equal values do not explain a difference.
fn differs<T: fmt::Display + PartialEq>(
    f: &mut fmt::Formatter<'_>,
    point: Option<T>,
    authority: Option<T>,
) -> fmt::Result {
    if point == authority {
        return Ok(());
    }
    write!(f, ": {}, not {}", OrNone(point), OrNone(authority))
}
