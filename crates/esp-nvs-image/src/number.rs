use core::fmt;

use crate::item_type::ItemType;

/// Declares the number types once: variant, Rust type, and the name in CSV files and JSON.
macro_rules! numbers {
    ($($(#[$doc:meta])* $variant:ident($type:ty) = $name:literal, $getter:ident;)*) => {
        /// A number of one of the types that NVS stores.
        ///
        /// `Debug` shows only the type, as for every value; `Display` formats the decimal digits.
        #[derive(Clone, Copy)]
        #[non_exhaustive]
        pub enum Number {
            $($(#[$doc])* $variant($type),)*
        }

        impl Number {
            /// Returns the name of the type: `u8`, `i8`, …, `float` or `double`.
            #[must_use]
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            $(
                #[doc = concat!("Returns the number if it is stored as `", $name, "`, or `None` for another type.")]
                #[must_use]
                pub const fn $getter(&self) -> Option<$type> {
                    match *self {
                        Self::$variant(number) => Some(number),
                        _ => None,
                    }
                }
            )*

            pub(crate) const fn item_type(&self) -> ItemType {
                match self {
                    $(Self::$variant(_) => ItemType::$variant,)*
                }
            }

            /// Returns the data field of its entry: little-endian, padded with the 0xFF of erased
            /// flash.
            pub(crate) fn to_data(self) -> [u8; 8] {
                match self {
                    $(Self::$variant(number) => padded(&number.to_le_bytes()),)*
                }
            }

            /// Decodes a data field; `None` for a type that is not a number.
            pub(crate) fn from_data(kind: ItemType, data: [u8; 8]) -> Option<Self> {
                match kind {
                    $(ItemType::$variant => {
                        data.first_chunk().map(|bytes| Self::$variant(<$type>::from_le_bytes(*bytes)))
                    })*
                    _ => None,
                }
            }
        }

        impl fmt::Display for Number {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(number) => number.fmt(f),)*
                }
            }
        }

        $(impl From<$type> for Number {
            fn from(number: $type) -> Self {
                Self::$variant(number)
            }
        })*
    };
}

numbers! {
    /// An unsigned 8-bit integer.
    U8(u8) = "u8", as_u8;
    /// A signed 8-bit integer.
    I8(i8) = "i8", as_i8;
    /// An unsigned 16-bit integer.
    U16(u16) = "u16", as_u16;
    /// A signed 16-bit integer.
    I16(i16) = "i16", as_i16;
    /// An unsigned 32-bit integer.
    U32(u32) = "u32", as_u32;
    /// A signed 32-bit integer.
    I32(i32) = "i32", as_i32;
    /// An unsigned 64-bit integer.
    U64(u64) = "u64", as_u64;
    /// A signed 64-bit integer.
    I64(i64) = "i64", as_i64;
    /// A 32-bit IEEE 754 number, supported by ESP-IDF since its development version of 2026.
    Float(f32) = "float", as_f32;
    /// A 64-bit IEEE 754 number, supported like [`Number::Float`].
    Double(f64) = "double", as_f64;
}

/// Adds the getters of a number to a type with a variant `Number`.
macro_rules! number_getters {
    ($type:ty) => {
        number_getters! { $type:
            "u8": as_u8 -> u8, "i8": as_i8 -> i8, "u16": as_u16 -> u16, "i16": as_i16 -> i16, "u32": as_u32 -> u32,
            "i32": as_i32 -> i32, "u64": as_u64 -> u64, "i64": as_i64 -> i64, "float": as_f32 -> f32, "double": as_f64 -> f64
        }
    };
    ($type:ty: $($name:literal: $getter:ident -> $number:ty),*) => {
        impl $type {
            /// Returns the number, or `None` for a string or a blob.
            #[must_use]
            pub const fn as_number(&self) -> Option<$crate::Number> {
                match self {
                    Self::Number(number) => Some(*number),
                    _ => None,
                }
            }

            $(
                #[doc = concat!("Returns the number if it is stored as `", $name, "`, or `None` for another type, as in the firmware.")]
                #[must_use]
                pub const fn $getter(&self) -> Option<$number> {
                    match self {
                        Self::Number(number) => number.$getter(),
                        _ => None,
                    }
                }
            )*
        }
    };
}
pub(crate) use number_getters;

/// Implements `From` each number type for a type with a variant `Number`.
macro_rules! from_numbers {
    ($type:ty) => {
        from_numbers!($type: $crate::Number, u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);
    };
    ($type:ty: $($number:ty),*) => {
        $(impl From<$number> for $type {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        })*
    };
}
pub(crate) use from_numbers;

impl PartialEq for Number {
    /// Numbers are equal if their stored bytes are: NaN equals itself, and 0 is not equal to -0.
    fn eq(&self, other: &Self) -> bool {
        self.item_type() == other.item_type() && self.to_data() == other.to_data()
    }
}

impl Eq for Number {}

impl fmt::Debug for Number {
    /// Omits the number, which may be a passcode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}([elided])", self.item_type())
    }
}

fn padded(bytes: &[u8]) -> [u8; 8] {
    let mut field = [0xFF; 8];
    for (to, from) in field.iter_mut().zip(bytes) {
        *to = *from;
    }
    field
}
