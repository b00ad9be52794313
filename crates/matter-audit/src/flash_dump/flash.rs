//! The contents of a flash, plain or encrypted, and its partition table.

use std::ops::Range;

use esp_flash_image::{
    EncryptionScheme, FlashCipher, FlashCryptConfig, FlashKey, Partition, PartitionTable, TableError,
};
use zeroize::Zeroizing;

use super::tables::own_options;

/// The data at the address of the partition table.
pub(super) enum OwnTable {
    Read(PartitionTable),
    Damaged(TableError),
    /// The flash is erased there.
    Erased,
    /// The dump ends within it.
    Missing,
    /// Not a table, neither as stored nor decrypted.
    Unreadable,
}

/// A dump and the cipher that decrypts it.
pub(super) struct Flash {
    bytes: Zeroizing<Vec<u8>>,
    table_offset: u32,
    cipher: Option<FlashCipher>,
}

impl Flash {
    pub(super) const fn new(bytes: Zeroizing<Vec<u8>>, table_offset: u32) -> Self {
        Self {
            bytes,
            table_offset,
            cipher: None,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) const fn table_offset(&self) -> u32 {
        self.table_offset
    }

    pub(super) const fn is_encrypted(&self) -> bool {
        self.cipher.is_some()
    }

    pub(super) fn set_key(&mut self, key: &FlashKey) {
        self.cipher = Some(key.cipher());
    }

    /// Reads the table in the flash. The key that decrypts it is the key of the whole flash.
    pub(super) fn open(&mut self, keys: &[FlashKey]) -> OwnTable {
        let Some(table) = self.table_range().and_then(|range| self.bytes.get(range)) else {
            return OwnTable::Missing;
        };
        if is_erased(table) {
            return OwnTable::Erased;
        }
        let options = own_options(self.table_offset);
        let mut damaged = None;
        for key in keys {
            let cipher = key.cipher();
            let mut plain = Zeroizing::new(table.to_vec());
            if cipher.decrypt(self.table_offset, &mut plain).is_err() || !PartitionTable::is_binary(&plain) {
                continue;
            }
            match PartitionTable::read(&plain, &options) {
                Ok(table) => {
                    self.cipher = Some(cipher);
                    return OwnTable::Read(table);
                }
                Err(error) => damaged = Some((cipher, error)),
            }
        }
        if PartitionTable::is_binary(table) {
            return PartitionTable::read(table, &options).map_or_else(OwnTable::Damaged, OwnTable::Read);
        }
        // Two bytes match by chance for one key in 65536.
        let Some((cipher, error)) = damaged else {
            return OwnTable::Unreadable;
        };
        self.cipher = Some(cipher);
        OwnTable::Damaged(error)
    }

    fn table_range(&self) -> Option<Range<usize>> {
        let start = usize::try_from(self.table_offset).ok()?;
        Some(start..start.checked_add(PartitionTable::LEN)?)
    }

    /// Returns the raw bytes of a partition that are in the dump.
    pub(super) fn raw(&self, partition: &Partition) -> &[u8] {
        self.bytes.get(self.range(partition)).unwrap_or_default()
    }

    pub(super) fn range(&self, partition: &Partition) -> Range<usize> {
        self.clip(partition.offset().into(), partition.end())
    }

    fn clip(&self, start: u64, end: u64) -> Range<usize> {
        let len = self.bytes.len();
        let [start, end] = [start, end].map(|at| usize::try_from(at).map_or(len, |at| at.min(len)));
        start..end
    }

    /// Decrypts bytes of the flash. Erased ones stay erased: encryption yields 16 bytes of FF only with a probability
    /// of 2⁻¹²⁸.
    ///
    /// Returns `None` without a cipher.
    pub(super) fn decrypt(&self, range: Range<usize>) -> Result<Option<Zeroizing<Vec<u8>>>, esp_flash_image::Error> {
        let raw = self.bytes.get(range.clone()).unwrap_or_default();
        let Some(cipher) = self.cipher.as_ref() else {
            return Ok(None);
        };
        let mut plain = Zeroizing::new(raw.to_vec());
        let whole = raw.len() - raw.len() % FlashCipher::STEP;
        let address = u32::try_from(range.start).unwrap_or(u32::MAX);
        if let Some(plain) = plain.get_mut(..whole).filter(|plain| !plain.is_empty()) {
            cipher.decrypt(address, plain)?;
        }
        let steps = raw.chunks_exact(FlashCipher::STEP);
        for (plain, raw) in plain.chunks_exact_mut(FlashCipher::STEP).zip(steps) {
            if is_erased(raw) {
                plain.fill(0xFF);
            }
        }
        Ok(Some(plain))
    }

    /// Returns the flash with partitions, bootloader and table decrypted in place; the rest is FF.
    pub(super) fn decrypted<'p>(&self, partitions: impl Iterator<Item = &'p Partition>) -> Option<Zeroizing<Vec<u8>>> {
        self.cipher.as_ref()?;
        let mut plain = Zeroizing::new(vec![0xFF; self.bytes.len()]);
        let front = u64::from(self.table_offset).saturating_add(PartitionTable::SECTOR_LEN.into());
        let ranges = partitions.map(|partition| self.range(partition));
        for range in ranges.chain([self.clip(0, front)]) {
            let place = plain.get_mut(range.clone());
            // Failures are reported for the partitions that are read.
            if let (Some(place), Ok(Some(bytes))) = (place, self.decrypt(range)) {
                place.copy_from_slice(&bytes);
            }
        }
        Some(plain)
    }
}

/// Returns the keys that a key file may hold: a length of 32 bytes fits two schemes.
pub(super) fn keys_of_file(
    bytes: &[u8],
    scheme: Option<EncryptionScheme>,
    config: FlashCryptConfig,
) -> Result<Vec<FlashKey>, String> {
    if let Some(scheme) = scheme {
        let key = FlashKey::new(scheme, bytes).map_err(|error| error.to_string())?;
        return Ok(vec![key.with_flash_crypt_config(config)]);
    }
    // Newer schemes first.
    let schemes = EncryptionScheme::ALL.iter().rev();
    let keys = schemes.filter_map(|scheme| FlashKey::new(*scheme, bytes).ok());
    let keys = keys.map(|key| key.with_flash_crypt_config(config)).collect::<Vec<_>>();
    if keys.is_empty() {
        let len = bytes.len();
        return Err(format!("has {len} bytes; a flash encryption key has 16, 24, 32 or 64"));
    }
    Ok(keys)
}

pub(super) fn is_erased(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xFF)
}
