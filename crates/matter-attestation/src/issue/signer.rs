use p256::ecdsa::DerSignature;
use signature::{Keypair, Signer};
use spki::{DynSignatureAlgorithmIdentifier, EncodePublicKey};

use crate::{Error, PublicKey, oid};

/// Whatever can sign certificates: a [`PrivateKey`](crate::PrivateKey), a key in a token, a remote service.
///
/// Every type with these traits is one; there is nothing to implement here.
pub trait CertificateSigner:
    Signer<DerSignature> + Keypair<VerifyingKey: EncodePublicKey> + DynSignatureAlgorithmIdentifier
{
}

impl<T> CertificateSigner for T where
    T: Signer<DerSignature> + Keypair<VerifyingKey: EncodePublicKey> + DynSignatureAlgorithmIdentifier + ?Sized
{
}

/// Returns the public key of a signer whose algorithm is ecdsa-with-SHA256 without parameters.
pub(super) fn public_key<S: CertificateSigner>(signer: &S) -> Result<PublicKey, Error> {
    let algorithm = signer
        .signature_algorithm_identifier()
        .map_err(|_| Error::SignerAlgorithm)?;
    if algorithm.oid != oid::ECDSA_WITH_SHA256 || algorithm.parameters.is_some() {
        return Err(Error::SignerAlgorithm);
    }
    let spki = signer
        .verifying_key()
        .to_public_key_der()
        .map_err(|_| Error::KeyMalformed)?;
    PublicKey::from_spki_der(spki.as_bytes())
}
