//! Registers other than the eFuse controller: chip identification, the UART divider, and flash commands.

use std::collections::BTreeMap;

use esp_flash_image::{Chip, ChipRevision};

/// Identifies the ESP32 and the ESP32-S2, whose ROM reports no chip ID.
const CHIP_MAGIC: u32 = 0x4000_1000;
/// APB_CTRL_DATE of the ESP32; its highest bit is part of the revision.
const APB_DATE: u32 = 0x3FF6_607C;
/// The bit that starts a command of the SPI controller.
const SPI_USER: u32 = 1 << 18;
/// Requests manufacturer, type and size from the flash.
const READ_JEDEC_ID: u8 = 0x9F;
/// Winbond's W25Q family.
const MAKER_AND_TYPE: u32 = 0x40EF;
/// 40 MHz at 115200 baud.
const CLOCK_DIVIDER: u32 = 347;

/// The registers of the flash's SPI controller: offsets from the base.
#[derive(Clone, Copy, Debug)]
struct SpiRegisters {
    base: u32,
    user2: u32,
    data: u32,
}

/// Registers that keep written values, and a few with side effects.
#[derive(Debug)]
pub(crate) struct Peripherals {
    chip: Chip,
    revision: ChipRevision,
    registers: BTreeMap<u32, u32>,
}

impl Peripherals {
    pub(crate) const fn new(chip: Chip, revision: ChipRevision) -> Self {
        Self {
            chip,
            revision,
            registers: BTreeMap::new(),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.registers.clear();
    }

    pub(crate) fn read(&self, address: u32) -> u32 {
        if let Some(value) = self.registers.get(&address) {
            return *value;
        }
        match address {
            CHIP_MAGIC => magic(self.chip),
            APB_DATE if self.chip == Chip::Esp32 => u32::from(self.revision.major() >= 3) << 31,
            _ if address == clock_divider(self.chip) => CLOCK_DIVIDER,
            _ => 0,
        }
    }

    pub(crate) fn write(&mut self, address: u32, value: u32, flash_size: u32) {
        let spi = spi(self.chip);
        if address != spi.base || value & SPI_USER == 0 {
            self.registers.insert(address, value);
            return;
        }
        let command = self.registers.get(&spi.base.wrapping_add(spi.user2));
        let [command, ..] = command.copied().unwrap_or(0).to_le_bytes();
        let answer = if command == READ_JEDEC_ID {
            (flash_size.checked_ilog2().unwrap_or(0) << 16) | MAKER_AND_TYPE
        } else {
            0
        };
        // The command completes immediately: its bit reads 0 again.
        self.registers.insert(spi.base, value & !SPI_USER);
        self.registers.insert(spi.base.wrapping_add(spi.data), answer);
    }
}

/// Sources: ESP-IDF's `soc/spi_mem_reg.h` and `soc/spi_reg.h` of each chip.
const fn spi(chip: Chip) -> SpiRegisters {
    let (base, user2, data) = match chip {
        Chip::Esp32 => (0x3FF4_2000, 0x24, 0x80),
        Chip::Esp32s2 => (0x3F40_2000, 0x20, 0x58),
        Chip::Esp32c2 | Chip::Esp32c3 | Chip::Esp32s3 => (0x6000_2000, 0x20, 0x58),
        Chip::Esp32p4 => (0x5008_D000, 0x20, 0x58),
        _ => (0x6000_3000, 0x20, 0x58),
    };
    SpiRegisters { base, user2, data }
}

const fn magic(chip: Chip) -> u32 {
    match chip {
        Chip::Esp32 => 0x00F0_1D83,
        Chip::Esp32s2 => 0x0000_07C6,
        // Other chips identify themselves in the security info.
        _ => 0,
    }
}

/// The register UART_CLKDIV of the port.
const fn clock_divider(chip: Chip) -> u32 {
    match chip {
        Chip::Esp32 => 0x3FF4_0014,
        Chip::Esp32s2 => 0x3F40_0014,
        Chip::Esp32p4 => 0x500C_A014,
        _ => 0x6000_0014,
    }
}
