mod decode;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use der::Encode;
use der::asn1::AnyRef;
use p256::ecdsa::{DerSignature, Signature, SigningKey, VerifyingKey};
use p256::elliptic_curve::Generate;
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use sec1::{EcParameters, EcPrivateKey};
use signature::{Keypair, Signer};
use spki::{AlgorithmIdentifier, SignatureAlgorithmIdentifier};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Error, PublicKey, oid};

/// A P-256 private key in memory.
///
/// It is wiped when dropped, `Debug` does not show it, and it is read only through [`PrivateKey::expose_scalar`] and the
/// two encodings. Issuing does not need this type: anything that is a [`CertificateSigner`](crate::CertificateSigner)
/// will do, for example a key in a PKCS#11 token.
///
/// # Examples
///
/// ```
/// use matter_attestation::PrivateKey;
///
/// let key = PrivateKey::from_scalar(&[7; 32])?;
/// assert_eq!(format!("{key:?}"), "PrivateKey([elided])");
/// let copy = PrivateKey::decode(key.to_pkcs8_pem()?.as_bytes())?;
/// assert_eq!(copy.public_key(), key.public_key());
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// The length in octets of [`PrivateKey::to_sec1_der`].
    pub const SEC1_LEN: usize = 121;
    /// Where the scalar starts in [`PrivateKey::to_sec1_der`].
    pub const SEC1_SCALAR_OFFSET: usize = 7;
    /// Where the public point starts in [`PrivateKey::to_sec1_der`].
    pub const SEC1_POINT_OFFSET: usize = 56;

    /// Draws a key.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self(SigningKey::generate_from_rng(rng))
    }

    /// Accepts a scalar in big-endian octets.
    ///
    /// # Errors
    ///
    /// [`Error::KeyScalarOutOfRange`] when it is 0 or not below the order of the curve.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, Error> {
        SigningKey::from_slice(scalar)
            .map(Self)
            .map_err(|_| Error::KeyScalarOutOfRange)
    }

    /// Reads a key in PKCS#8 (RFC 5958) or SEC 1 (RFC 5915), in PEM or DER, whichever it is.
    ///
    /// A block `EC PARAMETERS` beside the key, as `openssl ecparam -genkey` writes it, is skipped.
    ///
    /// # Errors
    ///
    /// [`Error::KeyEncrypted`], [`Error::KeyNotP256`] for other curves and other kinds of keys, [`Error::KeyMismatch`]
    /// when the public key inside is another one's, [`Error::KeyScalarOutOfRange`], [`Error::KeyMalformed`],
    /// [`Error::PemLabel`] when the PEM block is not a private key, and [`Error::PemMalformed`].
    pub fn decode(input: &[u8]) -> Result<Self, Error> {
        decode::decode(input)
    }

    /// Returns the key as a PKCS#8 PEM block `PRIVATE KEY`, lines ended by a line feed.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which no key gives.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        self.0.to_pkcs8_pem(LineEnding::LF).map_err(|_| Error::EncodingFailed)
    }

    /// Returns the key as a PKCS#8 PrivateKeyInfo in DER, with the public key inside of the ECPrivateKey, as OpenSSL
    /// writes it.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which no key gives.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.0
            .to_pkcs8_der()
            .map(|document| document.to_bytes())
            .map_err(|_| Error::EncodingFailed)
    }

    /// Returns the key as a SEC 1 ECPrivateKey in DER, with the curve's name and the public key.
    ///
    /// ```text
    ///   0  30 77                        SEQUENCE
    ///   2  02 01 01                     version 1
    ///   5  04 20 scalar                 32 octets from offset 7
    ///  39  A0 0A 06 08 2A 86 48 ...     prime256v1
    ///  51  A1 44 03 42 00 point         65 octets from offset 56
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which no key gives.
    pub fn to_sec1_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (scalar, public_key) = (self.expose_scalar(), self.public_key());
        let key = EcPrivateKey {
            private_key: scalar.as_slice(),
            parameters: Some(EcParameters::NamedCurve(oid::P256)),
            public_key: Some(public_key.as_bytes()),
        };
        let mut der = Zeroizing::new(alloc::vec![0; Self::SEC1_LEN]);
        let len = key.encode_to_slice(&mut der).map_err(|_| Error::EncodingFailed)?.len();
        if len != Self::SEC1_LEN {
            return Err(Error::EncodingFailed);
        }
        Ok(der)
    }

    /// Returns the scalar in big-endian octets: the one way to read the bare secret.
    #[must_use]
    pub fn expose_scalar(&self) -> Zeroizing<[u8; 32]> {
        let octets = Zeroizing::new(self.0.to_bytes());
        let mut scalar = Zeroizing::new([0; 32]);
        scalar.copy_from_slice(&octets);
        scalar
    }

    /// Returns the public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey::from(self.0.verifying_key())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([elided])")
    }
}

// `SigningKey` wipes its scalar.
impl ZeroizeOnDrop for PrivateKey {}

impl Signer<DerSignature> for PrivateKey {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
        self.0.try_sign(message)
    }
}

impl Signer<Signature> for PrivateKey {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        self.0.try_sign(message)
    }
}

impl Keypair for PrivateKey {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        *self.0.verifying_key()
    }
}

impl SignatureAlgorithmIdentifier for PrivateKey {
    type Params = AnyRef<'static>;

    const SIGNATURE_ALGORITHM_IDENTIFIER: AlgorithmIdentifier<Self::Params> = AlgorithmIdentifier {
        oid: oid::ECDSA_WITH_SHA256,
        parameters: None,
    };
}
