//! Serde for all types except the passcode, which is a secret.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Discriminator, ProductId, Severity, ShortDiscriminator, VendorId};

macro_rules! as_number {
    ($($name:ident: $raw:ty),+ $(,)?) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.get().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(<$raw>::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )+};
}

as_number!(VendorId: u16, ProductId: u16, Discriminator: u16, ShortDiscriminator: u8);

impl Serialize for Severity {
    /// Serializes the name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
