//! Encrypted PKCS#8 (RFC 5958, 3): PBES2 (RFC 8018, 6.2) with PBKDF2 or scrypt, and AES.

use alloc::string::String;
use alloc::vec::Vec;

use pkcs8::pkcs5::pbes2::{self, Kdf};
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::PrivateKey;
use super::decode::{Form, form, from_pkcs8};
use crate::Error;

/// The maximum PBKDF2 iterations accepted from a file: a few seconds of work.
const MAX_ITERATIONS: u32 = 10_000_000;
/// The maximum scrypt memory accepted from a file: twice OpenSSL's limit.
const MAX_SCRYPT_MEMORY: u64 = 64 << 20;
/// The maximum scrypt parallelization accepted from a file.
const MAX_SCRYPT_PARALLELIZATION: u16 = 16;

pub(super) fn decode(input: &[u8], password: &[u8]) -> Result<PrivateKey, Error> {
    let Some(plain) = decrypt_pkcs8(input, password)? else {
        return super::decode::decode(input);
    };
    match from_pkcs8(&plain) {
        Err(Error::KeyMalformed) => Err(Error::KeyPassword),
        result => result,
    }
}

/// Decrypts PKCS#8 with a key of any type, in PEM or DER, to a PrivateKeyInfo in DER; `None` if it is not encrypted.
///
/// For key types other than [`PrivateKey`], with the same limits on the cost of decryption.
///
/// # Errors
///
/// [`Error::KeyPassword`] and [`Error::KeyEncryption`], and the errors of [`PrivateKey::decode`] for input that is not
/// a key.
pub fn decrypt_pkcs8(input: &[u8], password: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let Form::Encrypted(der) = form(input)? else {
        return Ok(None);
    };
    let info = EncryptedPrivateKeyInfoRef::try_from(der.as_slice()).map_err(|_| Error::KeyEncryption)?;
    let parameters = info.encryption_algorithm.pbes2().ok_or(Error::KeyEncryption)?;
    if !is_affordable(&parameters.kdf) {
        return Err(Error::KeyEncryption);
    }
    let plain = info.decrypt(password).map_err(|error| match error {
        // A wrong password gives wrong padding or, with a probability of about 1/256, an invalid key.
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed) | pkcs8::Error::Asn1(_) => {
            Error::KeyPassword
        }
        _ => Error::KeyEncryption,
    })?;
    Ok(Some(Zeroizing::new(plain.as_bytes().into())))
}

pub(super) fn encode<R: rand_core::CryptoRng + ?Sized>(
    key: &PrivateKey,
    password: &[u8],
    rng: &mut R,
) -> Result<Zeroizing<String>, Error> {
    let mut random = [0; 32];
    rng.fill_bytes(&mut random);
    let (salt, iv) = random.split_at(16);
    let iv = <[u8; 16]>::try_from(iv).map_err(|_| Error::EncodingFailed)?;
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PrivateKey::PBKDF2_ITERATIONS, salt, iv)
        .map_err(|_| Error::EncodingFailed)?;
    let plain = key.to_pkcs8_der();
    PrivateKeyInfoRef::try_from(plain.as_slice())
        .and_then(|info| info.encrypt_with_params(parameters, password))
        .map_err(|_| Error::EncodingFailed)?
        .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        .map_err(|_| Error::EncodingFailed)
}

fn is_affordable(kdf: &Kdf) -> bool {
    match kdf {
        Kdf::Pbkdf2(parameters) => (1..=MAX_ITERATIONS).contains(&parameters.iteration_count),
        Kdf::Scrypt(parameters) => {
            let memory = parameters
                .cost_parameter
                .checked_mul(u64::from(parameters.block_size))
                .and_then(|blocks| blocks.checked_mul(128));
            parameters.cost_parameter >= 2
                && parameters.cost_parameter.is_power_of_two()
                && (1..=MAX_SCRYPT_PARALLELIZATION).contains(&parameters.parallelization)
                && memory.is_some_and(|memory| (1..=MAX_SCRYPT_MEMORY).contains(&memory))
        }
        _ => false,
    }
}
