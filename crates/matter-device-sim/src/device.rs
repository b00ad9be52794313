use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use matter_attestation::{Certificate, PrivateKey};
use matter_issuance::protocol::{KeyMode, Mac, ProtocolError, ShortText};

use crate::Fault;
use crate::key;
use crate::memory::Memory;

/// A simulated device.
///
/// Its key, signatures and garbage are derived from the fleet's seed and its MAC address, so runs are reproducible. A
/// fault breaks the rules of the protocol on purpose.
#[derive(Debug)]
pub struct Device {
    pub(crate) mac: Mac,
    pub(crate) fault: Fault,
    pub(crate) seed: [u8; 32],
    pub(crate) key_mode: KeyMode,
    pub(crate) patience: Duration,
    pub(crate) memory: Memory,
}

/// The end of a session, as the device sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The device lost power.
    Died,
    /// The device locked itself: the session is complete.
    Locked,
    /// The connection ended, or the station stayed silent.
    Lost(ProtocolError),
    /// The station refused.
    Refused {
        /// The error code.
        code: ShortText,
        /// The reason.
        reason: ShortText,
    },
}

impl Device {
    /// Creates a device with empty memory.
    #[must_use]
    pub fn new(mac: Mac, seed: [u8; 32], fault: Fault) -> Self {
        Self {
            mac,
            fault,
            seed,
            key_mode: KeyMode::HmacEcdsa,
            patience: Duration::from_secs(120),
            memory: Memory::default(),
        }
    }

    /// Keeps the memory in a file, and starts with the file's content.
    ///
    /// # Errors
    ///
    /// When the file exists and cannot be read, or was not written by this crate.
    pub fn with_memory_file(mut self, file: &Path) -> io::Result<Self> {
        self.memory = Memory::open(file)?;
        Ok(self)
    }

    /// Sets the key mode that the device reports: where it keeps its key.
    #[must_use]
    pub const fn with_key_mode(mut self, key_mode: KeyMode) -> Self {
        self.key_mode = key_mode;
        self
    }

    /// Sets how long the device waits for the station's next message.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Returns the MAC address.
    #[must_use]
    pub const fn mac(&self) -> Mac {
        self.mac
    }

    /// Returns the device's fault.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// Returns the stored DAC, if any.
    #[must_use]
    pub fn dac(&self) -> Option<Certificate> {
        let [dac, _, _] = self.memory.installed.as_ref()?;
        Certificate::from_der(dac).ok()
    }

    /// Returns whether the device has locked itself.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.memory.is_locked
    }

    /// Runs one session over a channel whose `read` returns at least every half second when no data arrives.
    ///
    /// # Errors
    ///
    /// When the memory file cannot be written.
    pub fn run_session<C: Read + Write>(&mut self, channel: &mut C) -> io::Result<SessionEnd> {
        crate::session::run(self, channel)
    }

    /// Returns whether the device tries again after a session with this end.
    #[must_use]
    pub fn comes_back_after(&self, end: &SessionEnd) -> bool {
        match end {
            SessionEnd::Died => !matches!(self.fault, Fault::GoneAt(_)),
            SessionEnd::Locked => self.fault == Fault::SecondKey && !self.memory.is_spent,
            SessionEnd::Lost(_) => true,
            SessionEnd::Refused { code, .. } => match code.as_str() {
                "unavailable" => true,
                "disconnected" | "session-expired" | "timed-out" => self.fault.is_harmless(),
                _ => false,
            },
        }
    }

    /// The device's key, if generated. All devices of a fleet with a cloned key have the same one.
    pub(crate) fn key(&self) -> Option<PrivateKey> {
        let generation = self.memory.keys.checked_sub(1)?;
        let mac = match self.fault {
            Fault::ClonedKey => Mac::new([0; 6]),
            _ => self.mac,
        };
        Some(key::derive(&self.seed, mac, generation))
    }

    /// The MAC address of another device of the fleet: it ends in 0, or in 1 if this device's ends in 0.
    pub(crate) fn neighbour(&self) -> Mac {
        let mut mac = *self.mac.as_bytes();
        if let Some(last) = mac.last_mut() {
            *last = if *last == 0 { 1 } else { 0 };
        }
        Mac::new(mac)
    }
}
