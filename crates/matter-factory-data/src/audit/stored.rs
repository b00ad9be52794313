//! The tolerant reader of factory data: each key gives its value, or a finding and nothing.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry as Place;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;
use core::str::FromStr;

use esp_nvs_image::{Entry, Key, Number, StoredValue};
use zeroize::Zeroizing;

use super::Check;
use super::finding::Finding;
use crate::keys::NAMESPACE;
use crate::{ProductField, ProductInformation};

/// What the firmware has after mounting an image.
pub(super) type Entries<'a> = Vec<Entry<'a>>;

/// The values of an image that nobody has taken yet, and what was found.
pub(super) struct Stored<'a> {
    values: BTreeMap<Key, StoredValue<'a>>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Stored<'a> {
    /// Reads what the firmware would have after mounting; what is lost is a finding of the image's check.
    pub(super) fn read(entries: &Entries<'a>) -> Self {
        let mut stored = Self {
            values: BTreeMap::new(),
            findings: Vec::new(),
        };
        for entry in entries {
            if entry.namespace != NAMESPACE {
                let object = alloc::format!("{}/{}", entry.namespace.as_str(), entry.key.as_str());
                stored.findings.push(Finding::of(Check::KeyUnknown, object, ""));
            } else {
                match stored.values.entry(entry.key) {
                    Place::Vacant(free) => {
                        free.insert(entry.value.clone());
                    }
                    Place::Occupied(_) => stored.add(Check::KeyTwice, &entry.key, ""),
                }
            }
        }
        stored
    }

    pub(super) fn add(&mut self, check: Check, key: &Key, detail: impl Display) {
        self.findings.push(Finding::of(check, key.as_str(), detail));
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.values.contains_key(key)
    }

    /// The keys that nobody has taken.
    pub(super) fn rest(&self) -> Vec<Key> {
        self.values.keys().copied().collect()
    }

    fn wrong_type(&mut self, key: &Key, expected: &str, found: &str) {
        self.add(Check::KeyType, key, format_args!("{found}, not {expected}"));
    }

    pub(super) fn number(&mut self, key: &Key, min: u32, max: u32) -> Option<u32> {
        match self.values.remove(key)? {
            StoredValue::Number(Number::U32(number)) if (min..=max).contains(&number) => Some(number),
            StoredValue::Number(Number::U32(number)) => {
                self.add(Check::KeyRange, key, format_args!("{number}, not {min}..={max}"));
                None
            }
            other => {
                self.wrong_type(key, "u32", other.type_name());
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &Key) -> Option<&'a str> {
        match self.values.remove(key)? {
            StoredValue::Str(text) => Some(text),
            other => {
                self.wrong_type(key, "string", other.type_name());
                None
            }
        }
    }

    /// A text that must have the form of a type.
    pub(super) fn parsed<T: FromStr<Err = E>, E: Display>(&mut self, key: &Key) -> Option<T> {
        let text = self.text(key)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(Check::KeyValue, key, format_args!("{error}"));
                None
            }
        }
    }

    /// A field of the product.
    pub(super) fn field(&mut self, field: &ProductField, product: &mut ProductInformation) {
        let key = field.key();
        let set = match field.max() {
            Some(max) => self.number(key, 0, max).map(|number| field.set_number(product, number)),
            None => self.text(key).map(|text| field.set_text(product, text)),
        };
        if let Some(Err(error)) = set {
            self.add(Check::KeyValue, key, error);
        }
    }

    pub(super) fn blob(&mut self, key: &Key, len: Option<usize>) -> Option<Zeroizing<Vec<u8>>> {
        match self.values.remove(key)? {
            StoredValue::Blob(blob) if len.is_none_or(|len| len == blob.len()) => Some(Zeroizing::new(blob.to_vec())),
            StoredValue::Blob(blob) => {
                let len = len.unwrap_or_default();
                self.add(Check::KeyLength, key, format_args!("{} bytes, not {len}", blob.len()));
                None
            }
            other => {
                self.wrong_type(key, "blob", other.type_name());
                None
            }
        }
    }
}

/// Compares what is stored in two places.
pub(super) fn agree<T>(
    first: Option<T>,
    second: Option<T>,
    same: impl FnOnce(&T, &T) -> bool,
    object: &str,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    if let (Some(first), Some(second)) = (&first, &second)
        && !same(first, second)
    {
        findings.push(Finding::of(Check::StorageDisagrees, String::from(object), ""));
    }
    first.or(second)
}
