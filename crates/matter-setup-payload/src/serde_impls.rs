//! Serde for the members of a payload, for TLV data, findings and errors.

use core::fmt;

use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::{DataValue, Deviations, Error, Finding, ManualPayload, OptionalData, SetupPayload};

/// A payload that serializes its passcode: [`SetupPayload::expose`].
#[derive(Clone, Copy)]
pub struct Exposed<'p, P>(&'p P);

impl SetupPayload {
    /// Returns a view that serializes all members, **including the passcode**.
    ///
    /// The members are `version`, `vid` and `pid` (0 if not specified), `commissioning_flow`,
    /// `discovery_mode`, `discriminator`, `passcode`, and if present `serial` and `tlv`.
    ///
    /// # Examples
    ///
    /// ```
    /// use matter_setup_payload::SetupPayload;
    ///
    /// let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse()?;
    /// let json = serde_json::to_value(payload.expose())?;
    /// assert_eq!(json["discriminator"], 3840);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn expose(&self) -> Exposed<'_, Self> {
        Exposed(self)
    }
}

impl ManualPayload {
    /// Returns a view that serializes all members, **including the passcode**.
    ///
    /// The members are `version`, `short_discriminator` and `passcode`; a short code adds
    /// `commissioning_flow`, a long code `vid` and `pid`: 21 digits do not distinguish the
    /// user-intent flow from the custom flow.
    #[must_use]
    pub const fn expose(&self) -> Exposed<'_, Self> {
        Exposed(self)
    }
}

impl Serialize for Exposed<'_, SetupPayload> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let payload = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &0)?;
        map.serialize_entry("vid", &payload.vendor_id().map_or(0, |id| id.get()))?;
        map.serialize_entry("pid", &payload.product_id().map_or(0, |id| id.get()))?;
        map.serialize_entry("commissioning_flow", &payload.flow().get())?;
        map.serialize_entry("discovery_mode", &payload.discovery().get())?;
        map.serialize_entry("discriminator", &payload.discriminator().get())?;
        map.serialize_entry("passcode", &payload.passcode().expose())?;
        if let Some(serial) = payload.data().serial_number() {
            map.serialize_entry("serial", &serial)?;
        }
        if !payload.data().is_empty() {
            map.serialize_entry("tlv", payload.data())?;
        }
        map.end()
    }
}

impl Serialize for Exposed<'_, ManualPayload> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let payload = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("version", &0)?;
        match payload.ids() {
            Some(ids) => {
                map.serialize_entry("vid", &ids.vendor_id.map_or(0, |id| id.get()))?;
                map.serialize_entry("pid", &ids.product_id.map_or(0, |id| id.get()))?;
            }
            None => map.serialize_entry("commissioning_flow", &0)?,
        }
        map.serialize_entry("short_discriminator", &payload.short_discriminator().get())?;
        map.serialize_entry("passcode", &payload.passcode().expose())?;
        map.end()
    }
}

impl<P: fmt::Debug> fmt::Debug for Exposed<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for OptionalData {
    /// Serializes a list of `tag`, `type` (`octets`, `int`, `uint`, `utf8`) and `value`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (tag, value) in self.iter() {
            list.serialize_element(&Member(tag, value))?;
        }
        list.end()
    }
}

struct Member<'a>(u8, DataValue<'a>);

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(tag, value) = self;
        let kind = match value {
            DataValue::Octets(_) => "octets",
            DataValue::Signed(_) => "int",
            DataValue::Unsigned(_) => "uint",
            DataValue::Utf8(_) => "utf8",
        };
        let mut member = serializer.serialize_struct("Member", 3)?;
        member.serialize_field("tag", tag)?;
        member.serialize_field("type", kind)?;
        member.serialize_field("value", value)?;
        member.end()
    }
}

impl Serialize for DataValue<'_> {
    /// Serializes a number or a string; bytes as hexadecimal digits.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Octets(bytes) => serializer.collect_str(&Hexadecimal(bytes)),
            Self::Signed(number) => serializer.serialize_i64(*number),
            Self::Unsigned(number) => serializer.serialize_u64(*number),
            Self::Utf8(text) => serializer.serialize_str(text),
        }
    }
}

struct Hexadecimal<'a>(&'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Finding {
    /// Serializes `id`, `severity` and `text`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("Finding", 3)?;
        finding.serialize_field("id", self.id())?;
        finding.serialize_field("severity", self.severity().name())?;
        finding.serialize_field("text", &Shown(self))?;
        finding.end()
    }
}

impl Serialize for Error {
    /// Serializes `position` and `text`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut error = serializer.serialize_struct("Error", 2)?;
        error.serialize_field("position", &self.position())?;
        error.serialize_field("text", &Shown(self))?;
        error.end()
    }
}

impl Serialize for Deviations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

struct Shown<'a, T>(&'a T);

impl<T: fmt::Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
