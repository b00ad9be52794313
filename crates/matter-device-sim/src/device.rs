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
/// Its key, its signatures and its garbage follow from the seed of its fleet and its MAC address, so that a run can be
/// repeated. It does not know the station's rules: what it must not do, it does.
#[derive(Debug)]
pub struct Device {
    pub(crate) mac: Mac,
    pub(crate) fault: Fault,
    pub(crate) seed: [u8; 32],
    pub(crate) key_mode: KeyMode,
    pub(crate) patience: Duration,
    pub(crate) memory: Memory,
}

/// How a session ended for the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// The device lost its power.
    Died,
    /// It locked itself: all is done.
    Locked,
    /// The connection ended, or the station was silent.
    Lost(ProtocolError),
    /// The station refused.
    Refused {
        /// The code.
        code: ShortText,
        /// The reason.
        reason: ShortText,
    },
}

impl Device {
    /// Makes a device with nothing in its memory.
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

    /// Keeps the memory in a file, and begins with what is in it.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read, or is none of this program.
    pub fn with_memory_file(mut self, file: &Path) -> io::Result<Self> {
        self.memory = Memory::open(file)?;
        Ok(self)
    }

    /// Sets where the device says that it keeps its key.
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

    /// Returns how the device misbehaves.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// Returns the certificate that the device has stored.
    #[must_use]
    pub fn dac(&self) -> Option<Certificate> {
        let [dac, _, _] = self.memory.installed.as_ref()?;
        Certificate::from_der(dac).ok()
    }

    /// Tells whether the device has locked itself.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.memory.is_locked
    }

    /// Runs one session over a channel, whose `read` returns at least every half second when nothing comes.
    ///
    /// # Errors
    ///
    /// When the file of the memory cannot be written.
    pub fn run_session<C: Read + Write>(&mut self, channel: &mut C) -> io::Result<SessionEnd> {
        crate::session::run(self, channel)
    }

    /// Tells whether the device tries again after a session that ended so.
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

    /// The key that the device has, if it has made one. All clones of a fleet have the same.
    pub(crate) fn key(&self) -> Option<PrivateKey> {
        let generation = self.memory.keys.checked_sub(1)?;
        let mac = match self.fault {
            Fault::ClonedKey => Mac::new([0; 6]),
            _ => self.mac,
        };
        Some(key::derive(&self.seed, mac, generation))
    }

    /// Another device of the fleet: the one whose MAC address ends in 0.
    pub(crate) fn neighbour(&self) -> Mac {
        let mut mac = *self.mac.as_bytes();
        if let Some(last) = mac.last_mut() {
            *last = if *last == 0 { 1 } else { 0 };
        }
        Mac::new(mac)
    }
}
