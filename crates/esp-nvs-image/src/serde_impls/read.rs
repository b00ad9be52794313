//! Entries from JSON, or from another self-describing format. Errors omit the values.

use alloc::string::{String, ToString};
use core::fmt;

use serde::de::{Error as _, MapAccess, Unexpected};
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use crate::encoding::{Encoding, single};
use crate::error::Error;
use crate::name::{Key, Namespace};
use crate::owned::{OwnedEntry, OwnedValue};

const FIELDS: [&str; 4] = ["namespace", "key", "type", "value"];

/// Visitor methods that reject a value without repeating it in the error, as serde's defaults
/// would.
macro_rules! refuse {
    ($($method:ident: $type:ty),*) => {
        $(fn $method<E: de::Error>(self, _: $type) -> Result<Self::Value, E> {
            Err(E::invalid_type(Unexpected::Other("something else"), &self))
        })*

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Err(E::invalid_type(Unexpected::Other("nothing"), &self))
        }
    };
}

impl<'de> Deserialize<'de> for OwnedEntry {
    /// Deserializes the form that `Serialize` writes; members may have any order, others are
    /// rejected.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> de::Visitor<'de> for EntryVisitor {
    type Value = OwnedEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with namespace, key, type and value")
    }

    refuse!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OwnedEntry, A::Error> {
        let (mut namespace, mut key, mut kind, mut value) = (None, None, None, None);
        while let Some(field) = map.next_key_seed(TextSeed("the name of a member", field))? {
            let taken = match field {
                "namespace" => namespace
                    .replace(map.next_value_seed(TextSeed("a namespace", Namespace::new))?)
                    .is_some(),
                "key" => key.replace(map.next_value_seed(TextSeed("a key", Key::new))?).is_some(),
                "type" => {
                    let read = map.next_value_seed(TextSeed("a type", parse_kind))?;
                    if let Some(Read::Early(raw)) = &mut value {
                        value = Some(Read::Value(understand(read, raw).map_err(A::Error::custom)?));
                    }
                    kind.replace(read).is_some()
                }
                _ => value.replace(map.next_value_seed(ValueSeed(kind))?).is_some(),
            };
            if taken {
                return Err(A::Error::duplicate_field(field));
            }
        }
        let missing = A::Error::missing_field;
        let value = match value {
            Some(Read::Value(value)) => value,
            Some(Read::Early(_)) => return Err(missing("type")),
            None => return Err(missing("value")),
        };
        Ok(OwnedEntry {
            namespace: namespace.ok_or_else(|| missing("namespace"))?,
            key: key.ok_or_else(|| missing("key"))?,
            value,
        })
    }
}

/// Deserializes a string and converts it.
struct TextSeed<T, R>(&'static str, fn(&str) -> Result<T, R>);

impl<'de, T, R: fmt::Display> de::DeserializeSeed<'de> for TextSeed<T, R> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<T, R: fmt::Display> de::Visitor<'_> for TextSeed<T, R> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    refuse!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(E::custom)
    }
}

fn field(name: &str) -> Result<&'static str, &'static str> {
    let found = FIELDS.into_iter().find(|field| *field == name);
    found.ok_or("unknown member (namespace, key, type and value are allowed)")
}

/// Type names are those of the encodings, except for blobs.
fn parse_kind(name: &str) -> Result<Encoding, &'static str> {
    let kind = match name {
        "blob" => Some(Encoding::Hex2Bin),
        "binary" | "hex2bin" | "base64" => None,
        other => other.parse().ok(),
    };
    kind.ok_or("unknown type (u8 i8 u16 i16 u32 i32 u64 i64 float double string blob are allowed)")
}

/// A value as deserialized.
enum Raw {
    Unsigned(u64),
    Signed(i64),
    Number(f64),
    Text(Zeroizing<String>),
}

/// A value of a known type, or one whose type follows.
enum Read {
    Value(OwnedValue),
    Early(Raw),
}

/// Deserializes a value of this type, if it is known.
struct ValueSeed(Option<Encoding>);

impl ValueSeed {
    fn read<E: de::Error>(self, mut raw: Raw) -> Result<Read, E> {
        match self.0 {
            Some(kind) => understand(kind, &mut raw).map(Read::Value).map_err(E::custom),
            None => Ok(Read::Early(raw)),
        }
    }
}

impl<'de> de::DeserializeSeed<'de> for ValueSeed {
    type Value = Read;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl de::Visitor<'_> for ValueSeed {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a string")
    }

    refuse!(visit_bool: bool);

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Read, E> {
        self.read(Raw::Unsigned(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Read, E> {
        self.read(Raw::Signed(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Read, E> {
        self.read(Raw::Number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Read, E> {
        self.read(Raw::Text(String::from(value).into()))
    }
}

fn understand(kind: Encoding, raw: &mut Raw) -> Result<OwnedValue, Error> {
    match (kind, raw) {
        (Encoding::Float, raw) => real(raw).and_then(single).map(OwnedValue::from),
        (Encoding::Double, raw) => real(raw).map(OwnedValue::from),
        (Encoding::String, Raw::Text(text)) => Ok(OwnedValue::Str(core::mem::take(&mut **text))),
        (Encoding::String, _) => Err(Error::NotAText),
        (Encoding::Hex2Bin, Raw::Text(text)) => kind.parse(text),
        (Encoding::Hex2Bin, _) => Err(Error::NotHexadecimal),
        (_, Raw::Unsigned(number)) => kind.parse(&Zeroizing::new(number.to_string())),
        (_, Raw::Signed(number)) => kind.parse(&Zeroizing::new(number.to_string())),
        _ => Err(Error::NotAnInteger { encoding: kind }),
    }
}

/// A number, or the name of a value without a JSON number.
#[expect(
    clippy::as_conversions,
    reason = "rounds to the nearest, as for a number with a point"
)]
fn real(raw: &Raw) -> Result<f64, Error> {
    match raw {
        Raw::Unsigned(number) => Ok(*number as f64),
        Raw::Signed(number) => Ok(*number as f64),
        Raw::Number(number) => Ok(*number),
        Raw::Text(text) => match text.as_str() {
            "NaN" => Ok(f64::NAN),
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            _ => Err(Error::NotANumber),
        },
    }
}
