mod distribution_point;
mod set;

pub use self::distribution_point::CrlDistributionPoint;
pub(crate) use self::distribution_point::DistributionPoints;
pub use self::set::{RevocationEntry, RevocationSet, RevocationStatus};
