use core::fmt;

use crate::layout::SECTOR;
use crate::verify::verify;
#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
use crate::{
    BootPublicKey, BootSigner,
    block::encode,
    layout::{BLOCK, MAX_BLOCKS},
};
use crate::{Error, ImageDigest, SignedImage};

/// The sector at the end of a signed image, for callers that stream the image.
///
/// # Examples
///
#[cfg_attr(feature = "p256", doc = "```")]
#[cfg_attr(not(feature = "p256"), doc = "```ignore")]
/// use esp_secure_boot::{BootKeyKind, BootPublicKey, BootSigner, ImageHasher, SignatureSector};
///
/// let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
/// let public = BootPublicKey::from(key.verifying_key());
///
/// let mut hasher = ImageHasher::new(BootKeyKind::EcdsaP256);
/// for piece in [0xE9; 10_000].chunks(4096) {
///     hasher.update(piece);
/// }
/// let padding = hasher.padding();
/// let mut sector = SignatureSector::new(hasher.finish()?);
/// sector.push(&public, BootSigner::P256(&key))?;
/// assert_eq!((padding, sector.as_bytes().len()), (2288, 4096));
/// # Ok::<(), esp_secure_boot::Error>(())
/// ```
#[derive(Clone)]
pub struct SignatureSector {
    digest: ImageDigest,
    bytes: [u8; SECTOR],
}

impl SignatureSector {
    /// Starts the sector of an image.
    #[must_use]
    pub const fn new(digest: ImageDigest) -> Self {
        Self {
            digest,
            bytes: [0xFF; SECTOR],
        }
    }

    pub(crate) const fn from_bytes(digest: ImageDigest, bytes: [u8; SECTOR]) -> Self {
        Self { digest, bytes }
    }

    /// Signs the digest and adds the block.
    ///
    /// The signature is verified with `key` before it is added, because the signer may be external.
    ///
    /// # Errors
    ///
    /// [`Error::KeyKind`] when the signer's kind differs from the key's, [`Error::DigestKind`] when the digest's does,
    /// [`Error::MixedSchemes`] and [`Error::AlreadySignedByKey`] in conflict with the existing blocks,
    /// [`Error::TooManyBlocks`], [`Error::SigningFailed`] and [`Error::SigningKeyDiffers`].
    #[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
    pub fn push(&mut self, key: &BootPublicKey, signer: BootSigner<'_>) -> Result<(), Error> {
        use crate::signed_image::Blocks;

        let blocks = Blocks::read(&self.bytes).ok();
        let mut count = 0;
        for (block, found) in blocks.iter().flat_map(Blocks::iter).enumerate() {
            if block == 0 && found.kind() != key.kind() {
                return Err(Error::MixedSchemes {
                    block: blocks.iter().flat_map(Blocks::iter).count(),
                    first: found.kind(),
                    other: key.kind(),
                });
            }
            if found.public_key() == key {
                return Err(Error::AlreadySignedByKey { block });
            }
            count = block.saturating_add(1);
        }
        if count >= MAX_BLOCKS {
            return Err(Error::TooManyBlocks);
        }
        let digest = self.digest.as_bytes();
        if digest.len() != key.kind().digest_len() {
            return Err(Error::DigestKind { kind: key.kind() });
        }
        let signature = signer.sign(key, digest)?;
        let block = encode(key, digest, signature.as_bytes());
        let slot = self.bytes.chunks_exact_mut(BLOCK).nth(count).unwrap_or_default();
        slot.iter_mut().zip(block).for_each(|(to, from)| *to = from);
        Ok(())
    }

    /// Returns the sector; without blocks it is all 0xFF.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SECTOR] {
        &self.bytes
    }
}

impl SignedImage<'_> {
    /// Returns the sector for adding a signature.
    ///
    /// # Errors
    ///
    /// [`Error::MixedSchemes`] when the blocks differ in kind, [`Error::ImageChanged`] when a block does not match the image,
    /// and [`Error::SignatureInvalid`] when a signature does not verify with the key in its block.
    pub fn to_sector(&self) -> Result<SignatureSector, Error> {
        let kind = self.kind()?;
        let digest = ImageDigest::of(kind, self.content());
        for (block, found) in self.blocks().enumerate() {
            if found.image_digest() != digest.as_bytes() {
                return Err(Error::ImageChanged { block });
            }
            if verify(found.public_key(), found.image_digest(), found.signature()) == Ok(false) {
                return Err(Error::SignatureInvalid { block });
            }
        }
        Ok(SignatureSector::from_bytes(digest, *self.sector()))
    }
}

impl fmt::Debug for SignatureSector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureSector")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
