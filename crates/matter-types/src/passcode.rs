use core::fmt;
use core::str::FromStr;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;
use crate::number::parse_u32;

/// A setup passcode, 1 to 99999998 without the twelve trivial ones (Matter Core Specification
/// 5.1.7.1).
///
/// A passcode is a secret, because it allows commissioning the device: it is zeroized on drop,
/// elided in `Debug`, and read only through [`Passcode::expose`].
///
/// # Examples
///
/// ```
/// use matter_types::Passcode;
/// use matter_types::subtle::ConstantTimeEq;
///
/// let passcode: Passcode = "20202021".parse()?;
/// assert_eq!(passcode.expose(), Passcode::OF_EXAMPLES);
/// assert!(bool::from(passcode.ct_eq(&Passcode::new(20_202_021)?)));
/// assert_eq!(format!("{passcode:?}"), "Passcode([elided])");
/// # Ok::<(), matter_types::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Passcode(u32);

/// A `const fn` cannot read a constant of a type with a destructor.
const LEAST: u32 = 1;
const MOST: u32 = 99_999_998;

impl Passcode {
    /// The smallest passcode.
    pub const MIN: Self = Self(LEAST);
    /// The largest passcode.
    pub const MAX: Self = Self(MOST);
    /// Number of legal passcodes.
    pub const COUNT: u32 = 99_999_988;
    /// The passcodes that no device may use. The first and the tenth are also outside `MIN` to `MAX`.
    pub const TRIVIAL: [u32; 12] = [
        0, 11_111_111, 22_222_222, 33_333_333, 44_444_444, 55_555_555, 66_666_666, 77_777_777, 88_888_888, 99_999_999,
        12_345_678, 87_654_321,
    ];
    /// The well-known passcode of the SDK's examples. It is legal.
    pub const OF_EXAMPLES: u32 = 20_202_021;

    /// Creates a passcode.
    ///
    /// # Errors
    ///
    /// [`Error::PasscodeTrivial`] for the twelve trivial ones, [`Error::PasscodeOutOfRange`]
    /// outside 1 to 99999998.
    pub const fn new(raw: u32) -> Result<Self, Error> {
        let mut rest: &[u32] = &Self::TRIVIAL;
        while let [first, tail @ ..] = rest {
            if raw == *first {
                return Err(Error::PasscodeTrivial);
            }
            rest = tail;
        }
        if raw < LEAST || raw > MOST {
            return Err(Error::PasscodeOutOfRange);
        }
        Ok(Self(raw))
    }

    /// Returns whether this is [`Passcode::OF_EXAMPLES`].
    #[must_use]
    pub const fn is_of_examples(&self) -> bool {
        self.0 == Self::OF_EXAMPLES
    }

    /// Draws a passcode uniformly from the [`Passcode::COUNT`] legal ones.
    ///
    /// Takes 27 random bits and repeats until they are a legal passcode; one draw in four is
    /// rejected.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        const MASK_27_BITS: u32 = (1 << 27) - 1;
        loop {
            if let Ok(passcode) = Self::new(rng.next_u32() & MASK_27_BITS) {
                return passcode;
            }
        }
    }

    /// Returns the number. This is the only way to read the secret.
    #[must_use]
    pub const fn expose(&self) -> u32 {
        self.0
    }
}

impl ConstantTimeEq for Passcode {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passcode([elided])")
    }
}

impl TryFrom<u32> for Passcode {
    type Error = Error;

    fn try_from(raw: u32) -> Result<Self, Error> {
        Self::new(raw)
    }
}

impl FromStr for Passcode {
    type Err = Error;

    /// Parses a decimal (leading zeros allowed) or `0x` hexadecimal passcode.
    fn from_str(text: &str) -> Result<Self, Error> {
        match parse_u32(text) {
            Ok(raw) => Self::new(raw),
            // Digits that exceed 32 bits are out of range, too.
            Err(_) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => Err(Error::PasscodeOutOfRange),
            Err(error) => Err(error),
        }
    }
}
