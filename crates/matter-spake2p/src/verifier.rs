use core::fmt;
use core::str::FromStr;

use matter_types::Passcode;
use p256::elliptic_curve::point::AffineCoordinates;
use p256::elliptic_curve::sec1::FromSec1Point;
use p256::elliptic_curve::{Field, PrimeField};
use p256::{AffinePoint, FieldBytes, Scalar, Sec1Point};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::base64::{Base64, decode};
use crate::{Error, Iterations, PaseCredential, PbkdfParameters, ProverKey, Salt};

/// What a device stores in place of its passcode: w0 (32 bytes, big-endian) and L (65 bytes, an uncompressed point).
///
/// Whoever has it can impersonate the device towards a commissioner, so it is a secret: wiped when dropped, not shown
/// by `Debug`, compared in constant time, read through [`Verifier::expose_bytes`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Verifier([u8; Self::LEN]);

/// Bytes of a scalar.
const SCALAR_SIZE: usize = 32;
/// Bytes of a point without compression.
pub(crate) const POINT_SIZE: usize = 65;
/// What an uncompressed point starts with (SEC 1 section 2.3.3).
const UNCOMPRESSED: u8 = 4;

impl Verifier {
    /// Bytes of a verifier.
    pub const LEN: usize = 97;

    /// Derives the verifier of a passcode (Matter Core Specification 3.10).
    ///
    /// # Errors
    ///
    /// [`Error::DegenerateVerifier`], which nobody will ever see.
    pub fn derive(passcode: &Passcode, parameters: &PbkdfParameters) -> Result<Self, Error> {
        Ok(ProverKey::derive(passcode, parameters)?.verifier())
    }

    /// Derives verifiers for many devices, several times as fast as one after the other: the same values in the same
    /// order.
    pub fn derive_each<I>(devices: I, iterations: Iterations) -> impl Iterator<Item = Result<Self, Error>>
    where
        I: IntoIterator<Item = (Passcode, Salt)>,
    {
        PaseCredential::derive_each(devices, iterations).map(|credential| Ok(credential?.into_verifier()))
    }

    /// Takes w0 and L, which is not the identity.
    pub(crate) fn from_parts(w0: &Scalar, l: &AffinePoint) -> Self {
        let mut bytes = [0; Self::LEN];
        let (scalar, point) = bytes.split_at_mut(SCALAR_SIZE);
        scalar.copy_from_slice(&w0.to_bytes());
        point.copy_from_slice(&encode_point(l));
        Self(bytes)
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

/// Encodes a point without compression. The identity has no such encoding, and comes out as a point that is none.
///
/// Not the encoding of `p256`, whose length and so its branches depend on the point.
pub(crate) fn encode_point(point: &AffinePoint) -> [u8; POINT_SIZE] {
    let mut bytes = [0; POINT_SIZE];
    let coordinates = [UNCOMPRESSED].into_iter().chain(point.x()).chain(point.y());
    bytes.iter_mut().zip(coordinates).for_each(|(to, byte)| *to = byte);
    bytes
}
