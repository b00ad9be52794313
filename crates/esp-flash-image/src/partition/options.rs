use super::FlashSize;
use crate::BootScheme;

/// What a partition table is read for, beside its own text.
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
    /// Where the table is unless a project says otherwise.
    pub const DEFAULT_OFFSET: u32 = 0x8000;

    /// Makes the defaults of ESP-IDF: a table at 0x8000, no size of the flash, no secure boot, and an MD5.
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

    /// Sets the flash address of the table itself, behind which the first partition may begin.
    #[must_use]
    pub const fn with_offset(mut self, offset: u32) -> Self {
        self.offset = offset;
        self
    }

    /// Refuses what does not fit into a flash.
    #[must_use]
    pub const fn with_flash_size(mut self, size: FlashSize) -> Self {
        self.flash_size = Some(size);
        self
    }

    /// Sets the scheme of secure boot. Version 1 wants apps of whole 64 KiB.
    #[must_use]
    pub const fn with_secure_boot(mut self, scheme: BootScheme) -> Self {
        self.secure_boot = Some(scheme);
        self
    }

    /// Sets the place of the bootloader, which rows of the type `bootloader` need for their offset and size
    /// ([`ChipFacts::bootloader_offset`](crate::ChipFacts::bootloader_offset)).
    #[must_use]
    pub const fn with_primary_bootloader_offset(mut self, offset: u32) -> Self {
        self.primary_bootloader_offset = Some(offset);
        self
    }

    /// Sets the place of the recovery bootloader, which a row of that type needs.
    #[must_use]
    pub const fn with_recovery_bootloader_offset(mut self, offset: u32) -> Self {
        self.recovery_bootloader_offset = Some(offset);
        self
    }

    /// Writes no MD5 at the end of a table that comes from a CSV. Bootloaders before ESP-IDF 3.1 do not know it.
    #[must_use]
    pub const fn without_md5(mut self) -> Self {
        self.md5 = false;
        self
    }

    /// Accepts what spreadsheets write and ESP-IDF's tool refuses: semicolons or tabs in a line without commas, a first line
    /// `sep=;`, and comments behind the cells.
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
