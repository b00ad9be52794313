use esp_flash_image::{Chip, ChipRevision};

use super::tables;

/// The eFuse map of a chip: fields, blocks, key purposes and the controller's registers.
///
/// Sources: ESP-IDF's `esp_efuse_table.csv`, `esp_efuse_chip.h` and `efuse_hal.c` of each chip (Apache-2.0) and the
/// tables of espflash (MIT or Apache-2.0).
///
/// # Examples
///
/// ```
/// use esp_rom_loader::esp_flash_image::Chip;
/// use esp_rom_loader::EfuseMap;
///
/// let map = EfuseMap::of(Chip::Esp32c3, None).ok_or("unknown")?;
/// let field = map.field("SPI_BOOT_CRYPT_CNT").ok_or("unknown")?;
/// assert_eq!((field.block(), field.first_bit(), field.len()), (0, 82, 3));
/// assert_eq!(field.write_protect(), Some(4));
/// assert_eq!(map.purpose_number("HMAC_UP"), Some(8));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug)]
pub struct EfuseMap {
    pub(super) chip: Chip,
    pub(super) fields: &'static [&'static [EfuseField]],
    pub(super) blocks: &'static [EfuseBlock],
    pub(super) purposes: &'static [Purpose],
    pub(super) registers: EfuseRegisters,
    /// The block and word of the low half of the base MAC.
    pub(super) mac: (usize, usize),
    pub(super) mac_extension: bool,
}

impl EfuseMap {
    /// Returns the map of a chip; without a revision, the map of the newest revision. `None` for chips that this loader
    /// does not support.
    #[must_use]
    pub fn of(chip: Chip, revision: Option<ChipRevision>) -> Option<&'static Self> {
        let before = |major, minor| {
            let limit = ChipRevision::new(major, minor).ok();
            revision.is_some() && revision < limit
        };
        Some(match chip {
            Chip::Esp32 => &tables::ESP32,
            Chip::Esp32c2 => &tables::ESP32C2,
            Chip::Esp32c3 => &tables::ESP32C3,
            Chip::Esp32c5 => &tables::ESP32C5,
            Chip::Esp32c6 => &tables::ESP32C6,
            Chip::Esp32c61 => &tables::ESP32C61,
            Chip::Esp32h2 if before(1, 2) => &tables::ESP32H2_OLD,
            Chip::Esp32h2 => &tables::ESP32H2,
            Chip::Esp32p4 if before(3, 0) => &tables::ESP32P4_OLD,
            Chip::Esp32p4 => &tables::ESP32P4,
            Chip::Esp32s2 => &tables::ESP32S2,
            Chip::Esp32s3 => &tables::ESP32S3,
            _ => return None,
        })
    }

    /// Returns the chip.
    #[must_use]
    pub const fn chip(&self) -> Chip {
        self.chip
    }

    /// Returns all fields.
    pub fn fields(&self) -> impl Iterator<Item = &'static EfuseField> + use<> {
        self.fields.iter().flat_map(|fields| fields.iter())
    }

    /// Returns the field with a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static EfuseField> {
        self.fields().find(|field| field.name == name)
    }

    /// Returns all blocks; BLOCK0 is first.
    #[must_use]
    pub const fn blocks(&self) -> &'static [EfuseBlock] {
        self.blocks
    }

    /// Returns the block with one of its names: `BLOCK_KEY0` or `BLOCK4`; `flash_encryption` or `BLOCK1` on the ESP32.
    #[must_use]
    pub fn block(&self, name: &str) -> Option<&'static EfuseBlock> {
        self.blocks
            .iter()
            .find(|block| block.name == name || block.alias == name)
    }

    /// Returns the key purposes.
    #[must_use]
    pub const fn purposes(&self) -> &'static [Purpose] {
        self.purposes
    }

    /// Returns the purpose with a name.
    #[must_use]
    pub fn purpose(&self, name: &str) -> Option<&'static Purpose> {
        self.purposes.iter().find(|purpose| purpose.name == name)
    }

    /// Returns the number of a purpose in the KEY_PURPOSE_n fields.
    #[must_use]
    pub fn purpose_number(&self, name: &str) -> Option<u8> {
        self.purpose(name).map(|purpose| purpose.number)
    }

    /// Returns the registers of the eFuse controller.
    #[must_use]
    pub const fn registers(&self) -> &EfuseRegisters {
        &self.registers
    }

    /// Returns the block and word of the low half of the base MAC; the high half follows.
    #[must_use]
    pub const fn mac_place(&self) -> (usize, usize) {
        self.mac
    }

    /// Returns whether the upper half of the MAC's second word extends the MAC to an EUI-64.
    #[must_use]
    pub const fn has_mac_extension(&self) -> bool {
        self.mac_extension
    }

    /// Returns the field with the purpose of a key block, on chips that have one.
    #[must_use]
    pub fn purpose_field(&self, block: &EfuseBlock) -> Option<&'static EfuseField> {
        let number = block.name.strip_prefix("BLOCK_KEY")?;
        self.fields()
            .find(|field| field.name.strip_prefix("KEY_PURPOSE_") == Some(number))
    }
}

/// An eFuse field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EfuseField {
    name: &'static str,
    block: u8,
    low: Bits,
    /// The upper bits of a field that is split.
    high: Bits,
    write_protect: Option<u8>,
    read_protect: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bits {
    first: u16,
    len: u8,
}

impl EfuseField {
    /// Returns the name used by ESP-IDF and espefuse.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the number of its block.
    #[must_use]
    pub const fn block(&self) -> u8 {
        self.block
    }

