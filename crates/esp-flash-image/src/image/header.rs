use core::fmt;

use super::MAX_SEGMENTS;
use crate::{Chip, ChipRevision, Error, FlashSize};

/// The SPI mode in which flash is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are self-explanatory")]
pub enum SpiMode {
    Qio,
    Qout,
    Dio,
    Dout,
    FastRead,
    SlowRead,
}

impl SpiMode {
    const ALL: [Self; 6] = [
        Self::Qio,
        Self::Qout,
        Self::Dio,
        Self::Dout,
        Self::FastRead,
        Self::SlowRead,
    ];

    /// Returns the name that esptool's `--flash-mode` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Qio => "qio",
            Self::Qout => "qout",
            Self::Dio => "dio",
            Self::Dout => "dout",
            Self::FastRead => "fast_read",
            Self::SlowRead => "slow_read",
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    const fn code(self) -> u8 {
        match self {
            Self::Qio => 0,
            Self::Qout => 1,
            Self::Dio => 2,
            Self::Dout => 3,
            Self::FastRead => 4,
            Self::SlowRead => 5,
        }
    }
}

impl fmt::Display for SpiMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The header of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHeader {
    segment_count: u8,
    spi_mode: u8,
    /// Size code in the high half, frequency code in the low half.
    flash: u8,
    entry: u32,
    wp_pin: u8,
    drive: [u8; 3],
    chip_id: u16,
    min_revision_old: u8,
    min_revision: u16,
    max_revision: u16,
    has_hash: bool,
}

impl ImageHeader {
    /// Length in bytes.
    pub const LEN: usize = 24;
    /// The first byte of an image.
    pub const MAGIC: u8 = 0xE9;
    /// The value that leaves the write-protection pin unset.
    const WP_PIN_OFF: u8 = 0xEE;

    /// Makes the header of an image for a chip: DIO, flash size 1 MiB, frequency code 0, all revisions, entry 0, with an
    /// appended hash.
    #[must_use]
    pub const fn new(chip: Chip) -> Self {
        Self {
            segment_count: 0,
            spi_mode: SpiMode::Dio.code(),
            flash: 0,
            entry: 0,
            wp_pin: Self::WP_PIN_OFF,
            drive: [0; 3],
            chip_id: chip.image_id(),
            min_revision_old: 0,
            min_revision: 0,
            max_revision: 0,
            has_hash: true,
        }
    }

    /// Sets the entry point.
    #[must_use]
    pub const fn with_entry(mut self, entry: u32) -> Self {
        self.entry = entry;
        self
    }

    /// Sets the SPI mode.
    #[must_use]
    pub const fn with_spi_mode(mut self, mode: SpiMode) -> Self {
        self.spi_mode = mode.code();
        self
    }

    /// Sets the codes of the flash size (2ⁿ MiB) and the frequency (its meaning depends on the chip).
    #[must_use]
    pub const fn with_flash_codes(mut self, size: u8, frequency: u8) -> Self {
        self.flash = size << 4 | frequency & 0xF;
        self
    }

    /// Sets the first and the last chip revision that may run the image.
    #[must_use]
    pub const fn with_revisions(mut self, min: Option<ChipRevision>, max: Option<ChipRevision>) -> Self {
        self.min_revision = match min {
            Some(revision) => revision.number(),
            None => 0,
        };
        self.max_revision = match max {
            Some(revision) => revision.number(),
            None => u16::MAX,
        };
        self
    }

    /// Sets whether a SHA-256 is appended.
    #[must_use]
    pub const fn with_hash(mut self, has_hash: bool) -> Self {
        self.has_hash = has_hash;
        self
    }

    #[cfg(feature = "alloc")]
    pub(super) const fn with_segment_count(mut self, count: u8) -> Self {
        self.segment_count = count;
        self
    }

