mod decode;
#[cfg(feature = "encryption")]
mod encrypted;

#[cfg(feature = "encryption")]
pub use self::encrypted::decrypt_pkcs8;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use der::asn1::AnyRef;
use p256::ecdsa::{DerSignature, Signature, VerifyingKey};
use p256::elliptic_curve::ops::{Invert, Reduce};
use p256::elliptic_curve::point::AffineCoordinates;
use p256::elliptic_curve::{Curve, PrimeField};
use p256::{FieldBytes, NistP256, NonZeroScalar, Scalar};
use rfc6979::KGenerator;
use sha2::{Digest, Sha256};
use signature::hazmat::PrehashSigner;
use signature::{Keypair, Signer};
use spki::{AlgorithmIdentifier, SignatureAlgorithmIdentifier};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::multiples::base_multiple;
use crate::{Error, PublicKey, oid, pem};

/// A P-256 private key in memory.
///
/// It is wiped when dropped, `Debug` does not show it, and it is read only through [`PrivateKey::expose_scalar`] and
/// the encodings. Issuing does not require this type: any [`CertificateSigner`](crate::CertificateSigner) can be used,
/// for example a key in a PKCS#11 token.
///
/// # Examples
///
/// ```
/// use matter_attestation::PrivateKey;
/// use matter_attestation::subtle::ConstantTimeEq;
///
/// let key = PrivateKey::from_scalar(&[7; 32])?;
/// assert_eq!(format!("{key:?}"), "PrivateKey([elided])");
/// let copy = PrivateKey::decode(key.to_pkcs8_pem()?.as_bytes())?;
/// assert!(bool::from(copy.ct_eq(&key)));
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone)]
pub struct PrivateKey {
    scalar: NonZeroScalar,
    public_key: PublicKey,
}

impl PrivateKey {
    /// The length of [`PrivateKey::to_sec1_der`] in bytes.
    pub const SEC1_LEN: usize = 121;
    /// The length of [`PrivateKey::to_pkcs8_der`] in bytes.
    pub const PKCS8_LEN: usize = 138;
    /// The offset of the scalar in [`PrivateKey::to_sec1_der`].
    pub const SEC1_SCALAR_OFFSET: usize = 7;
    /// The offset of the public point in [`PrivateKey::to_sec1_der`].
    pub const SEC1_POINT_OFFSET: usize = 56;

    /// PBKDF2 iterations of [`PrivateKey::to_encrypted_pkcs8_pem`].
    #[cfg(feature = "encryption")]
    pub const PBKDF2_ITERATIONS: u32 = 600_000;

