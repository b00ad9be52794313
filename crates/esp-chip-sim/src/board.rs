//! A board: its chip, the persistent state, and the handling of received bytes.

mod commands;
mod faults;
mod transfer;

use core::fmt;
use std::time::{Duration, Instant};

use esp_flash_image::{Chip, ChipRevision};
use esp_rom_loader::{Command, EfuseMap};

use crate::efuse::Efuses;
use crate::flash::Flash;
use crate::line::Line;
use crate::peripherals::Peripherals;
use crate::random::Random;
use crate::state::StateFile;
use crate::{Error, Fault};

pub(crate) use commands::INVALID_MESSAGE;
use transfer::{Reading, Transfer};

/// The answer delay of a slow chip.
const SLOW: Duration = Duration::from_millis(10);
/// Number of answers to a SYNC.
const SYNC_ANSWERS: usize = 8;
/// The value of an answer to SYNC: anything but 0, which is the stub's value.
const SYNC_VALUE: u32 = 0x2012_0707;

/// The firmware: takes received bytes and returns bytes to send; called with no bytes when the station listens.
pub(crate) type App = Box<dyn FnMut(&[u8]) -> Vec<u8> + Send>;

/// The program in control of the serial line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The ROM in download mode.
    #[default]
    Rom,
    /// The flasher stub in RAM.
    Stub,
    /// The firmware in flash.
    Firmware,
}

/// The download mode allowed by the eFuses, as of the last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Download {
    #[default]
    Open,
    Secure,
    Off,
}

/// The volatile state of a chip, except its registers.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) mode: Mode,
    download: Download,
    /// Whether the flash pins are configured.
    is_attached: bool,
    transfer: Option<Transfer>,
    reading: Option<Reading>,
    /// Number of blocks, regions and checksums since power-on.
    blocks: u32,
    regions: u32,
    checksums: u32,
    /// Whether the ROM has detected the station's baud rate; before, it answers only SYNC.
    is_synchronised: bool,
    has_begun: bool,
    is_silent: bool,
    is_garbling: bool,
}

/// A chip with its flash.
pub(crate) struct Board {
    /// The chip type, which a fault may have changed.
    pub(crate) chip: Chip,
    pub(crate) made_as: Chip,
    pub(crate) mac: [u8; 6],
    pub(crate) mac_extension: [u8; 2],
    pub(crate) revision: ChipRevision,
    pub(crate) flash: Flash,
    pub(crate) efuses: Efuses,
    pub(crate) fault: Fault,
    pub(crate) line: Line,
    pub(crate) file: Option<StateFile>,
    pub(crate) app: Option<App>,
    /// Permanently dead.
    pub(crate) is_dead: bool,
    /// A change could not be saved. An unsaved change must not be answered, so the chip is silent until another process
    /// opens the file, and is then in its previous state, as after a power cut.
    pub(crate) is_unkept: bool,
    /// Whether a one-time fault has happened.
    pub(crate) is_spent: bool,
    pub(crate) seed: u64,
    random: Random,
    session: Session,
    peripherals: Peripherals,
}

impl Board {
    pub(crate) fn new(chip: Chip, mac: [u8; 6]) -> Result<Self, Error> {
        let revision = usual_revision(chip);
        let map = EfuseMap::of(chip, Some(revision)).ok_or(Error::ChipUnknown { chip })?;
        let mut board = Self {
            chip,
            made_as: chip,
            mac,
            mac_extension: [0xFF, 0xFE],
            revision,
            flash: Flash::new(DEFAULT_FLASH),
            efuses: Efuses::new(map),
            fault: Fault::None,
            line: Line::default(),
            file: None,
            app: None,
            is_dead: false,
            is_unkept: false,
            is_spent: false,
            seed: 0,
            random: Random::new(0),
            session: Session::default(),
            peripherals: Peripherals::new(chip, revision),
        };
        board.make();
        Ok(board)
    }

    /// Makes a new chip, as delivered, with its fault.
    pub(crate) fn make(&mut self) {
        self.random = Random::new(self.seed);
        self.chip = self.made_as;
        let mut revision = self.revision;
        match self.fault {
            Fault::WrongChip => self.chip = next_chip(self.made_as),
            Fault::WrongRevision => revision = ChipRevision::new(0, 0).unwrap_or(revision),
            _ => {}
        }
        // Always exists: the map exists for another revision, and the other chip is a supported one.
        let map = EfuseMap::of(self.chip, Some(revision)).unwrap_or(self.efuses.map());
        self.efuses = Efuses::new(map);
        self.efuses.preset_mac(self.mac, self.mac_extension);
        self.efuses.preset_revision(revision);
        self.peripherals = Peripherals::new(self.chip, revision);
        self.make_faulty();
        self.power_cut();
    }

