use core::fmt;
use core::str::FromStr;

use crate::Error;

/// A moment in the life of a chip: just after an action, before its answer.
///
/// Blocks, regions and checksums are counted from power-on, burns over the life of the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Moment {
    /// Before the first answer.
    Start,
    /// After this number of flash data blocks, from 1.
    Block(u32),
    /// After this number of complete flash regions, from 1.
    Flash(u32),
    /// After the MD5 of this number of regions, from 1.
    Md5(u32),
    /// After this number of commands that burn eFuses, from 1.
    Burn(u32),
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::Block(count) => write!(f, "block:{count}"),
            Self::Flash(count) => write!(f, "flash:{count}"),
            Self::Md5(count) => write!(f, "md5:{count}"),
            Self::Burn(count) => write!(f, "burn:{count}"),
        }
    }
}

impl FromStr for Moment {
    type Err = Error;

    /// Parses `start`, `block:N`, `flash:N`, `md5:N` or `burn:N`; without a number, N is 1.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, count) = text.split_once(':').unwrap_or((text, "1"));
        // `parse` accepts a sign.
        let digits = Some(count).filter(|count| !count.starts_with('+'));
        let count = digits.and_then(|digits| digits.parse().ok()).filter(|count| *count > 0);
        let moment = match name {
            "start" if name == text => return Ok(Self::Start),
            "block" => Self::Block,
            "flash" => Self::Flash,
            "md5" => Self::Md5,
            "burn" => Self::Burn,
            _ => return Err(Error::FaultName),
        };
        count.map(moment).ok_or(Error::FaultName)
    }
}

/// A fault of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Fault {
    /// A cell in the first written region reads inverted.
    BadFlash,
    /// The supply fails once: the chip restarts with the content of flash and eFuses.
    BrownOut(Moment),
    /// The chip and its port disappear permanently.
    Dies(Moment),
    /// The port disappears once, and can be opened again; the chip has lost power in between.
    Disconnects(Moment),
    /// An eFuse has disabled download mode: the chip does not answer.
    DownloadOff,
    /// The lowest bit programmed by the first burn after the moment stays 0; `Start` selects the very first burn.
    EfuseStuckBit(Moment),
    /// The chip sends random bytes instead of answers from then on.
    Garbage(Moment),
    /// A key block is already used.
    KeyUsed,
    /// The chip is in secure download mode; on an ESP32, which does not have it, as `DownloadOff`.
    Locked,
    /// The chip answers random bytes to a request for the MD5 of a region.
    Md5Garbage,
    /// The chip never answers.
    NoAnswer,
    /// No fault.
    #[default]
    None,
    /// The chip answers late, but in time.
    Slow,
    /// The flash has only 512 KiB.
    SmallFlash,
    /// The chip is silent from then on, until a power cut; then again at the same moment.
    Stuck(Moment),
    /// The chip is of another type than it was made as: the next one by name.
    WrongChip,
    /// The chip has revision 0.0, regardless of the configured one.
    WrongRevision,
}

impl Fault {
    /// All faults; a fault with a moment has the one that its name alone stands for.
    pub const ALL: [Self; 17] = [
        Self::BadFlash,
        Self::BrownOut(Moment::Flash(1)),
        Self::Dies(Moment::Block(3)),
        Self::Disconnects(Moment::Block(3)),
        Self::DownloadOff,
        Self::EfuseStuckBit(Moment::Start),
        Self::Garbage(Moment::Block(3)),
        Self::KeyUsed,
        Self::Locked,
        Self::Md5Garbage,
        Self::NoAnswer,
        Self::None,
        Self::Slow,
        Self::SmallFlash,
        Self::Stuck(Moment::Block(3)),
        Self::WrongChip,
        Self::WrongRevision,
    ];

    /// Returns the name without the moment.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadFlash => "bad-flash",
            Self::BrownOut(_) => "brown-out",
            Self::Dies(_) => "dies",
            Self::Disconnects(_) => "disconnects",
            Self::DownloadOff => "download-off",
            Self::EfuseStuckBit(_) => "efuse-stuck-bit",
            Self::Garbage(_) => "garbage",
            Self::KeyUsed => "key-used",
            Self::Locked => "locked",
            Self::Md5Garbage => "md5-garbage",
            Self::NoAnswer => "no-answer",
            Self::None => "none",
            Self::Slow => "slow",
            Self::SmallFlash => "small-flash",
            Self::Stuck(_) => "stuck",
            Self::WrongChip => "wrong-chip",
            Self::WrongRevision => "wrong-revision",
        }
    }

    /// Returns the moment at which it starts, if it has one.
    #[must_use]
    pub const fn moment(self) -> Option<Moment> {
        match self {
            Self::BrownOut(moment)
            | Self::Dies(moment)
            | Self::Disconnects(moment)
            | Self::EfuseStuckBit(moment)
            | Self::Garbage(moment)
            | Self::Stuck(moment) => Some(moment),
            _ => None,
        }
    }

    /// Returns the fault at another moment; unchanged if it has none.
    #[must_use]
    pub const fn at(self, moment: Moment) -> Self {
        match self {
            Self::BrownOut(_) => Self::BrownOut(moment),
            Self::Dies(_) => Self::Dies(moment),
            Self::Disconnects(_) => Self::Disconnects(moment),
            Self::EfuseStuckBit(_) => Self::EfuseStuckBit(moment),
            Self::Garbage(_) => Self::Garbage(moment),
            Self::Stuck(_) => Self::Stuck(moment),
            other => other,
        }
    }

    /// Returns whether a station must complete a chip with this fault successfully.
    #[must_use]
    pub const fn is_harmless(self) -> bool {
        matches!(self, Self::None | Self::Slow | Self::BrownOut(_) | Self::Disconnects(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.moment() {
            None => f.pad(self.name()),
            Some(moment) => f.pad(&format!("{}@{moment}", self.name())),
        }
    }
}

impl FromStr for Fault {
    type Err = Error;

    /// Parses a name, for faults with a moment optionally followed by `@` and the moment: `dies`, `dies@burn:2`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, moment) = match text.split_once('@') {
            Some((name, moment)) => (name, Some(moment.parse()?)),
            None => (text, None),
        };
        let found = Self::ALL.into_iter().find(|fault| fault.name() == name);
        let fault = found.ok_or(Error::FaultName)?;
        match moment {
            None => Ok(fault),
            Some(moment) if fault.moment().is_some() => Ok(fault.at(moment)),
            Some(_) => Err(Error::FaultName),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for fault in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(fault));
            assert_eq!(fault.name().parse(), Ok(fault));
        }
        assert_eq!("dies@burn:12".parse(), Ok(Fault::Dies(Moment::Burn(12))));
        assert_eq!("brown-out@md5".parse(), Ok(Fault::BrownOut(Moment::Md5(1))));
        assert_eq!("stuck@start".parse(), Ok(Fault::Stuck(Moment::Start)));
    }

    #[test]
    fn other_names_are_refused() {
        for text in [
            "",
            "Dies",
            "dies@",
            "dies@block:0",
            "dies@block:x",
            "dies@block:+3",
            "slow@block:1",
            "stuck@start:1",
            "x@start",
        ] {
            assert_eq!(text.parse::<Fault>(), Err(Error::FaultName), "{text}");
        }
    }
}
