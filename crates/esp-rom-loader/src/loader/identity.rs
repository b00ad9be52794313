use std::fmt;

use esp_flash_image::{Chip, ChipRevision};

use super::Loader;
use crate::Error;
use crate::efuse::EfuseMap;
use crate::port::Port;

/// The identity of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoardIdentity {
    /// The chip.
    pub chip: Chip,
    /// Its revision.
    pub revision: ChipRevision,
    /// The base MAC, unique for each chip.
    pub mac: [u8; 6],
    /// The two middle bytes that extend the MAC to an EUI-64, on chips that have them.
    pub mac_extension: Option<[u8; 2]>,
    /// The flash size in bytes, from the JEDEC ID.
    pub flash_size: Option<u32>,
    /// The security info of the ROM; the ESP32 has none.
    pub security: Option<SecurityInfo>,
}

/// The security info reported by the ROM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityInfo {
    flags: u32,
    crypt_count: u8,
    key_purposes: [u8; 7],
    chip_id: Option<u32>,
    api_version: Option<u32>,
}

impl SecurityInfo {
    /// Possible lengths of the answer: the ESP32-S2 sends no chip ID; extra data of newer ROMs is ignored.
    pub(super) const LENGTHS: [usize; 4] = [20, 12, 24, 28];

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (flags, rest) = bytes.split_first_chunk::<4>()?;
        let ([crypt_count, key_purposes @ ..], rest) = rest.split_first_chunk::<8>()?;
        let mut words = rest
            .chunks_exact(4)
            .filter_map(|word| Some(u32::from_le_bytes(word.try_into().ok()?)));
        Some(Self {
            flags: u32::from_le_bytes(*flags),
            crypt_count: *crypt_count,
            key_purposes: *key_purposes,
            chip_id: words.next(),
            api_version: words.next(),
        })
    }

    /// Returns the flags as sent by the ROM.
    #[must_use]
    pub const fn flags(&self) -> u32 {
        self.flags
    }

    /// Returns the flash encryption counter; encryption is on while an odd number of bits is set.
    #[must_use]
    pub const fn crypt_count(&self) -> u8 {
        self.crypt_count
    }

    /// Returns the purpose numbers of the key blocks; the last one is unused.
    #[must_use]
    pub const fn key_purposes(&self) -> [u8; 7] {
        self.key_purposes
    }

    /// Returns the chip ID, as in image headers.
    #[must_use]
    pub const fn chip_id(&self) -> Option<u32> {
        self.chip_id
    }

    /// Returns the version of the interface.
    #[must_use]
    pub const fn api_version(&self) -> Option<u32> {
        self.api_version
    }

    /// Returns whether secure boot is on.
    #[must_use]
    pub const fn is_secure_boot(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Returns whether secure download mode is on.
    #[must_use]
    pub const fn is_secure_download(&self) -> bool {
        self.flags & (1 << 2) != 0
    }

    /// Returns whether flash encryption is on.
    #[must_use]
    pub const fn is_flash_encryption(&self) -> bool {
        self.crypt_count.count_ones() % 2 == 1
    }
}

/// Formats the answer as lower-case hexadecimal digits.
impl fmt::Display for SecurityInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.flags.to_le_bytes().to_vec();
        bytes.push(self.crypt_count);
        bytes.extend_from_slice(&self.key_purposes);
        for word in [self.chip_id, self.api_version].into_iter().flatten() {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        f.write_str(&base16ct::lower::encode_string(&bytes))
    }
}

impl<P: Port> Loader<P> {
    /// Identifies the board from eFuses, the ROM and the flash chip.
    ///
    /// # Errors
    ///
    /// [`Error::SecureDownload`] when the chip is locked, [`Error::ChipUnsuited`] when this loader does not support it;
    /// connection errors.
    pub fn identify(&mut self) -> Result<BoardIdentity, Error> {
        if self.is_secure_download() {
            return Err(Error::SecureDownload);
        }
        let map = self.efuse_map(None)?;
        let (block, word) = map.mac_place();
        let low = self.efuse_word(map, block, word)?;
        let high = self.efuse_word(map, block, word.saturating_add(1))?;
        let [extension0, extension1, mac0, mac1] = high.to_be_bytes();
        let [mac2, mac3, mac4, mac5] = low.to_be_bytes();
        let extension = [extension0, extension1];
        Ok(BoardIdentity {
            chip: self.chip,
            revision: self.revision(map)?,
            mac: [mac0, mac1, mac2, mac3, mac4, mac5],
            mac_extension: (map.has_mac_extension() && extension != [0, 0]).then_some(extension),
            flash_size: self.flash_size()?,
            security: self.security,
        })
    }