    /// Draws a random key.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            rng.fill_bytes(&mut *bytes);
            // A value is out of range with a probability of 2^-32.
            if let Ok(key) = Self::from_scalar(&bytes) {
                return key;
            }
        }
    }

    /// Accepts a big-endian scalar.
    ///
    /// # Errors
    ///
    /// [`Error::KeyScalarOutOfRange`] when it is 0 or not below the order of the curve.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, Error> {
        let scalar = NonZeroScalar::from_repr((*scalar).into())
            .into_option()
            .ok_or(Error::KeyScalarOutOfRange)?;
        let public_key = VerifyingKey::from_affine(base_multiple(&scalar)).map_err(|_| Error::KeyScalarOutOfRange)?;
        Ok(Self {
            scalar,
            public_key: PublicKey::from(&public_key),
        })
    }

    /// Decodes a key in PKCS#8 (RFC 5958) or SEC 1 (RFC 5915), in PEM or DER; or a bare scalar of 32 bytes, or the
    /// Matter SDK's 97 bytes of public point and scalar, both also as hexadecimal digits. The format is detected from
    /// the content.
    ///
    /// A block `EC PARAMETERS` next to the key, as written by `openssl ecparam -genkey`, is skipped.
    ///
    /// # Errors
    ///
    /// [`Error::KeyEncrypted`] and [`Error::KeyEncryption`], [`Error::KeyNotP256`] for other curves and key types,
    /// [`Error::KeyMismatch`] when the included public key does not match, [`Error::KeyScalarOutOfRange`],
    /// [`Error::KeyMalformed`], [`Error::PemLabel`] when the PEM block is not a private key, and
    /// [`Error::PemMalformed`].
    pub fn decode(input: &[u8]) -> Result<Self, Error> {
        decode::decode(input)
    }

    /// Decodes a key in encrypted PKCS#8, in PEM or DER, or any key that [`PrivateKey::decode`] accepts.
    ///
    /// Supported is PBES2 with PBKDF2 (HMAC with SHA-2, at most 10,000,000 iterations) or scrypt (at most 64 MiB) and AES,
    /// as written by `openssl pkcs8 -topk8`.
    ///
    /// # Errors
    ///
    /// [`Error::KeyPassword`] when the password is wrong, [`Error::KeyEncryption`] when the encryption is not
    /// supported, and the errors of [`PrivateKey::decode`].
    #[cfg(feature = "encryption")]
    pub fn decode_encrypted(input: &[u8], password: &[u8]) -> Result<Self, Error> {
        encrypted::decode(input, password)
    }

    /// Decodes a key with [`PrivateKey::decode_encrypted`] if there is a password, otherwise with
    /// [`PrivateKey::decode`].
    ///
    /// # Errors
    ///
    /// The errors of both.
    #[cfg(feature = "encryption")]
    pub fn decode_with(input: &[u8], password: Option<&[u8]>) -> Result<Self, Error> {
        match password {
            Some(password) => Self::decode_encrypted(input, password),
            None => Self::decode(input),
        }
    }

    /// Encodes the key as a PEM block `ENCRYPTED PRIVATE KEY`: PBES2 with [`PrivateKey::PBKDF2_ITERATIONS`] iterations
    /// of PBKDF2 with HMAC-SHA-256, and AES-256-CBC. Salt and initialization vector are drawn from `rng`.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which does not occur for a valid key.
    #[cfg(feature = "encryption")]
    pub fn to_encrypted_pkcs8_pem<R: rand_core::CryptoRng + ?Sized>(
        &self,
        password: &[u8],
        rng: &mut R,
    ) -> Result<Zeroizing<String>, Error> {
        encrypted::encode(self, password, rng)
    }

    /// Encodes the key as a PKCS#8 PEM block `PRIVATE KEY`, with line feeds.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which does not occur for a valid key.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, Error> {
        let der = self.to_pkcs8_der();
        pem::encode("PRIVATE KEY", &der).map(Zeroizing::new)
    }

    /// Encodes the key as a PKCS#8 PrivateKeyInfo in DER, with the public key in the ECPrivateKey, like OpenSSL.
    #[must_use]
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        pkcs8_der(&self.expose_scalar(), &self.public_key())
    }

    /// Encodes the key as a SEC 1 ECPrivateKey in DER, with the curve's name and the public key.
    ///
    /// ```text
    ///   0  30 77                        SEQUENCE
    ///   2  02 01 01                     version 1
    ///   5  04 20 scalar                 32 bytes from offset 7
    ///  39  A0 0A 06 08 2A 86 48 ...     prime256v1
    ///  51  A1 44 03 42 00 point         65 bytes from offset 56
    /// ```
    #[must_use]
    pub fn to_sec1_der(&self) -> Zeroizing<Vec<u8>> {
        sec1_der(&self.expose_scalar(), &self.public_key())
    }

    /// Returns the big-endian scalar; the only access to the bare secret.
    #[must_use]
    pub fn expose_scalar(&self) -> Zeroizing<[u8; 32]> {
        let bytes = Zeroizing::new(self.scalar.to_repr());
        let mut scalar = Zeroizing::new([0; 32]);
        scalar.copy_from_slice(&bytes);
        scalar
    }

    /// Returns whether the key has this scalar, in constant time.
    #[must_use]
    pub fn has_scalar(&self, scalar: &[u8; 32]) -> bool {
        self.expose_scalar().ct_eq(scalar).into()
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public_key
    }
}

impl ConstantTimeEq for PrivateKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.expose_scalar().ct_eq(&*other.expose_scalar())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([elided])")
    }
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.scalar.zeroize();
    }
}

impl ZeroizeOnDrop for PrivateKey {}

impl Signer<DerSignature> for PrivateKey {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
        sign(&self.scalar, message).map(|signature| signature.to_der())
    }
}

impl Signer<Signature> for PrivateKey {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        sign(&self.scalar, message)
    }
}

