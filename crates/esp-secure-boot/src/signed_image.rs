use core::fmt;

use crate::block::{is_signature_sector, rest_is_erased, slots};
use crate::layout::SECTOR;
use crate::verify::verify;
use crate::{BlockProblem, BootKeyKind, BootPublicKey, Error, ImageDigest, SignatureBlock};

/// An image with its secure boot version 2 signature sector.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedImage<'a> {
    content: &'a [u8],
    sector: &'a [u8; SECTOR],
    blocks: Blocks<'a>,
}

impl<'a> SignedImage<'a> {
    /// Reads the signature sector, which is the last sector of the image.
    ///
    /// Nothing is verified: call [`SignedImage::verify`] or [`SignedImage::verify_digests`].
    ///
    /// # Errors
    ///
    /// [`Error::Length`] when the length is not a multiple of [`SECTOR`](crate::SECTOR), [`Error::NotSigned`],
    /// [`Error::Empty`] when there is nothing before the sector, [`Error::SignedTwice`] when another signature sector
    /// precedes it; and for a malformed sector [`Error::Block`], [`Error::BlockBehindEmptySlot`] and
    /// [`Error::SectorRest`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (content, sector) = bytes.split_last_chunk::<SECTOR>().ok_or(Error::NotSigned)?;
        if !bytes.len().is_multiple_of(SECTOR) {
            return Err(Error::Length { len: bytes.len() });
        }
        let blocks = Blocks::read(sector)?;
        if content.is_empty() {
            return Err(Error::Empty);
        }
        if content.last_chunk().is_some_and(is_signature_sector) {
            return Err(Error::SignedTwice);
        }
        Ok(Self {
            content,
            sector,
            blocks,
        })
    }

    /// Returns the signed content: the image with its padding, without the signature sector.
    #[must_use]
    pub const fn content(&self) -> &'a [u8] {
        self.content
    }

    /// Returns the signature sector.
    #[must_use]
    pub const fn sector(&self) -> &'a [u8; SECTOR] {
        self.sector
    }

    /// Returns the one to three blocks.
    pub fn blocks(&self) -> impl Iterator<Item = &SignatureBlock<'a>> {
        self.blocks.iter()
    }

    /// Returns the kind of all blocks.
    ///
    /// # Errors
    ///
    /// [`Error::MixedSchemes`] when they differ.
    pub fn kind(&self) -> Result<BootKeyKind, Error> {
        let first = self.blocks.first.kind();
        let other = self.blocks().enumerate().find(|(_, block)| block.kind() != first);
        other.map_or(Ok(first), |(block, other)| {
            Err(Error::MixedSchemes {
                block,
                first,
                other: other.kind(),
            })
        })
    }

    /// Verifies that a trusted key signed the image, and returns the index of its block.
    ///
    /// Only blocks with a trusted public key count, because a device compares that key with its eFuses. As on a device, the
    /// first such block with a valid signature is enough. Every block must match this image.
    ///
    /// # Errors
    ///
    /// [`Error::ImageChanged`], [`Error::NoTrustedKey`], [`Error::SignatureInvalid`], and [`Error::Unsupported`] when the
    /// trusted key is on P-192 or its feature is disabled.
    pub fn verify(&self, keys: &[BootPublicKey]) -> Result<usize, Error> {
        self.verify_where(|block| keys.contains(block.public_key()))
    }

    /// Verifies like [`SignedImage::verify`], with the key digests that a device has in its eFuses and has not revoked.
    ///
    /// # Errors
    ///
    /// As [`SignedImage::verify`].
    pub fn verify_digests(&self, digests: &[[u8; 32]]) -> Result<usize, Error> {
        self.verify_where(|block| digests.contains(block.key_digest()))
    }

    fn verify_where(&self, is_trusted: impl Fn(&SignatureBlock<'a>) -> bool) -> Result<usize, Error> {
        let mut digests: [Option<ImageDigest>; 2] = [None, None];
        let [sha256, sha384] = &mut digests;
        for (block, found) in self.blocks().enumerate() {
            let slot = if found.kind() == BootKeyKind::EcdsaP384 {
                &mut *sha384
            } else {
                &mut *sha256
            };
            let digest = slot.get_or_insert_with(|| ImageDigest::of(found.kind(), self.content));
            if digest.as_bytes() != found.image_digest() {
                return Err(Error::ImageChanged { block });
            }
        }
        let mut count = 0;
        let mut refused = None;
        for (block, found) in self.blocks().enumerate() {
            count = block.saturating_add(1);
            if !is_trusted(found) {
                continue;
            }
            match verify(found.public_key(), found.image_digest(), found.signature()) {
                Ok(true) => return Ok(block),
                Ok(false) => refused = refused.or(Some(Error::SignatureInvalid { block })),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or(Error::NoTrustedKey { blocks: count }))
    }
}

impl fmt::Debug for SignedImage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedImage")
            .field("content", &self.content.len())
            .field("blocks", &self.blocks)
            .finish()
    }
}

/// The blocks of a sector, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Blocks<'a> {
    first: SignatureBlock<'a>,
    others: [Option<SignatureBlock<'a>>; 2],
}

impl<'a> Blocks<'a> {
    pub(crate) fn read(sector: &'a [u8; SECTOR]) -> Result<Self, Error> {
        let mut found = [const { None }; 3];
        let mut empty = false;
        for (block, (slot, found)) in slots(sector).zip(&mut found).enumerate() {
            if slot.iter().all(|byte| *byte == 0xFF) {
                empty = true;
                continue;
            }
            if empty {
                return Err(if is_signature_sector(sector) {
                    Error::BlockBehindEmptySlot { block }
                } else {
                    Error::NotSigned
                });
            }
            *found = Some(SignatureBlock::read(slot).map_err(|problem| match problem {
                BlockProblem::Magic { .. } | BlockProblem::Crc if !is_signature_sector(sector) => Error::NotSigned,
                problem => Error::Block { block, problem },
            })?);
        }
        let [first, second, third] = found;
        let first = first.ok_or(Error::NotSigned)?;
        if let Some(offset) = rest_is_erased(sector) {
            let value = sector.get(offset).copied().unwrap_or_default();
            return Err(Error::SectorRest { offset, value });
        }
        Ok(Self {
            first,
            others: [second, third],
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SignatureBlock<'a>> {
        core::iter::once(&self.first).chain(self.others.iter().flatten())
    }
}
