use rsa::BoxedUint;
use rsa::PublicKey as RsaPublicKey;
use rsa::pss::{Signature, VerifyingKey};
use rsa::rand_core::CryptoRng;
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256};
use signature::{Keypair, RandomizedSigner, SignatureEncoding, Verifier};

use crate::layout::{RSA_3072, RSA_BLOCK, RSA_BLOCK_CHECKED, RSA_BLOCK_START};
use crate::signature_block::rsa_block_crc;
use crate::signing::{NO_SIGNATURE, header};
use crate::{Error, PublicKey, SignatureAlgorithm, SignatureBlock, Writer};

/// The numbers of a key in a signature block of secure boot, little-endian.
struct Numbers {
    modulus: [u8; RSA_3072],
    exponent: [u8; 4],
    /// 2^6144 mod n and -(n^-1) mod 2^32, for the Montgomery multiplication of the RSA peripheral.
    r_squared: [u8; RSA_3072],
    minus_inverse: [u8; 4],
}

impl Numbers {
    fn new(key: &RsaPublicKey) -> Result<Self, Error> {
        Self::of(key).ok_or_else(|| Error::RsaKey {
            bits: key.n().bit_width(),
            exponent_bits: key.e().bit_width(),
        })
    }

    fn of(key: &RsaPublicKey) -> Option<Self> {
        let modulus: [u8; RSA_3072] = key.n().to_le_bytes().as_ref().try_into().ok()?;
        if key.n().bit_width() != BITS {
            return None;
        }
        let exponent = key.e().to_le_bytes_trimmed_vartime();
        let mut padded = [0; 4];
        if exponent.len() > padded.len() {
            return None;
        }
        padded.iter_mut().zip(&exponent).for_each(|(to, from)| *to = *from);
        let power = BoxedUint::one_with_precision(2 * BITS + 1).unbounded_shl_vartime(2 * BITS);
        let r_squared = power.rem_vartime(key.n()).to_le_bytes();
        Some(Self {
            modulus,
            exponent: padded,
            r_squared: r_squared.as_ref().try_into().ok()?,
            minus_inverse: minus_inverse(u32::from_le_bytes(*modulus.first_chunk()?)).to_le_bytes(),
        })
    }
}

/// Computes -(n^-1) mod 2^32 of an odd number by Newton's iteration. Each step doubles the number
/// of correct bits, and an odd number is its own inverse modulo 8.
fn minus_inverse(n: u32) -> u32 {
    let step = |inverse: u32| inverse.wrapping_mul(2_u32.wrapping_sub(n.wrapping_mul(inverse)));
    (0..4).fold(n, |inverse, _| step(inverse)).wrapping_neg()
}

/// Creates a signature block of secure boot version 2; `signature` is little-endian.
fn block(numbers: &Numbers, signed: &[u8], signature: &[u8; RSA_3072]) -> [u8; RSA_BLOCK] {
    let digest: [u8; 32] = Sha256::digest(signed).into();
    let mut block = [0; RSA_BLOCK];
    let fields = [
        &RSA_BLOCK_START[..],
        &[0; 2],
        &digest,
        &numbers.modulus,
        &numbers.exponent,
        &numbers.r_squared,
        &numbers.minus_inverse,
        signature,
    ];
    let bytes = fields.into_iter().flatten();
    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    if let Some((checked, rest)) = block.split_at_mut_checked(RSA_BLOCK_CHECKED) {
        let crc = rsa_block_crc(checked);
        rest.iter_mut().zip(crc).for_each(|(to, from)| *to = from);
    }
    block
}

pub(super) fn is_in(key: &RsaPublicKey, block: &SignatureBlock<'_>) -> bool {
    block.algorithm() == SignatureAlgorithm::Rsa3072 && *block.public_key() == *key.n().to_le_bytes()
}

pub(super) fn verify(key: &RsaPublicKey, signed: &[u8], found: &SignatureBlock<'_>) -> Result<(), Error> {
    let numbers = Numbers::new(key)?;
    let stored: &[u8; RSA_3072] = found.signature().try_into().map_err(|_| Error::SignatureInvalid)?;
    // Besides the signature, the device uses only the digest, the exponent and the numbers for the
    // peripheral.
    if found.body() != block(&numbers, signed, stored) {
        return Err(Error::SignatureInvalid);
    }
    let mut signature = *stored;
    signature.reverse();
    let signature = Signature::try_from(&signature[..]).map_err(|_| Error::SignatureInvalid)?;
    let key = VerifyingKey::<Sha256>::new(key.clone());
    key.verify(signed, &signature).map_err(|_| Error::SignatureInvalid)
}

impl Writer<'_> {
    /// Signs as [`Writer::sign_p256`](#method.sign_p256), with RSASSA-PSS of 3072 bits.
    ///
    /// `rng` generates the salt and the signer's other random numbers.
    ///
    /// # Errors
    ///
    /// [`Error::NoRecords`], [`Error::SignedAlready`], [`Error::TooManySignatures`],
    /// [`Error::Unsigned`] if other records follow a signature, [`Error::RsaKey`],
    /// [`Error::SigningFailed`], and the errors of [`Writer::push_ca_certificate`].
    pub fn sign_rsa<S, R>(&mut self, signer: &S, rng: &mut R) -> Result<(), Error>
    where
        S: RandomizedSigner<Signature> + Keypair<VerifyingKey = VerifyingKey<Sha256>>,
        R: CryptoRng + ?Sized,
    {
        let public_key: RsaPublicKey = signer.verifying_key().as_ref().clone();
        let numbers = Numbers::new(&public_key)?;
        let key = PublicKey::Rsa3072(public_key);
        let (signed, subtype) = self.to_sign(&key)?;
        let header = header(SignatureAlgorithm::Rsa3072, signed)?;
        let signature = signer
            .try_sign_with_rng(rng, signed)
            .map_err(|error| Error::SigningFailed(error.into()))?;
        let signature = signature.to_bytes();
        let mut signature: [u8; RSA_3072] = signature.as_ref().try_into().map_err(|_| NO_SIGNATURE)?;
        signature.reverse();
        let block = block(&numbers, signed, &signature);
        self.push_signature(subtype, &[&header, &block], &key)
    }
}

const BITS: u32 = 3072;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_inverse_times_number_is_minus_one() {
        for n in [1, 3, 5, 0x7FFF_FFFF, 0x8000_0001, 0xDEAD_BEEF, u32::MAX] {
            assert_eq!(n.wrapping_mul(minus_inverse(n)), u32::MAX, "{n:#x}");
        }
    }
}
