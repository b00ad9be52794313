use core::fmt;
use core::str::FromStr;

use esp_nvs_image::{Number, Value};

use crate::Error;
use crate::product::FieldValue;

macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident, $field:literal, $allowed:literal, { $($variant:ident = $text:literal $value:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`, ", stringify!($value), ".")] $variant,)+
        }

        impl $name {
            /// Returns the stored number.
            #[must_use]
            pub const fn get(self) -> u32 {
                match self {
                    $(Self::$variant => $value,)+
                }
            }

            /// Returns the value for a stored number.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($value => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl FieldValue for $name {
            const MAX: Option<u32> = [$($value),+].last().copied();

            fn to_value(&self) -> Value<'_> {
                Value::Number(Number::U32(self.get()))
            }

            fn from_number(number: u32) -> Option<Self> {
                Self::from_number(number)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            /// Parses the lower-case name.
            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(Error::UnknownName { field: $field, allowed: $allowed }),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$variant => $text,)+
                })
            }
        }
    };
}

enumeration! {
    /// ProductFinishEnum of the Basic Information cluster (Matter Core Specification 11.1.4).
    ProductFinish, "product finish", "other matte satin polished rugged fabric", {
        Other = "other" 0,
        Matte = "matte" 1,
        Satin = "satin" 2,
        Polished = "polished" 3,
        Rugged = "rugged" 4,
        Fabric = "fabric" 5,
    }
}

enumeration! {
    /// ColorEnum of the Basic Information cluster (Matter Core Specification 11.1.4).
    ProductColor, "product color",
    "black navy green teal maroon purple olive gray blue lime aqua red fuchsia yellow white nickel chrome brass copper \
     silver gold", {
        Black = "black" 0,
        Navy = "navy" 1,
        Green = "green" 2,
        Teal = "teal" 3,
        Maroon = "maroon" 4,
        Purple = "purple" 5,
        Olive = "olive" 6,
        Gray = "gray" 7,
        Blue = "blue" 8,
        Lime = "lime" 9,
        Aqua = "aqua" 10,
        Red = "red" 11,
        Fuchsia = "fuchsia" 12,
        Yellow = "yellow" 13,
        White = "white" 14,
        Nickel = "nickel" 15,
        Chrome = "chrome" 16,
        Brass = "brass" 17,
        Copper = "copper" 18,
        Silver = "silver" 19,
        Gold = "gold" 20,
    }
}
