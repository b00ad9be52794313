use core::str::FromStr;

use matter_types::{Passcode, ProductId, ShortDiscriminator, VendorId};
use zeroize::Zeroizing;

use crate::code::ManualCode;
use crate::payload::ids;
use crate::verhoeff::check_digit;
use crate::{CommissioningFlow, Error, SetupPayload};

/// Digits of a short and of a long code, check digit included.
const SHORT: usize = 11;
const LONG: usize = 21;
/// Bits of the passcode in the second group of digits; the rest is in the third.
const LOW_BITS: u32 = 14;
const LOW_MASK: u32 = (1 << LOW_BITS) - 1;
/// Largest value of the second and the third group.
const MAX_GROUP_2: u32 = 0xFFFF;
const MAX_GROUP_3: u32 = 0x1FFF;

/// What a manual pairing code says (Matter Core Specification 5.1.4): less than a QR code does.
#[derive(Clone, Debug)]
pub struct ManualPayload {
    short_discriminator: ShortDiscriminator,
    passcode: Passcode,
    ids: Option<ManualIds>,
}

/// What a code of 21 digits says more.
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

    /// Returns the ids of a code of 21 digits, whose flow is not the standard one; `None` for 11 digits.
    #[must_use]
    pub const fn ids(&self) -> Option<ManualIds> {
        self.ids
    }
}

pub(crate) fn encode(payload: &SetupPayload) -> ManualCode {
    let long = payload.flow() != CommissioningFlow::Standard;
    let discriminator = u32::from(payload.discriminator().short().get());
    let passcode = payload.passcode().expose();
    let mut digits = Zeroizing::new([0u8; LONG]);
    let mut rest = digits.iter_mut();
    let mut put = |value: u32, width: u32| {
        for place in (0..width).rev() {
            if let Some(to) = rest.next() {
                *to = u8::try_from(value / 10u32.pow(place) % 10).unwrap_or_default();
            }
        }
    };
    put(u32::from(long) << 2 | discriminator >> 2, 1);
    put((discriminator & 3) << LOW_BITS | passcode & LOW_MASK, 5);
    put(passcode >> LOW_BITS, 4);
    if long {
        put(payload.vendor_id().map_or(0, |id| id.get().into()), 5);
        put(payload.product_id().map_or(0, |id| id.get().into()), 5);
    }
    let len = if long { LONG } else { SHORT };
    let body = digits.iter().copied().take(len - 1);
    let check = check_digit(digits.get(..len - 1).unwrap_or_default().iter().copied());
    ManualCode::collect(body.chain([check]).map(|digit| b'0' + digit))
}

impl FromStr for ManualPayload {
    type Err = Error;

    /// Reads 11 or 21 digits. Hyphens may stand anywhere and are left out.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut digits = Zeroizing::new([0u8; LONG]);
        let mut len = 0;
        for (position, character) in text.bytes().enumerate() {
            match character {
                b'-' => {}
                b'0'..=b'9' => {
                    if let Some(to) = digits.get_mut(len) {
                        *to = character - b'0';
                    }
                    len += 1;
                }
                _ => return Err(Error::Character { position }),
            }
        }
        if len != SHORT && len != LONG {
            return Err(Error::Length { len });
        }
        let number = |from: usize, width: usize| {
            digits
                .iter()
                .skip(from)
                .take(width)
                .fold(0, |value, digit| value * 10 + u32::from(*digit))
        };
        let check = check_digit(digits.get(..len - 1).unwrap_or_default().iter().copied());
        if number(len - 1, 1) != u32::from(check) {
            return Err(Error::CheckDigit);
        }
        let first = number(0, 1);
        // 8 and 9 belong to a version to come; bit 2 says whether the ids follow.
        if first > 7 {
            return Err(Error::ManualGroup { position: 0 });
        }
        if (first >> 2 == 1) != (len == LONG) {
            return Err(Error::Length { len });
        }
        let (second, third) = (number(1, 5), number(6, 4));
        if second > MAX_GROUP_2 {
            return Err(Error::ManualGroup { position: 1 });
        }
        if third > MAX_GROUP_3 {
            return Err(Error::ManualGroup { position: 6 });
        }
        let discriminator = (first & 3) << 2 | second >> LOW_BITS;
        // Four bits: the first group gives two of them, the second at most two more.
        let short_discriminator = ShortDiscriminator::new(u8::try_from(discriminator).unwrap_or(u8::MAX))?;
        let passcode = Passcode::new(third << LOW_BITS | second & LOW_MASK)?;
        let id = |from| u16::try_from(number(from, 5)).map_err(|_| Error::ManualGroup { position: from });
        let ids = if len == LONG {
            let (vendor_id, product_id) = ids(id(10)?, id(15)?)?;
            Some(ManualIds { vendor_id, product_id })
        } else {
            None
        };
        Ok(Self {
            short_discriminator,
            passcode,
            ids,
        })
    }
}