    /// Cuts the power and restores it.
    pub(crate) fn power_cut(&mut self) {
        self.session = Session::default();
        self.line.restart();
        self.boot(true);
    }

    /// Restarts the chip without a power cut.
    pub(crate) fn reset(&mut self, into_download: bool) {
        let old = core::mem::take(&mut self.session);
        self.session = Session {
            blocks: old.blocks,
            regions: old.regions,
            checksums: old.checksums,
            has_begun: old.has_begun,
            is_silent: old.is_silent,
            is_garbling: old.is_garbling,
            ..Session::default()
        };
        self.boot(into_download);
    }

    /// Ends a reset by the line's signals.
    pub(crate) fn reset_line(&mut self, into_download: bool) {
        if !self.is_dead {
            self.line.restart();
            self.reset(into_download);
        }
    }

    fn boot(&mut self, into_download: bool) {
        self.efuses.load();
        self.peripherals.clear();
        let is_set = |name| self.efuses.value(name) != 0;
        self.session.download = if is_set("DIS_DOWNLOAD_MODE") || is_set("UART_DOWNLOAD_DIS") {
            Download::Off
        } else if is_set("ENABLE_SECURITY_DOWNLOAD") {
            Download::Secure
        } else {
            Download::Open
        };
        self.session.mode = match self.session.download {
            Download::Off => Mode::Firmware,
            _ if !into_download => Mode::Firmware,
            _ => Mode::Rom,
        };
    }

    /// Returns whether a station no longer has full access in download mode, at the latest from the next reset on.
    pub(crate) fn is_locked(&self) -> bool {
        let fields = ["DIS_DOWNLOAD_MODE", "UART_DOWNLOAD_DIS", "ENABLE_SECURITY_DOWNLOAD"];
        fields.iter().any(|name| self.efuses.value(name) != 0)
    }

    /// Processes bytes from the station.
    pub(crate) fn receive(&mut self, mut bytes: &[u8]) {
        if self.is_dead || self.is_unkept || self.session.is_silent || self.line.is_held_in_reset() {
            return;
        }
        if self.session.mode == Mode::Firmware && self.app.is_some() {
            self.receive_in_firmware(bytes);
            return;
        }
        if !self.line.hears() {
            return;
        }
        let mut decoder = core::mem::take(&mut self.line.decoder);
        let connection = self.line.connection();
        while let Some(frame) = decoder.next_frame(&mut bytes) {
            self.take_frame(&frame);
            if self.line.connection() != connection {
                return;
            }
        }
        self.line.decoder = decoder;
    }

    /// Lets firmware answer. On lines without a reset, a SYNC resets the chip.
    fn receive_in_firmware(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if !self.line.has_signals() {
            while let Some(frame) = self.line.decoder.next_frame(&mut rest) {
                if is_sync(&frame) && self.session.download != Download::Off {
                    self.take_frame(&frame);
                    return self.receive(rest);
                }
            }
        }
        if let Some(app) = &mut self.app {
            let answer = app(bytes);
            self.line.send(&answer);
        }
    }

    /// Lets firmware send bytes on its own.
    pub(crate) fn poll(&mut self) {
        if self.session.mode == Mode::Firmware
            && !self.is_dead
            && !self.is_unkept
            && !self.session.is_silent
            && !self.line.is_held_in_reset()
            && let Some(app) = &mut self.app
        {
            let sent = app(&[]);
            self.line.send(&sent);
        }
    }