/// Signs the SHA-256 hash of a message, for messages that are not in memory.
impl PrehashSigner<DerSignature> for PrivateKey {
    /// # Errors
    ///
    /// For a hash that does not have 32 bytes.
    fn sign_prehash(&self, hash: &[u8]) -> Result<DerSignature, signature::Error> {
        let hash = hash.try_into().map_err(|_| signature::Error::new())?;
        sign_hash(&self.scalar, hash).map(|signature| signature.to_der())
    }
}

impl PrehashSigner<Signature> for PrivateKey {
    /// # Errors
    ///
    /// For a hash that does not have 32 bytes.
    fn sign_prehash(&self, hash: &[u8]) -> Result<Signature, signature::Error> {
        let hash = hash.try_into().map_err(|_| signature::Error::new())?;
        sign_hash(&self.scalar, hash)
    }
}

impl Keypair for PrivateKey {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.public_key.verifying_key()
    }
}

impl SignatureAlgorithmIdentifier for PrivateKey {
    type Params = AnyRef<'static>;

    const SIGNATURE_ALGORITHM_IDENTIFIER: AlgorithmIdentifier<Self::Params> = AlgorithmIdentifier {
        oid: oid::ECDSA_WITH_SHA256,
        parameters: None,
    };
}

/// ECDSA with the nonce of RFC 6979 (SHA-256), as in p256, with this crate's multiplication.
fn sign(key: &NonZeroScalar, message: &[u8]) -> Result<Signature, signature::Error> {
    sign_hash(key, Sha256::digest(message).into())
}

/// Signs the SHA-256 hash of a message.
fn sign_hash(key: &NonZeroScalar, hash: [u8; 32]) -> Result<Signature, signature::Error> {
    let hash = FieldBytes::from(hash);
    let scalar = Zeroizing::new(key.to_repr());
    let order = NistP256::ORDER.get();
    let mut nonces = KGenerator::<Sha256, _>::new(&scalar, &hash, &[], &order);
    let hash = <Scalar as Reduce<FieldBytes>>::reduce(&hash);
    loop {
        let mut nonce = Zeroizing::new(FieldBytes::default());
        nonces.fill_next_k(&mut nonce);
        let Some(nonce) = NonZeroScalar::from_repr(*nonce).into_option() else {
            continue;
        };
        let nonce = Zeroizing::new(nonce);
        let inverse = Zeroizing::new(nonce.invert());
        let r = <Scalar as Reduce<FieldBytes>>::reduce(&base_multiple(&nonce).x());
        let s = **inverse * (hash + r * key.as_ref());
        // Fails when r or s is 0.
        if let Ok(signature) = Signature::from_scalars(r, s) {
            return Ok(signature);
        }
    }
}

/// SEQUENCE, version 1, OCTET STRING of 32 bytes.
const SEC1_HEAD: &[u8] = &[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
/// The curve prime256v1 in its explicit tag.
const SEC1_CURVE: &[u8] = &[0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
/// BIT STRING of 65 bytes in its explicit tag.
const POINT_HEAD: &[u8] = &[0xA1, 0x44, 0x03, 0x42, 0x00];
/// SEQUENCE, version 0, id-ecPublicKey with prime256v1, OCTET STRING of an ECPrivateKey without the curve's name.
const PKCS8_HEAD: &[u8] = &[
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
    0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x04, 0x6D, 0x30, 0x6B, 0x02, 0x01, 0x01, 0x04, 0x20,
];

pub(crate) fn sec1_der(scalar: &[u8; 32], public_key: &PublicKey) -> Zeroizing<Vec<u8>> {
    let mut der = Zeroizing::new(Vec::with_capacity(PrivateKey::SEC1_LEN));
    for part in [SEC1_HEAD, scalar, SEC1_CURVE, POINT_HEAD, public_key.as_bytes()] {
        der.extend_from_slice(part);
    }
    der
}

pub(crate) fn pkcs8_der(scalar: &[u8; 32], public_key: &PublicKey) -> Zeroizing<Vec<u8>> {
    let mut der = Zeroizing::new(Vec::with_capacity(PrivateKey::PKCS8_LEN));
    for part in [PKCS8_HEAD, scalar, POINT_HEAD, public_key.as_bytes()] {
        der.extend_from_slice(part);
    }
    der
}
