use std::fmt;
use std::str::FromStr;

use super::{Port, discovery, serial, socket};
use crate::{Error, Reset};

/// The address of a chip's port: a serial port or a TCP socket.
///
/// # Examples
///
/// ```
/// use esp_rom_loader::PortAddress;
///
/// let address: PortAddress = "socket://127.0.0.1:9911".parse()?;
/// assert_eq!(address.to_string(), "socket://127.0.0.1:9911");
/// assert!("COM3".parse::<PortAddress>().is_ok());
/// assert!("/dev/ttyUSB0".parse::<PortAddress>().is_ok());
/// assert!("socket://nowhere".parse::<PortAddress>().is_err());
/// # Ok::<(), esp_rom_loader::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortAddress(Place);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Serial(String),
    /// Host and port as `HOST:PORT`.
    Socket(String),
}

impl PortAddress {
    /// The maximum length of an address.
    pub const MAX_LEN: usize = 1024;

    /// Makes the address of a serial port from its path or name.
    ///
    /// # Errors
    ///
    /// [`Error::PortAddress`] when it is empty, too long or has control characters.
    pub fn serial(name: &str) -> Result<Self, Error> {
        checked(name).map(|name| Self(Place::Serial(name.into())))
    }

    /// Opens the port for exclusive use.
    ///
    /// # Errors
    ///
    /// [`Error::PortBusy`] when another process is using it, [`Error::PortOpen`] when it cannot be opened.
    pub fn open(&self, baud: u32) -> Result<Box<dyn Port + Send>, Error> {
        match &self.0 {
            Place::Serial(name) => Ok(Box::new(serial::Serial::open(name, baud)?)),
            Place::Socket(place) => Ok(Box::new(socket::Socket::open(place)?)),
        }
    }

    /// Returns the strategy that resets a chip into download mode, based on the USB ID if there is one.
    ///
    /// Only Linux provides the USB ID: elsewhere a USB Serial/JTAG port counts as [`Reset::Classic`], which leaves the
    /// watchdogs of its ROM enabled; pass [`Reset::Usb`] there.
    #[must_use]
    pub fn reset(&self) -> Reset {
        match &self.0 {
            Place::Serial(name) if discovery::is_usb_jtag(name) => Reset::Usb,
            Place::Serial(_) => Reset::Classic,
            Place::Socket(_) => Reset::None,
        }
    }
}

impl FromStr for PortAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Some(place) = text.strip_prefix(SOCKET) else {
            return Self::serial(text);
        };
        let (host, port) = checked(place)?.rsplit_once(':').ok_or(Error::PortAddress)?;
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        if host.is_empty() || !digits || port.parse::<u16>().is_err() {
            return Err(Error::PortAddress);
        }
        Ok(Self(Place::Socket(place.into())))
    }
}

impl fmt::Display for PortAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Serial(name) => f.pad(name),
            Place::Socket(place) => f.pad(&format!("{SOCKET}{place}")),
        }
    }
}

fn checked(text: &str) -> Result<&str, Error> {
    let fine = !text.is_empty() && text.len() <= PortAddress::MAX_LEN && !text.chars().any(char::is_control);
    fine.then_some(text).ok_or(Error::PortAddress)
}

const SOCKET: &str = "socket://";
