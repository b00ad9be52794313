use core::fmt;
use core::ops::BitOr;
use core::str::FromStr;

use matter_types::parse_u32;

use crate::{Error, ErrorKind};

/// The discovery capabilities of a device: at least one of five (Matter Core Specification 5.1.3).
///
/// # Examples
///
/// ```
/// use matter_setup_payload::DiscoveryCapabilities;
///
/// let ways = DiscoveryCapabilities::BLE | DiscoveryCapabilities::ON_NETWORK;
/// assert_eq!(ways, DiscoveryCapabilities::new(6)?);
/// assert!(ways.contains(DiscoveryCapabilities::BLE));
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DiscoveryCapabilities(u8);

impl DiscoveryCapabilities {
    /// Bluetooth Low Energy, bit 1.
    pub const BLE: Self = Self(1 << 1);
    /// Already on the IP network, bit 2.
    pub const ON_NETWORK: Self = Self(1 << 2);
    /// Wi-Fi Public Action Frames, bit 3.
    pub const WIFI_PAF: Self = Self(1 << 3);
    /// NFC, bit 4.
    pub const NFC: Self = Self(1 << 4);
    /// Thread, bit 5.
    pub const THREAD: Self = Self(1 << 5);
    /// All of them.
    pub const ALL: Self = Self(0x3E);

    /// Creates the capabilities from a bit mask.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DiscoveryCapabilities`] if no bit is set, or one outside bits 1 to 5.
    pub const fn new(mask: u8) -> Result<Self, Error> {
        if mask == 0 || mask & !Self::ALL.0 != 0 {
            // `u32::from` is not const.
            #[expect(clippy::as_conversions, reason = "u8 to u32 loses nothing")]
            return Err(Error::new(ErrorKind::DiscoveryCapabilities { mask: mask as u32 }));
        }
        Ok(Self(mask))
    }

    /// Accepts any bit mask, as a commissioner must: reserved bits have no meaning for it.
    ///
    /// Products must use [`DiscoveryCapabilities::new`].
    #[must_use]
    pub const fn tolerate(mask: u8) -> Self {
        Self(mask)
    }

    /// Returns the reserved bits, which are 0 in values from [`DiscoveryCapabilities::new`].
    #[must_use]
    pub const fn reserved(self) -> u8 {
        self.0 & !Self::ALL.0
    }

    /// Returns whether these contain all capabilities of `other`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Adds the capabilities of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the bit mask.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for DiscoveryCapabilities {
    /// BLE only.
    fn default() -> Self {
        Self::BLE
    }
}

impl BitOr for DiscoveryCapabilities {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl From<DiscoveryCapabilities> for u8 {
    fn from(capabilities: DiscoveryCapabilities) -> Self {
        capabilities.0
    }
}

impl TryFrom<u8> for DiscoveryCapabilities {
    type Error = Error;

    fn try_from(mask: u8) -> Result<Self, Error> {
        Self::new(mask)
    }
}

impl FromStr for DiscoveryCapabilities {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal mask.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mask = parse_u32(text)?;
        u8::try_from(mask)
            .map_err(|_| ErrorKind::DiscoveryCapabilities { mask }.into())
            .and_then(Self::new)
    }
}

impl fmt::Display for DiscoveryCapabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
