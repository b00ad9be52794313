//! Records to write, deserialized from JSON or another format. Errors omit the data.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Error as _, IgnoredAny, MapAccess, SeqAccess};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::layout::LEGACY_RESERVED;
use crate::{Error, Flags, Image, RawRecord, RecordType, Storage, Writer};

const MEMBERS: &str = "offset, type, type_name, subtype, flags, storage, length, crc_ok, data, file";

/// A record to write, in the form of a record's `Serialize`: `offset` and `crc_ok` are ignored, and
/// unknown members are rejected.
///
/// Redundant members must agree: `type` and `type_name`, `flags` and `storage`, `length` and
/// `data`. `file` may replace `data`.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::{Image, PartitionSize, RecordSpec, Writer};
///
/// let json = r#"[{"type_name": "MATTER_1", "subtype": 0, "data": "000f"}, {"type_name": "INTEGRITY"}]"#;
/// let mut buffer = [0; 256];
/// let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
/// for record in serde_json::from_str::<Vec<RecordSpec>>(json)? {
///     record.write(&mut writer)?;
/// }
/// assert!(Image::new(writer.finish()).verify_integrity()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecordSpec {
    /// The type.
    pub kind: RecordType,
    /// The subtype; `None` for a digest with the next subtype.
    pub subtype: Option<u8>,
    /// The flags.
    pub flags: Flags,
    /// The stated length, which the data must have.
    pub length: Option<usize>,
    /// The data or its source.
    pub source: RecordSource,
}

/// The source of a record's data.
#[derive(Clone)]
#[non_exhaustive]
pub enum RecordSource {
    /// These bytes, zeroized on drop.
    Data(Zeroizing<Vec<u8>>),
    /// The digest of the bytes before the record, which is computed.
    Digest,
    /// A file with this name; the caller reads it and replaces this value by
    /// [`RecordSource::Data`].
    File(String),
}

impl RecordSpec {
    /// Writes the record.
    ///
    /// # Errors
    ///
    /// [`Error::SourceIsFile`] if the data is still in a file, [`Error::IntegritySubtype`] if the
    /// stated subtype of a computed digest is not the next one, [`Error::StatedLength`], and the
    /// errors of [`Writer::push_raw`] and [`Writer::push_integrity`].
    pub fn write(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        match &self.source {
            RecordSource::Digest => {
                let before = writer.as_bytes().len();
                writer.push_integrity()?;
                let written = Image::new(writer.as_bytes()).find_last(RecordType::INTEGRITY)?;
                match (self.subtype, written.map(|record| record.subtype())) {
                    (Some(stated), Some(next)) if stated != next => {
                        writer.truncate(before);
                        Err(Error::IntegritySubtype { stated, next })
                    }
                    _ => Ok(()),
                }
            }
            RecordSource::Data(data) => {
                if let Some(stated) = self.length.filter(|stated| *stated != data.len()) {
                    return Err(Error::StatedLength {
                        stated,
                        len: data.len(),
                    });
                }
                let mut record =
                    RawRecord::new(self.kind, self.subtype.unwrap_or_default(), data).with_flags(self.flags);
                if self.flags.is_legacy() {
                    record.reserved = LEGACY_RESERVED;
                }
                writer.push_raw(&record)
            }
            RecordSource::File(_) => Err(Error::SourceIsFile),
        }
    }
}

impl fmt::Debug for RecordSource {
    /// Omits the data, which may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(f, "Data([{} bytes])", data.len()),
            Self::Digest => f.write_str("Digest"),
            Self::File(name) => f.debug_tuple("File").field(name).finish(),
        }
    }
}

impl<'de> Deserialize<'de> for RecordSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpecVisitor)
    }
}

/// The members as deserialized.
#[derive(Default)]
struct Members {
    kind: Option<Raw>,
    kind_name: Option<Raw>,
    subtype: Option<Raw>,
    flags: Option<Raw>,
    storage: Option<Raw>,
    length: Option<Raw>,
    data: Option<Raw>,
    file: Option<Raw>,
}

struct SpecVisitor;

/// Visitor methods that reject a value without repeating it in the error, as serde's defaults
/// would.
macro_rules! no_object {
    ($($method:ident($type:ty)),*) => {
        $(fn $method<E: de::Error>(self, _: $type) -> Result<RecordSpec, E> {
            Err(E::custom("is not an object"))
        })*
    };
}

impl<'de> de::Visitor<'de> for SpecVisitor {
    type Value = RecordSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    no_object!(
        visit_bool(bool),
        visit_i64(i64),
        visit_u64(u64),
        visit_f64(f64),
        visit_str(&str)
    );

