//! The faults of a board, and their moments.

use esp_flash_image::Chip;

use super::Board;
use crate::{Fault, Moment};

/// The output of a chip after a brown-out.
const BOOT_TEXT: &[u8] = b"\r\nBrownout detector was triggered\r\n\r\nrst:0xf (BROWNOUT_RST),boot:0x4 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n";
/// The flash size of a chip with too little flash.
const SMALL_FLASH: u32 = 0x8_0000;

impl Board {
    /// Applies the fault to a new chip.
    pub(super) fn make_faulty(&mut self) {
        match self.fault {
            Fault::SmallFlash => self.flash.resize(SMALL_FLASH),
            Fault::DownloadOff => self.preset_first(&["DIS_DOWNLOAD_MODE", "UART_DOWNLOAD_DIS"]),
            Fault::Locked => self.preset_first(&["ENABLE_SECURITY_DOWNLOAD", "UART_DOWNLOAD_DIS"]),
            Fault::KeyUsed => self.use_key_block(),
            Fault::EfuseStuckBit(Moment::Start) => self.efuses.leave_bit(),
            _ => {}
        }
    }

    /// Burns the first of some fields that exists on the chip.
    fn preset_first(&mut self, names: &[&str]) {
        let name = names.iter().find(|name| self.efuses.map().field(name).is_some());
        if let Some(name) = name {
            self.efuses.preset_field(name, 1);
        }
    }

    /// Puts an unknown key into the first key block.
    fn use_key_block(&mut self) {
        let blocks = self.efuses.map().blocks();
        let block = blocks.iter().find(|block| block.key).map(|block| block.index);
        let mut key = [0; 32];
        self.random.fill(&mut key);
        self.efuses.preset(block.unwrap_or_default().into(), |words| {
            for (cells, word) in words.iter_mut().zip(key.as_chunks().0) {
                *cells = u32::from_le_bytes(*word);
            }
        });
        if self.chip != Chip::Esp32 {
            self.efuses.preset_field("KEY_PURPOSE_0", 8);
        }
    }

    /// Handles the first request; returns whether the fault starts here, so that no answer follows.
    pub(super) fn begins(&mut self) -> bool {
        self.happens(Moment::Start)
    }

    pub(super) fn block_is_written(&mut self) -> bool {
        self.session.blocks = self.session.blocks.saturating_add(1);
        self.happens(Moment::Block(self.session.blocks))
    }

    pub(super) fn region_is_written(&mut self) -> bool {
        self.session.regions = self.session.regions.saturating_add(1);
        self.keep(false);
        self.happens(Moment::Flash(self.session.regions))
    }

    pub(super) fn checksum_is_made(&mut self) -> bool {
        self.session.checksums = self.session.checksums.saturating_add(1);
        self.happens(Moment::Md5(self.session.checksums))
    }

    pub(super) fn efuses_are_burned(&mut self) -> bool {
        self.keep(true);
        self.happens(Moment::Burn(self.efuses.burns()))
    }

    /// Triggers the fault if this is its moment; returns whether the chip does not answer.
    fn happens(&mut self, moment: Moment) -> bool {
        if self.is_unkept {
            return true;
        }
        if self.fault.moment() != Some(moment) {
            return false;
        }
        match self.fault {
            Fault::Dies(_) => {
                self.is_dead = true;
                self.line.disconnect();
                self.keep(true);
            }
            Fault::Stuck(_) => self.session.is_silent = true,
            Fault::Garbage(_) => {
                self.session.is_garbling = true;
                self.garble();
            }
            Fault::BrownOut(_) if !self.is_spent => {
                self.spend();
                self.power_cut();
                // The first request after it must not count as the same moment again.
                self.line.send(BOOT_TEXT);
            }
            Fault::Disconnects(_) if !self.is_spent => {
                self.spend();
                self.power_cut();
                self.line.disconnect();
            }
            Fault::EfuseStuckBit(_) => {
                self.efuses.leave_bit();
                return false;
            }
            _ => return false,
        }
        true
    }

    fn spend(&mut self) {
        self.is_spent = true;
        self.keep(true);
    }

    /// Sends bytes that are not an answer.
    pub(super) fn garble(&mut self) {
        let len = usize::try_from(self.random.below(60)).unwrap_or(0);
        let mut noise = vec![0; len.saturating_add(4)];
        self.random.fill(&mut noise);
        self.line.send(&noise);
    }

    /// Chooses a cell of the first written region that reads wrong.
    pub(super) fn spoil(&mut self, address: u32, len: u32) {
        if self.fault == Fault::BadFlash && self.flash.bad_cell().is_none() {
            let cell = address.saturating_add(self.random.below(len));
            self.flash.set_bad_cell(Some(cell));
        }
    }
}
