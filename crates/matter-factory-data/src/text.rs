use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use esp_nvs_image::Value;

use crate::Error;
use crate::product::FieldValue;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $field:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The maximum length in bytes of UTF-8, the size of the firmware's buffer.
            pub const MAX_LEN: usize = $max;

            #[doc = concat!("Accepts 1 to ", stringify!($max), " bytes without control characters.")]
            ///
            /// # Errors
            ///
            /// [`Error::TextLength`] or [`Error::TextControl`].
            pub fn new(text: &str) -> Result<Self, Error> {
                if text.is_empty() || text.len() > Self::MAX_LEN {
                    return Err(Error::TextLength { field: $field, len: text.len(), max: Self::MAX_LEN });
                }
                if text.chars().any(char::is_control) {
                    return Err(Error::TextControl { field: $field });
                }
                Ok(Self(text.into()))
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FieldValue for $name {
            fn to_value(&self) -> Value<'_> {
                Value::Str(&self.0)
            }
        }
    };
}

text_type! {
    /// VendorName of the Basic Information cluster (Matter Core Specification 11.1.5).
    VendorName, "vendor name", 32
}
text_type! {
    /// ProductName of the Basic Information cluster (Matter Core Specification 11.1.5).
    ProductName, "product name", 32
}
text_type! {
    /// HardwareVersionString of the Basic Information cluster (Matter Core Specification 11.1.5).
    HardwareVersionString, "hardware version string", 64
}
text_type! {
    /// PartNumber of the Basic Information cluster (Matter Core Specification 11.1.5).
    PartNumber, "part number", 32
}
text_type! {
    /// SerialNumber of the Basic Information cluster (Matter Core Specification 11.1.5).
    SerialNumber, "serial number", 32
}
text_type! {
    /// ProductLabel of the Basic Information cluster (Matter Core Specification 11.1.5).
    ProductLabel, "product label", 64
}
text_type! {
    /// ProductURL of the Basic Information cluster (Matter Core Specification 11.1.5).
    ProductUrl, "product URL", 256
}
text_type! {
    /// A label or a value of the Fixed Label cluster (Matter Core Specification 9.8).
    LabelText, "fixed label", 16
}
text_type! {
    /// The label of a mode of the Mode Select cluster (Matter Application Cluster Specification 1.9).
    ModeLabel, "mode label", 64
}
