//! Computations of the HMAC peripheral with its eFuse key, on the host.
//!
//! Source: `espressif/esp_secure_cert_mgr`, `esp_secure_cert_crypto.c`, `esp_secure_cert_tlv_read.c` and
//! `esp_secure_cert_tlv_write.c`.

use core::fmt;

use aes_gcm::aead::consts::U16;
use aes_gcm::aes::Aes256;
use aes_gcm::{AeadInOut, AesGcm};
use hmac::digest::FixedOutput;
use hmac::{Hmac, KeyInit, Mac};
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::layout::GCM_TAG;
use crate::{EncryptedKey, Error, KeySalt};

/// The 256-bit key in a device's eFuses with the purpose `HMAC_UP`, for a factory that burns it.
///
/// It is zeroized on drop, elided in `Debug`, and read only through [`HmacKey::expose`]. Each
/// device needs its own key. `esp_nvs_image::HmacKey` is the key of another eFuse block.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{HmacKey, KeySalt};
///
/// let key = HmacKey::new([7; 32])?;
/// let salt = [1; 32];
/// let derived = key.derive(&KeySalt::new(&salt)?)?;
/// // For the device's certificate.
/// assert_eq!(derived.public_key()[0], 4);
/// assert_eq!(format!("{derived:?}"), "DerivedKey([elided])");
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HmacKey([u8; KEY_LEN]);

impl HmacKey {
    /// The length of a key in bytes.
    pub const LEN: usize = KEY_LEN;

    /// Creates a key.
    ///
    /// # Errors
    ///
    /// [`Error::HmacKeyBlank`] if every byte is 0x00, as in an unprogrammed eFuse block, or 0xFF.
    pub fn new(key: [u8; KEY_LEN]) -> Result<Self, Error> {
        Self(key).checked()
    }

    /// Reads a key file, which contains exactly the 32 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::HmacKeySize`] for another length, and [`Error::HmacKeyBlank`] for a blank key.
    pub fn decode(file: &[u8]) -> Result<Self, Error> {
        let key: &[u8; KEY_LEN] = file.try_into().map_err(|_| Error::HmacKeySize { len: file.len() })?;
        Self(*key).checked()
    }

    /// Draws a key.
    ///
    /// # Errors
    ///
    /// [`Error::HmacKeyBlank`], with probability 2^-255 unless the generator is broken.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Result<Self, Error> {
        let mut key = Self([0; KEY_LEN]);
        rng.fill_bytes(&mut key.0);
        key.checked()
    }

    /// Returns the bytes. This is the only way to read the secret.
    #[must_use]
    pub const fn expose(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// Derives the private key as the device does from this key and a salt: PBKDF2 with HMAC-SHA256
    /// and 2048 iterations.
    ///
    /// # Errors
    ///
    /// [`Error::DerivedKeyOutOfRange`] if the scalar is not in 2..n, which happens for one salt in
    /// 2^32; retry with another salt.
    pub fn derive(&self, salt: &KeySalt<'_>) -> Result<DerivedKey, Error> {
        let mut scalar = Zeroizing::new([0; KEY_LEN]);
        pbkdf2::pbkdf2_hmac::<Sha256>(&self.0, salt.as_bytes(), ITERATIONS, &mut *scalar);
        DerivedKey::new(&scalar)
    }

    /// Encrypts a private key for [`KeyStorage::HmacEncrypted`](crate::KeyStorage::HmacEncrypted)
    /// into `out`, which must be at least [`EncryptedKey::TAG_LEN`] bytes longer than the key.
    ///
    /// **Encrypt one key only.** Key and initialization vector depend only on the eFuse key. A
    /// second ciphertext under them, even in a later image, reveals the difference of the two
    /// plaintexts and allows forging tags.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], and [`Error::EncryptedLength`] for an empty key.
    pub fn encrypt<'a>(&self, key: &[u8], out: &'a mut [u8]) -> Result<EncryptedKey<'a>, Error> {
        let needed = key.len().saturating_add(GCM_TAG);
        let available = out.len();
        let too_small = || Error::BufferTooSmall { needed, available };
        let out = out.get_mut(..needed).ok_or_else(too_small)?;
        let (text, tag) = out.split_last_chunk_mut::<GCM_TAG>().ok_or_else(too_small)?;
        text.copy_from_slice(key);
        let (cipher, iv) = self.cipher();
        let computed = cipher
            .encrypt_inout_detached(&iv.into(), &[], text.into())
            .map_err(|_| Error::EncryptedLength { len: needed })?;
        tag.copy_from_slice(&computed);
        EncryptedKey::new(out)
    }

    /// Decrypts a key encrypted by [`HmacKey::encrypt`] into `out` and returns it. The caller must
    /// zeroize it.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], and [`Error::Decryption`] for another HMAC key or damaged data;
    /// `out` is then zeroized.
    pub fn decrypt<'a>(&self, key: &EncryptedKey<'_>, out: &'a mut [u8]) -> Result<&'a mut [u8], Error> {
        let (ciphertext, tag) = key.as_bytes().split_last_chunk::<GCM_TAG>().ok_or(Error::Decryption)?;
        let (needed, available) = (ciphertext.len(), out.len());
        let text = out
            .get_mut(..needed)
            .ok_or(Error::BufferTooSmall { needed, available })?;
        text.copy_from_slice(ciphertext);
        let (cipher, iv) = self.cipher();
        let done = cipher.decrypt_inout_detached(&iv.into(), &[], (&mut *text).into(), tag.into());
        if done.is_err() {
            text.zeroize();
            return Err(Error::Decryption);
        }
        Ok(text)
    }

    fn cipher(&self) -> (AesGcm<Aes256, U16>, [u8; IV_LEN]) {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        self.authenticate(KEY_SEED, &mut key);
        let mut long = [0; KEY_LEN];
        self.authenticate(IV_SEED, &mut long);
        let mut iv = [0; IV_LEN];
        iv.iter_mut().zip(long).for_each(|(to, from)| *to = from);
        (AesGcm::new((&*key).into()), iv)
    }

    fn checked(self) -> Result<Self, Error> {
        if bool::from(self.0.ct_eq(&[0x00; KEY_LEN]) | self.0.ct_eq(&[0xFF; KEY_LEN])) {
            return Err(Error::HmacKeyBlank);
        }
        Ok(self)
    }

    /// Computes HMAC-SHA256 over the seed repeated eight times.
    fn authenticate(&self, seed: u32, out: &mut [u8; KEY_LEN]) {
        // HMAC pads a short key with zeros to the block size of the hash (RFC 2104, section 2).
        // Padding here avoids a fallible constructor.
        let mut block = Zeroizing::new([0; SHA256_BLOCK]);
        block.iter_mut().zip(&self.0).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        for _ in 0..SEED_REPEATS {
            mac.update(&seed.to_le_bytes());
        }
        mac.finalize_into(out.into());
    }
}

