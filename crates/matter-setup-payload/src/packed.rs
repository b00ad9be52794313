//! The 88 bits after `MT:`, least significant bit first (Matter Core Specification 5.1.3.1).
//!
//! ```text
//! bit 0      3            19           35     37       45            57          84      88
//!     +------+------------+------------+------+--------+-------------+-----------+-------+
//!     | vers | vendor id  | product id | flow | discov | discriminat | passcode  | 0     |
//!     +------+------------+------------+------+--------+-------------+-----------+-------+
//! ```

use core::ops::Range;

use bitvec::field::BitField;
use bitvec::order::Lsb0;
use bitvec::view::BitView;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) const LEN: usize = 11;

const VERSION: Range<usize> = 0..3;
const VENDOR_ID: Range<usize> = 3..19;
const PRODUCT_ID: Range<usize> = 19..35;
const FLOW: Range<usize> = 35..37;
const DISCOVERY: Range<usize> = 37..45;
const DISCRIMINATOR: Range<usize> = 45..57;
const PASSCODE: Range<usize> = 57..84;
const PADDING: Range<usize> = 84..88;

/// The bytes in which fields start, for error positions.
pub(crate) const VENDOR_ID_BYTE: usize = VENDOR_ID.start / 8;
pub(crate) const FLOW_BYTE: usize = FLOW.start / 8;
pub(crate) const DISCOVERY_BYTE: usize = DISCOVERY.start / 8;
pub(crate) const DISCRIMINATOR_BYTE: usize = DISCRIMINATOR.start / 8;
pub(crate) const PASSCODE_BYTE: usize = PASSCODE.start / 8;
pub(crate) const PADDING_BYTE: usize = PADDING.start / 8;

/// The fields as plain numbers, each within the range of its bits.
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
        let mut packed = [0; LEN];
        let bits = packed.view_bits_mut::<Lsb0>();
        bits[VERSION].store_le(self.version);
        bits[VENDOR_ID].store_le(self.vendor_id);
        bits[PRODUCT_ID].store_le(self.product_id);
        bits[FLOW].store_le(self.flow);
        bits[DISCOVERY].store_le(self.discovery);
        bits[DISCRIMINATOR].store_le(self.discriminator);
        bits[PASSCODE].store_le(self.passcode);
        bits[PADDING].store_le(self.padding);
        packed
    }

    pub(crate) fn unpack(packed: &[u8; LEN]) -> Self {
        let bits = packed.view_bits::<Lsb0>();
        Self {
            version: bits[VERSION].load_le(),
            vendor_id: bits[VENDOR_ID].load_le(),
            product_id: bits[PRODUCT_ID].load_le(),
            flow: bits[FLOW].load_le(),
            discovery: bits[DISCOVERY].load_le(),
            discriminator: bits[DISCRIMINATOR].load_le(),
            passcode: bits[PASSCODE].load_le(),
            padding: bits[PADDING].load_le(),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;

    use super::*;

    /// A naive packing: every field as binary digits, most significant first, the last field first.
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
        assert_eq!((VENDOR_ID_BYTE, FLOW_BYTE, DISCOVERY_BYTE), (0, 4, 4));
        assert_eq!((DISCRIMINATOR_BYTE, PASSCODE_BYTE, PADDING_BYTE), (5, 7, 10));
    }
}
