//! Encrypts and decrypts images in place: the caller holds the image in memory, and the header separately.

use aes_gcm::aead::AeadInOut;
use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::consts::U16;
use aes_gcm::{AesGcm, KeyInit};
use hkdf::Hkdf;
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::{PublicKey, SecretKey, ecdh};
use rand_core::CryptoRng;
#[cfg(feature = "rsa")]
use rsa::traits::PublicKeyParts;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::EncryptedHeader;
use super::encrypted::ECC_KEY_LEN;
use crate::Error;

type Key = Zeroizing<[u8; 32]>;
type Gcm = AesGcm<Aes256, U16>;

/// The info parameter of HKDF.
const INFO: &[u8] = b"_esp_enc_img_ecc";
/// The salt and the iterations of the device key derivation (`esp_enc_img_gen.py`).
const DEVICE_SALT: [u8; 32] = [
    0x0E, 0x21, 0x60, 0x64, 0x2D, 0xAE, 0x76, 0xD3, 0x34, 0x48, 0xE4, 0x3D, 0x77, 0x20, 0x12, 0x3D, 0x9F, 0x3B, 0x1E,
    0xCE, 0xB8, 0x8E, 0x57, 0x3A, 0x4E, 0x8F, 0x7F, 0xB9, 0x4F, 0xF0, 0xC8, 0x69,
];
const DEVICE_ROUNDS: u32 = 2048;

/// Derives the private key that a device computes from an HMAC key in its eFuses, to decrypt images of the ECC form.
///
/// # Errors
///
/// [`Error::DeviceKey`] for one of the few HMAC keys that do not yield a private key.
pub fn device_key(hmac_key: &[u8; 32]) -> Result<SecretKey, Error> {
    let mut scalar = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(hmac_key, &DEVICE_SALT, DEVICE_ROUNDS, &mut *scalar);
    SecretKey::from_slice(&*scalar).map_err(|_| Error::DeviceKey)
}

/// Encrypts an image in place for the device with this key, and returns the header that precedes it.
///
/// # Errors
///
/// [`Error::EncryptedTooLong`] for 4 GiB or more.
pub fn encrypt_ecc<R: CryptoRng + ?Sized>(
    image: &mut [u8],
    device: &PublicKey,
    rng: &mut R,
) -> Result<EncryptedHeader, Error> {
    let ephemeral = ecdh::EphemeralSecret::generate_from_rng(rng);
    let (mut salt, mut iv) = ([0; 32], [0; 16]);
    rng.fill_bytes(&mut salt);
    rng.fill_bytes(&mut iv);
    let key = expand(&salt, ephemeral.diffie_hellman(device).raw_secret_bytes());
    let point = ephemeral.public_key().to_sec1_point(false);
    let mut field = [0; EncryptedHeader::KEY_LEN];
    // The point without the byte that marks it as uncompressed.
    let parts = point.as_bytes().iter().skip(1).chain(&salt);
    field.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    seal(image, &key, field, iv)
}

/// Decrypts an image of the ECC form in place. On error, the content of `image` is unusable.
///
/// # Errors
///
/// [`Error::EncryptedSize`] when the length of the image differs from its header; [`Error::Decryption`] for a wrong key
/// or a damaged image.
pub fn decrypt_ecc(header: &EncryptedHeader, image: &mut [u8], device: &SecretKey) -> Result<(), Error> {
    let (point, rest) = header.key.split_first_chunk::<64>().ok_or(Error::Decryption)?;
    let salt = rest.get(..ECC_KEY_LEN - 64).ok_or(Error::Decryption)?;
    let mut sec1 = [4; 65];
    sec1.iter_mut().skip(1).zip(point).for_each(|(to, from)| *to = *from);
    let ephemeral = PublicKey::from_sec1_bytes(&sec1).map_err(|_| Error::Decryption)?;
    let secret = ecdh::diffie_hellman(device.to_nonzero_scalar(), ephemeral.as_affine());
    open(header, image, &expand(salt, secret.raw_secret_bytes()))
}

/// Encrypts an image in place for devices with this RSA-3072 key, and returns the header that precedes it.
///
/// # Errors
///
/// [`Error::RsaKey`] for a key of another length, [`Error::EncryptedTooLong`] for 4 GiB or more.
#[cfg(feature = "rsa")]
pub fn encrypt_rsa<R: CryptoRng + ?Sized>(
    image: &mut [u8],
    device: &rsa::PublicKey,
    rng: &mut R,
) -> Result<EncryptedHeader, Error> {
    let mut key = Key::default();
    let mut iv = [0; 16];
    rng.fill_bytes(&mut *key);
    rng.fill_bytes(&mut iv);
    let refused = Error::RsaKey {
        bits: device.n().bit_width(),
    };
    let wrapped = device.pkcs1v15_encrypt_with_rng(rng, &*key).map_err(|_| refused)?;
    let field = wrapped.try_into().map_err(|_| refused)?;
    seal(image, &key, field, iv)
}

/// Decrypts an image of the RSA form in place. On error, the content of `image` is unusable.
///
/// # Errors
///
/// As [`decrypt_ecc`].
#[cfg(feature = "rsa")]
pub fn decrypt_rsa<R: CryptoRng + ?Sized>(
    header: &EncryptedHeader,
    image: &mut [u8],
    device: &rsa::PrivateKey,
    rng: &mut R,
) -> Result<(), Error> {
    let key = device
        .pkcs1v15_decrypt_with_rng(rng, &header.key)
        .map(Zeroizing::new)
        .map_err(|_| Error::Decryption)?;
    let key = Zeroizing::new(<[u8; 32]>::try_from(key.as_slice()).map_err(|_| Error::Decryption)?);
    open(header, image, &key)
}

fn expand(salt: &[u8], secret: &[u8]) -> Key {
    let mut key = Key::default();
    // HKDF accepts 32 bytes of output.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(INFO, &mut *key);
    key
}

fn seal(
    image: &mut [u8],
    key: &Key,
    field: [u8; EncryptedHeader::KEY_LEN],
    iv: [u8; 16],
) -> Result<EncryptedHeader, Error> {
    let size = u32::try_from(image.len()).map_err(|_| Error::EncryptedTooLong)?;
    let cipher = Gcm::new((&**key).into());
    let tag = cipher
        .encrypt_inout_detached(&iv.into(), &[], image.into())
        .map_err(|_| Error::EncryptedTooLong)?;
    Ok(EncryptedHeader::new(field, iv, size, tag.into()))
}

fn open(header: &EncryptedHeader, image: &mut [u8], key: &Key) -> Result<(), Error> {
    if u32::try_from(image.len()).ok() != Some(header.size) {
        return Err(Error::EncryptedSize {
            size: header.size,
            found: image.len(),
        });
    }
    let cipher = Gcm::new((&**key).into());
    cipher
        .decrypt_inout_detached(&header.iv.into(), &[], image.into(), &header.tag.into())
        .map_err(|_| Error::Decryption)
}
