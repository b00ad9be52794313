//! Signing of images into newly allocated memory.
#![cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]

use alloc::vec::Vec;

use crate::layout::SECTOR;
use crate::{BootPublicKey, BootSigner, Error, ImageHasher, SignatureSector, SignedImage};

/// Signs an image: pads it with 0xFF to a multiple of 4096 bytes and adds the signature sector.
///
/// Apps must be secure-padded before, which is not part of signing. The signature is verified with `key` before it is
/// returned, because the signer may be external.
///
/// # Examples
///
#[cfg_attr(feature = "p256", doc = "```")]
#[cfg_attr(not(feature = "p256"), doc = "```ignore")]
/// use esp_secure_boot::{BootPublicKey, BootSigner, SignedImage, append_v2, sign_v2};
/// use esp_secure_boot::p256::ecdsa::SigningKey;
///
/// let keys = [7, 8].map(|byte| SigningKey::from_slice(&[byte; 32]).unwrap());
/// let trusted = keys.each_ref().map(|key| BootPublicKey::from(key.verifying_key()));
///
/// let signed = sign_v2(&[0xE9; 1000], &trusted[0], BootSigner::P256(&keys[0]))?;
/// let signed = append_v2(&signed, &trusted[1], BootSigner::P256(&keys[1]))?;
/// assert_eq!(signed.len(), 2 * 4096);
/// assert_eq!(SignedImage::parse(&signed)?.verify(&trusted[1..])?, 1);
/// # Ok::<(), esp_secure_boot::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Empty`], [`Error::AlreadySigned`] when the image ends with a signature sector, and the errors of
/// [`SignatureSector::push`].
pub fn sign_v2(image: &[u8], key: &BootPublicKey, signer: BootSigner<'_>) -> Result<Vec<u8>, Error> {
    let mut hasher = ImageHasher::new(key.kind());
    hasher.update(image);
    let padded = image.len().saturating_add(hasher.padding());
    let mut sector = SignatureSector::new(hasher.finish()?);
    sector.push(key, signer)?;
    let mut signed = Vec::with_capacity(padded.saturating_add(SECTOR));
    signed.extend_from_slice(image);
    signed.resize(padded, 0xFF);
    signed.extend_from_slice(sector.as_bytes());
    Ok(signed)
}

/// Adds a signature to a signed image, for devices that trust several keys; up to three are possible.
///
/// # Errors
///
/// The errors of [`SignedImage::parse`], [`SignedImage::to_sector`] and [`SignatureSector::push`].
pub fn append_v2(signed: &[u8], key: &BootPublicKey, signer: BootSigner<'_>) -> Result<Vec<u8>, Error> {
    let image = SignedImage::parse(signed)?;
    let mut sector = image.to_sector()?;
    sector.push(key, signer)?;
    let mut out = Vec::with_capacity(signed.len());
    out.extend_from_slice(image.content());
    out.extend_from_slice(sector.as_bytes());
    Ok(out)
}
