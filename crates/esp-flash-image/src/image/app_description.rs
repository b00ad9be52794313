//! `esp_app_desc_t`.
//!
//! ```text
//!   0 32 54 CD AB | 4 secure version u32 | 8 reserved, 8 bytes | 16 version, 32 | 48 project name, 32 | 80 time, 16
//!  96 date, 16 | 112 ESP-IDF version, 32 | 144 SHA-256 of the ELF file, 32 | 176 minimal eFuse block revision u16
//! 178 maximal eFuse block revision u16 | 180 log2 of the MMU page u8 | 181 reserved, up to 256
//! ```
//!
//! Source: ESP-IDF, `esp_app_desc.h` and "App Image Format", section "Application Description".

/// The description of an app: its names and versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppDescription<'a>(&'a [u8; AppDescription::LEN]);

impl<'a> AppDescription<'a> {
    /// Length in bytes.
    pub const LEN: usize = 256;
    /// Its offset in an image: after the image header and the first segment header.
    pub const IMAGE_OFFSET: usize = 32;
    const MAGIC: u32 = 0xABCD_5432;

    /// Finds the description at the start of a segment.
    pub(super) fn find(segment: &'a [u8]) -> Option<Self> {
        let bytes = segment.first_chunk()?;
        let description = Self(bytes);
        (description.number(0) == Self::MAGIC).then_some(description)
    }

    /// Returns the version of the app.
    #[must_use]
    pub fn version(&self) -> &'a str {
        self.text(16, 32)
    }

    /// Returns the name of the project.
    #[must_use]
    pub fn project_name(&self) -> &'a str {
        self.text(48, 32)
    }

    /// Returns the time of the build.
    #[must_use]
    pub fn time(&self) -> &'a str {
        self.text(80, 16)
    }

    /// Returns the date of the build.
    #[must_use]
    pub fn date(&self) -> &'a str {
        self.text(96, 16)
    }

    /// Returns the version of ESP-IDF.
    #[must_use]
    pub fn idf_version(&self) -> &'a str {
        self.text(112, 32)
    }

    /// Returns the SHA-256 of the ELF file.
    #[must_use]
    pub fn app_elf_sha256(&self) -> [u8; 32] {
        self.0
            .get(144..)
            .and_then(|bytes| bytes.first_chunk())
            .copied()
            .unwrap_or_default()
    }

    /// Returns the version for anti-rollback.
    #[must_use]
    pub fn secure_version(&self) -> u32 {
        self.number(4)
    }

    /// Returns the first eFuse block revision that may run the app: 100 times the major number, plus the minor number.
    #[must_use]
    pub fn min_efuse_block_revision(&self) -> u16 {
        self.half(176)
    }

    /// Returns the last eFuse block revision that may run the app; 0 or 65535 for any.
    #[must_use]
    pub fn max_efuse_block_revision(&self) -> u16 {
        self.half(178)
    }

    /// Returns the MMU page size in bytes for which the app was built; apps of older ESP-IDF versions do not state it.
    #[must_use]
    pub fn mmu_page_size(&self) -> Option<u32> {
        let exponent = self.0.get(180).copied().unwrap_or_default();
        1_u32.checked_shl(exponent.into()).filter(|_| exponent != 0)
    }

    /// The text of a field, up to the first zero or the first invalid UTF-8.
    fn text(&self, offset: usize, len: usize) -> &'a str {
        let field = self
            .0
            .get(offset..)
            .and_then(|bytes| bytes.get(..len))
            .unwrap_or_default();
        let field = field.split(|byte| *byte == 0).next().unwrap_or_default();
        field.utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }

    fn number(&self, offset: usize) -> u32 {
        let bytes = self.0.get(offset..).and_then(|bytes| bytes.first_chunk()).copied();
        u32::from_le_bytes(bytes.unwrap_or_default())
    }

    fn half(&self, offset: usize) -> u16 {
        let bytes = self.0.get(offset..).and_then(|bytes| bytes.first_chunk()).copied();
        u16::from_le_bytes(bytes.unwrap_or_default())
    }
}
