use core::fmt;
use std::io;

use crate::{Fault, Moment};

/// Why a virtual chip cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The chip is not simulated.
    ChipUnknown,
    /// There is no such fault, or it has no such moment.
    FaultName,
    /// The file of the state cannot be read or written.
    StateFile(io::ErrorKind),
    /// The file is no state of a chip.
    StateFormat,
    /// Another virtual chip has the file open.
    StateInUse,
    /// The file holds the state of a chip of another type, or with another MAC address.
    StateOfOther,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChipUnknown => f.write_str("no virtual chip of this type; a chip whose eFuses are known is needed"),
            Self::FaultName => {
                f.write_str("unknown fault; known are ")?;
                for (index, fault) in Fault::ALL.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    let moment = fault.moment().map_or("", |_| "[@MOMENT]");
                    write!(f, "{comma}{}{moment}", fault.name())?;
                }
                let (block, burn) = (Moment::Block(3), Moment::Burn(2));
                write!(
                    f,
                    "; a moment is start, or block, flash, md5 or burn with a number from 1, as {block} or {burn}"
                )
            }
            Self::StateFile(kind) => write!(f, "the file of the chip's state cannot be used: {kind}"),
            Self::StateFormat => f.write_str("the file holds no state of a virtual chip"),
            Self::StateInUse => f.write_str("another virtual chip has the file of the state open"),
            Self::StateOfOther => {
                f.write_str("the file holds the state of a chip of another type or with another MAC address")
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::StateFile(error.kind())
    }
}
