use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::number::parse_u32;

/// A discriminator, 0 to 4095 (12 bits), which tells advertising devices apart.
///
/// # Examples
///
/// ```
/// use matter_types::Discriminator;
///
/// let discriminator = Discriminator::new(3840)?;
/// assert_eq!(discriminator.to_string(), "3840");
/// assert_eq!(discriminator.short().get(), 15);
/// # Ok::<(), matter_types::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Discriminator(u16);

impl Discriminator {
    /// The smallest discriminator.
    pub const MIN: Self = Self(0);
    /// The largest discriminator.
    pub const MAX: Self = Self(0xFFF);
    /// The discriminator of the SDK's examples, 3840.
    pub const OF_EXAMPLES: Self = Self(0xF00);

    /// Creates a discriminator.
    ///
    /// # Errors
    ///
    /// [`Error::DiscriminatorOutOfRange`] above 4095.
    pub const fn new(raw: u16) -> Result<Self, Error> {
        if raw > Self::MAX.0 {
            // `u32::from` is not const.
            #[expect(clippy::as_conversions, reason = "u16 to u32 loses nothing")]
            return Err(Error::DiscriminatorOutOfRange { value: raw as u32 });
        }
        Ok(Self(raw))
    }

    /// Draws a discriminator uniformly from all 4096.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let [low, high, ..] = rng.next_u32().to_le_bytes();
        Self(u16::from_le_bytes([low, high]) & Self::MAX.0)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Returns the top four bits, the part in a manual code.
    #[must_use]
    pub const fn short(self) -> ShortDiscriminator {
        // 12 bits shifted right by 8 leave 4: the high byte.
        let [_, high] = self.0.to_le_bytes();
        ShortDiscriminator(high)
    }
}

impl From<Discriminator> for u16 {
    fn from(value: Discriminator) -> Self {
        value.0
    }
}

impl TryFrom<u16> for Discriminator {
    type Error = Error;

    fn try_from(raw: u16) -> Result<Self, Error> {
        Self::new(raw)
    }
}

impl FromStr for Discriminator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let value = parse_u32(text)?;
        u16::try_from(value)
            .map_err(|_| Error::DiscriminatorOutOfRange { value })
            .and_then(Self::new)
    }
}

impl fmt::Display for Discriminator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The top four bits of a [`Discriminator`], 0 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortDiscriminator(u8);

impl ShortDiscriminator {
    /// The smallest short discriminator.
    pub const MIN: Self = Self(0);
    /// The largest short discriminator.
    pub const MAX: Self = Self(0xF);

    /// Creates a short discriminator.
    ///
    /// # Errors
    ///
    /// [`Error::ShortDiscriminatorOutOfRange`] above 15.
    pub const fn new(raw: u8) -> Result<Self, Error> {
        if raw > Self::MAX.0 {
            // `u32::from` is not const.
            #[expect(clippy::as_conversions, reason = "u8 to u32 loses nothing")]
            return Err(Error::ShortDiscriminatorOutOfRange { value: raw as u32 });
        }
        Ok(Self(raw))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl From<Discriminator> for ShortDiscriminator {
    fn from(discriminator: Discriminator) -> Self {
        discriminator.short()
    }
}

impl From<ShortDiscriminator> for u8 {
    fn from(value: ShortDiscriminator) -> Self {
        value.0
    }
}

impl TryFrom<u8> for ShortDiscriminator {
    type Error = Error;

    fn try_from(raw: u8) -> Result<Self, Error> {
        Self::new(raw)
    }
}

impl FromStr for ShortDiscriminator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let value = parse_u32(text)?;
        u8::try_from(value)
            .map_err(|_| Error::ShortDiscriminatorOutOfRange { value })
            .and_then(Self::new)
    }
}

impl fmt::Display for ShortDiscriminator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
