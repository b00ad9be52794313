use core::fmt;

use p256::elliptic_curve::{BatchNormalize, Group};
use p256::{AffinePoint, ProjectivePoint, Scalar};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::keys::Schedule;
use super::transcript::{M, N, Transcript};
use super::{Confirmation, Context, SessionKeys, Share, accept, blinded, draw_scalar};
use crate::{Error, ProverKey};

/// The commissioner's side of the exchange, between sending pA and receiving pB and cB.
///
/// # Examples
///
/// Both sides in one program:
///
/// ```
/// use matter_spake2p::matter_types::Passcode;
/// use matter_spake2p::subtle::ConstantTimeEq;
/// use matter_spake2p::{Context, Iterations, PbkdfParameters, ProverExchange, ProverKey, Salt, VerifierExchange};
/// # let mut rng: rand_chacha::ChaCha20Rng = rand_chacha::rand_core::SeedableRng::seed_from_u64(1);
///
/// let parameters = PbkdfParameters::new(Iterations::MIN, Salt::new(b"SPAKE2P Key Salt")?);
/// let key = ProverKey::derive(&Passcode::new(20202021)?, &parameters)?; // of the commissioner
/// let verifier = key.verifier(); // in the device
/// let context = Context::new(b"PBKDFParamRequest", b"PBKDFParamResponse");
///
/// let (prover, share_a) = ProverExchange::start(&key, &context, &mut rng)?;
/// let (device, share_b, confirmation_b) = VerifierExchange::start(&verifier, &context, &share_a, &mut rng)?;
/// let (confirmation_a, prover_keys) = prover.finish(&share_b, &confirmation_b)?;
/// let device_keys = device.finish(&confirmation_a)?;
/// assert!(bool::from(prover_keys.ct_eq(&device_keys)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ProverExchange {
    key: ProverKey,
    context: Context,
    x: Zeroizing<Scalar>,
    share: Share,
}

impl ProverExchange {
    /// Draws the prover's share pA.
    ///
    /// # Errors
    ///
    /// [`Error::ShareInvalid`], which cannot occur in practice.
    pub fn start<R>(key: &ProverKey, context: &Context, rng: &mut R) -> Result<(Self, Share), Error>
    where
        R: rand_core::CryptoRng + ?Sized,
    {
        let x = draw_scalar(rng);
        let share = blinded(&x, key.w0(), &M)?;
        let (key, context) = (key.clone(), *context);
        Ok((Self { key, context, x, share }, share))
    }

    /// Processes the verifier's share pB and confirmation cB; returns cA to send, and the keys.
    ///
    /// # Errors
    ///
    /// [`Error::ConfirmationMismatch`] when the peer does not have the passcode's verifier, or a message was modified.
    pub fn finish(self, share: &Share, confirmation: &Confirmation) -> Result<(Confirmation, SessionKeys), Error> {
        let transcript = Transcript {
            context: self.context.as_bytes(),
            id_prover: &[],
            id_verifier: &[],
            prover_share: &self.share,
            verifier_share: share,
        };
        let (main, degenerate) = self.main_key(&transcript)?;
        let schedule = Schedule::matter(&main, &self.share, share);
        accept(schedule.verifier.ct_eq(confirmation) & !degenerate)?;
        Ok((schedule.prover, schedule.session))
    }

    /// With the fixed scalar of a test vector.
    #[cfg(test)]
    pub(super) fn with_scalar(key: ProverKey, x: Scalar, share: Share) -> Self {
        let (context, x) = (Context::new(&[], &[]), Zeroizing::new(x));
        Self { key, context, x, share }
    }

    #[cfg(test)]
    pub(super) const fn context(&self) -> &Context {
        &self.context
    }

    /// The hash of the transcript, and whether the verifier's share is exactly w0*N. Its sender could compute Z and V
    /// without w1 or L.
    pub(super) fn main_key(&self, transcript: &Transcript<'_>) -> Result<(Zeroizing<[u8; 32]>, Choice), Error> {
        let n = Share::from_bytes(&N)?.point();
        let unblinded = Zeroizing::new(transcript.verifier_share.point() - n * self.key.w0());
        let points = Zeroizing::new([*unblinded * *self.x, *unblinded * self.key.w1()]);
        let points: Zeroizing<[AffinePoint; 2]> = Zeroizing::new(ProjectivePoint::batch_normalize(&*points));
        let [z, v] = &*points;
        Ok((transcript.main_key(z, v, self.key.w0()), unblinded.is_identity()))
    }
}

impl fmt::Debug for ProverExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProverExchange").finish_non_exhaustive()
    }
}