    /// Returns the index of its lowest bit in the block.
    #[must_use]
    pub const fn first_bit(&self) -> u16 {
        self.low.first
    }

    /// Returns the number of bits, at most 32.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no field is empty")]
    pub const fn len(&self) -> u8 {
        // The tables have at most 32 bits in total.
        self.low.len.saturating_add(self.high.len)
    }

    /// Returns the indices of its bits in the block, the lowest first.
    pub fn bits(&self) -> impl Iterator<Item = u16> + use<> {
        let run = |bits: Bits| (bits.first..).take(usize::from(bits.len));
        run(self.low).chain(run(self.high))
    }

    /// Returns the WR_DIS bit that prevents further burning.
    #[must_use]
    pub const fn write_protect(&self) -> Option<u8> {
        self.write_protect
    }

    /// Returns the RD_DIS bit that hides it; only the ESP32 has such fields.
    #[must_use]
    pub const fn read_protect(&self) -> Option<u8> {
        self.read_protect
    }

    /// Extracts its value from the words of its block.
    #[must_use]
    pub fn value(&self, words: &[u32]) -> u32 {
        self.bits().zip(0_u32..32).fold(0, |value, (bit, place)| {
            let word = words.get(usize::from(bit / 32)).copied().unwrap_or(0);
            value | (word.wrapping_shr(u32::from(bit % 32)) & 1).wrapping_shl(place)
        })
    }

    /// Sets the bits of a value in the words of its block; returns `false` if the value has more bits than the field.
    #[must_use]
    pub fn put(&self, value: u32, words: &mut [u32]) -> bool {
        for (bit, place) in self.bits().zip(0_u32..32) {
            if let Some(word) = words.get_mut(usize::from(bit / 32)) {
                *word |= (value.wrapping_shr(place) & 1).wrapping_shl(u32::from(bit % 32));
            }
        }
        value.checked_shr(u32::from(self.len())).unwrap_or(0) == 0
    }

    pub(super) const fn with_high(mut self, first: u16, len: u8) -> Self {
        self.high = Bits { first, len };
        self
    }

    pub(super) const fn read_protected_by(mut self, bit: u8) -> Self {
        self.read_protect = Some(bit);
        self
    }
}

/// Makes a row of a table.
pub(super) const fn field(name: &'static str, block: u8, first: u16, len: u8, write_protect: Option<u8>) -> EfuseField {
    EfuseField {
        name,
        block,
        low: Bits { first, len },
        high: Bits { first: 0, len: 0 },
        write_protect,
        read_protect: None,
    }
}

/// An eFuse block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EfuseBlock {
    /// Its name, such as BLOCK_KEY0.
    pub name: &'static str,
    /// Its alias, such as BLOCK4.
    pub alias: &'static str,
    /// Its number.
    pub index: u8,
    /// Number of 32-bit words.
    pub words: u8,
    /// The offset of its read registers from the base.
    pub read: u16,
    /// The offset of its programming registers from the base.
    pub program: u16,
    /// The WR_DIS bit that prevents further burning.
    pub write_protect: Option<u8>,
    /// The RD_DIS bits that hide it; 0 if it cannot be hidden.
    pub read_protect: u8,
    /// Whether it is a key block.
    pub key: bool,
}

/// The purpose of a key block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Purpose {
    /// The name used by espefuse, or the block name where blocks have fixed purposes.
    pub name: &'static str,
    /// Its number in KEY_PURPOSE_n.
    pub number: u8,
    /// Whether only the hardware may read the key.
    pub secret: bool,
    /// Whether the block holds the bytes of the key in reverse order.
    pub reversed: bool,
}

/// The registers of an eFuse controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EfuseRegisters {
    /// The address of the first register; the others are given as offsets.
    pub base: u32,
    /// The coding of the data, which determines how it is programmed.
    pub coding: BlockCoding,
    /// The operation code: [`OP_CODE_WRITE`] or [`OP_CODE_READ`].
    pub conf: u16,
    /// The command: [`COMMAND_READ`], or [`COMMAND_PROGRAM`] with the block number shifted left by 2.
    pub command: u16,
    /// Errors in the four copies of BLOCK0, or of the 3/4 coding: the first register and the number of registers.
    pub repeat_errors: (u16, u8),
    /// Errors of the Reed-Solomon coding: the first register and the number of registers.
    pub rs_errors: (u16, u8),
    /// Register fields with the programming times, for the usual crystal.
    pub timing: &'static [TimingField],
    /// Length of the register block in bytes.
    pub size: u16,
}

/// The coding of blocks other than BLOCK0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockCoding {
    /// None, 3/4 or repeat, selected by CODING_SCHEME; each block has its own registers: ESP32.
    Esp32,
    /// Reed-Solomon with 12 check bytes, in registers shared by all blocks: all other chips.
    ReedSolomon,
}

/// A register field that must be set before programming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimingField {
    /// The offset of the register.
    pub register: u16,
    /// The bits of the field.
    pub mask: u32,
    /// The value, shifted to its place.
    pub value: u32,
}

/// The operation code for programming.
pub const OP_CODE_WRITE: u32 = 0x5A5A;
/// The operation code for reading eFuses into the registers.
pub const OP_CODE_READ: u32 = 0x5AA5;
/// The command that reads eFuses into the registers.
pub const COMMAND_READ: u32 = 1;
/// The command that programs.
pub const COMMAND_PROGRAM: u32 = 2;