    fn take_frame(&mut self, frame: &[u8]) {
        if is_sync(frame) && !self.line.has_signals() {
            // A loader that only resynchronizes continues in the ROM with the flash pins unchanged.
            let is_attached = self.session.is_attached && self.session.mode == Mode::Rom;
            self.reset(true);
            self.session.is_attached = is_attached;
        }
        let is_sync = is_sync(frame);
        self.session.is_synchronised |= is_sync;
        if self.session.mode == Mode::Firmware || self.fault == Fault::NoAnswer || !self.session.is_synchronised {
            return;
        }
        if !self.session.has_begun {
            self.session.has_begun = true;
            if self.begins() {
                return;
            }
        }
        if self.session.is_garbling {
            return self.garble();
        }
        if self.session.reading.is_some() && !is_sync {
            return self.acknowledge(frame);
        }
        let Some((&[0, code, len0, len1, sum0, sum1, sum2, sum3], data)) = frame.split_first_chunk() else {
            return;
        };
        if usize::from(u16::from_le_bytes([len0, len1])) != data.len() {
            return self.refuse(code, INVALID_MESSAGE);
        }
        let checksum = u32::from_le_bytes([sum0, sum1, sum2, sum3]);
        self.run(code, checksum, data);
    }

    fn run(&mut self, code: u8, checksum: u32, data: &[u8]) {
        if code == Command::Sync.code() {
            self.line.synchronise();
            let value = if self.session.mode == Mode::Stub { 0 } else { SYNC_VALUE };
            for _ in 0..SYNC_ANSWERS {
                self.answer(code, value, &[], [0, 0]);
            }
            return;
        }
        match self.execute(code, checksum, data) {
            Ok(Some(reply)) => {
                self.answer(code, reply.value, &reply.data, [0, 0]);
                self.follow_up(code, data);
            }
            // A fault happened before the chip could answer.
            Ok(None) => {}
            Err(error) => self.refuse(code, error),
        }
    }

    fn refuse(&mut self, code: u8, error: u8) {
        self.answer(code, 0, &[], [1, error]);
    }

    /// Sends an answer, with a 4-byte status from the ROM or a 2-byte one from the stub.
    fn answer(&mut self, code: u8, value: u32, data: &[u8], status: [u8; 2]) {
        let status: &[u8] = match self.session.mode {
            Mode::Stub => &status,
            _ => &[status[0], status[1], 0, 0],
        };
        let len = data.len().saturating_add(status.len());
        let [len0, len1] = u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes();
        let header = [1, code, len0, len1];
        self.send_frame(&[&header, &value.to_le_bytes(), data, status]);
    }

    fn send_frame(&mut self, parts: &[&[u8]]) {
        if self.is_unkept {
            return;
        }
        if self.fault == Fault::Slow {
            self.line.delay(Instant::now().checked_add(SLOW));
        }
        self.line.send_frame(parts);
    }

    /// Saves the changes to the state file, if there is one.
    pub(crate) fn keep(&mut self, is_burn: bool) {
        let Some(mut file) = self.file.take() else { return };
        if !self.is_unkept {
            self.is_unkept = file.keep(self, is_burn).is_err();
        }
        self.file = Some(file);
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Omits the bytes of flash and eFuses, which include keys.
        f.debug_struct("Board")
            .field("chip", &self.chip)
            .field("mac", &self.mac)
            .field("fault", &self.fault)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// The default flash size.
const DEFAULT_FLASH: u32 = 0x40_0000;

fn is_sync(frame: &[u8]) -> bool {
    matches!(frame, [0, code, ..] if *code == Command::Sync.code())
}

/// The revision of chips currently sold.
pub(crate) fn usual_revision(chip: Chip) -> ChipRevision {
    let (major, minor) = match chip {
        Chip::Esp32 => (3, 0),
        Chip::Esp32c2 => (1, 1),
        Chip::Esp32c3 => (0, 4),
        Chip::Esp32c5 => (1, 0),
        Chip::Esp32c6 => (0, 1),
        Chip::Esp32c61 => (1, 0),
        Chip::Esp32h2 => (1, 2),
        Chip::Esp32p4 => (1, 3),
        Chip::Esp32s2 => (1, 0),
        Chip::Esp32s3 => (0, 2),
        _ => (0, 0),
    };
    ChipRevision::new(major, minor).unwrap_or(ZERO_REVISION)
}

const ZERO_REVISION: ChipRevision = match ChipRevision::new(0, 0) {
    Ok(revision) => revision,
    Err(_) => unreachable!(),
};

/// Another supported chip.
fn next_chip(chip: Chip) -> Chip {
    let known = || {
        Chip::ALL
            .iter()
            .copied()
            .filter(|chip| EfuseMap::of(*chip, None).is_some())
    };
    let after = known().skip_while(|known| *known != chip).nth(1);
    after.or_else(|| known().next()).unwrap_or(chip)
}
