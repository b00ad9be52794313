use core::fmt;
use core::str::FromStr;

use matter_types::parse_u32;

use crate::{Error, ErrorKind};

/// The commissioning flow: the steps before a device can be commissioned (Matter Core Specification
/// 5.1.3, table "Packed Binary Data Structure").
///
/// # Examples
///
/// ```
/// use matter_setup_payload::CommissioningFlow;
///
/// assert_eq!("2".parse::<CommissioningFlow>()?, CommissioningFlow::Custom);
/// assert_eq!(u8::from(CommissioningFlow::Custom), 2);
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CommissioningFlow {
    /// No steps: the device is ready when powered.
    #[default]
    Standard,
    /// A simple interaction, such as pressing a button.
    UserIntent,
    /// Steps that the vendor describes.
    Custom,
}

impl CommissioningFlow {
    /// Creates the flow from its number in the payload.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::CommissioningFlow`] for any other number than 0, 1 and 2.
    pub const fn new(value: u32) -> Result<Self, Error> {
        match value {
            0 => Ok(Self::Standard),
            1 => Ok(Self::UserIntent),
            2 => Ok(Self::Custom),
            _ => Err(Error::new(ErrorKind::CommissioningFlow { value })),
        }
    }

    /// Returns the number in the payload.
    #[must_use]
    pub const fn get(self) -> u8 {
        match self {
            Self::Standard => 0,
            Self::UserIntent => 1,
            Self::Custom => 2,
        }
    }
}

impl From<CommissioningFlow> for u8 {
    fn from(flow: CommissioningFlow) -> Self {
        flow.get()
    }
}

impl TryFrom<u8> for CommissioningFlow {
    type Error = Error;

    fn try_from(value: u8) -> Result<Self, Error> {
        Self::new(value.into())
    }
}

impl FromStr for CommissioningFlow {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal number.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(parse_u32(text)?)
    }
}

impl fmt::Display for CommissioningFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
