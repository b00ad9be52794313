#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use sha2::{Digest, Sha512};

use super::key::BootloaderKeyV1;
use crate::Error;
#[cfg(feature = "alloc")]
use crate::layout::SECTOR;

/// Computes the digest of a bootloader, which an ESP32 with secure boot version 1 checks at every start.
///
/// `iv` must be random for each digest, and is stored before it in flash. If the image ends with its SHA-256, which the
/// chip ignores, the bytes after the last multiple of 128 are ignored here as well.
///
/// # Errors
///
/// [`Error::NotAnImage`] when the header is missing.
pub fn bootloader_digest_v1(image: &[u8], key: &BootloaderKeyV1, iv: &[u8; 128]) -> Result<[u8; 64], Error> {
    let (image, padding) = digested(image)?;
    let cipher = Aes256::new(key.cipher_key().into());
    let mut hash = Sha512::new();
    let mut feed = |bytes: &[u8]| {
        for block in bytes.as_chunks::<16>().0 {
            let mut block = *block;
            block.reverse();
            let mut block = block.into();
            cipher.encrypt_block(&mut block);
            block.reverse();
            block.chunks_exact_mut(4).for_each(<[u8]>::reverse);
            hash.update(block);
        }
    };
    feed(iv);
    // The last 128 bytes may contain the end of the image and padding.
    let (whole, begun) = image
        .split_at_checked(image.len() - image.len() % 128)
        .unwrap_or_default();
    feed(whole);
    if padding != 0 {
        let mut last = [0xFF; 128];
        last.iter_mut().zip(begun).for_each(|(to, from)| *to = *from);
        feed(&last);
    }
    let mut digest: [u8; 64] = hash.finalize().into();
    digest.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    Ok(digest)
}

/// Makes the file for flash address 0: `iv` and digest in the first 4096 bytes, then the digested bytes.
///
/// # Errors
///
/// As [`bootloader_digest_v1`].
#[cfg(feature = "alloc")]
pub fn bootloader_v1(image: &[u8], key: &BootloaderKeyV1, iv: &[u8; 128]) -> Result<Vec<u8>, Error> {
    let digest = bootloader_digest_v1(image, key, iv)?;
    let (image, padding) = digested(image)?;
    let len = SECTOR.saturating_add(image.len()).saturating_add(padding);
    let mut file = Vec::with_capacity(len);
    file.extend_from_slice(iv);
    file.extend_from_slice(&digest);
    file.resize(SECTOR, 0xFF);
    file.extend_from_slice(image);
    file.resize(len, 0xFF);
    Ok(file)
}

/// Returns the digested bytes of the image, and the number of 0xFF bytes that follow.
fn digested(image: &[u8]) -> Result<(&[u8], usize), Error> {
    let Some(&[MAGIC, .., has_hash]) = image.first_chunk::<24>() else {
        return Err(Error::NotAnImage {
            len: image.len(),
            magic: image.first().copied(),
        });
    };
    let begun = image.len() % 128;
    if has_hash == 1 && begun <= HASH {
        return Ok((image.get(..image.len().saturating_sub(begun)).unwrap_or_default(), 0));
    }
    Ok((image, if begun == 0 { 0 } else { 128_usize.saturating_sub(begun) }))
}

/// The first byte of an image.
pub(crate) const MAGIC: u8 = 0xE9;
/// Length of the SHA-256 after an image.
const HASH: usize = 32;
