//! JSON form of findings, as printed by the binaries.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{Finding, Object, Rule, SdkResult};

macro_rules! as_name {
    ($($type:ident: $name:ident),+) => {$(
        impl Serialize for $type {
            /// Writes the name.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.$name())
            }
        }
    )+};
}

as_name!(Object: name, Rule: id);

impl Serialize for Finding {
    /// Writes `id`, `severity`, `object`, `text`, and if present `sdk_code`, a number, `boringssl_code`, if the result
    /// of the SDK built with BoringSSL differs, and `remedy`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let remedy = self.rule.remedy();
        let (openssl, boringssl) = (self.sdk_result(), self.boringssl_result());
        let fields =
            4 + usize::from(openssl.is_some()) + usize::from(boringssl != openssl) + usize::from(!remedy.is_empty());
        let mut out = serializer.serialize_struct("Finding", fields)?;
        out.serialize_field("id", &self.rule)?;
        out.serialize_field("severity", &self.severity)?;
        out.serialize_field("object", &self.object)?;
        out.serialize_field("text", self.text().as_str())?;
        match openssl {
            Some(result) => out.serialize_field("sdk_code", &result.number())?,
            None => out.skip_field("sdk_code")?,
        }
        if boringssl == openssl {
            out.skip_field("boringssl_code")?;
        } else {
            out.serialize_field("boringssl_code", &boringssl.map_or(0, SdkResult::number))?;
        }
        if remedy.is_empty() {
            out.skip_field("remedy")?;
        } else {
            out.serialize_field("remedy", remedy)?;
        }
        out.end()
    }
}
