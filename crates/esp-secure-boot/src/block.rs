use core::fmt;
use core::ops::Range;

use crate::layout::{BLOCK, CRC, MAGIC, MAX_BLOCKS, REST, SECTOR, TAIL, VERSION_ECDSA, VERSION_RSA};
use crate::{BlockProblem, BootKeyKind, BootPublicKey, Error};

/// One signature with its public key and the signed digest.
///
/// The key in a block proves nothing, because an attacker can include any key:
/// [`SignedImage::verify`](crate::SignedImage::verify) compares it with trusted keys.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureBlock<'a> {
    bytes: &'a [u8; BLOCK],
    key: BootPublicKey,
}

impl<'a> SignatureBlock<'a> {
    /// The length of a block in bytes.
    pub const LEN: usize = BLOCK;

    /// Reads a block; every byte with a prescribed value must have it.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] with the problem, reported for block 0.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.try_into() {
            Ok(block) => Self::read(block),
            Err(_) => Err(BlockProblem::Length { len: bytes.len() }),
        }
        .map_err(|problem| Error::Block { block: 0, problem })
    }

    pub(crate) fn read(bytes: &'a [u8; BLOCK]) -> Result<Self, BlockProblem> {
        if part(bytes, CRC..TAIL) != crc(bytes) {
            return Err(match *bytes {
                [MAGIC, ..] => BlockProblem::Crc,
                [found, ..] => BlockProblem::Magic { found },
            });
        }
        let kind = kind(bytes)?;
        let zeros = [kind.signature().end..CRC, TAIL..BLOCK];
        for range in zeros {
            let set = part(bytes, range.clone()).iter().position(|byte| *byte != 0);
            if let Some(at) = set {
                let offset = range.start.saturating_add(at);
                return Err(BlockProblem::Reserved { offset });
            }
        }
        let key = key(kind, part(bytes, kind.key_area()))?;
        Ok(Self { bytes, key })
    }

    /// Returns the kind of the key.
    #[must_use]
    pub const fn kind(&self) -> BootKeyKind {
        self.key.kind()
    }

    /// Returns the signed digest as stated in the block: 32 bytes, or 48 for P-384.
    #[must_use]
    pub fn image_digest(&self) -> &'a [u8] {
        part(self.bytes, self.kind().digest())
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> &BootPublicKey {
        &self.key
    }

    /// Returns the key digest that a device trusting the key has in its eFuses.
    #[must_use]
    pub const fn key_digest(&self) -> &[u8; 32] {
        self.key.key_digest()
    }

    /// Returns the signature, little-endian: the RSA signature, or r and s.
    #[must_use]
    pub fn signature(&self) -> &'a [u8] {
        part(self.bytes, self.kind().signature())
    }

    /// Returns the block.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8; BLOCK] {
        self.bytes
    }
}

impl fmt::Debug for SignatureBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignatureBlock").field(&self.key).finish()
    }
}

/// Assembles a block.
#[cfg(any(feature = "p256", feature = "p384", feature = "rsa"))]
pub(crate) fn encode(key: &BootPublicKey, digest: &[u8], signature: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let fields = [&key.kind().start()[..], digest, key.area(), signature];
    let bytes = fields.into_iter().flatten();
    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let crc = crc(&block);
    let to = block.get_mut(CRC..TAIL).unwrap_or_default();
    to.iter_mut().zip(crc).for_each(|(to, from)| *to = from);
    block
}

/// Returns whether a sector is a signature sector, even a damaged one: a signature after it would not be found.
///
/// The magic alone is not enough: a slot must have a correct checksum, or the first slot must begin like a block and the
/// bytes after the slots be erased.
pub(crate) fn is_signature_sector(sector: &[u8; SECTOR]) -> bool {
    let begins = |slot: &[u8; BLOCK]| matches!(slot, [MAGIC, VERSION_RSA | VERSION_ECDSA, ..]);
    if slots(sector).any(|slot| begins(slot) && part(slot, CRC..TAIL) == crc(slot)) {
        return true;
    }
    let tail_is_zero = |slot: &[u8; BLOCK]| part(slot, TAIL..BLOCK).iter().all(|byte| *byte == 0);
    slots(sector)
        .next()
        .is_some_and(|slot| begins(slot) && tail_is_zero(slot))
        && rest_is_erased(sector).is_none()
}

