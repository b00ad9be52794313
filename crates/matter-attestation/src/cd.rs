mod cms;
mod content;
mod signed;
mod signers;
mod test_key;
mod tlv;

pub use self::content::{CertificationDeclaration, CertificationType, DacOrigin};
pub use self::signed::SignedDeclaration;
pub use self::signers::DeclarationSigners;
pub use self::test_key::{TEST_CD_SIGNING_KEY_ID, test_cd_signing_key};
pub(crate) use self::tlv::tag;
