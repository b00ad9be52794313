mod cms;
mod content;
mod declaration;
mod signed;
mod signers;
mod test_key;

pub(crate) use self::cms::Envelope;
pub(crate) use self::content::{Content, ContentFault};
pub use self::declaration::{CertificationDeclaration, CertificationType, DacOrigin};
pub use self::signed::SignedDeclaration;
pub use self::signers::DeclarationSigners;
pub use self::test_key::{TEST_CD_SIGNING_KEY_ID, test_cd_signing_key};
