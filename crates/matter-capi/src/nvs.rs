use std::collections::BTreeMap;
use std::collections::btree_map;

use esp_nvs_image::{
    BlobVersion, Encoder, Entry, Error, Key, Namespace, Number, NvsKeys, OwnedValue, PartitionSize, Sizer, Value,
};
use zeroize::Zeroizing;

use crate::error::{Failure, MatterError};

/// Namespaces, keys and values, in the order in which they are written to an image. It is opaque,
/// and must be used by one thread at a time; `matter_nvs_free` frees it.
#[derive(Debug, Default)]
pub struct MatterNvs {
    entries: Vec<(Namespace, Key, OwnedValue)>,
    /// The position of the first entry of a key.
    places: BTreeMap<(Namespace, Key), usize>,
}

/// The type of a value. The numbers are those in an image (ESP-IDF, "NVS: structure of entry"),
/// with one number for blobs of both versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MatterNvsKind {
    /// An unsigned 8-bit integer.
    U8 = 0x01,
    /// A signed 8-bit integer.
    I8 = 0x11,
    /// An unsigned 16-bit integer.
    U16 = 0x02,
    /// A signed 16-bit integer.
    I16 = 0x12,
    /// An unsigned 32-bit integer.
    U32 = 0x04,
    /// A signed 32-bit integer.
    I32 = 0x14,
    /// An unsigned 64-bit integer.
    U64 = 0x08,
    /// A signed 64-bit integer.
    I64 = 0x18,
    /// A 32-bit IEEE 754 number.
    Float = 0x24,
    /// A 64-bit IEEE 754 number.
    Double = 0x28,
    /// A string.
    Str = 0x21,
    /// Bytes.
    Blob = 0x42,
    /// A type of a later version.
    Other = 0xFF,
}

/// The storage format of blobs in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MatterNvsVersion {
    /// In one piece of at most 1984 bytes, the format before ESP-IDF 4.0.
    V1 = 1,
    /// In chunks over several pages.
    V2 = 2,
}

/// Converts a number of [`MatterNvsVersion`].
pub(crate) fn version(number: i32) -> Result<BlobVersion, Failure> {
    match number {
        1 => Ok(BlobVersion::V1),
        2 => Ok(BlobVersion::V2),
        _ => {
            let text = format_args!("version {number} is unknown; 1 and 2 are allowed");
            Err(Failure::new(MatterError::UnknownKind, text))
        }
    }
}

/// A number type of an entry.
pub(crate) trait Integer: Into<Number> {
    fn of(number: Number) -> Option<Self>;
}

macro_rules! integers {
    ($($type:ty => $variant:ident,)*) => {
        $(impl Integer for $type {
            fn of(number: Number) -> Option<Self> {
                match number {
                    Number::$variant(number) => Some(number),
                    _ => None,
                }
            }
        })*
    };
}

integers! {
    u8 => U8, i8 => I8, u16 => U16, i16 => I16, u32 => U32, i32 => I32, u64 => U64, i64 => I64, f32 => Float, f64 => Double,
}

/// The description of an entry from [`MatterNvs::describe`].
pub(crate) struct Described<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) key: &'a str,
    pub(crate) kind: MatterNvsKind,
    pub(crate) len: usize,
}

impl MatterNvs {
    pub(crate) fn decode(image: &[u8]) -> Result<Self, Failure> {
        Ok(Self::of_entries(&esp_nvs_image::decode(image)?))
    }

    /// Decodes the entries that the firmware reads, and returns the number of faults.
    pub(crate) fn recover(image: &[u8]) -> (Self, usize) {
        let recovered = esp_nvs_image::recover(image);
        (Self::of_entries(&recovered.entries), recovered.damage.len())
    }

    fn of_entries(entries: &[Entry<'_>]) -> Self {
        let mut nvs = Self::default();
        for entry in entries {
            nvs.places
                .entry((entry.namespace, entry.key))
                .or_insert(nvs.entries.len());
            nvs.entries
                .push((entry.namespace, entry.key, OwnedValue::from(&entry.value)));
        }
        nvs
    }

    pub(crate) fn set(&mut self, namespace: &str, key: &str, value: Value<'_>) -> Result<(), Failure> {
        let (namespace, key) = names(namespace, key)?;
        // Checks the value's own limits. The number of chunks depends on its later position.
        match Sizer::new(BlobVersion::V2).push(&namespace, &value) {
            Ok(()) | Err(Error::BlobTooManyChunks) => {}
            Err(error) => return Err(error.into()),
        }
        let owned = OwnedValue::from(value);
        match self.places.entry((namespace, key)) {
            btree_map::Entry::Occupied(place) => {
                if let Some((_, _, to)) = self.entries.get_mut(*place.get()) {
                    *to = owned;
                }
            }
            btree_map::Entry::Vacant(place) => {
                place.insert(self.entries.len());
                self.entries.push((namespace, key, owned));
            }
        }
        Ok(())
    }

    pub(crate) fn remove(&mut self, namespace: &str, key: &str) -> Result<(), Failure> {
        let (namespace, key) = names(namespace, key)?;
        let place = self
            .places
            .remove(&(namespace, key))
            .ok_or_else(|| not_found(&namespace, &key))?;
        if place < self.entries.len() {
            self.entries.remove(place);
        }
        self.places
            .values_mut()
            .filter(|other| **other > place)
            .for_each(|other| *other -= 1);
        Ok(())
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn describe(&self, index: usize) -> Result<Described<'_>, Failure> {
        let (namespace, key, value) = self.entries.get(index).ok_or_else(|| {
            let text = format_args!("entry {index} does not exist; there are {} entries", self.entries.len());
            Failure::new(MatterError::IndexOutOfRange, text)
        })?;
        let (kind, len) = kind_and_len(&value.as_value());
        Ok(Described {
            namespace: namespace.as_str(),
            key: key.as_str(),
            kind,
            len,
        })
    }

    pub(crate) fn get(&self, namespace: &str, key: &str) -> Result<Value<'_>, Failure> {
        let (namespace, key) = names(namespace, key)?;
        let place = self.places.get(&(namespace, key));
        let entry = place.and_then(|place| self.entries.get(*place));
        entry
            .map(|(_, _, value)| value.as_value())
            .ok_or_else(|| not_found(&namespace, &key))
    }

