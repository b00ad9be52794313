use core::fmt;

use matter_types::Passcode;
use p256::elliptic_curve::ops::Reduce;
use p256::elliptic_curve::{Field, Group};
use p256::{FieldBytes, ProjectivePoint, Scalar};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::declassify::declassify;
use crate::{Error, PbkdfParameters, Verifier};

/// The scalars w0 and w1 that a commissioner derives from the passcode (Matter Core Specification 3.10).
///
/// As secret as the passcode: wiped when dropped and not shown by `Debug`.
///
/// # Examples
///
/// ```
/// use matter_spake2p::matter_types::Passcode;
/// use matter_spake2p::{Iterations, PbkdfParameters, ProverKey, Salt};
///
/// let parameters = PbkdfParameters::new(Iterations::MIN, Salt::new(b"SPAKE2P Key Salt")?);
/// let key = ProverKey::derive(&Passcode::new(20202021)?, &parameters)?;
/// assert!(key.verifier().to_base64().as_str().starts_with("uWFwqugDNGiE"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ProverKey {
    w0: Scalar,
    w1: Scalar,
}

/// Bytes of PBKDF2 output for each of the two scalars (`CRYPTO_W_SIZE_BYTES`, Matter Core Specification 3.10).
const W_SIZE: usize = 40;
/// Bytes of PBKDF2 output.
pub(crate) const WS_SIZE: usize = 2 * W_SIZE;
/// Length of a scalar in bytes.
const SCALAR_SIZE: usize = 32;
/// 2^256 modulo the order of P-256 (SEC 2 section 2.4.2), big-endian.
const TWO_TO_256: [u8; SCALAR_SIZE] = [
    0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    0x43, 0x19, 0x05, 0x52, 0x58, 0xE8, 0x61, 0x7B, 0x0C, 0x46, 0x35, 0x3D, 0x03, 0x9C, 0xDA, 0xAF,
];

impl ProverKey {
    /// Derives the scalars, with the `pbkdf2` crate.
    ///
    /// # Errors
    ///
    /// [`Error::DegenerateVerifier`], which cannot occur in practice.
    pub fn derive(passcode: &Passcode, parameters: &PbkdfParameters) -> Result<Self, Error> {
        let password = Zeroizing::new(passcode.expose().to_le_bytes());
        let mut ws = Zeroizing::new([0; WS_SIZE]);
        pbkdf2::pbkdf2_hmac::<Sha256>(
            &*password,
            parameters.salt.as_bytes(),
            parameters.iterations.get(),
            ws.as_mut_slice(),
        );
        let key = Self::from_ws(&ws);
        key.refuse_degenerate()?;
        Ok(key)
    }

    /// Reduces PBKDF2's output; the result may be degenerate.
    pub(crate) fn from_ws(ws: &[u8; WS_SIZE]) -> Self {
        let (w0s, w1s) = ws.split_at(W_SIZE);
        Self {
            w0: reduce_wide(w0s),
            w1: reduce_wide(w1s),
        }
    }

    /// Returns an error if a scalar is zero.
    pub(crate) fn refuse_degenerate(&self) -> Result<(), Error> {
        if declassify(self.w0.is_zero() | self.w1.is_zero()) {
            return Err(Error::DegenerateVerifier);
        }
        Ok(())
    }

    /// Returns the verifier that a device stores.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier::from_parts(&self.w0, &self.registration_point().to_affine())
    }

    /// L, the point w1*G.
    pub(crate) fn registration_point(&self) -> Zeroizing<ProjectivePoint> {
        Zeroizing::new(ProjectivePoint::mul_by_generator(&self.w1))
    }

    pub(crate) const fn w0(&self) -> &Scalar {
        &self.w0
    }

    pub(crate) const fn w1(&self) -> &Scalar {
        &self.w1
    }

    /// Scalars of a test vector, which have no passcode.
    #[cfg(test)]
    pub(crate) const fn from_scalars(w0: Scalar, w1: Scalar) -> Self {
        Self { w0, w1 }
    }
}

impl ConstantTimeEq for ProverKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.w0.ct_eq(&other.w0) & self.w1.ct_eq(&other.w1)
    }
}

impl fmt::Debug for ProverKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProverKey([elided])")
    }
}

/// Reduces a big-endian number of 40 bytes modulo the order of the curve: its upper 8 bytes times 2^256, plus the rest.
fn reduce_wide(wide: &[u8]) -> Scalar {
    let mut upper = Zeroizing::new(FieldBytes::default());
    let mut lower = Zeroizing::new(FieldBytes::default());
    let (high, low) = wide.split_at(W_SIZE - SCALAR_SIZE);
    for (to, from) in upper.iter_mut().skip(SCALAR_SIZE - high.len()).zip(high) {
        *to = *from;
    }
    for (to, from) in lower.iter_mut().zip(low) {
        *to = *from;
    }
    Scalar::reduce(&*upper) * Scalar::reduce(&FieldBytes::from(TWO_TO_256)) + Scalar::reduce(&*lower)
}
