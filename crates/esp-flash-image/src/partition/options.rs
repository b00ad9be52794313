use super::FlashSize;
use crate::BootScheme;

/// Options for reading a partition table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOptions {
    pub(super) offset: u32,
    pub(super) flash_size: Option<FlashSize>,
    pub(super) secure_boot: Option<BootScheme>,
    pub(super) primary_bootloader_offset: Option<u32>,
    pub(super) recovery_bootloader_offset: Option<u32>,
    pub(super) md5: bool,
    pub(super) spreadsheet: bool,
}

impl TableOptions {
    /// ESP-IDF's default offset of the table.
    pub const DEFAULT_OFFSET: u32 = 0x8000;

    /// Makes the defaults of ESP-IDF: a table at 0x8000, no flash size, no secure boot, with an MD5.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            offset: Self::DEFAULT_OFFSET,
            flash_size: None,
            secure_boot: None,
            primary_bootloader_offset: None,
            recovery_bootloader_offset: None,
            md5: true,
            spreadsheet: false,
        }
    }

    /// Sets the flash address of the table itself; the first partition begins after it.
    #[must_use]
    pub const fn with_offset(mut self, offset: u32) -> Self {
        self.offset = offset;
        self
    }

    /// Sets the flash size; partitions that do not fit are refused.
    #[must_use]
    pub const fn with_flash_size(mut self, size: FlashSize) -> Self {
        self.flash_size = Some(size);
        self
    }

    /// Sets the secure boot scheme. Version 1 requires app sizes to be multiples of 64 KiB.
    #[must_use]
    pub const fn with_secure_boot(mut self, scheme: BootScheme) -> Self {
        self.secure_boot = Some(scheme);
        self
    }

    /// Sets the address of the bootloader, from which rows of the type `bootloader` get their offset and size
    /// ([`ChipFacts::bootloader_offset`](crate::ChipFacts::bootloader_offset)).
    #[must_use]
    pub const fn with_primary_bootloader_offset(mut self, offset: u32) -> Self {
        self.primary_bootloader_offset = Some(offset);
        self
    }

    /// Sets the address of the recovery bootloader, required by a row of that subtype.
    #[must_use]
    pub const fn with_recovery_bootloader_offset(mut self, offset: u32) -> Self {
        self.recovery_bootloader_offset = Some(offset);
        self
    }

    /// Omits the MD5 at the end of a table read from a CSV. Bootloaders before ESP-IDF 3.1 do not support it.
    #[must_use]
    pub const fn without_md5(mut self) -> Self {
        self.md5 = false;
        self
    }

    /// Accepts the output of spreadsheets, which ESP-IDF's tool refuses: semicolons or tabs in a line without commas, a
    /// first line `sep=;`, and comments after the cells.
    #[must_use]
    pub const fn with_spreadsheet_csv(mut self) -> Self {
        self.spreadsheet = true;
        self
    }
}

impl Default for TableOptions {
    fn default() -> Self {
        Self::new()
    }
}