    pub(crate) fn efuse_map(&self, revision: Option<ChipRevision>) -> Result<&'static EfuseMap, Error> {
        EfuseMap::of(self.chip, revision).ok_or(Error::ChipUnsuited { chip: self.chip })
    }

    fn efuse_word(&mut self, map: &EfuseMap, block: usize, word: usize) -> Result<u32, Error> {
        let place = map.blocks().get(block).map_or(0, |block| u32::from(block.read));
        let offset = u32::try_from(word).unwrap_or(0).saturating_mul(4);
        self.read_register(map.registers().base.wrapping_add(place).wrapping_add(offset))
    }

    /// Reads an eFuse field; 0 if the chip has no field with this name.
    fn efuse_field(&mut self, map: &'static EfuseMap, name: &str) -> Result<u32, Error> {
        let Some(field) = map.field(name) else {
            return Ok(0);
        };
        let mut words = [0; 8];
        let mut last = None;
        for bit in field.bits() {
            let index = usize::from(bit / 32);
            if last != Some(index)
                && let Some(word) = words.get_mut(index)
            {
                *word = self.efuse_word(map, usize::from(field.block()), index)?;
                last = Some(index);
            }
        }
        Ok(field.value(&words))
    }

    /// Reads the revision. Sources: ESP-IDF's `efuse_hal.c` and `efuse_ll.h` of each chip (Apache-2.0).
    pub(crate) fn revision(&mut self, map: &'static EfuseMap) -> Result<ChipRevision, Error> {
        if self.chip == Chip::Esp32 {
            let bits = [
                self.efuse_field(map, "CHIP_VER_REV1")?,
                self.efuse_field(map, "CHIP_VER_REV2")?,
                self.read_register(APB_CTRL_DATE)?.wrapping_shr(31),
            ];
            let major = match bits {
                [0, ..] => 0,
                [_, 0, _] => 1,
                [_, _, 0] => 2,
                _ => 3,
            };
            return revision(major, self.efuse_field(map, "WAFER_VERSION_MINOR")?);
        }
        let major = self.efuse_field(map, "WAFER_VERSION_MAJOR")?;
        let minor = if map.field("WAFER_VERSION_MINOR").is_some() {
            self.efuse_field(map, "WAFER_VERSION_MINOR")?
        } else {
            let high = self.efuse_field(map, "WAFER_VERSION_MINOR_HI")?;
            // The low part has three bits.
            high.wrapping_shl(3) | self.efuse_field(map, "WAFER_VERSION_MINOR_LO")?
        };
        // The first ESP32-S3 chips have other data there.
        if self.chip == Chip::Esp32s3
            && minor & 7 == 0
            && self.efuse_field(map, "BLK_VERSION_MAJOR")? == 1
            && self.efuse_field(map, "BLK_VERSION_MINOR")? == 1
        {
            return revision(0, 0);
        }
        revision(major, minor)
    }
}

fn revision(major: u32, minor: u32) -> Result<ChipRevision, Error> {
    // The fields have at most 3 and 4 bits.
    let small = |number| u16::try_from(number).unwrap_or(u16::MAX);
    ChipRevision::new(small(major), small(minor)).map_err(|_| Error::Revision { major, minor })
}

/// SYSCON_DATE; its top bit is set from revision 3 of the ESP32 on.
const APB_CTRL_DATE: u32 = 0x3FF6_607C;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_info_with_and_without_chip_id_is_read() {
        let mut bytes = vec![5, 0, 0, 0, 7, 4, 9, 10, 11, 0, 0, 0, 16, 0, 0, 0, 3, 0, 0, 0];
        let info = SecurityInfo::decode(&bytes).unwrap();
        assert!(info.is_secure_boot() && info.is_secure_download() && info.is_flash_encryption());
        assert_eq!((info.chip_id(), info.api_version()), (Some(16), Some(3)));
        assert_eq!(info.key_purposes(), [4, 9, 10, 11, 0, 0, 0]);
        assert_eq!(info.to_string(), "050000000704090a0b0000001000000003000000");
        bytes.truncate(12);
        let info = SecurityInfo::decode(&bytes).unwrap();
        assert_eq!((info.chip_id(), info.api_version()), (None, None));
        assert_eq!(SecurityInfo::decode(&bytes[..11]), None);
    }
}
