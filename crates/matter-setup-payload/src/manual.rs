use core::str::FromStr;

use matter_types::{Passcode, ProductId, ShortDiscriminator, VendorId};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::code::ManualCode;
use crate::deviation::{Deviations, Judge, Lenient};
use crate::payload::ids;
use crate::verhoeff::check_digit;
use crate::{CommissioningFlow, Error, ErrorKind, SetupPayload};

/// Digits of a short and of a long code, including the check digit.
const SHORT: usize = 11;
const LONG: usize = 21;
/// Number of passcode bits in the second group of digits; the others are in the third.
const LOW_BITS: u32 = 14;
const LOW_MASK: u32 = (1 << LOW_BITS) - 1;
/// Maximum value of the second and the third group.
const MAX_GROUP_2: u32 = 0xFFFF;
const MAX_GROUP_3: u32 = 0x1FFF;
/// Place values of a group.
const FIVE_DIGITS: &[u32] = &[10_000, 1000, 100, 10, 1];
const FOUR_DIGITS: &[u32] = &[1000, 100, 10, 1];

/// The content of a manual pairing code (Matter Core Specification 5.1.4), a subset of the QR code.
///
/// It contains the passcode: compare two payloads with `ct_eq`.
///
/// # Examples
///
/// ```
/// use matter_setup_payload::ManualPayload;
///
/// let typed: ManualPayload = "3497-011-2332".parse()?;
/// assert_eq!(typed.short_discriminator().get(), 15);
/// assert_eq!(typed.passcode().expose(), 20202021);
/// assert_eq!(typed.ids(), None);
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualPayload {
    short_discriminator: ShortDiscriminator,
    passcode: Passcode,
    ids: Option<ManualIds>,
}

/// The additional content of a code of 21 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManualIds {
    /// The vendor id, if it is specified.
    pub vendor_id: Option<VendorId>,
    /// The product id, if it is specified.
    pub product_id: Option<ProductId>,
}

impl ManualPayload {
    /// Returns the top four bits of the discriminator.
    #[must_use]
    pub const fn short_discriminator(&self) -> ShortDiscriminator {
        self.short_discriminator
    }

    /// Returns the passcode.
    #[must_use]
    pub const fn passcode(&self) -> &Passcode {
        &self.passcode
    }

    /// Returns the ids of a code of 21 digits, whose flow is not the standard one, or `None` for 11
    /// digits.
    #[must_use]
    pub const fn ids(&self) -> Option<ManualIds> {
        self.ids
    }
}

impl From<&SetupPayload> for ManualPayload {
    /// Converts a payload to the part that its manual code contains.
    fn from(payload: &SetupPayload) -> Self {
        let has_ids = payload.flow() != CommissioningFlow::Standard;
        Self {
            short_discriminator: payload.discriminator().short(),
            passcode: payload.passcode().clone(),
            ids: has_ids.then_some(ManualIds {
                vendor_id: payload.vendor_id(),
                product_id: payload.product_id(),
            }),
        }
    }
}

impl ConstantTimeEq for ManualPayload {
    /// Only the passcodes are compared in constant time; the other fields are not secret.
    fn ct_eq(&self, other: &Self) -> Choice {
        let is_same = self.short_discriminator == other.short_discriminator && self.ids == other.ids;
        Choice::from(u8::from(is_same)) & self.passcode.ct_eq(&other.passcode)
    }
}

impl SetupPayload {
    /// Encodes the payload as a manual pairing code (Matter Core Specification 5.1.4): 11 digits
    /// for the standard flow, 21 digits with vendor and product for the others.
    #[must_use]
    pub fn manual_code(&self) -> ManualCode {
        let long = self.flow() != CommissioningFlow::Standard;
        let discriminator = u32::from(self.discriminator().short().get());
        let passcode = self.passcode().expose();
        let mut digits = Zeroizing::new([0u8; LONG]);
        let mut rest = digits.iter_mut();
        let mut put = |value: u32, places: &[u32]| {
            for place in places {
                if let Some(to) = rest.next() {
                    *to = u8::try_from(value / place % 10).unwrap_or_default();
                }
            }
        };
        put(u32::from(long) << 2 | discriminator >> 2, &[1]);
        put((discriminator & 3) << LOW_BITS | passcode & LOW_MASK, FIVE_DIGITS);
        put(passcode >> LOW_BITS, FOUR_DIGITS);
        if long {
            put(self.vendor_id().map_or(0, |id| id.get().into()), FIVE_DIGITS);
            put(self.product_id().map_or(0, |id| id.get().into()), FIVE_DIGITS);
        }
        let len = if long { LONG } else { SHORT };
        let body = digits.iter().copied().take(len - 1);
        let check = check_digit(digits.get(..len - 1).unwrap_or_default().iter().copied());
        ManualCode::collect(body.chain([check]).map(|digit| b'0' + digit))
    }
}

