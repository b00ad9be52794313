//! The 88 bits behind `MT:`, least significant bit first (Matter Core Specification 5.1.3.1).
//!
//! ```text
//! bit 0      3            19           35     37       45            57          84      88
//!     +------+------------+------------+------+--------+-------------+-----------+-------+
//!     | vers | vendor id  | product id | flow | discov | discriminat | passcode  | 0     |
//!     +------+------------+------------+------+--------+-------------+-----------+-------+
//! ```

use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) const LEN: usize = 11;

const VERSION: Bits = Bits { first: 0, count: 3 };
const VENDOR_ID: Bits = Bits { first: 3, count: 16 };
const PRODUCT_ID: Bits = Bits { first: 19, count: 16 };
const FLOW: Bits = Bits { first: 35, count: 2 };
const DISCOVERY: Bits = Bits { first: 37, count: 8 };
const DISCRIMINATOR: Bits = Bits { first: 45, count: 12 };
const PASSCODE: Bits = Bits { first: 57, count: 27 };
const PADDING: Bits = Bits { first: 84, count: 4 };

/// The bytes in which fields start: for error positions.
pub(crate) const VENDOR_ID_BYTE: usize = VENDOR_ID.byte();
pub(crate) const FLOW_BYTE: usize = FLOW.byte();
pub(crate) const DISCOVERY_BYTE: usize = DISCOVERY.byte();
pub(crate) const DISCRIMINATOR_BYTE: usize = DISCRIMINATOR.byte();
pub(crate) const PASSCODE_BYTE: usize = PASSCODE.byte();
pub(crate) const PADDING_BYTE: usize = PADDING.byte();

/// The place of a field.
struct Bits {
    first: u32,
    count: u32,
}

impl Bits {
    const fn byte(&self) -> usize {
        // No `usize::from` for 32 bits; the number is below 11.
        #[expect(clippy::as_conversions, reason = "at most 88 / 8")]
        let byte = (self.first / 8) as usize;
        byte
    }

    /// Cuts the field out of all bits.
    const fn of(&self, bits: u128) -> u32 {
        // At most 27 bits are left.
        #[expect(clippy::as_conversions, reason = "masked to 27 bits or fewer")]
        let value = (bits >> self.first & ((1 << self.count) - 1)) as u32;
        value
    }
}

/// The fields as plain numbers, each of a value that its bits can hold.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Fields {
    pub(crate) version: u8,
    pub(crate) vendor_id: u16,
    pub(crate) product_id: u16,
    pub(crate) flow: u8,
    pub(crate) discovery: u8,
    pub(crate) discriminator: u16,
    pub(crate) passcode: u32,
    pub(crate) padding: u8,
}

impl Fields {
    pub(crate) fn pack(&self) -> [u8; LEN] {
        let mut bits = u128::from(self.version) << VERSION.first
            | u128::from(self.vendor_id) << VENDOR_ID.first
            | u128::from(self.product_id) << PRODUCT_ID.first
            | u128::from(self.flow) << FLOW.first
            | u128::from(self.discovery) << DISCOVERY.first
            | u128::from(self.discriminator) << DISCRIMINATOR.first
            | u128::from(self.passcode) << PASSCODE.first
            | u128::from(self.padding) << PADDING.first;
        let [packed @ .., _, _, _, _, _] = bits.to_le_bytes();
        bits.zeroize();
        packed
    }

    pub(crate) fn unpack(packed: &[u8; LEN]) -> Self {
        let mut bits = packed.iter().rev().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
        let narrow = |field: Bits| u16::try_from(field.of(bits)).unwrap_or_default();
        let byte = |field: Bits| u8::try_from(field.of(bits)).unwrap_or_default();
        let fields = Self {
            version: byte(VERSION),
            vendor_id: narrow(VENDOR_ID),
            product_id: narrow(PRODUCT_ID),
            flow: byte(FLOW),
            discovery: byte(DISCOVERY),
            discriminator: narrow(DISCRIMINATOR),
            passcode: PASSCODE.of(bits),
            padding: byte(PADDING),
        };
        bits.zeroize();
        fields
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;

    use super::*;

    /// Every field as binary digits, most significant first, the last field first: the naive way.
    #[test]
    fn packing_joins_the_fields_from_the_least_significant_bit() {
        let fields = Fields {
            version: 5,
            vendor_id: 0xFFF1,
            product_id: 0x8001,
            flow: 2,
            discovery: 0x3E,
            discriminator: 0xABC,
            passcode: 99_999_998,
            padding: 9,
        };
        let digits = format!(
            "{:04b}{:027b}{:012b}{:08b}{:02b}{:016b}{:016b}{:03b}",
            9, 99_999_998, 0xABC, 0x3E, 2, 0x8001, 0xFFF1, 5
        );
        let packed = fields.pack();
        let read = packed
            .iter()
            .rev()
            .map(|byte| format!("{byte:08b}"))
            .collect::<String>();
        assert_eq!(read, digits);
        let read = Fields::unpack(&packed);
        assert_eq!(
            (read.version, read.vendor_id, read.product_id, read.flow),
            (5, 0xFFF1, 0x8001, 2)
        );
        assert_eq!((read.discovery, read.discriminator), (0x3E, 0xABC));
        assert_eq!((read.passcode, read.padding), (99_999_998, 9));
        assert_eq!((PASSCODE_BYTE, PADDING_BYTE), (7, 10));
    }
}
