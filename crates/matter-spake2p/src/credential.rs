use matter_types::Passcode;
use subtle::ConstantTimeEq;

use crate::{Error, Iterations, Salt, Verifier};

/// What a device tells a commissioner so that it can derive w0 and w1 (`Crypto_PBKDFParameterSet`, Matter Core
/// Specification 3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PbkdfParameters {
    /// The iteration count.
    pub iterations: Iterations,
    /// The salt.
    pub salt: Salt,
}

/// A passcode together with the verifier that it opens.
///
/// There is no way to make one whose parts disagree, so that a label printed from the passcode fits a device that
/// holds the verifier.
#[derive(Clone, Debug)]
pub struct PaseCredential {
    passcode: Passcode,
    parameters: PbkdfParameters,
    verifier: Verifier,
}

impl PaseCredential {
    /// Derives the verifier.
    ///
    /// # Errors
    ///
    /// As [`Verifier::derive`].
    pub fn derive(passcode: Passcode, parameters: PbkdfParameters) -> Result<Self, Error> {
        let verifier = Verifier::derive(&passcode, &parameters)?;
        Ok(Self {
            passcode,
            parameters,
            verifier,
        })
    }

    /// Accepts a verifier that was made elsewhere, after deriving it again.
    ///
    /// # Errors
    ///
    /// [`Error::VerifierMismatch`] when the derived one differs.
    pub fn with_verifier(passcode: Passcode, parameters: PbkdfParameters, verifier: &Verifier) -> Result<Self, Error> {
        let derived = Self::derive(passcode, parameters)?;
        if bool::from(derived.verifier.ct_eq(verifier)) {
            Ok(derived)
        } else {
            Err(Error::VerifierMismatch)
        }
    }

    /// Returns the passcode.
    #[must_use]
    pub const fn passcode(&self) -> &Passcode {
        &self.passcode
    }

    /// Returns salt and iteration count.
    #[must_use]
    pub const fn parameters(&self) -> &PbkdfParameters {
        &self.parameters
    }

    /// Returns the verifier.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}
