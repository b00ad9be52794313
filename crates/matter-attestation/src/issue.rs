//! Issuing certificates: signers, requests, subjects and the three profiles.

mod issuer;
mod profile;
mod request;
mod subject;
mod template;
mod test_chain;

pub use self::issuer::{CertificateSigner, Issuer, issue_paa};
pub use self::profile::{DacProfile, PaaProfile, PaiProfile};
pub use self::subject::{DacSubject, PaaSubject, PaiSubject};
pub use self::template::DacTemplate;
pub use self::test_chain::TestChain;