    pub(crate) fn number<N: Integer>(&self, namespace: &str, key: &str) -> Result<N, Failure> {
        match self.get(namespace, key)? {
            Value::Number(number) => N::of(number).ok_or_else(|| other_type(key, number.type_name())),
            other => Err(other_type(key, name_of(&other))),
        }
    }

    pub(crate) fn text(&self, namespace: &str, key: &str) -> Result<&str, Failure> {
        match self.get(namespace, key)? {
            Value::Str(text) => Ok(text),
            other => Err(other_type(key, name_of(&other))),
        }
    }

    pub(crate) fn blob(&self, namespace: &str, key: &str) -> Result<&[u8], Failure> {
        match self.get(namespace, key)? {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(other_type(key, name_of(&other))),
        }
    }

    /// Computes the smallest partition that the firmware can write to.
    pub(crate) fn needed_size(&self, version: BlobVersion) -> Result<u32, Failure> {
        Ok(self.sizer(version)?.partition_size()?.get())
    }

    fn sizer(&self, version: BlobVersion) -> Result<Sizer, Error> {
        let mut sizer = Sizer::new(version);
        for (namespace, _, value) in &self.entries {
            sizer.push(namespace, &value.as_value())?;
        }
        Ok(sizer)
    }

    pub(crate) fn encode(&self, size: PartitionSize, version: BlobVersion) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.sizer(version)?.check_fits(size)?;
        let mut image = Zeroizing::new(Vec::new());
        let no_memory = |_| Failure::new(MatterError::OutOfMemory, format_args!("cannot allocate {size} bytes"));
        image.try_reserve_exact(size.bytes()).map_err(no_memory)?;
        image.resize(size.bytes(), 0xFF);
        let mut encoder = Encoder::with_version(&mut image, size, version)?;
        for (namespace, key, value) in &self.entries {
            encoder.push(*namespace, *key, value.as_value())?;
        }
        let len = encoder.finish().len();
        image.truncate(len);
        Ok(image)
    }
}

/// Encrypts or decrypts an image with the keys of a key partition.
pub(crate) fn crypt(
    image: &[u8],
    keys: &[u8],
    apply: fn(&mut [u8], &NvsKeys) -> Result<(), Error>,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let keys = NvsKeys::decode(keys)?;
    let mut copy = Zeroizing::new(Vec::new());
    let no_memory = |_| {
        Failure::new(
            MatterError::OutOfMemory,
            format_args!("cannot allocate {} bytes", image.len()),
        )
    };
    copy.try_reserve_exact(image.len()).map_err(no_memory)?;
    copy.extend_from_slice(image);
    apply(&mut copy, &keys)?;
    Ok(copy)
}

fn names(namespace: &str, key: &str) -> Result<(Namespace, Key), Error> {
    Ok((Namespace::new(namespace)?, Key::new(key)?))
}

fn not_found(namespace: &Namespace, key: &Key) -> Failure {
    let text = format_args!(
        "there is no key '{}' in namespace '{}'",
        key.as_str(),
        namespace.as_str()
    );
    Failure::new(MatterError::NotFound, text)
}

fn other_type(key: &str, found: &str) -> Failure {
    Failure::new(
        MatterError::OtherType,
        format_args!("key '{key}' has a value of type {found}"),
    )
}

fn name_of(value: &Value<'_>) -> &'static str {
    match value {
        Value::Number(number) => number.type_name(),
        Value::Str(_) => "string",
        Value::Blob(_) => "blob",
        _ => "unknown",
    }
}

fn kind_and_len(value: &Value<'_>) -> (MatterNvsKind, usize) {
    use MatterNvsKind as Kind;
    match value {
        Value::Number(Number::U8(_)) => (Kind::U8, 1),
        Value::Number(Number::I8(_)) => (Kind::I8, 1),
        Value::Number(Number::U16(_)) => (Kind::U16, 2),
        Value::Number(Number::I16(_)) => (Kind::I16, 2),
        Value::Number(Number::U32(_)) => (Kind::U32, 4),
        Value::Number(Number::I32(_)) => (Kind::I32, 4),
        Value::Number(Number::U64(_)) => (Kind::U64, 8),
        Value::Number(Number::I64(_)) => (Kind::I64, 8),
        Value::Number(Number::Float(_)) => (Kind::Float, 4),
        Value::Number(Number::Double(_)) => (Kind::Double, 8),
        Value::Str(text) => (Kind::Str, text.len().saturating_add(1)),
        Value::Blob(bytes) => (Kind::Blob, bytes.len()),
        _ => (Kind::Other, 0),
    }
}
