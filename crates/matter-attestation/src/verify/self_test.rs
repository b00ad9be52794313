use p256::ecdsa::DerSignature;
use signature::Signer;

use super::{AttestationResponse, Report, Verification};
use crate::{AttestationElements, Error, Profile, sign_elements};

impl Verification<'_> {
    /// Answers an attestation request in the device's place and checks the answer: proves, before a device leaves the
    /// line, that DAC, its key, PAI, PAA, declaration and product fit together.
    ///
    /// Nonce and challenge are drawn from `rng`. Everything that [`Verification::complete`] demands has to be given.
    ///
    /// # Errors
    ///
    /// [`Error::ElementsTooLong`] when the declaration is too long for the answer, [`Error::SigningFailed`].
    pub fn self_test<S, R>(self, dac_key: &S, rng: &mut R, profile: Profile) -> Result<Report, Error>
    where
        S: Signer<DerSignature>,
        R: rand_core::CryptoRng + ?Sized,
    {
        let mut nonce = [0; AttestationElements::NONCE_LEN];
        let mut challenge = [0; AttestationElements::CHALLENGE_LEN];
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut challenge);
        let Some(declaration) = self.declaration else {
            return Ok(self.complete().run(profile));
        };
        let elements = AttestationElements::new(declaration, &nonce, 0).encode()?;
        let signature = sign_elements(&elements, &challenge, dac_key)?;
        let response = AttestationResponse {
            elements: &elements,
            signature: &signature,
            challenge: &challenge,
            nonce: &nonce,
        };
        Ok(Verification {
            response: Some(response),
            ..self
        }
        .complete()
        .run(profile))
    }
}
