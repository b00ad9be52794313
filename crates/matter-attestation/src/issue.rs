//! Making certificates: who may sign, what may be asked for, and the three profiles.

mod build;
mod dac;
mod extensions;
mod issuer;
mod paa;
mod pai;
mod signer;
mod subject;
mod template;

pub use self::dac::DacProfile;
pub use self::issuer::{Issuer, issue_paa};
pub use self::paa::PaaProfile;
pub use self::pai::PaiProfile;
pub use self::signer::CertificateSigner;
pub use self::subject::{DacSubject, PaaSubject, PaiSubject};
pub use self::template::DacTemplate;
