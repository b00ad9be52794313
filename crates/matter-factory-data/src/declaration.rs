use alloc::vec::Vec;

use matter_attestation::{CertificationDeclaration, SignedDeclaration};

use crate::Error;

/// A Certification Declaration as it is stored: its bytes, known to be readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    der: Vec<u8>,
    signed: SignedDeclaration,
}

impl Declaration {
    /// Accepts the DER of a signed declaration. The signature is not verified.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when it cannot be read.
    pub fn decode(der: Vec<u8>) -> Result<Self, Error> {
        let signed = SignedDeclaration::decode(&der)?;
        Ok(Self { der, signed })
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Returns what it declares.
    #[must_use]
    pub const fn content(&self) -> &CertificationDeclaration {
        self.signed.content()
    }

    /// Tells whether it says to be signed with the published test key, which no commissioner for products accepts.
    #[must_use]
    pub fn has_test_signer(&self) -> bool {
        self.signed.has_test_signer()
    }
}
