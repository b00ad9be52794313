use signature::{Keypair, Signer, Verifier};

use crate::signing::{NO_SIGNATURE, header};
use crate::{Error, PublicKey, SignatureAlgorithm, SignatureBlock, Writer};

/// Reverses each half of a pair of numbers with N bytes in total: big-endian to little-endian and
/// back.
fn swap_order<const N: usize>(pair: &[u8]) -> Option<[u8; N]> {
    let pair: &[u8; N] = pair.try_into().ok()?;
    let mut out = [0; N];
    let halves = out.chunks_exact_mut(N / 2).zip(pair.chunks_exact(N / 2));
    halves.for_each(|(to, from)| to.iter_mut().zip(from.iter().rev()).for_each(|(to, from)| *to = *from));
    Some(out)
}

/// The curves differ only in crates, lengths and names.
macro_rules! curve {
    ($curve:ident, $bytes:literal, $algorithm:ident, $stored:ident, $is_in:ident, $verify:ident) => {
        fn $stored(key: &$curve::ecdsa::VerifyingKey) -> Option<[u8; $bytes]> {
            let point = key.to_sec1_point(false);
            swap_order(point.as_bytes().get(1..)?)
        }

        pub(super) fn $is_in(key: &$curve::ecdsa::VerifyingKey, block: &SignatureBlock<'_>) -> bool {
            block.algorithm() == SignatureAlgorithm::$algorithm
                && $stored(key).is_some_and(|stored| block.public_key() == stored)
        }

        pub(super) fn $verify(
            key: &$curve::ecdsa::VerifyingKey,
            signed: &[u8],
            block: &SignatureBlock<'_>,
        ) -> Result<(), Error> {
            let signature = swap_order::<$bytes>(block.signature()).ok_or(Error::SignatureInvalid)?;
            let signature = $curve::ecdsa::Signature::from_slice(&signature).map_err(|_| Error::SignatureInvalid)?;
            key.verify(signed, &signature)
                .map_err(|_| Error::SignatureInvalid)
        }
    };
}

curve!(p256, 64, EcdsaP256, stored_p256, is_p256_in, verify_p256);
curve!(p384, 96, EcdsaP384, stored_p384, is_p384_in, verify_p384);

impl Writer<'_> {
    /// Signs all records, or those before the first signature, with ECDSA on P-256.
    ///
    /// The signature is verified before the method returns, because the signer is not trusted. An
    /// image can have up to three signatures by different keys; call [`Writer::push_integrity`]
    /// after the last one.
    ///
    /// # Examples
    ///
    /// ```
    /// use esp_secure_cert::{Image, PartitionSize, PublicKey, RecordType, Subtype, Writer};
    /// use esp_secure_cert::p256::ecdsa::SigningKey;
    ///
    /// let key = SigningKey::from_slice(&[7; 32]).unwrap();
    /// let mut buffer = [0; 512];
    /// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    /// writer.push_user_data(RecordType::USER_DATA_1, Subtype::MIN, b"data")?;
    /// writer.sign_p256(&key)?;
    /// let image = Image::new(writer.finish());
    /// image.verify_signature(&PublicKey::P256(*key.verifying_key()))?;
    /// # Ok::<(), esp_secure_cert::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NoRecords`], [`Error::SignedAlready`], [`Error::TooManySignatures`],
    /// [`Error::Unsigned`] if other records follow a signature, [`Error::SigningFailed`], and the
    /// errors of [`Writer::push_ca_certificate`].
    pub fn sign_p256<S>(&mut self, signer: &S) -> Result<(), Error>
    where
        S: Signer<p256::ecdsa::Signature> + Keypair<VerifyingKey = p256::ecdsa::VerifyingKey>,
    {
        let verifying_key = signer.verifying_key();
        let stored = stored_p256(&verifying_key).ok_or(NO_SIGNATURE)?;
        let key = PublicKey::P256(verifying_key);
        let (signed, subtype) = self.to_sign(&key)?;
        let header = header(SignatureAlgorithm::EcdsaP256, signed)?;
        let signature = signer
            .try_sign(signed)
            .map_err(|error| Error::SigningFailed(error.into()))?;
        let signature = swap_order::<64>(&signature.to_bytes()).ok_or(NO_SIGNATURE)?;
        self.push_signature(subtype, &[&header, &[2], &stored, &signature], &key)
    }

    /// Signs as [`Writer::sign_p256`], with ECDSA on P-384 and SHA-384.
    ///
    /// # Errors
    ///
    /// As [`Writer::sign_p256`].
    pub fn sign_p384<S>(&mut self, signer: &S) -> Result<(), Error>
    where
        S: Signer<p384::ecdsa::Signature> + Keypair<VerifyingKey = p384::ecdsa::VerifyingKey>,
    {
        let verifying_key = signer.verifying_key();
        let stored = stored_p384(&verifying_key).ok_or(NO_SIGNATURE)?;
        let key = PublicKey::P384(verifying_key);
        let (signed, subtype) = self.to_sign(&key)?;
        let header = header(SignatureAlgorithm::EcdsaP384, signed)?;
        let signature = signer
            .try_sign(signed)
            .map_err(|error| Error::SigningFailed(error.into()))?;
        let signature = swap_order::<96>(&signature.to_bytes()).ok_or(NO_SIGNATURE)?;
        self.push_signature(subtype, &[&header, &[3], &stored, &signature], &key)
    }
}
