use alloc::vec::Vec;
use core::fmt;

use aws_lc_rs::encoding::AsBigEndian;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use p256::ecdsa::{DerSignature, VerifyingKey};
use signature::{Keypair, Signer};
use spki::SignatureAlgorithmIdentifier;
use zeroize::Zeroizing;

use crate::private_key::{pkcs8_der, sec1_der};
use crate::{Error, PrivateKey, PublicKey, SigningFailure};

/// A P-256 private key in memory whose arithmetic is AWS-LC's.
///
/// It stands wherever a [`PrivateKey`] does, both for keys of devices and as a
/// [`CertificateSigner`](crate::CertificateSigner), several times as fast. Two things differ: AWS-LC draws the
/// randomness itself, and draws some for each signature, so that signatures of one message differ.
///
/// AWS-LC wipes the key when it is dropped; `Debug` does not show it.
///
/// # Examples
///
/// ```
/// use matter_attestation::{AwsLcKey, PrivateKey};
///
/// let key = AwsLcKey::generate()?;
/// let same = PrivateKey::decode(&key.to_pkcs8_der()?)?;
/// assert_eq!(same.public_key(), *key.public_key());
/// # Ok::<(), matter_attestation::Error>(())
/// ```
pub struct AwsLcKey {
    pair: EcdsaKeyPair,
    public_key: PublicKey,
}

impl AwsLcKey {
    /// Draws a key, with the randomness of AWS-LC.
    ///
    /// # Errors
    ///
    /// [`Error::SigningFailed`] when AWS-LC reports a failure.
    pub fn generate() -> Result<Self, Error> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map_err(|_| Error::SigningFailed(SigningFailure::UNKNOWN))?;
        let public_key = PublicKey::new(pair.public_key().as_ref())?;
        Ok(Self { pair, public_key })
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Returns the scalar in big-endian octets: the one way to read the bare secret.
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which no key gives.
    pub fn expose_scalar(&self) -> Result<Zeroizing<[u8; 32]>, Error> {
        let octets = self
            .pair
            .private_key()
            .as_be_bytes()
            .map_err(|_| Error::EncodingFailed)?;
        let mut scalar = Zeroizing::new([0; 32]);
        let target = scalar.get_mut(32usize.saturating_sub(octets.as_ref().len())..);
        match target {
            Some(target) if target.len() == octets.as_ref().len() => target.copy_from_slice(octets.as_ref()),
            _ => return Err(Error::EncodingFailed),
        }
        Ok(scalar)
    }

    /// Returns the key in the octets of [`PrivateKey::to_pkcs8_der`].
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which no key gives.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        Ok(pkcs8_der(&*self.expose_scalar()?, &self.public_key))
    }

    /// Returns the key in the octets of [`PrivateKey::to_sec1_der`].
    ///
    /// # Errors
    ///
    /// [`Error::EncodingFailed`], which no key gives.
    pub fn to_sec1_der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        Ok(sec1_der(&*self.expose_scalar()?, &self.public_key))
    }
}

impl TryFrom<&PrivateKey> for AwsLcKey {
    type Error = Error;

    /// Takes a key that was read over to AWS-LC.
    fn try_from(key: &PrivateKey) -> Result<Self, Error> {
        let public_key = key.public_key();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &*key.expose_scalar(),
            public_key.as_bytes(),
        )
        .map_err(|_| Error::KeyMalformed)?;
        Ok(Self { pair, public_key })
    }
}

impl fmt::Debug for AwsLcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsLcKey([elided])")
    }
}

impl Signer<DerSignature> for AwsLcKey {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
        // AWS-LC ignores the source of randomness that ring's interface wants, and uses its own.
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message)
            .map_err(|_| signature::Error::new())?;
        DerSignature::from_bytes(signature.as_ref())
    }
}

impl Keypair for AwsLcKey {
    type VerifyingKey = VerifyingKey;

    fn verifying_key(&self) -> VerifyingKey {
        self.public_key.verifying_key()
    }
}

impl SignatureAlgorithmIdentifier for AwsLcKey {
    type Params = <PrivateKey as SignatureAlgorithmIdentifier>::Params;

    const SIGNATURE_ALGORITHM_IDENTIFIER: spki::AlgorithmIdentifier<Self::Params> =
        PrivateKey::SIGNATURE_ALGORITHM_IDENTIFIER;
}
