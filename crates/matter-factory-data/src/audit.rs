//! The audit of one device: what its finished bytes say, and whether it is one thing.

mod check_id;
mod finding;

pub use check_id::Check;
pub use finding::{Finding, Severity};