    fn visit_unit<E: de::Error>(self) -> Result<RecordSpec, E> {
        Err(E::custom("is not an object"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<RecordSpec, A::Error> {
        Err(A::Error::custom("is not an object"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RecordSpec, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<String>()? {
            let member = match name.as_str() {
                "offset" | "crc_ok" => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                "type" => &mut members.kind,
                "type_name" => &mut members.kind_name,
                "subtype" => &mut members.subtype,
                "flags" => &mut members.flags,
                "storage" => &mut members.storage,
                "length" => &mut members.length,
                "data" => &mut members.data,
                "file" => &mut members.file,
                _ => {
                    return Err(A::Error::custom(format!("has an unknown member; allowed: {MEMBERS}")));
                }
            };
            *member = Some(map.next_value()?);
        }
        members.understand().map_err(A::Error::custom)
    }
}

impl Members {
    fn understand(self) -> Result<RecordSpec, String> {
        let kind = self.record_type()?;
        let stored = match &self.storage {
            None => None,
            Some(name) => Some(name.text().and_then(Storage::from_name).ok_or("storage is unknown")?),
        };
        let flags = match (byte(self.flags.as_ref(), "flags")?.map(Flags::new), stored) {
            (Some(flags), Some(stored)) if flags.storage() != stored => {
                return Err("flags and storage do not agree".to_owned());
            }
            (flags, stored) => flags.or(stored.map(Flags::from)).unwrap_or_default(),
        };
        let source = match (&self.file, &self.data) {
            (Some(_), Some(_)) => return Err("has both file and data; only one is allowed".to_owned()),
            (Some(file), None) => RecordSource::File(file.text().ok_or("file is not a string")?.to_owned()),
            (None, Some(data)) => {
                let bytes = data.text().and_then(from_hexadecimal);
                RecordSource::Data(bytes.ok_or("data is not pairs of hexadecimal digits")?)
            }
            (None, None) if kind == RecordType::INTEGRITY => RecordSource::Digest,
            (None, None) if flags.storage().is_keyless() => RecordSource::Data(Zeroizing::default()),
            (None, None) => return Err("data is missing (dump omits keys without --show-keys)".to_owned()),
        };
        let stated = |length: &Raw| length.number().and_then(|length| usize::try_from(length).ok());
        let length = match &self.length {
            Some(length) => Some(stated(length).ok_or("length is not a number of bytes")?),
            None => None,
        };
        if let (Some(stated), RecordSource::Data(data)) = (length, &source)
            && stated != data.len()
        {
            return Err(Error::StatedLength {
                stated,
                len: data.len(),
            }
            .to_string());
        }
        let mut subtype = byte(self.subtype.as_ref(), "subtype")?;
        match source {
            RecordSource::File(_) => subtype = subtype.or(Some(0)),
            RecordSource::Data(_) if subtype.is_none() => return Err("subtype is missing".to_owned()),
            _ => {}
        }
        Ok(RecordSpec {
            kind,
            subtype,
            flags,
            length,
            source,
        })
    }

    fn record_type(&self) -> Result<RecordType, String> {
        let named = match &self.kind_name {
            None => None,
            Some(name) => Some(name.text().and_then(type_named).ok_or("type_name is unknown")?),
        };
        match (byte(self.kind.as_ref(), "type")?.map(RecordType::new), named) {
            (Some(one), Some(other)) if one != other => Err("type and type_name do not agree".to_owned()),
            (one, other) => Ok(one.or(other).ok_or("type is missing")?),
        }
    }
}

fn type_named(name: &str) -> Option<RecordType> {
    let number = || name.parse().ok().map(RecordType::new);
    // Only the form that is written: no sign, no leading zero, and no number of a type with a name.
    let number = || number().filter(|kind| kind.to_string() == name);
    RecordType::from_name(name).or_else(number)
}

fn byte(member: Option<&Raw>, name: &str) -> Result<Option<u8>, String> {
    let Some(member) = member else { return Ok(None) };
    let number = member.number().and_then(|number| u8::try_from(number).ok());
    number
        .map(Some)
        .ok_or_else(|| format!("{name} is not a number in the range 0 to 255"))
}

fn from_hexadecimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (pairs, rest) = text.as_bytes().as_chunks();
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for &[high, low] in pairs {
        bytes.push(digit(high)? << 4 | digit(low)?);
    }
    rest.is_empty().then_some(bytes)
}

/// The value of a member; a superset of all allowed types.
enum Raw {
    Number(u64),
    Text(Zeroizing<String>),
    Other,
}

impl Raw {
    const fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

macro_rules! other {
    ($($method:ident($type:ty)),*) => {
        $(fn $method<E: de::Error>(self, _: $type) -> Result<Raw, E> {
            Ok(Raw::Other)
        })*
    };
}

impl<'de> de::Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a string")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(Zeroizing::new(text.to_owned())))
    }

    other!(visit_bool(bool), visit_i64(i64), visit_f64(f64));

    fn visit_unit<E: de::Error>(self) -> Result<Raw, E> {
        Ok(Raw::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Raw::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Raw::Other)
    }
}
