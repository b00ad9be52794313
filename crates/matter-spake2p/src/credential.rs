use matter_types::Passcode;
use subtle::{Choice, ConstantTimeEq};

use crate::{DeriveEach, Error, Iterations, Salt, Verifier};

/// The parameters that a device sends to a commissioner to derive w0 and w1 (`Crypto_PBKDFParameterSet`, Matter Core
/// Specification 3.9).
///
/// # Examples
///
/// ```
/// use matter_spake2p::{Iterations, PbkdfParameters, Salt};
///
/// let parameters = PbkdfParameters::new(Iterations::new(10_000)?, Salt::new(&[7; 32])?);
/// assert_eq!(parameters.iterations.get(), 10_000);
/// # Ok::<(), matter_spake2p::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PbkdfParameters {
    /// The iteration count.
    pub iterations: Iterations,
    /// The salt.
    pub salt: Salt,
}

impl PbkdfParameters {
    /// Creates the parameters.
    #[must_use]
    pub const fn new(iterations: Iterations, salt: Salt) -> Self {
        Self { iterations, salt }
    }
}

/// A passcode together with the verifier that it opens.
///
/// The two always match, so a label printed from the passcode fits a device that stores the verifier.
///
/// # Examples
///
/// ```
/// use matter_spake2p::matter_types::Passcode;
/// use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
///
/// let parameters = PbkdfParameters::new(Iterations::MIN, Salt::new(b"SPAKE2P Key Salt")?);
/// let credential = PaseCredential::derive(Passcode::new(20202021)?, parameters)?;
/// assert!(credential.verifier().to_base64().as_str().starts_with("uWFwqugDNGiE"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// See [`Verifier::derive`].
    pub fn derive(passcode: Passcode, parameters: PbkdfParameters) -> Result<Self, Error> {
        let verifier = Verifier::derive(&passcode, &parameters)?;
        Ok(Self {
            passcode,
            parameters,
            verifier,
        })
    }

    /// Derives credentials for many devices, several times as fast as one by one: the same values in the same order.
    ///
    /// # Examples
    ///
    /// ```
    /// use matter_spake2p::{Iterations, PaseCredential, Salt};
    /// use matter_spake2p::matter_types::Passcode;
    ///
    /// let salt = Salt::new(b"SPAKE2P Key Salt")?;
    /// let devices = [20202021, 34567890].map(|passcode| Ok((Passcode::new(passcode)?, salt)));
    /// let devices = devices.into_iter().collect::<Result<Vec<_>, matter_types::Error>>()?;
    /// for credential in PaseCredential::derive_each(devices, Iterations::MIN) {
    ///     println!("{}", credential?.parameters().salt.to_base64().as_str());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn derive_each<I>(devices: I, iterations: Iterations) -> DeriveEach<I::IntoIter>
    where
        I: IntoIterator<Item = (Passcode, Salt)>,
    {
        DeriveEach::new(devices.into_iter(), iterations)
    }

    /// Creates a credential from a verifier that was derived from the other arguments.
    pub(crate) const fn from_derived(passcode: Passcode, parameters: PbkdfParameters, verifier: Verifier) -> Self {
        Self {
            passcode,
            parameters,
            verifier,
        }
    }

    /// Accepts an existing verifier after deriving it again.
    ///
    /// # Errors
    ///
    /// [`Error::VerifierMismatch`] when the derived verifier differs.
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

    pub(crate) fn into_verifier(self) -> Verifier {
        self.verifier
    }

    /// Returns the verifier.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

impl ConstantTimeEq for PaseCredential {
    /// Passcodes and verifiers are compared in constant time; salt and iteration count are public.
    fn ct_eq(&self, other: &Self) -> Choice {
        let is_same = Choice::from(u8::from(self.parameters == other.parameters));
        is_same & self.passcode.ct_eq(&other.passcode) & self.verifier.ct_eq(&other.verifier)
    }
}
