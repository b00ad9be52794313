//! Certificate revocation lists, and the resulting set of revoked serial numbers of each authority.

mod builder;
mod crl;
mod distribution_point;
mod fault;
mod point;
#[cfg(feature = "serde")]
mod serialized;
mod set;

pub use self::builder::RevocationSetBuilder;
pub use self::crl::{Crl, RevokedCertificate};
pub use self::distribution_point::CrlDistributionPoint;
pub(crate) use self::distribution_point::DistributionPoints;
pub use self::fault::{CrlFault, RevocationFault};
pub use self::point::RevocationPoint;
pub use self::set::{RevocationEntry, RevocationSet, RevocationStatus};
