#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use sha2::{Digest, Sha256};
use signature::hazmat::PrehashSigner;

use crate::block::is_signature_sector;
use crate::layout::SECTOR;
use crate::verify::{swap_order, verify};
use crate::{BootKeyKind, BootPublicKey, BootSigner, Error, SigningFailure};

/// Makes a version 1 signature: the 68 bytes that follow the app.
///
/// The signature covers everything before it and is verified with `key` before it is returned. Apps must be
/// secure-padded before, which is not part of signing.
///
/// # Errors
///
/// [`Error::Empty`]; [`Error::AlreadySigned`] when the image ends with a signature by this key, with any valid signature
/// after an app image, or with a version 2 signature sector; [`Error::KeyKind`] when the key is not on P-256,
/// [`Error::SigningFailed`] and [`Error::SigningKeyDiffers`].
pub fn app_signature_v1(
    image: &[u8],
    key: &BootPublicKey,
    signer: &dyn PrehashSigner<p256::ecdsa::Signature>,
) -> Result<[u8; LEN], Error> {
    let signer = BootSigner::P256(signer);
    if key.kind() != signer.kind() {
        return Err(wrong_kind(key));
    }
    if image.is_empty() {
        return Err(Error::Empty);
    }
    if is_signed(image, key) {
        return Err(Error::AlreadySigned);
    }
    let made = signer.sign(key, &Sha256::digest(image))?;
    let numbers: [u8; 64] = swap_order(made.as_bytes()).ok_or(Error::SigningFailed(SigningFailure::UNKNOWN))?;
    let mut out = [0; LEN];
    out.iter_mut()
        .skip(VERSION.len())
        .zip(numbers)
        .for_each(|(to, from)| *to = from);
    Ok(out)
}

/// Signs an app for secure boot version 1: returns the app followed by the signature.
///
/// # Errors
///
/// As [`app_signature_v1`].
#[cfg(feature = "alloc")]
pub fn sign_app_v1(
    image: &[u8],
    key: &BootPublicKey,
    signer: &dyn PrehashSigner<p256::ecdsa::Signature>,
) -> Result<Vec<u8>, Error> {
    let signature = app_signature_v1(image, key, signer)?;
    let mut signed = Vec::with_capacity(image.len().saturating_add(LEN));
    signed.extend_from_slice(image);
    signed.extend_from_slice(&signature);
    Ok(signed)
}

/// Verifies an app signed for secure boot version 1, and returns it without the signature.
///
/// # Errors
///
/// [`Error::NotSigned`] when it does not end with a signature, [`Error::Empty`] when nothing precedes the signature,
/// [`Error::SignatureInvalid`], and [`Error::KeyKind`] when the key is not on P-256.
pub fn verify_app_v1<'a>(signed: &'a [u8], key: &BootPublicKey) -> Result<&'a [u8], Error> {
    if key.kind() != BootKeyKind::EcdsaP256 {
        return Err(wrong_kind(key));
    }
    let (image, signature) = split(signed).ok_or(Error::NotSigned)?;
    if image.is_empty() {
        return Err(Error::Empty);
    }
    if verifies(image, signature, key) {
        Ok(image)
    } else {
        Err(Error::SignatureInvalid { block: 0 })
    }
}

fn wrong_kind(key: &BootPublicKey) -> Error {
    Error::KeyKind {
        wanted: BootKeyKind::EcdsaP256,
        found: key.kind(),
    }
}

/// Splits a possible signature from the image.
fn split(signed: &[u8]) -> Option<(&[u8], &[u8; 64])> {
    let (rest, numbers) = signed.split_last_chunk()?;
    Some((rest.strip_suffix(&VERSION)?, numbers))
}

fn verifies(image: &[u8], signature: &[u8; 64], key: &BootPublicKey) -> bool {
    let signature = swap_order::<64>(signature);
    signature.is_some_and(|signature| verify(key, &Sha256::digest(image), &signature) == Ok(true))
}

/// Returns whether an image is certainly signed.
fn is_signed(image: &[u8], key: &BootPublicKey) -> bool {
    if image.len().is_multiple_of(SECTOR) && image.last_chunk().is_some_and(is_signature_sector) {
        return true;
    }
    let signed = split(image);
    signed.is_some_and(|(image, signature)| image_len(image) == Some(image.len()) || verifies(image, signature, key))
}

/// Returns the length of the app image at the start, from its header and segment lengths.
///
/// Source: ESP-IDF Programming Guide, "App Image Format".
fn image_len(image: &[u8]) -> Option<usize> {
    let (header, mut rest) = image.split_first_chunk::<24>()?;
    let [0xE9, segments @ 1..=16, .., has_hash] = *header else {
        return None;
    };
    for _ in 0..segments {
        let (head, after) = rest.split_first_chunk::<8>()?;
        let [_, _, _, _, a, b, c, d] = *head;
        let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
        rest = after.get(len..)?;
    }
    // The image is padded with zeros, and the checksum is the last byte of a 16-byte block.
    let read = image.len().checked_sub(rest.len())?;
    let hash = if has_hash == 1 { 32 } else { 0 };
    (read / 16 + 1).checked_mul(16)?.checked_add(hash)
}

/// Length of a signature in bytes.
const LEN: usize = 68;
const VERSION: [u8; 4] = [0; 4];
