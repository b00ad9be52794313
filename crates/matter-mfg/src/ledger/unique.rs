use std::str::FromStr;

/// What no two devices of a ledger may have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unique {
    /// The passcode.
    pub passcode: bool,
    /// The serial number.
    pub serial: bool,
    /// Discriminator and passcode together.
    pub pair: bool,
    /// The DAC's public key.
    pub key: bool,
}

impl FromStr for Unique {
    type Err = &'static str;

    /// Reads names separated by commas: `passcode,serial,pair,key`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut unique = Self::default();
        for name in text.split(',') {
            let slot = match name.trim() {
                "passcode" => &mut unique.passcode,
                "serial" => &mut unique.serial,
                "pair" => &mut unique.pair,
                "key" => &mut unique.key,
                _ => return Err("is not a list of passcode, serial, pair and key, separated by commas"),
            };
            *slot = true;
        }
        Ok(unique)
    }
}
