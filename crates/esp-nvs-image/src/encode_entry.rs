use crate::Error;
use crate::name::{Key, Namespace};
use crate::owned::{OwnedEntry, OwnedValue};
use crate::stored::{Entry, StoredValue};
use crate::value::Value;

/// An entry accepted by [`encode_to_vec`](crate::encode_to_vec).
///
/// Implemented by tuples of namespace, key and value (names as strings or as validated types), by
/// the [`Entry`] that [`decode`](crate::decode) returns, and by [`OwnedEntry`]; the latter two also
/// as references.
pub trait EncodeEntry<'v>: private::Sealed<'v> {}

impl<'v, E: private::Sealed<'v>> EncodeEntry<'v> for E {}

pub(crate) mod private {
    /// The encoder's form of an entry.
    pub trait Sealed<'v> {
        fn resolve(self) -> Result<super::Resolved<'v>, crate::Error>;
    }
}

/// An entry with validated names and a value in one piece.
#[derive(Debug)]
pub struct Resolved<'v> {
    pub(crate) namespace: Namespace,
    pub(crate) key: Key,
    value: Bytes<'v>,
}

#[derive(Debug)]
enum Bytes<'v> {
    Borrowed(Value<'v>),
    Owned(OwnedValue),
}

impl Resolved<'_> {
    pub(crate) fn value(&self) -> Value<'_> {
        match &self.value {
            Bytes::Borrowed(value) => *value,
            Bytes::Owned(value) => value.as_value(),
        }
    }
}

impl<'v, N, K, V> private::Sealed<'v> for (N, K, V)
where
    N: TryInto<Namespace, Error: Into<Error>>,
    K: TryInto<Key, Error: Into<Error>>,
    V: Into<Value<'v>>,
{
    fn resolve(self) -> Result<Resolved<'v>, Error> {
        let (namespace, key, value) = self;
        Ok(Resolved {
            namespace: namespace.try_into().map_err(Into::into)?,
            key: key.try_into().map_err(Into::into)?,
            value: Bytes::Borrowed(value.into()),
        })
    }
}

impl<'v> private::Sealed<'v> for &Entry<'v> {
    fn resolve(self) -> Result<Resolved<'v>, Error> {
        let value = match &self.value {
            StoredValue::Number(number) => Bytes::Borrowed(Value::Number(*number)),
            StoredValue::Str(text) => Bytes::Borrowed(Value::Str(text)),
            StoredValue::Blob(blob) => match blob.in_one_piece() {
                Some(bytes) => Bytes::Borrowed(Value::Blob(bytes)),
                None => Bytes::Owned(OwnedValue::from(&self.value)),
            },
        };
        Ok(Resolved {
            namespace: self.namespace,
            key: self.key,
            value,
        })
    }
}

impl<'v> private::Sealed<'v> for Entry<'v> {
    fn resolve(self) -> Result<Resolved<'v>, Error> {
        (&self).resolve()
    }
}

impl<'v> private::Sealed<'v> for &'v OwnedEntry {
    fn resolve(self) -> Result<Resolved<'v>, Error> {
        Ok(Resolved {
            namespace: self.namespace,
            key: self.key,
            value: Bytes::Borrowed(self.value.as_value()),
        })
    }
}

impl private::Sealed<'static> for OwnedEntry {
    fn resolve(self) -> Result<Resolved<'static>, Error> {
        Ok(Resolved {
            namespace: self.namespace,
            key: self.key,
            value: Bytes::Owned(self.value),
        })
    }
}
