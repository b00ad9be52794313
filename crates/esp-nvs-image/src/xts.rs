use aes::Aes256;
use aes::cipher::KeyInit;
use xts_mode::Xts128;

use crate::keys::NvsKeys;
use crate::layout::SLOT_SIZE;

/// XTS-AES-256 (IEEE 1619) with a slot as the data unit.
///
/// The round keys are zeroized on drop (feature `zeroize` of `aes`).
pub(crate) struct SlotCipher(Xts128<Aes256>);

impl SlotCipher {
    pub(crate) fn new(keys: &NvsKeys) -> Self {
        Self(Xts128::new(
            Aes256::new(keys.expose_data_key().into()),
            Aes256::new(keys.expose_tweak_key().into()),
        ))
    }

    /// Encrypts slots at byte offsets of the partition.
    // The loop must not be in the caller: inlined here, a slot takes half of the time.
    // `encrypt_sector` asserts one block, 16 bytes; a slot has two.
    pub(crate) fn encrypt(&self, slots: &mut Slots<'_, '_>) {
        for (slot, offset) in slots {
            self.0.encrypt_sector(slot, offset.to_le_bytes().into());
        }
    }

    /// Decrypts slots at byte offsets of the partition.
    pub(crate) fn decrypt(&self, slots: &mut Slots<'_, '_>) {
        for (slot, offset) in slots {
            self.0.decrypt_sector(slot, offset.to_le_bytes().into());
        }
    }
}

/// Slots of an image, each with its offset.
pub(crate) type Slots<'i, 's> = dyn Iterator<Item = (&'s mut [u8; SLOT_SIZE], u128)> + 'i;
