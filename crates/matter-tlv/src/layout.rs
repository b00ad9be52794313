//! The control byte of an element (Matter Core Specification A.7):
//!
//! ```text
//!   7     5 4         0
//!  +-------+-----------+-----------+--------------+---------------+
//!  | tag   | element   | tag       | length       | value         |
//!  | form  | type      | 0-8 bytes | 0, 1, 2, 4,8 | little-endian |
//!  +-------+-----------+-----------+--------------+---------------+
//!   control byte
//! ```

/// The bits of a control byte that select the tag form.
pub(crate) const TAG_MASK: u8 = 0xE0;
/// The bits of a control byte that select the element type.
pub(crate) const TYPE_MASK: u8 = 0x1F;

pub(crate) const TAG_ANONYMOUS: u8 = 0x00;
pub(crate) const TAG_CONTEXT: u8 = 0x20;
pub(crate) const TAG_COMMON_2: u8 = 0x40;
pub(crate) const TAG_COMMON_4: u8 = 0x60;
pub(crate) const TAG_IMPLICIT_2: u8 = 0x80;
pub(crate) const TAG_IMPLICIT_4: u8 = 0xA0;
pub(crate) const TAG_FULL_6: u8 = 0xC0;
pub(crate) const TAG_FULL_8: u8 = 0xE0;

// Integers and strings: the low two bits of the type are log2 of the width in bytes.
pub(crate) const SIGNED_1: u8 = 0x00;
pub(crate) const SIGNED_2: u8 = 0x01;
pub(crate) const SIGNED_4: u8 = 0x02;
pub(crate) const SIGNED_8: u8 = 0x03;
pub(crate) const UNSIGNED_1: u8 = 0x04;
pub(crate) const UNSIGNED_2: u8 = 0x05;
pub(crate) const UNSIGNED_4: u8 = 0x06;
pub(crate) const UNSIGNED_8: u8 = 0x07;
pub(crate) const FALSE: u8 = 0x08;
pub(crate) const TRUE: u8 = 0x09;
pub(crate) const FLOAT_4: u8 = 0x0A;
pub(crate) const FLOAT_8: u8 = 0x0B;
pub(crate) const UTF8_1: u8 = 0x0C;
pub(crate) const UTF8_2: u8 = 0x0D;
pub(crate) const UTF8_4: u8 = 0x0E;
pub(crate) const UTF8_8: u8 = 0x0F;
pub(crate) const BYTES_1: u8 = 0x10;
pub(crate) const BYTES_2: u8 = 0x11;
pub(crate) const BYTES_4: u8 = 0x12;
pub(crate) const BYTES_8: u8 = 0x13;
pub(crate) const NULL: u8 = 0x14;
pub(crate) const STRUCTURE: u8 = 0x15;
pub(crate) const ARRAY: u8 = 0x16;
pub(crate) const LIST: u8 = 0x17;
pub(crate) const END: u8 = 0x18;
