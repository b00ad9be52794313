use alloc::vec::Vec;

use esp_flash_image::{EncryptionScheme, KeyAssignment, KeyBlocks};

use crate::{Error, KeyUse, NvsEncryption, SecurityProfile};

/// The assignment of keys to key blocks, by block number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assigned {
    pub(crate) flash_encryption: Option<usize>,
    pub(crate) nvs_hmac: Option<usize>,
    pub(crate) digests: Vec<usize>,
}

impl Assigned {
    /// Assigns a block to every key: first the blocks chosen in the profile, then the first free blocks for
    /// the other keys.
    pub(crate) fn new(profile: &SecurityProfile) -> Result<Self, Error> {
        let blocks = &profile.chip.facts().key_blocks;
        let keys = needed(profile);
        check_wishes(profile, blocks)?;
        if blocks.assignment != KeyAssignment::Purpose {
            check_reserved(profile, blocks, &keys)?;
            return Ok(Self {
                flash_encryption: profile.encryption.as_ref().map(|_| 0),
                nvs_hmac: None,
                digests: keys.iter().filter(|key| is_digest(**key)).map(|_| 0).collect(),
            });
        }
        let two = profile.encryption_scheme() == Some(EncryptionScheme::Xts256);
        let mut free = Free {
            blocks,
            taken: profile.reserved_blocks.clone(),
            two,
        };
        let mut assigned = Self::default();
        let mut found = Vec::new();
        for key in &keys {
            if let Some(block) = wish(profile, *key) {
                free.take(*key, block)?;
                found.push((*key, block));
            }
        }
        for key in &keys {
            if wish(profile, *key).is_none() {
                let block = free.first(*key)?;
                free.take(*key, block)?;
                found.push((*key, block));
            }
        }
        for key in keys {
            let block = found.iter().find(|(other, _)| *other == key).map(|(_, block)| *block);
            match key {
                KeyUse::FlashEncryption => assigned.flash_encryption = block,
                KeyUse::NvsHmac => assigned.nvs_hmac = block,
                KeyUse::SecureBootDigest(_) => assigned.digests.extend(block),
                // Its block is reserved in the profile.
                KeyUse::EcdsaKey => {}
            }
        }
        Ok(assigned)
    }
}

/// The free blocks.
struct Free<'a> {
    blocks: &'a KeyBlocks,
    taken: Vec<usize>,
    /// Whether the flash encryption key needs two consecutive blocks.
    two: bool,
}

impl Free<'_> {
    fn take(&mut self, key: KeyUse, block: usize) -> Result<(), Error> {
        for block in self.blocks_of(key, block) {
            let name = name(self.blocks, block)?;
            if key == KeyUse::FlashEncryption && self.blocks.without_encryption_key.contains(&name) {
                return Err(Error::KeyBlockUnsuited { block: name, key });
            }
            if self.taken.contains(&block) {
                return Err(Error::KeyBlockTaken { block: name, key });
            }
        }
        self.taken.extend(self.blocks_of(key, block));
        Ok(())
    }

    fn first(&self, key: KeyUse) -> Result<usize, Error> {
        let fits = |block: &usize| {
            self.blocks_of(key, *block).all(|block| {
                let unsuited = |name| self.blocks.without_encryption_key.contains(name);
                let name = self.blocks.names.get(block);
                let suited = key != KeyUse::FlashEncryption || !name.is_some_and(unsuited);
                name.is_some() && suited && !self.taken.contains(&block)
            })
        };
        (0..self.blocks.count()).find(fits).ok_or(Error::KeyBlocks { key })
    }

    /// Returns the blocks of a key: for an XTS-AES-256 key also the next one. espefuse puts the second half into the
    /// first free block after the first half, so the next one must be free.
    fn blocks_of(&self, key: KeyUse, block: usize) -> impl Iterator<Item = usize> + use<> {
        let second = self.two && key == KeyUse::FlashEncryption;
        [Some(block), second.then(|| block.saturating_add(1))]
            .into_iter()
            .flatten()
    }
}

fn needed(profile: &SecurityProfile) -> Vec<KeyUse> {
    let mut keys = Vec::new();
    keys.extend(profile.encryption.as_ref().map(|_| KeyUse::FlashEncryption));
    keys.extend((profile.nvs == NvsEncryption::Hmac).then_some(KeyUse::NvsHmac));
    if let Some(secure_boot) = &profile.secure_boot {
        keys.extend(
            (0..)
                .zip(&secure_boot.keys)
                .map(|(slot, _)| KeyUse::SecureBootDigest(slot)),
        );
    }
    keys
}

const fn is_digest(key: KeyUse) -> bool {
    matches!(key, KeyUse::SecureBootDigest(_))
}

fn wish(profile: &SecurityProfile, key: KeyUse) -> Option<usize> {
    let wishes = profile.key_blocks.iter().rev();
    wishes.clone().find(|(other, _)| *other == key).map(|(_, block)| *block)
}

/// Refuses block numbers that the chip does not have, and any choice of blocks where blocks have fixed purposes.
fn check_wishes(profile: &SecurityProfile, blocks: &KeyBlocks) -> Result<(), Error> {
    for (key, block) in &profile.key_blocks {
        let name = name(blocks, *block)?;
        if blocks.assignment == KeyAssignment::Fixed {
            return Err(Error::KeyBlockUnsuited { block: name, key: *key });
        }
    }
    profile
        .reserved_blocks
        .iter()
        .try_for_each(|block| name(blocks, *block).map(drop))
}

/// Refuses reserved blocks that a key needs: the single block for all keys, or on the ESP32 the block of that key.
fn check_reserved(profile: &SecurityProfile, blocks: &KeyBlocks, keys: &[KeyUse]) -> Result<(), Error> {
    for key in keys {
        let own = usize::from(blocks.assignment == KeyAssignment::Fixed && is_digest(*key));
        if profile.reserved_blocks.contains(&own) {
            let block = name(blocks, own)?;
            return Err(Error::KeyBlockTaken { block, key: *key });
        }
    }
    Ok(())
}

pub(crate) fn name(blocks: &KeyBlocks, block: usize) -> Result<&'static str, Error> {
    let count = blocks.count();
    blocks
        .names
        .get(block)
        .copied()
        .ok_or(Error::KeyBlockUnknown { block, count })
}