    /// Reads the header at the start of an image.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`], [`Error::ImageMagic`], [`Error::SegmentCount`], [`Error::Reserved`], [`Error::HashFlag`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let truncated = Error::Truncated {
            needed: Self::LEN,
            available: bytes.len(),
        };
        let header = bytes.first_chunk::<{ Self::LEN }>();
        let [
            magic,
            segment_count,
            spi_mode,
            flash,
            e0,
            e1,
            e2,
            e3,
            wp_pin,
            d0,
            d1,
            d2,
            c0,
            c1,
            min_revision_old,
            min0,
            min1,
            max0,
            max1,
            reserved @ ..,
            hash,
        ] = header.ok_or(truncated)?;
        if *magic != Self::MAGIC {
            return Err(Error::ImageMagic { found: *magic });
        }
        let count = usize::from(*segment_count);
        if count == 0 || count > MAX_SEGMENTS {
            return Err(Error::SegmentCount { count });
        }
        if let Some(index) = reserved.iter().position(|byte| *byte != 0) {
            return Err(Error::Reserved {
                offset: index.saturating_add(19),
            });
        }
        if *hash > 1 {
            return Err(Error::HashFlag { value: *hash });
        }
        Ok(Self {
            segment_count: *segment_count,
            spi_mode: *spi_mode,
            flash: *flash,
            entry: u32::from_le_bytes([*e0, *e1, *e2, *e3]),
            wp_pin: *wp_pin,
            drive: [*d0, *d1, *d2],
            chip_id: u16::from_le_bytes([*c0, *c1]),
            min_revision_old: *min_revision_old,
            min_revision: u16::from_le_bytes([*min0, *min1]),
            max_revision: u16::from_le_bytes([*max0, *max1]),
            has_hash: *hash == 1,
        })
    }

    /// Writes the header.
    #[must_use]
    pub const fn encode(&self) -> [u8; Self::LEN] {
        let [e0, e1, e2, e3] = self.entry.to_le_bytes();
        let [d0, d1, d2] = self.drive;
        let [c0, c1] = self.chip_id.to_le_bytes();
        let [min0, min1] = self.min_revision.to_le_bytes();
        let [max0, max1] = self.max_revision.to_le_bytes();
        let hash = if self.has_hash { 1 } else { 0 };
        [
            Self::MAGIC,
            self.segment_count,
            self.spi_mode,
            self.flash,
            e0,
            e1,
            e2,
            e3,
            self.wp_pin,
            d0,
            d1,
            d2,
            c0,
            c1,
            self.min_revision_old,
            min0,
            min1,
            max0,
            max1,
            0,
            0,
            0,
            0,
            hash,
        ]
    }

    /// Returns the number of segments: 1 to 16 in a decoded header.
    #[must_use]
    pub const fn segment_count(&self) -> u8 {
        self.segment_count
    }

    /// Returns the chip, if its ID is known.
    #[must_use]
    pub fn chip(&self) -> Option<Chip> {
        Chip::from_image_id(self.chip_id)
    }

    /// Returns the chip ID.
    #[must_use]
    pub const fn chip_id(&self) -> u16 {
        self.chip_id
    }

    /// Returns the SPI mode, if the code is known.
    #[must_use]
    pub fn spi_mode(&self) -> Option<SpiMode> {
        SpiMode::from_code(self.spi_mode)
    }

    /// Returns the flash size, if the code is known.
    #[must_use]
    pub fn flash_size(&self) -> Option<FlashSize> {
        let code = u32::from(self.flash >> 4);
        // 1 MiB to 128 MiB.
        (code <= 7).then(|| FlashSize::new(0x10_0000 << code).ok())?
    }

    /// Returns the code of the flash frequency; its meaning depends on the chip.
    #[must_use]
    pub const fn flash_frequency(&self) -> u8 {
        self.flash & 0xF
    }

    /// Returns the entry point.
    #[must_use]
    pub const fn entry(&self) -> u32 {
        self.entry
    }

    /// Returns the first chip revision that may run the image; `None` if the number is not a revision.
    #[must_use]
    pub fn min_revision(&self) -> Option<ChipRevision> {
        ChipRevision::from_number(self.min_revision).ok()
    }

    /// Returns the last chip revision that may run the image; `None` for any.
    #[must_use]
    pub fn max_revision(&self) -> Option<ChipRevision> {
        let is_any = matches!(self.max_revision, 0 | u16::MAX);
        ChipRevision::from_number(self.max_revision).ok().filter(|_| !is_any)
    }

    /// Returns whether a SHA-256 is appended.
    #[must_use]
    pub const fn has_hash(&self) -> bool {
        self.has_hash
    }
}
