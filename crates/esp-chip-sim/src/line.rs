//! The serial line, from the chip's side.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::time::Instant;

use crate::slip::{self, Decoder};

/// The default baud rate of a station.
const USUAL_BAUD_RATE: u32 = 115_200;
/// Maximum number of bytes waiting for the station; a UART loses the rest.
const MAX_WAITING: usize = 1 << 22;

/// Bytes in transit, and the settings of both sides.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) decoder: Decoder,
    sent: VecDeque<u8>,
    /// Nothing arrives before this time.
    ready: Option<Instant>,
    /// `None` on lines without baud rates, such as TCP.
    station_baud: Option<u32>,
    /// Detected from the first SYNC.
    chip_baud: Option<u32>,
    /// Number of opened and disappeared ports.
    connection: u64,
    is_connected: bool,
    has_signals: bool,
    dtr: bool,
    rts: bool,
    /// Whether the download mode pin was low when the reset began.
    boot_pin: bool,
}

/// The effect of the signals on the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Nothing,
    ResetIntoDownload,
    ResetIntoFirmware,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            decoder: Decoder::default(),
            sent: VecDeque::new(),
            ready: None,
            station_baud: None,
            chip_baud: None,
            connection: 0,
            is_connected: true,
            has_signals: false,
            dtr: false,
            rts: false,
            boot_pin: false,
        }
    }
}

impl Line {
    /// Restarts the chip: bytes in transit are lost.
    pub(crate) fn restart(&mut self) {
        self.decoder = Decoder::default();
        self.sent.clear();
        self.ready = None;
        self.chip_baud = None;
    }

    /// Opens the port for a station, optionally with baud rates; returns the connection number.
    pub(crate) fn connect(&mut self, has_baud_rates: bool) -> u64 {
        self.connection = self.connection.wrapping_add(1);
        self.is_connected = true;
        self.sent.clear();
        self.decoder = Decoder::default();
        self.station_baud = has_baud_rates.then_some(USUAL_BAUD_RATE);
        self.chip_baud = None;
        self.has_signals = false;
        self.dtr = false;
        self.rts = false;
        self.connection
    }

    /// Makes the port disappear.
    pub(crate) fn disconnect(&mut self) {
        self.connection = self.connection.wrapping_add(1);
        self.is_connected = false;
        self.sent.clear();
    }

    pub(crate) const fn connection(&self) -> u64 {
        self.connection
    }

    /// Fails if a connection has ended.
    pub(crate) fn check(&self, connection: u64) -> io::Result<()> {
        if self.is_connected && self.connection == connection {
            Ok(())
        } else {
            Err(ErrorKind::NotConnected.into())
        }
    }

    pub(crate) const fn has_signals(&self) -> bool {
        self.has_signals
    }

    pub(crate) const fn is_held_in_reset(&self) -> bool {
        // With the usual two transistors, both together pull no pin low; on chips with their own USB device they do.
        self.rts
    }

    /// Sets DTR, which selects download mode, and RTS, which holds the chip in reset.
    pub(crate) const fn set_signals(&mut self, dtr: bool, rts: bool) -> Signal {
        let was_reset = self.rts;
        if rts && !was_reset {
            self.boot_pin = dtr;
        }
        self.has_signals = true;
        self.dtr = dtr;
        self.rts = rts;
        if rts || !was_reset {
            Signal::Nothing
        } else if dtr || self.boot_pin {
            Signal::ResetIntoDownload
        } else {
            Signal::ResetIntoFirmware
        }
    }

    /// Sets the station's baud rate.
    pub(crate) const fn set_station_baud(&mut self, baud: u32) {
        self.station_baud = Some(baud);
    }

    /// Sets the chip's baud rate, unless the line has none.
    pub(crate) const fn set_chip_baud(&mut self, baud: u32) {
        if self.chip_baud.is_some() {
            self.chip_baud = Some(baud);
        }
    }

    /// Adopts the station's baud rate, as the ROM does on the first SYNC.
    pub(crate) const fn synchronise(&mut self) {
        if self.chip_baud.is_none() {
            self.chip_baud = self.station_baud;
        }
    }

    /// Returns whether both sides have the same baud rate.
    pub(crate) const fn hears(&self) -> bool {
        match (self.station_baud, self.chip_baud) {
            (Some(station), Some(chip)) => station == chip,
            _ => true,
        }
    }

    pub(crate) fn delay(&mut self, until: Option<Instant>) {
        self.ready = until;
    }

    pub(crate) const fn ready(&self) -> Option<Instant> {
        self.ready
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if self.sent.len().saturating_add(bytes.len()) <= MAX_WAITING {
            self.sent.extend(bytes);
        }
    }

    pub(crate) fn send_frame(&mut self, parts: &[&[u8]]) {
        if self.sent.len() <= MAX_WAITING {
            slip::encode(parts, &mut self.sent);
        }
    }

    /// Moves received bytes into a buffer; returns their number.
    pub(crate) fn take(&mut self, buffer: &mut [u8]) -> usize {
        let (front, back) = self.sent.as_slices();
        let mut taken = 0;
        for (cell, byte) in buffer.iter_mut().zip(front.iter().chain(back)) {
            *cell = *byte;
            taken += 1;
        }
        self.sent.drain(..taken);
        taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    pub(crate) fn discard(&mut self) {
        self.sent.clear();
    }
}