impl ManualPayload {
    /// Parses a code as a commissioner must: characters other than digits are skipped, and are a
    /// deviation unless they are hyphens.
    ///
    /// # Errors
    ///
    /// Any other fault that strict parsing rejects.
    pub fn parse_lenient(text: &str) -> Result<Lenient<Self>, Error> {
        let mut deviations = Deviations::new();
        let payload = Digits::read(text, &mut Judge::lenient(&mut deviations))?.payload()?;
        Ok(Lenient::new(payload, deviations))
    }
}

impl FromStr for ManualPayload {
    type Err = Error;

    /// Parses 11 or 21 digits strictly. Hyphens are allowed anywhere and skipped.
    fn from_str(text: &str) -> Result<Self, Error> {
        Digits::read(text, &mut Judge::strict())?.payload()
    }
}

/// The digits of a code, 11 or 21, with their positions in the text.
struct Digits {
    digits: Zeroizing<[u8; LONG]>,
    positions: [usize; LONG],
    len: usize,
    /// The number of characters of the whole text.
    end: usize,
}

impl Digits {
    fn read(text: &str, judge: &mut Judge<'_>) -> Result<Self, Error> {
        let mut read = Self {
            digits: Zeroizing::new([0; LONG]),
            positions: [0; LONG],
            len: 0,
            end: 0,
        };
        for character in text.chars() {
            let digit = u8::try_from(character).ok().filter(u8::is_ascii_digit);
            match digit {
                Some(digit) => {
                    if let (Some(to), Some(position)) =
                        (read.digits.get_mut(read.len), read.positions.get_mut(read.len))
                    {
                        (*to, *position) = (digit - b'0', read.end);
                    }
                    read.len += 1;
                }
                None if character == '-' => {}
                None => judge.tolerate(Error::at(ErrorKind::Character, read.end))?,
            }
            read.end += 1;
        }
        if read.len == SHORT || read.len == LONG {
            Ok(read)
        } else {
            Err(Error::at(ErrorKind::Length { len: read.len }, read.end))
        }
    }

    /// Returns the number formed by some of the digits.
    fn number(&self, from: usize, count: usize) -> u32 {
        let digits = self.digits.iter().skip(from).take(count);
        digits.fold(0, |value, digit| value * 10 + u32::from(*digit))
    }

    fn at(&self, kind: ErrorKind, digit: usize) -> Error {
        Error::at(kind, self.positions.get(digit).copied().unwrap_or(self.end))
    }

    fn payload(&self) -> Result<ManualPayload, Error> {
        let last = self.len - 1;
        let check = check_digit(self.digits.get(..last).unwrap_or_default().iter().copied());
        if self.number(last, 1) != u32::from(check) {
            return Err(self.at(ErrorKind::CheckDigit, last));
        }
        let first = self.number(0, 1);
        // 8 and 9 are reserved for a later version; bit 2 indicates that the ids follow.
        if first > 7 {
            return Err(self.at(ErrorKind::ManualVersion, 0));
        }
        if (first >> 2 == 1) != (self.len == LONG) {
            return Err(self.at(ErrorKind::ManualFirstDigit { len: self.len }, 0));
        }
        let (second, third) = (self.number(1, 5), self.number(6, 4));
        if second > MAX_GROUP_2 {
            return Err(self.at(ErrorKind::ManualGroup, 1));
        }
        if third > MAX_GROUP_3 {
            return Err(self.at(ErrorKind::ManualGroup, 6));
        }
        let at = |digit| move |error: Error| self.at(error.kind(), digit);
        let discriminator = (first & 3) << 2 | second >> LOW_BITS;
        // Four bits: two from the first group, and at most two from the second.
        let short_discriminator = ShortDiscriminator::new(u8::try_from(discriminator).unwrap_or(u8::MAX));
        let passcode = Passcode::new(third << LOW_BITS | second & LOW_MASK);
        let ids = if self.len == LONG {
            let id = |from| u16::try_from(self.number(from, 5)).map_err(|_| self.at(ErrorKind::ManualGroup, from));
            let (vendor_id, product_id) = ids(id(10)?, id(15)?).map_err(at(10))?;
            Some(ManualIds { vendor_id, product_id })
        } else {
            None
        };
        Ok(ManualPayload {
            short_discriminator: short_discriminator.map_err(Error::from).map_err(at(0))?,
            passcode: passcode.map_err(Error::from).map_err(at(1))?,
            ids,
        })
    }
}
