//! JSON forms of findings and records without secrets, as printed by the binaries.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use esp_nvs_image::{Number, Value};

use crate::{Check, DeviceRecord, Finding, FixedLabel, Locale, ProductInformation, SemanticTag, SupportedMode};

impl Serialize for Check {
    /// Writes the id.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Finding {
    /// Writes `id`, `severity`, `object`, `text`, and if present `sdk_code`, a number, and `remedy`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = 4 + usize::from(self.sdk_code.is_some()) + usize::from(self.remedy.is_some());
        let mut out = serializer.serialize_struct("Finding", fields)?;
        out.serialize_field("id", &self.check)?;
        out.serialize_field("severity", &self.severity)?;
        out.serialize_field("object", &self.object)?;
        out.serialize_field("text", &self.text)?;
        match self.sdk_code {
            Some(code) => out.serialize_field("sdk_code", &code.number())?,
            None => out.skip_field("sdk_code")?,
        }
        match self.remedy {
            Some(remedy) => out.serialize_field("remedy", remedy)?,
            None => out.skip_field("remedy")?,
        }
        out.end()
    }
}

impl Serialize for ProductInformation {
    /// Writes the fields that are set under their [names](crate::ProductField::name), texts as strings and numbers as
    /// numbers.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        for field in Self::FIELDS {
            match field.value(self) {
                Some(Value::Str(text)) => out.serialize_entry(field.name(), text)?,
                Some(Value::Number(Number::U32(number))) => out.serialize_entry(field.name(), &number)?,
                // Product fields are texts and numbers of this type only.
                _ => {}
            }
        }
        out.end()
    }
}

impl Serialize for Locale {
    /// Writes the tag.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for FixedLabel {
    /// Writes `endpoint`, `label` and `value`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("FixedLabel", 3)?;
        out.serialize_field("endpoint", &self.endpoint)?;
        out.serialize_field("label", self.label.as_str())?;
        out.serialize_field("value", self.value.as_str())?;
        out.end()
    }
}

impl Serialize for SemanticTag {
    /// Writes `mfg_code` and `value`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("SemanticTag", 2)?;
        out.serialize_field("mfg_code", &self.mfg_code)?;
        out.serialize_field("value", &self.value)?;
        out.end()
    }
}

impl Serialize for SupportedMode {
    /// Writes `endpoint`, `mode`, `label` and `semantic_tags`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("SupportedMode", 4)?;
        out.serialize_field("endpoint", &self.endpoint)?;
        out.serialize_field("mode", &self.mode)?;
        out.serialize_field("label", self.label.as_str())?;
        out.serialize_field("semantic_tags", &self.semantic_tags)?;
        out.end()
    }
}

impl Serialize for DeviceRecord {
    /// Writes the public values, with the names of the manifest where it has them: `vid`, `pid`, `discriminator`,
    /// `iterations`, `salt` in Base64, `flow`, `discovery`, `dac_serial` in hexadecimal or null, `product`, `locales`,
    /// `fixed_labels`, `supported_modes`, and in `entries` the names of the vendor entries.
    ///
    /// Passcode, verifier, private key, rotating id, the two numbers and vendor values are omitted, and a record cannot
    /// be deserialized from this.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parameters = self.parameters();
        let serial = self.credentials().map(|credentials| {
            let serial = credentials.dac().serial();
            base16ct::lower::encode_string(serial.as_bytes())
        });
        let mut out = serializer.serialize_struct("DeviceRecord", 13)?;
        out.serialize_field("vid", &self.vendor_id())?;
        out.serialize_field("pid", &self.product_id())?;
        out.serialize_field("discriminator", &self.discriminator())?;
        out.serialize_field("iterations", &parameters.iterations.get())?;
        out.serialize_field("salt", parameters.salt.to_base64().as_str())?;
        out.serialize_field("flow", &self.flow.get())?;
        out.serialize_field("discovery", &self.discovery.get())?;
        out.serialize_field("dac_serial", &serial)?;
        out.serialize_field("product", &self.product)?;
        out.serialize_field("locales", &self.locales)?;
        out.serialize_field("fixed_labels", &self.fixed_labels)?;
        out.serialize_field("supported_modes", &self.supported_modes)?;
        out.serialize_field("entries", &EntryNames(self))?;
        out.end()
    }
}

/// The names of the vendor entries, without their values.
struct EntryNames<'a>(&'a DeviceRecord);

impl Serialize for EntryNames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.0.entries().iter();
        serializer.collect_seq(names.map(|entry| alloc::format!("{}/{}", entry.namespace.as_str(), entry.key.as_str())))
    }
}
