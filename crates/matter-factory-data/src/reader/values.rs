use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry as Slot;
use alloc::vec::Vec;
use core::fmt::Display;
use core::str::FromStr;

use esp_nvs_image::{Entry, Error as NvsError, Key, Number, StoredValue};
use zeroize::Zeroizing;

use super::{Fault, Sink};
use crate::audit::Check;
use crate::keys::NAMESPACE;
use crate::{Error, ProductField, ProductInformation};

/// The values of the namespace `chip-factory` that have not been read yet.
pub(crate) struct Values<'a> {
    values: BTreeMap<Key, StoredValue<'a>>,
    /// All keys, in the order of storage.
    order: Vec<Key>,
}

impl<'a> Values<'a> {
    /// Splits the entries of an image into those of `chip-factory` and others.
    pub(crate) fn new<S: Sink>(
        entries: impl IntoIterator<Item = Entry<'a>>,
        sink: &mut S,
    ) -> Result<(Self, Vec<Entry<'a>>), S::Stop> {
        let (values, order) = (BTreeMap::new(), Vec::new());
        let mut own = Self { values, order };
        let mut foreign = Vec::new();
        for entry in entries {
            if entry.namespace != NAMESPACE {
                foreign.push(entry);
                continue;
            }
            let key = entry.key;
            match own.values.entry(key) {
                Slot::Vacant(free) => {
                    free.insert(entry.value);
                    own.order.push(key);
                }
                Slot::Occupied(_) => {
                    sink.fault(Fault::new(NvsError::DuplicateKey { key }, Check::KeyTwice, &key, &""))?;
                }
            }
        }
        Ok((own, foreign))
    }

    pub(crate) fn order(&self) -> &[Key] {
        &self.order
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.values.contains_key(key)
    }

    /// Removes and returns a value.
    pub(crate) fn take(&mut self, key: &Key) -> Option<StoredValue<'a>> {
        self.values.remove(key)
    }

    /// Returns the keys of the values that have not been read, sorted.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &Key> {
        self.values.keys()
    }

    /// Reads a u32 number. `min` and `max` are the limits of `parse`, for the finding.
    pub(super) fn number<T, S: Sink>(
        &mut self,
        key: &Key,
        (min, max): (u32, u32),
        parse: impl FnOnce(u32) -> Result<T, Error>,
        sink: &mut S,
    ) -> Result<Option<T>, S::Stop> {
        match self.take(key) {
            None => Ok(None),
            Some(StoredValue::Number(Number::U32(number))) => {
                let detail = format_args!("{number}, not {min} to {max}");
                accept(parse(number), Check::KeyRange, key, Some(&detail), sink)
            }
            Some(other) => wrong_type(key, "u32", &other, sink),
        }
    }

    /// Reads a number from 0 to `max`.
    pub(super) fn small<T: TryFrom<u32>, S: Sink>(
        &mut self,
        key: &Key,
        max: u32,
        sink: &mut S,
    ) -> Result<Option<T>, S::Stop> {
        self.number(key, (0, max), |number| within(key, number, max), sink)
    }

    /// Checks that a number is from 0 to `max`, without removing it.
    pub(super) fn check_number<S: Sink>(&mut self, key: &Key, max: u32, sink: &mut S) -> Result<(), S::Stop> {
        if let Some(value) = self.values.get(key).cloned() {
            self.small::<u32, S>(key, max, sink)?;
            self.values.insert(*key, value);
        }
        Ok(())
    }

    fn text<S: Sink>(&mut self, key: &Key, sink: &mut S) -> Result<Option<&'a str>, S::Stop> {
        match self.take(key) {
            None => Ok(None),
            Some(StoredValue::Str(text)) => Ok(Some(text)),
            Some(other) => wrong_type(key, "string", &other, sink),
        }
    }

    /// Reads a text and parses it.
    pub(super) fn parsed<T: FromStr<Err: Into<Error>>, S: Sink>(
        &mut self,
        key: &Key,
        sink: &mut S,
    ) -> Result<Option<T>, S::Stop> {
        match self.text(key, sink)? {
            None => Ok(None),
            Some(text) => accept(text.parse().map_err(Into::into), Check::KeyValue, key, None, sink),
        }
    }

    /// Reads a product field.
    pub(super) fn field<S: Sink>(
        &mut self,
        field: &ProductField,
        product: &mut ProductInformation,
        sink: &mut S,
    ) -> Result<(), S::Stop> {
        let key = field.key();
        if let Some(max) = field.max() {
            self.number(key, (0, max), |number| field.set_number(product, number), sink)?;
        } else if let Some(text) = self.text(key, sink)? {
            accept(field.add_text(product, text), Check::KeyValue, key, None, sink)?;
        }
        Ok(())
    }

    /// Reads a blob, optionally of a fixed length; `error` is the error for another length.
    pub(super) fn blob<S: Sink>(
        &mut self,
        key: &Key,
        len: Option<(usize, Error)>,
        sink: &mut S,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, S::Stop> {
        let blob = match self.take(key) {
            None => return Ok(None),
            Some(StoredValue::Blob(blob)) => blob,
            Some(other) => return wrong_type(key, "blob", &other, sink),
        };
        match len {
            Some((len, error)) if len != blob.len() => {
                let detail = format_args!("{} bytes, not {len}", blob.len());
                sink.fault(Fault::new(error, Check::KeyLength, key, &detail))?;
                Ok(None)
            }
            _ => Ok(Some(Zeroizing::new(blob.to_vec()))),
        }
    }
}

/// Converts a number from 0 to `max`.
pub(crate) fn within<T: TryFrom<u32>>(key: &Key, number: u32, max: u32) -> Result<T, Error> {
    let (key, value, max) = (*key, u64::from(number), u64::from(max));
    let converted = T::try_from(number).ok().filter(|_| value <= max);
    converted.ok_or(Error::NumberOutOfRange { key, value, max })
}

/// Returns an accepted value; a refused one is a fault, with the error as detail unless another is given.
pub(super) fn accept<T, S: Sink>(
    value: Result<T, Error>,
    check: Check,
    key: &Key,
    detail: Option<&dyn Display>,
    sink: &mut S,
) -> Result<Option<T>, S::Stop> {
    match value {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            sink.fault(Fault::new(error.clone(), check, key, detail.unwrap_or(&error)))?;
            Ok(None)
        }
    }
}

fn wrong_type<T, S: Sink>(
    key: &Key,
    expected: &'static str,
    found: &StoredValue<'_>,
    sink: &mut S,
) -> Result<Option<T>, S::Stop> {
    let error = Error::WrongType { key: *key, expected };
    let detail = format_args!("{}, not {expected}", found.type_name());
    sink.fault(Fault::new(error, Check::KeyType, key, &detail))?;
    Ok(None)
}
