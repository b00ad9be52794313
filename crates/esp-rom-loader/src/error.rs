use std::fmt;
use std::io;

use esp_flash_image::Chip;

use crate::Command;

/// Why a board cannot be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A key block or an eFuse holds something else already.
    AlreadyBurned {
        /// Its name.
        name: String,
    },
    /// The chip refuses to change the baud rate or does not answer at the new one.
    Baud {
        /// The baud rate.
        baud: u32,
    },
    /// After burning, an eFuse reads back otherwise.
    BurnDiffers {
        /// Its name.
        name: String,
    },
    /// The chip is none that this loader knows.
    ChipUnknown {
        /// Its chip id or, without one, the value of the magic register.
        id: u32,
    },
    /// A function needs facts of the chip that this loader does not have.
    ChipUnsuited {
        /// The chip.
        chip: Chip,
    },
    /// The eFuse controller reports an error in the coding of a block after it was burned.
    CodingError {
        /// The name of the block.
        block: String,
    },
    /// The chip answers a command with an error.
    CommandFailed {
        /// The command.
        command: Command,
        /// The error code of the ROM; 0x05 is "message is invalid", 0x06 "failed to act", 0x07 "wrong checksum".
        code: u8,
    },
    /// The eFuse controller does not become idle.
    ControllerBusy,
    /// The chip has no such eFuse, block or purpose, or it cannot be burned by this loader.
    EfuseName {
        /// The chip.
        chip: Chip,
        /// The name.
        name: String,
    },
    /// A value has more bits than its eFuse.
    EfuseValue {
        /// The name of the eFuse.
        name: String,
        /// Its bits.
        bits: u8,
    },
    /// A flash range is empty, not aligned, or not inside of the flash.
    FlashRange {
        /// Where it starts.
        offset: u32,
        /// Its bytes.
        len: usize,
    },
    /// What arrives is no answer to the command.
    Garbage {
        /// The command.
        command: Command,
        /// Bytes that arrived.
        bytes: usize,
    },
    /// A key has not the length for its purpose and coding.
    KeyLength {
        /// Its bytes.
        len: usize,
        /// The bytes it should have.
        needed: usize,
    },
    /// The MD5 of the flash is not that of what was written.
    Md5Differs {
        /// Where the range starts.
        offset: u32,
        /// Its bytes.
        len: usize,
    },
    /// The chip does not answer in time.
    NoAnswer {
        /// The command.
        command: Command,
    },
    /// The text is no address of a port.
    PortAddress,
    /// Another process has the port.
    PortBusy {
        /// The port.
        name: String,
    },
    /// The port is gone, or fails.
    PortGone {
        /// The port.
        name: String,
        /// What the system reports.
        kind: io::ErrorKind,
    },
    /// The port cannot be opened.
    PortOpen {
        /// The port.
        name: String,
        /// What the system reports.
        kind: io::ErrorKind,
    },
    /// No key can be read-protected any more, since RD_DIS is write-protected.
    ReadProtectionClosed,
    /// Secure download mode is on: the chip tells neither its MAC nor its eFuses.
    SecureDownload,
    /// A burn belongs to another stage, as a digest among the secret keys.
    Stage {
        /// The name of the eFuse or the purpose.
        name: String,
    },
    /// An eFuse or a block is write-protected.
    WriteProtected {
        /// Its name.
        name: String,
    },
}

impl Error {
    /// Tells whether the connection is what failed: the port is gone, silent or garbled.
    #[must_use]
    pub const fn is_connection(&self) -> bool {
        matches!(
            self,
            Self::Baud { .. }
                | Self::Garbage { .. }
                | Self::NoAnswer { .. }
                | Self::PortBusy { .. }
                | Self::PortGone { .. }
                | Self::PortOpen { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyBurned { name } => {
                write!(f, "{name} holds something else already; it can be burned once only")
            }
            Self::BurnDiffers { name } => write!(f, "{name} reads back otherwise than it was burned"),
            Self::Baud { baud } => write!(f, "chip does not answer at {baud} baud; choose a lower baud rate"),
            Self::ChipUnknown { id } => write!(
                f,
                "chip with id {id:#x} is unknown to this loader; use the esptool engine"
            ),
            Self::ChipUnsuited { chip } => write!(f, "{chip} is unknown to this loader; use the esptool engine"),
            Self::CodingError { block } => {
                write!(f, "eFuse controller reports a coding error in {block} after burning")
            }
            Self::ControllerBusy => f.write_str("eFuse controller does not become idle"),
            Self::CommandFailed { command, code } => write!(f, "chip refuses {command} with error {code:#04x}"),
            Self::EfuseName { chip, name } => write!(f, "{chip} has no eFuse, block or purpose {name} for this"),
            Self::EfuseValue { name, bits } => write!(f, "value of {name} is not in 0 to 2^{bits} - 1"),
            Self::FlashRange { offset, len } => write!(
                f,
                "range of {len} bytes at {offset:#x} is empty, does not begin at a multiple of 4096, or is not inside of the flash"
            ),
            Self::Garbage { command, bytes } => {
                write!(
                    f,
                    "{bytes} bytes arrived, but no answer to {command}; check baud rate and wiring"
                )
            }
            Self::KeyLength { len, needed } => write!(f, "key of {len} bytes; {needed} are needed"),
            Self::Md5Differs { offset, len } => {
                write!(
                    f,
                    "MD5 of the {len} bytes of flash at {offset:#x} differs from that of what was written"
                )
            }
            Self::NoAnswer { command } => write!(f, "no answer to {command}"),
            Self::PortAddress => write!(
                f,
                "port is not a path, a name like COM3 or socket://HOST:PORT of 1 to {} characters",
                crate::PortAddress::MAX_LEN
            ),
            Self::PortBusy { name } => write!(f, "port {name} is in use by another process"),
            Self::PortGone { name, kind } => write!(f, "port {name} is gone: {kind}"),
            Self::PortOpen { name, kind } => write!(f, "port {name} cannot be opened: {kind}"),
            Self::ReadProtectionClosed => {
                f.write_str("RD_DIS is write-protected: no key can be read-protected any more; secret keys come first")
            }
            Self::SecureDownload => f.write_str("secure download mode is on: MAC and eFuses cannot be read any more"),
            Self::Stage { name } => write!(f, "{name} belongs to another stage of burning"),
            Self::WriteProtected { name } => write!(f, "{name} is write-protected"),
        }
    }
}

impl core::error::Error for Error {}
