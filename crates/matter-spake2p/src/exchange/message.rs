use core::fmt;

use p256::{AffinePoint, ProjectivePoint};
use subtle::{Choice, ConstantTimeEq};

use crate::Error;
use crate::point::{POINT_SIZE, decode_point, encode_point};

/// A point sent by one side: pA of the prover, pB of the verifier. A point of the curve other than the identity.
///
/// # Examples
///
/// ```
/// use matter_spake2p::{Error, Share};
///
/// assert_eq!(Share::from_bytes(&[4; 64]), Err(Error::ShareLength { len: 64 }));
/// assert_eq!(Share::from_bytes(&[4; 65]), Err(Error::ShareInvalid));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Share {
    bytes: [u8; POINT_SIZE],
    point: AffinePoint,
}

impl Share {
    /// Length of a share in bytes: an uncompressed point.
    pub const LEN: usize = POINT_SIZE;

    /// Accepts a received share.
    ///
    /// # Errors
    ///
    /// [`Error::ShareLength`], or [`Error::ShareInvalid`] when it is not an uncompressed point of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let bytes = <[u8; Self::LEN]>::try_from(bytes).map_err(|_| Error::ShareLength { len: bytes.len() })?;
        let point = Option::from(decode_point(&bytes)).ok_or(Error::ShareInvalid)?;
        Ok(Self { bytes, point })
    }

    /// Encodes a point computed by this side. The identity (probability 2^-256) is not detected, which would be a
    /// branch on a secret; the peer refuses it.
    pub(super) fn from_point(point: &ProjectivePoint) -> Self {
        let point = point.to_affine();
        let bytes = encode_point(&point);
        Self { bytes, point }
    }

    /// Returns the bytes to send.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.bytes
    }

    pub(super) fn point(&self) -> ProjectivePoint {
        self.point.into()
    }
}

impl TryFrom<&[u8]> for Share {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_bytes(bytes)
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share").finish_non_exhaustive()
    }
}

/// A proof of having the same keys: cA of the prover, cB of the verifier.
#[derive(Clone, Copy)]
pub struct Confirmation([u8; Self::LEN]);

impl Confirmation {
    /// Length of a confirmation in bytes: an HMAC-SHA256.
    pub const LEN: usize = 32;

    /// Accepts a received confirmation, without verifying it.
    ///
    /// # Errors
    ///
    /// [`Error::ConfirmationLength`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let len = bytes.len();
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| Error::ConfirmationLength { len })
    }

    /// Returns the bytes to send.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    pub(super) const fn new(mac: [u8; Self::LEN]) -> Self {
        Self(mac)
    }
}

impl TryFrom<&[u8]> for Confirmation {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self, Error> {
        Self::from_bytes(bytes)
    }
}

impl ConstantTimeEq for Confirmation {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for Confirmation {
    /// Elided, because a confirmation may be unsent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confirmation([elided])")
    }
}
