//! The exchange that proves the commissioner's knowledge of the passcode and the device's of the verifier (PASE, Matter
//! Core Specification 3.10 and 4.14.1).
//!
//! It is SPAKE2+ of RFC 9383 with the key schedule of draft-bar-cfrg-spake2plus-01: same shares and transcript,
//! different keys.

use p256::elliptic_curve::{Field, Group, PrimeField};
use p256::{FieldBytes, ProjectivePoint, Scalar};
use rand_core::CryptoRng;
use subtle::Choice;
use zeroize::Zeroizing;

use crate::Error;
use crate::declassify::declassify;

mod context;
mod keys;
mod message;
mod prover;
mod transcript;
mod verifier;

#[cfg(test)]
mod tests;

pub use context::Context;
pub use keys::SessionKeys;
pub use message::{Confirmation, Share};
pub use prover::ProverExchange;
pub use verifier::VerifierExchange;

/// Draws a uniform nonzero scalar: 32 random bytes, redrawn if out of range.
fn draw_scalar<R: CryptoRng + ?Sized>(rng: &mut R) -> Zeroizing<Scalar> {
    let mut bytes = Zeroizing::new(FieldBytes::default());
    loop {
        rng.fill_bytes(&mut bytes);
        let drawn = Option::<Scalar>::from(Scalar::from_repr(*bytes));
        if let Some(scalar) = drawn.filter(|scalar| !bool::from(scalar.is_zero())) {
            return Zeroizing::new(scalar);
        }
    }
}

/// Computes a share: `secret*G + w0*base`.
fn blinded(secret: &Scalar, w0: &Scalar, base: &[u8; Share::LEN]) -> Result<Share, Error> {
    let base = Share::from_bytes(base)?.point();
    let point = ProjectivePoint::mul_by_generator(secret) + base * w0;
    Ok(Share::from_point(&Zeroizing::new(point)))
}

/// Returns an error unless the confirmation is correct.
fn accept(good: Choice) -> Result<(), Error> {
    if declassify(good) {
        Ok(())
    } else {
        Err(Error::ConfirmationMismatch)
    }
}