/// Returns the slots of a sector.
pub(crate) fn slots(sector: &[u8; SECTOR]) -> impl Iterator<Item = &[u8; BLOCK]> {
    sector.as_chunks::<BLOCK>().0.iter().take(MAX_BLOCKS)
}

/// Returns the offset of the first byte after the slots that is not 0xFF.
pub(crate) fn rest_is_erased(sector: &[u8; SECTOR]) -> Option<usize> {
    let after = sector.iter().enumerate().skip(REST);
    after
        .map(|(at, byte)| (at, *byte))
        .find(|(_, byte)| *byte != 0xFF)
        .map(|(at, _)| at)
}

fn kind(bytes: &[u8; BLOCK]) -> Result<BootKeyKind, BlockProblem> {
    let curve = |kind: BootKeyKind| bytes.get(kind.key_area().start).copied().unwrap_or_default();
    let known = |kinds: &[BootKeyKind]| {
        let stated = kinds.first().map_or(0, |kind| curve(*kind));
        let kind = kinds.iter().find(|kind| kind.curve() == stated);
        kind.copied().ok_or(BlockProblem::Curve { curve: stated })
    };
    match *bytes {
        [MAGIC, VERSION_RSA, 0, 0, ..] => Ok(BootKeyKind::Rsa3072),
        [MAGIC, VERSION_ECDSA, 0, 0, ..] => known(&[BootKeyKind::EcdsaP192, BootKeyKind::EcdsaP256]),
        [MAGIC, VERSION_ECDSA, 1, 0, ..] => known(&[BootKeyKind::EcdsaP384]),
        [MAGIC, VERSION_RSA | VERSION_ECDSA, 0, _, ..] => Err(BlockProblem::Reserved { offset: 3 }),
        [MAGIC, VERSION_RSA, ..] => Err(BlockProblem::Reserved { offset: 2 }),
        [MAGIC, VERSION_ECDSA, 1, ..] => Err(BlockProblem::Reserved { offset: 3 }),
        [MAGIC, VERSION_ECDSA, hash, ..] => Err(BlockProblem::Hash { hash }),
        [MAGIC, version, ..] => Err(BlockProblem::Version { version }),
        [found, ..] => Err(BlockProblem::Magic { found }),
    }
}

/// Reads the part of a block that the key digest covers.
fn key(kind: BootKeyKind, area: &[u8]) -> Result<BootPublicKey, BlockProblem> {
    if kind == BootKeyKind::Rsa3072 {
        let modulus = area.first_chunk().ok_or(BlockProblem::PublicKey)?;
        let key = BootPublicKey::from_rsa_little(modulus).map_err(|_| BlockProblem::PublicKey)?;
        let differs = |range: Range<usize>| area.get(range.clone()) != key.area().get(range);
        return if differs(384..388) {
            let exponent = area.get(384..).and_then(<[u8]>::first_chunk);
            Err(BlockProblem::RsaExponent {
                exponent: exponent.map_or(0, |bytes| u32::from_le_bytes(*bytes)),
            })
        } else if differs(388..772) {
            Err(BlockProblem::RsaFactor)
        } else if differs(772..776) {
            Err(BlockProblem::RsaInverse)
        } else {
            Ok(key)
        };
    }
    let len = kind.number_len();
    let (x, rest) = area
        .get(1..)
        .and_then(|numbers| numbers.split_at_checked(len))
        .unwrap_or_default();
    let (y, rest) = rest.split_at_checked(len).unwrap_or_default();
    if let Some(at) = rest.iter().position(|byte| *byte != 0) {
        let offset = kind.key_area().end.saturating_sub(rest.len()).saturating_add(at);
        return Err(BlockProblem::Reserved { offset });
    }
    BootPublicKey::from_ecdsa_little(kind, x, y).map_err(|_| BlockProblem::PublicKey)
}

fn part(block: &[u8; BLOCK], range: Range<usize>) -> &[u8] {
    block.get(range).unwrap_or_default()
}

fn crc(block: &[u8; BLOCK]) -> [u8; 4] {
    crc32fast::hash(part(block, 0..CRC)).to_le_bytes()
}
