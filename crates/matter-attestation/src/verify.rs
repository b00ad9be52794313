mod declaration;
mod prepared;
mod report;
mod response;
mod verification;

pub use self::prepared::PreparedVerification;
pub use self::report::VerificationReport;
pub use self::response::AttestationResponse;
pub use self::verification::Verification;
