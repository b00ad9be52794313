use core::fmt;
use core::str::FromStr;

use matter_types::Passcode;
use p256::elliptic_curve::{Field, PrimeField};
use p256::{AffinePoint, FieldBytes, Scalar};
use subtle::{ConstantTimeEq, CtOption};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::base64::{Base64, decode};
use crate::point::{POINT_SIZE, decode_point, encode_point};
use crate::{Error, Iterations, PaseCredential, PbkdfParameters, ProverKey, Salt};

/// The verifier that a device stores instead of its passcode: w0 (32 bytes, big-endian) and L (65 bytes, an
/// uncompressed point).
///
/// Its holder can impersonate the device towards a commissioner, so it is a secret: wiped when dropped, not shown by
/// `Debug`, compared in constant time, read through [`Verifier::expose_bytes`].
///
/// # Examples
///
/// ```
/// use matter_spake2p::matter_types::Passcode;
/// use matter_spake2p::subtle::ConstantTimeEq;
/// use matter_spake2p::{Iterations, PbkdfParameters, Salt, Verifier};
///
/// let parameters = PbkdfParameters::new(Iterations::MIN, Salt::new(b"SPAKE2P Key Salt")?);
/// let verifier = Verifier::derive(&Passcode::new(20202021)?, &parameters)?;
/// assert_eq!(verifier.expose_bytes().len(), Verifier::LEN);
///
/// let stored: Verifier = verifier.to_base64().as_str().parse()?;
/// assert!(bool::from(stored.ct_eq(&verifier)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Verifier([u8; Self::LEN]);

/// Length of a scalar in bytes.
const SCALAR_SIZE: usize = 32;
impl Verifier {
    /// Length of a verifier in bytes.
    pub const LEN: usize = 97;

    /// Derives the verifier of a passcode (Matter Core Specification 3.10).
    ///
    /// # Errors
    ///
    /// [`Error::DegenerateVerifier`], which cannot occur in practice.
    pub fn derive(passcode: &Passcode, parameters: &PbkdfParameters) -> Result<Self, Error> {
        Ok(ProverKey::derive(passcode, parameters)?.verifier())
    }

    /// Derives verifiers for many devices, several times as fast as one by one: the same values in the same order.
    ///
    /// # Examples
    ///
    /// ```
    /// use matter_spake2p::matter_types::Passcode;
    /// use matter_spake2p::{Iterations, Salt, Verifier};
    ///
    /// let salt = Salt::new(b"SPAKE2P Key Salt")?;
    /// let devices = [(Passcode::new(20202021)?, salt), (Passcode::new(34567890)?, salt)];
    /// let verifiers = Verifier::derive_each(devices, Iterations::MIN).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(verifiers.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn derive_each<I>(devices: I, iterations: Iterations) -> impl Iterator<Item = Result<Self, Error>>
    where
        I: IntoIterator<Item = (Passcode, Salt)>,
    {
        PaseCredential::derive_each(devices, iterations).map(|credential| Ok(credential?.into_verifier()))
    }

    /// Encodes w0 and L, which must not be the identity.
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
        let (w0, l) = verifier.decode();
        let valid = w0.is_some() & !w0.unwrap_or(Scalar::ZERO).is_zero() & l.is_some();
        if bool::from(!valid) {
            return Err(Error::VerifierInvalid);
        }
        Ok(verifier)
    }

    /// Returns w0 and L, without branches: both were validated when the verifier was created.
    pub(crate) fn parts(&self) -> (Zeroizing<Scalar>, Zeroizing<AffinePoint>) {
        let (w0, l) = self.decode();
        let (w0, l) = (w0.unwrap_or(Scalar::ZERO), l.unwrap_or(AffinePoint::IDENTITY));
        (Zeroizing::new(w0), Zeroizing::new(l))
    }

    fn decode(&self) -> (CtOption<Scalar>, CtOption<AffinePoint>) {
        let (scalar, point) = self.0.split_at(SCALAR_SIZE);
        let scalar = Zeroizing::new(FieldBytes::try_from(scalar).unwrap_or_default());
        let point = Zeroizing::new(<[u8; POINT_SIZE]>::try_from(point).unwrap_or([0; POINT_SIZE]));
        (Scalar::from_repr(*scalar), decode_point(&point))
    }

    /// Returns the 97 bytes; the only access to the secret.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Returns the base64 text used in factory data.
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

impl TryFrom<&[u8]> for Verifier {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_bytes(bytes)
    }
}

impl FromStr for Verifier {
    type Err = Error;

    /// Parses base64.
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
