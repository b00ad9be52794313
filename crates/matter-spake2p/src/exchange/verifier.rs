use core::fmt;

use p256::elliptic_curve::{BatchNormalize, Group};
use p256::{AffinePoint, ProjectivePoint, Scalar};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::keys::Schedule;
use super::transcript::{M, N, Transcript};
use super::{Confirmation, Context, SessionKeys, Share, accept, blinded, draw_scalar};
use crate::{Error, Verifier};

/// The device's side of the exchange, between sending pB and cB and receiving cA.
///
/// For an example with both sides, see [`ProverExchange`](crate::ProverExchange); this is the device's side:
///
/// # Examples
///
/// ```
/// use matter_spake2p::{Confirmation, Context, Error, SessionKeys, Share, Verifier, VerifierExchange};
///
/// /// Takes what the commissioner sends, and sends the answers.
/// fn commission(
///     verifier: &Verifier,
///     context: &Context,
///     receive: impl Fn() -> Vec<u8>,
///     send: impl Fn(&[u8]),
///     rng: &mut impl matter_spake2p::rand_core::CryptoRng,
/// ) -> Result<SessionKeys, Error> {
///     let share = Share::from_bytes(&receive())?;
///     let (exchange, own_share, confirmation) = VerifierExchange::start(verifier, context, &share, rng)?;
///     send(own_share.as_bytes());
///     send(confirmation.as_bytes());
///     exchange.finish(&Confirmation::from_bytes(&receive())?)
/// }
/// ```
pub struct VerifierExchange {
    expected: Confirmation,
    session: SessionKeys,
    degenerate: Choice,
}

impl VerifierExchange {
    /// Processes the prover's share pA; returns the verifier's share pB and confirmation cB to send.
    ///
    /// # Errors
    ///
    /// [`Error::ShareInvalid`], which cannot occur in practice.
    pub fn start<R>(
        verifier: &Verifier,
        context: &Context,
        share: &Share,
        rng: &mut R,
    ) -> Result<(Self, Share, Confirmation), Error>
    where
        R: rand_core::CryptoRng + ?Sized,
    {
        let y = draw_scalar(rng);
        let (w0, l) = verifier.parts();
        let own_share = blinded(&y, &w0, &N)?;
        let transcript = Transcript {
            context: context.as_bytes(),
            id_prover: &[],
            id_verifier: &[],
            prover_share: share,
            verifier_share: &own_share,
        };
        let (main, degenerate) = main_key(&y, &w0, &l, &transcript)?;
        let schedule = Schedule::matter(&main, share, &own_share);
        let exchange = Self {
            expected: schedule.prover,
            session: schedule.session,
            degenerate,
        };
        Ok((exchange, own_share, schedule.verifier))
    }

    /// Processes the prover's confirmation cA and returns the keys.
    ///
    /// # Errors
    ///
    /// [`Error::ConfirmationMismatch`] when the peer does not know the passcode, or a message was modified.
    pub fn finish(self, confirmation: &Confirmation) -> Result<SessionKeys, Error> {
        accept(self.expected.ct_eq(confirmation) & !self.degenerate)?;
        Ok(self.session)
    }
}

/// The hash of the transcript, and whether the prover's share is exactly w0*M.
pub(super) fn main_key(
    y: &Scalar,
    w0: &Scalar,
    l: &AffinePoint,
    transcript: &Transcript<'_>,
) -> Result<(Zeroizing<[u8; 32]>, Choice), Error> {
    let m = Share::from_bytes(&M)?.point();
    let unblinded = Zeroizing::new(transcript.prover_share.point() - m * w0);
    let points = Zeroizing::new([*unblinded * y, ProjectivePoint::from(*l) * y]);
    let points: Zeroizing<[AffinePoint; 2]> = Zeroizing::new(ProjectivePoint::batch_normalize(&*points));
    let [z, v] = &*points;
    Ok((transcript.main_key(z, v, w0), unblinded.is_identity()))
}

impl fmt::Debug for VerifierExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierExchange").finish_non_exhaustive()
    }
}