impl ConstantTimeEq for HmacKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey([elided])")
    }
}

/// The P-256 private key that a device derives from its HMAC key and a salt.
///
/// A factory needs only [`DerivedKey::public_key`], for the certificate. The key is zeroized on
/// drop and elided in `Debug`.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{HmacKey, KeySalt};
///
/// let derived = HmacKey::new([7; 32])?.derive(&KeySalt::new(&[1; 32])?)?;
/// assert_eq!(derived.public_key().len(), 65);
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone)]
pub struct DerivedKey(SecretKey);

impl DerivedKey {
    fn new(scalar: &[u8; KEY_LEN]) -> Result<Self, Error> {
        let mut one = [0; KEY_LEN];
        if let Some(last) = one.last_mut() {
            *last = 1;
        }
        // The firmware requires 1 < d < n; `SecretKey` also accepts 1.
        if bool::from(scalar.ct_eq(&one)) {
            return Err(Error::DerivedKeyOutOfRange);
        }
        SecretKey::from_slice(scalar)
            .map(Self)
            .map_err(|_| Error::DerivedKeyOutOfRange)
    }

    /// Returns the public key as an uncompressed point: 4, X and Y, big-endian.
    #[must_use]
    pub fn public_key(&self) -> [u8; 65] {
        let point = self.0.public_key().to_sec1_point(false);
        let mut bytes = [0; 65];
        bytes
            .iter_mut()
            .zip(point.as_bytes())
            .for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Returns the scalar in big-endian bytes. This is the only way to read the secret, which
    /// normally never leaves the device.
    #[must_use]
    pub fn expose_scalar(&self) -> Zeroizing<[u8; KEY_LEN]> {
        let bytes = Zeroizing::new(self.0.to_bytes());
        let mut scalar = Zeroizing::new([0; KEY_LEN]);
        scalar.copy_from_slice(&bytes);
        scalar
    }
}

impl ConstantTimeEq for DerivedKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

// `SecretKey` zeroizes its scalar.
impl ZeroizeOnDrop for DerivedKey {}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DerivedKey([elided])")
    }
}

/// Length in bytes of the HMAC key and the keys derived from it.
const KEY_LEN: usize = 32;
const IV_LEN: usize = 16;
/// Block size of SHA-256 in bytes.
const SHA256_BLOCK: usize = 64;
/// Iterations of PBKDF2.
const ITERATIONS: u32 = 2048;
/// HMAC seed for the AES key.
const KEY_SEED: u32 = 0xFFFF_FFFF;
/// HMAC seed for the initialization vector, which is the start of the result.
const IV_SEED: u32 = 0xABCD_ABCD;
const SEED_REPEATS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_key_is_greater_than_one_and_below_the_order() {
        let order = hex_literal::hex!("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        let (mut one, mut two, mut last) = ([0; 32], [0; 32], order);
        (one[31], two[31], last[31]) = (1, 2, 0x50);
        for out in [[0; 32], one, order, [0xFF; 32]] {
            assert_eq!(DerivedKey::new(&out).unwrap_err(), Error::DerivedKeyOutOfRange);
        }
        for inside in [two, last] {
            assert_eq!(*DerivedKey::new(&inside).unwrap().expose_scalar(), inside);
        }
    }
}
