use matter_types::Passcode;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use crate::{
    Context, Error, Iterations, PaseCredential, PbkdfParameters, ProverExchange, ProverKey, Salt, Verifier,
    VerifierExchange,
};

/// Checks that a passcode opens a verifier, by deriving it again.
///
/// # Examples
///
/// ```
/// use matter_spake2p::matter_types::Passcode;
/// use matter_spake2p::{Error, Iterations, PbkdfParameters, Salt, Verifier, self_check};
///
/// let (passcode, salt) = (Passcode::new(20202021)?, Salt::new(b"SPAKE2P Key Salt")?);
/// let verifier = Verifier::derive(&passcode, &PbkdfParameters::new(Iterations::MIN, salt))?;
/// self_check(&passcode, &verifier, &salt, Iterations::MIN)?;
/// assert_eq!(self_check(&Passcode::new(34567890)?, &verifier, &salt, Iterations::MIN), Err(Error::VerifierMismatch));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::VerifierMismatch`] when it does not.
pub fn self_check(passcode: &Passcode, verifier: &Verifier, salt: &Salt, iterations: Iterations) -> Result<(), Error> {
    let parameters = PbkdfParameters {
        iterations,
        salt: *salt,
    };
    PaseCredential::with_verifier(passcode.clone(), parameters, verifier).map(drop)
}

/// Checks that a passcode opens a verifier by running both sides of the exchange, as a commissioner and a device would.
///
/// # Examples
///
/// ```
/// use matter_spake2p::matter_types::Passcode;
/// use matter_spake2p::rand_core::UnwrapErr;
/// use matter_spake2p::{Iterations, PbkdfParameters, Salt, Verifier, self_check_by_exchange};
///
/// let (passcode, salt) = (Passcode::new(20202021)?, Salt::new(b"SPAKE2P Key Salt")?);
/// let verifier = Verifier::derive(&passcode, &PbkdfParameters::new(Iterations::MIN, salt))?;
/// self_check_by_exchange(&passcode, &verifier, &salt, Iterations::MIN, &mut UnwrapErr(getrandom::SysRng))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::ConfirmationMismatch`] when it does not.
pub fn self_check_by_exchange<R: CryptoRng + ?Sized>(
    passcode: &Passcode,
    verifier: &Verifier,
    salt: &Salt,
    iterations: Iterations,
    rng: &mut R,
) -> Result<(), Error> {
    let parameters = PbkdfParameters {
        iterations,
        salt: *salt,
    };
    let key = ProverKey::derive(passcode, &parameters)?;
    let context = Context::new(b"self-check", salt.as_bytes());
    let (prover, prover_share) = ProverExchange::start(&key, &context, rng)?;
    let (device, device_share, device_confirmation) = VerifierExchange::start(verifier, &context, &prover_share, rng)?;
    let (confirmation, prover_keys) = prover.finish(&device_share, &device_confirmation)?;
    let device_keys = device.finish(&confirmation)?;
    if bool::from(prover_keys.ct_eq(&device_keys)) {
        Ok(())
    } else {
        Err(Error::ConfirmationMismatch)
    }
}
