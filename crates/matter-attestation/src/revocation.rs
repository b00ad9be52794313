mod set;

pub use self::set::{RevocationEntry, RevocationSet, RevocationStatus};
