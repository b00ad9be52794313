use esp_flash_image::Chip;

use super::Loader;
use crate::Error;
use crate::port::Port;

impl<P: Port> Loader<P> {
    /// Disables the watchdogs that the ROM leaves enabled on its own USB device: they would reset the chip during
    /// work.
    ///
    /// Addresses: ESP-IDF's `rtc_cntl_reg.h` and `lp_wdt_reg.h` (Apache-2.0).
    pub(super) fn stop_watchdogs(&mut self) -> Result<(), Error> {
        let Some(watchdogs) = Watchdogs::of(self.chip) else {
            return Ok(());
        };
        self.write_register(watchdogs.protect, KEY)?;
        self.write_register(watchdogs.config, 0)?;
        self.write_register(watchdogs.protect, 0)?;
        if let Some((protect, config, key, auto_feed)) = watchdogs.super_watchdog {
            self.write_register(protect, key)?;
            self.update_register(config, auto_feed, auto_feed)?;
            self.write_register(protect, 0)?;
        }
        Ok(())
    }
}

/// Addresses of the registers.
struct Watchdogs {
    protect: u32,
    config: u32,
    /// The protection register, the configuration register, the key, and the bit for automatic feeding.
    super_watchdog: Option<(u32, u32, u32, u32)>,
}

impl Watchdogs {
    const fn of(chip: Chip) -> Option<Self> {
        let (config, protect, super_watchdog) = match chip {
            Chip::Esp32c3 => (
                0x6000_8090,
                0x6000_80A8,
                Some((0x6000_80B0, 0x6000_80AC, RTC_SUPER_KEY, 1 << 31)),
            ),
            Chip::Esp32s3 => (
                0x6000_8098,
                0x6000_80B0,
                Some((0x6000_80B8, 0x6000_80B4, RTC_SUPER_KEY, 1 << 31)),
            ),
            Chip::Esp32c5 | Chip::Esp32c6 | Chip::Esp32c61 => {
                (0x600B_1C00, 0x600B_1C18, Some((0x600B_1C20, 0x600B_1C1C, KEY, 1 << 18)))
            }
            Chip::Esp32h2 => (0x600B_1C00, 0x600B_1C1C, Some((0x600B_1C24, 0x600B_1C20, KEY, 1 << 18))),
            Chip::Esp32p4 => (0x5011_6000, 0x5011_6018, Some((0x5011_6020, 0x5011_601C, KEY, 1 << 18))),
            _ => return None,
        };
        Some(Self {
            protect,
            config,
            super_watchdog,
        })
    }
}

const KEY: u32 = 0x50D8_3AA1;
const RTC_SUPER_KEY: u32 = 0x8F1D_312A;
