use alloc::vec::{self, Vec};
use core::ops::Deref;
use core::slice;

use crate::Error;
use crate::name::{Key, Namespace};
use crate::stored::{Entry, StoredValue};
use crate::value::Value;

/// The entries of an image in the order in which they were written, with look-up by namespace and
/// key.
///
/// It dereferences to a slice of [`Entry`]. Encode a changed list into a new image with
/// [`encode_to_vec`](crate::encode_to_vec); [`Editor`](crate::Editor) changes an image in place.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Value, decode, encode_to_vec};
///
/// let entries = [("factory", "serial-num", Value::from("SN-0001")), ("factory", "hw-ver", Value::from(1_u16))];
/// let image = encode_to_vec(0x6000, BlobVersion::V2, entries)?;
///
/// let mut entries = decode(&image)?;
/// assert_eq!(entries.len(), 2);
/// assert_eq!(entries.get("factory", "hw-ver").and_then(|value| value.as_u16()), Some(1));
///
/// entries.set("factory", "serial-num", "SN-0002")?;
/// let changed = encode_to_vec(0x6000, BlobVersion::V2, &entries)?;
/// assert_eq!(decode(&changed)?.get("factory", "serial-num").and_then(|value| value.as_str()), Some("SN-0002"));
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryList<'a>(Vec<Entry<'a>>);

impl<'a> EntryList<'a> {
    /// Returns the value of a key; of several values from [`recover`](crate::recover) the first.
    ///
    /// Names are strings, [`Namespace`] or [`Key`]; an invalid name finds nothing.
    #[must_use]
    pub fn get(&self, namespace: impl AsRef<str>, key: impl AsRef<str>) -> Option<&StoredValue<'a>> {
        let place = self.place(namespace.as_ref(), key.as_ref())?;
        self.0.get(place).map(|entry| &entry.value)
    }

    /// Sets the value of a key, or appends an entry for a new key, and returns the old value.
    ///
    /// The limits of the value are checked by the encoder.
    ///
    /// # Errors
    ///
    /// The errors of [`Namespace::new`] and [`Key::new`] for names given as strings.
    pub fn set(
        &mut self,
        namespace: impl TryInto<Namespace, Error: Into<Error>>,
        key: impl TryInto<Key, Error: Into<Error>>,
        value: impl Into<Value<'a>>,
    ) -> Result<Option<StoredValue<'a>>, Error> {
        let namespace = namespace.try_into().map_err(Into::into)?;
        let key = key.try_into().map_err(Into::into)?;
        let value = StoredValue::from(value.into());
        let place = self.place(namespace.as_str(), key.as_str());
        match place.and_then(|place| self.0.get_mut(place)) {
            Some(entry) => Ok(Some(core::mem::replace(&mut entry.value, value))),
            None => {
                self.0.push(Entry { namespace, key, value });
                Ok(None)
            }
        }
    }

    /// Removes a key and returns its value.
    pub fn remove(&mut self, namespace: impl AsRef<str>, key: impl AsRef<str>) -> Option<StoredValue<'a>> {
        let place = self.place(namespace.as_ref(), key.as_ref())?;
        Some(self.0.remove(place).value)
    }

    /// Returns the entries in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Entry<'a>] {
        &self.0
    }

    /// Returns the entries as a vector.
    #[must_use]
    pub fn into_vec(self) -> Vec<Entry<'a>> {
        self.0
    }

    fn place(&self, namespace: &str, key: &str) -> Option<usize> {
        let mut entries = self.0.iter();
        entries.position(|entry| entry.key == *key && entry.namespace == *namespace)
    }
}

impl<'a> Deref for EntryList<'a> {
    type Target = [Entry<'a>];

    fn deref(&self) -> &[Entry<'a>] {
        &self.0
    }
}

impl<'a> AsRef<[Entry<'a>]> for EntryList<'a> {
    fn as_ref(&self) -> &[Entry<'a>] {
        &self.0
    }
}

impl<'a> From<Vec<Entry<'a>>> for EntryList<'a> {
    fn from(entries: Vec<Entry<'a>>) -> Self {
        Self(entries)
    }
}

impl<'a> FromIterator<Entry<'a>> for EntryList<'a> {
    fn from_iter<I: IntoIterator<Item = Entry<'a>>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<'a> IntoIterator for EntryList<'a> {
    type Item = Entry<'a>;
    type IntoIter = vec::IntoIter<Entry<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'l, 'a> IntoIterator for &'l EntryList<'a> {
    type Item = &'l Entry<'a>;
    type IntoIter = slice::Iter<'l, Entry<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, const N: usize> PartialEq<[Entry<'a>; N]> for EntryList<'a> {
    fn eq(&self, other: &[Entry<'a>; N]) -> bool {
        self.0 == other
    }
}

impl<'a> PartialEq<Vec<Entry<'a>>> for EntryList<'a> {
    fn eq(&self, other: &Vec<Entry<'a>>) -> bool {
        self.0 == *other
    }
}

impl<'a> PartialEq<EntryList<'a>> for Vec<Entry<'a>> {
    fn eq(&self, other: &EntryList<'a>) -> bool {
        *self == other.0
    }
}
