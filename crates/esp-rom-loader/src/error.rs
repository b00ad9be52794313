use std::fmt;
use std::io;

use esp_flash_image::Chip;

use crate::Command;

/// An error in working with a board.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A key block or an eFuse already has another value.
    AlreadyBurned {
        /// Its name.
        name: String,
    },
    /// The chip refuses to change the baud rate or does not answer at the new one.
    Baud {
        /// The baud rate.
        baud: u32,
    },
    /// An eFuse does not read back as burned.
    BurnDiffers {
        /// Its name.
        name: String,
    },
    /// The chip is unknown.
    ChipUnknown {
        /// Its chip ID or, without one, the value of the magic register.
        id: u32,
    },
    /// An operation needs properties of the chip that this loader does not have.
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
    /// The chip has no such eFuse, block or purpose, or this loader cannot burn it.
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
        /// The number of its bits.
        bits: u8,
    },
    /// A flash range is empty, not aligned, or outside the flash.
    FlashRange {
        /// The start of the range.
        offset: u32,
        /// Its length in bytes.
        len: usize,
    },
    /// The received bytes are not an answer to the command.
    Garbage {
        /// The command.
        command: Command,
        /// Number of received bytes.
        bytes: usize,
    },
    /// The length of a key does not suit its purpose and coding.
    KeyLength {
        /// Its length in bytes.
        len: usize,
        /// The required length in bytes.
        needed: usize,
    },
    /// A key can still be read after its read protection was burned.
    KeyReadable {
        /// The name of the block.
        block: String,
    },
    /// The MD5 of the flash does not match the written data.
    Md5Differs {
        /// The start of the range.
        offset: u32,
        /// Its length in bytes.
        len: usize,
    },
    /// The chip does not answer in time.
    NoAnswer {
        /// The command.
        command: Command,
    },
    /// A port address is invalid.
    PortAddress,
    /// Another process is using the port.
    PortBusy {
        /// The port.
        name: String,
    },
    /// The port has disappeared, or fails.
    PortGone {
        /// The port.
        name: String,
        /// The system error.
        kind: io::ErrorKind,
    },
    /// The port cannot be opened.
    PortOpen {
        /// The port.
        name: String,
        /// The system error.
        kind: io::ErrorKind,
    },
    /// No further key can be read-protected, because RD_DIS is write-protected.
    ReadProtectionClosed,
    /// The eFuses contain an invalid chip revision.
    Revision {
        /// The major number.
        major: u32,
        /// The minor number.
        minor: u32,
    },
    /// Secure download mode is on: MAC and eFuses cannot be read.
    SecureDownload,
    /// A burn belongs to another stage, such as a digest among the secret keys.
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyBurned { name } => {
                write!(f, "{name} already has another value; it can be burned only once")
            }
            Self::BurnDiffers { name } => write!(
                f,
                "{name} does not read back as burned; do not burn it again, and set the chip aside"
            ),
            Self::Baud { baud } => write!(f, "chip does not answer at {baud} baud; choose a lower baud rate"),
            Self::ChipUnknown { id } => write!(f, "unknown chip with ID {id:#x}; update this program, or use esptool"),
            Self::ChipUnsuited { chip } => write!(f, "{chip} is not supported; use esptool"),
            Self::CodingError { block } => {
                write!(f, "eFuse controller reports a coding error in {block} after burning")
            }
            Self::ControllerBusy => f.write_str("eFuse controller does not become idle"),
            Self::CommandFailed { command, code } => {
                let (meaning, advice) = meaning_of(*code);
                write!(f, "chip refuses {command} with error {code:#04x}: {meaning}; {advice}")
            }
            Self::EfuseName { chip, name } => write!(f, "{chip} has no suitable eFuse, block or purpose {name}"),
            Self::EfuseValue { name, bits } => write!(f, "value of {name} is out of range; allowed: 0 to 2^{bits} - 1"),
            Self::FlashRange { offset, len } => write!(
                f,
                "range of {len} bytes at {offset:#x} is empty, does not start at a multiple of 4096, or is outside the flash"
            ),
            Self::Garbage { command, bytes } => {
                write!(
                    f,
                    "received {bytes} bytes, but no answer to {command}; check baud rate and wiring"
                )
            }
            Self::KeyLength { len, needed } => write!(f, "key has {len} bytes; {needed} are needed"),
            Self::KeyReadable { block } => write!(
                f,
                "key in {block} can still be read after its read protection was burned; set the chip aside"
            ),
            Self::Md5Differs { offset, len } => {
                write!(
                    f,
                    "MD5 of the {len} bytes of flash at {offset:#x} does not match the written data"
                )
            }
            Self::NoAnswer { command } => write!(f, "no answer to {command}"),
            Self::PortAddress => write!(
                f,
                "port must be a path, a name such as COM3, or socket://HOST:PORT, with 1 to {} characters",
                crate::PortAddress::MAX_LEN
            ),
            Self::PortBusy { name } => write!(f, "port {name} is in use by another process"),
            Self::PortGone { name, kind } => write!(f, "port {name} is gone: {kind}"),
            Self::PortOpen { name, kind } => write!(f, "port {name} cannot be opened: {kind}"),
            Self::ReadProtectionClosed => f.write_str(
                "RD_DIS is write-protected, so no further key can be read-protected; burn secret keys first",
            ),
            Self::Revision { major, minor } => write!(
                f,
                "eFuses contain the invalid chip revision {major}.{minor}; read them again"
            ),
            Self::SecureDownload => f.write_str("secure download mode is on: MAC and eFuses cannot be read"),
            Self::Stage { name } => write!(f, "{name} belongs to another stage of burning"),
            Self::WriteProtected { name } => write!(f, "{name} is write-protected"),
        }
    }
}

impl core::error::Error for Error {}

/// Returns the meaning of a ROM error code and a remedy. Source: esptool's documentation, "Serial Protocol", "Status
/// Bytes".
const fn meaning_of(code: u8) -> (&'static str, &'static str) {
    match code {
        0x05 => (
            "message is invalid or locked",
            "check whether secure download mode is on",
        ),
        0x06 => ("failed to act on the message", "check the supply and the flash chip"),
        0x07 => ("wrong checksum", "choose a lower baud rate"),
        0x08 => ("flash write failed", "check the supply and the flash chip"),
        0x09 => ("flash read failed", "check the supply and the flash chip"),
        0x0A => ("flash read length is wrong", "connect again"),
        0x0B => ("deflate failed", "choose a lower baud rate"),
        _ => ("unknown error", "connect again"),
    }
}
