use aes::Aes256;
use aes::cipher::KeyInit;
use xts_mode::Xts128;

use crate::keys::NvsKeys;
use crate::layout::SLOT_SIZE;

/// XTS-AES-256 (IEEE 1619) with a slot as the data unit.
///
/// The round keys are wiped when dropped (feature `zeroize` of `aes`).
pub(crate) struct SlotCipher(Xts128<Aes256>);

impl SlotCipher {
    pub(crate) fn new(keys: &NvsKeys) -> Self {
        Self(Xts128::new(
            Aes256::new(keys.expose_data_key().into()),
            Aes256::new(keys.expose_tweak_key().into()),
        ))
    }

    /// Encrypts the slot that lies at a byte offset of the partition.
    // `encrypt_sector` asserts one block, 16 bytes; a slot has two.
    pub(crate) fn encrypt(&self, slot: &mut [u8; SLOT_SIZE], offset: u128) {
        self.0.encrypt_sector(slot, offset.to_le_bytes().into());
    }

    /// Decrypts the slot that lies at a byte offset of the partition.
    pub(crate) fn decrypt(&self, slot: &mut [u8; SLOT_SIZE], offset: u128) {
        self.0.decrypt_sector(slot, offset.to_le_bytes().into());
    }
}
