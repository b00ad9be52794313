use core::fmt;
use core::str::FromStr;

use p256::elliptic_curve::ops::Reduce;
use p256::elliptic_curve::sec1::{FromSec1Point, ToSec1Point};
use p256::elliptic_curve::{Field, Group, PrimeField};
use p256::{AffinePoint, FieldBytes, ProjectivePoint, Scalar, Sec1Point};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::base64::{Base64, decode};
use crate::{Error, PbkdfParameters};
use matter_types::Passcode;

/// What a device stores in place of its passcode: w0 (32 bytes, big-endian) and L (65 bytes, an uncompressed point).
///
/// Whoever has it can impersonate the device towards a commissioner, so it is a secret: wiped when dropped, not shown
/// by `Debug`, compared in constant time, read through [`Verifier::expose_bytes`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Verifier([u8; Self::LEN]);

/// Bytes that PBKDF2 makes for each of the two scalars (`CRYPTO_W_SIZE_BYTES`, Matter Core Specification 3.10).
const W_SIZE: usize = 40;
/// Bytes of a scalar.
const SCALAR_SIZE: usize = 32;
/// 2^256 modulo the order of P-256, big-endian; 2^256 minus the order of SEC 2 section 2.4.2.
const TWO_TO_256: [u8; SCALAR_SIZE] = [
    0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, //
    0x43, 0x19, 0x05, 0x52, 0x58, 0xE8, 0x61, 0x7B, 0x0C, 0x46, 0x35, 0x3D, 0x03, 0x9C, 0xDA, 0xAF,
];

impl Verifier {
    /// Bytes of a verifier.
    pub const LEN: usize = 97;

    /// Derives the verifier of a passcode (Matter Core Specification 3.10).
    ///
    /// # Errors
    ///
    /// [`Error::DegenerateVerifier`], which nobody will ever see.
    pub fn derive(passcode: &Passcode, parameters: &PbkdfParameters) -> Result<Self, Error> {
        let password = Zeroizing::new(passcode.expose().to_le_bytes());
        let mut ws = Zeroizing::new([0; 2 * W_SIZE]);
        pbkdf2::pbkdf2_hmac::<Sha256>(
            &*password,
            parameters.salt.as_bytes(),
            parameters.iterations.get(),
            ws.as_mut_slice(),
        );
        let (w0s, w1s) = ws.split_at(W_SIZE);
        let w0 = Zeroizing::new(reduce_wide(w0s));
        let w1 = Zeroizing::new(reduce_wide(w1s));
        if bool::from(w0.is_zero() | w1.is_zero()) {
            return Err(Error::DegenerateVerifier);
        }
        let l = ProjectivePoint::mul_by_generator(&w1).to_affine().to_sec1_point(false);
        let mut bytes = [0; Self::LEN];
        let (scalar, point) = bytes.split_at_mut(SCALAR_SIZE);
        scalar.copy_from_slice(&w0.to_bytes());
        point.copy_from_slice(l.as_bytes());
        Ok(Self(bytes))
    }

    /// Accepts a stored verifier.
    ///
    /// # Errors
    ///
    /// [`Error::VerifierLength`], or [`Error::VerifierInvalid`] when w0 is zero or not reduced or L is not an
    /// uncompressed point of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let verifier = Self(
            bytes
                .try_into()
                .map_err(|_| Error::VerifierLength { len: bytes.len() })?,
        );
        let (scalar, point) = verifier.0.split_at(SCALAR_SIZE);
        let scalar = FieldBytes::try_from(scalar).map_err(|_| Error::VerifierInvalid)?;
        let w0 = Option::<Scalar>::from(Scalar::from_repr(scalar)).ok_or(Error::VerifierInvalid)?;
        let point = Sec1Point::from_bytes(point).map_err(|_| Error::VerifierInvalid)?;
        let on_curve = bool::from(AffinePoint::from_sec1_point(&point).is_some());
        if bool::from(w0.is_zero()) || point.is_compressed() || !on_curve {
            return Err(Error::VerifierInvalid);
        }
        Ok(verifier)
    }

    /// Returns the 97 bytes: the one way to read the secret.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Returns the text that factory data holds.
    #[must_use]
    pub fn to_base64(&self) -> Base64 {
        Base64::encode(&self.0)
    }
}

impl ConstantTimeEq for Verifier {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.ct_eq(&other.0)
    }
}

impl FromStr for Verifier {
    type Err = Error;

    /// Reads base64.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut buffer = Zeroizing::new([0; Self::LEN + 2]);
        Self::from_bytes(decode(text, &mut *buffer)?)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier([elided])")
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
