use core::fmt;
use std::io;

use esp_flash_image::Chip;

use crate::{Fault, Moment};

/// A reason why a virtual chip cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The chip type is not simulated.
    ChipUnknown {
        /// The chip.
        chip: Chip,
    },
    /// The fault or the moment is unknown, or the fault has no moment.
    FaultName,
    /// The state file cannot be read or written.
    StateFile(io::ErrorKind),
    /// The file is not a chip state.
    StateFormat,
    /// Another virtual chip has the state file open.
    StateInUse,
    /// The file contains the state of another chip type or MAC address.
    StateOfOther,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChipUnknown { chip } => {
                write!(
                    f,
                    "this chip is not simulated: {chip}; choose a chip that esp-rom-loader supports"
                )
            }
            Self::FaultName => {
                f.write_str("unknown fault; allowed: ")?;
                for (index, fault) in Fault::ALL.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    let moment = fault.moment().map_or("", |_| "[@MOMENT]");
                    write!(f, "{comma}{}{moment}", fault.name())?;
                }
                let (block, burn) = (Moment::Block(3), Moment::Burn(2));
                write!(
                    f,
                    "; moments: start, or block, flash, md5 or burn with a number from 1, such as {block} or {burn}"
                )
            }
            Self::StateFile(kind) => write!(f, "the state file of the chip cannot be used: {kind}"),
            Self::StateFormat => f.write_str("the file is not the state of a virtual chip"),
            Self::StateInUse => f.write_str("another virtual chip has the state file open"),
            Self::StateOfOther => f.write_str("the file contains the state of another chip type or MAC address"),
        }
    }
}

impl core::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::StateFile(error.kind())
    }
}
