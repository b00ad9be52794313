//! The keys in an image, to reject duplicates.

use crate::Error;
use crate::name::Key;

/// The keys written so far. With `alloc` it is a sorted set; without, the encoder searches the
/// written image, with the same results in time quadratic in the number of keys.
#[cfg(feature = "alloc")]
#[derive(Debug)]
pub(crate) struct Seen(alloc::collections::BTreeSet<u128>);

#[cfg(feature = "alloc")]
impl Seen {
    pub(crate) const fn new() -> Self {
        Self(alloc::collections::BTreeSet::new())
    }

    /// Checks that a key is new.
    pub(crate) fn check(&self, _written: &[u8], namespace: u8, key: &Key) -> Result<(), Error> {
        if self.0.contains(&key.within(namespace)) {
            Err(Error::DuplicateKey { key: *key })
        } else {
            Ok(())
        }
    }

    /// Checks that a key is new, and adds it.
    pub(crate) fn insert(&mut self, _written: &[u8], namespace: u8, key: &Key) -> Result<(), Error> {
        if self.0.insert(key.within(namespace)) {
            Ok(())
        } else {
            Err(Error::DuplicateKey { key: *key })
        }
    }
}

/// See the other definition.
#[cfg(not(feature = "alloc"))]
#[derive(Debug)]
pub(crate) struct Seen;

#[cfg(not(feature = "alloc"))]
impl Seen {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn check(&self, written: &[u8], namespace: u8, key: &Key) -> Result<(), Error> {
        let same = |item: crate::Item<'_>| item.namespace_index() == namespace && item.key() == *key;
        if crate::Items::new(written).flatten().any(same) {
            Err(Error::DuplicateKey { key: *key })
        } else {
            Ok(())
        }
    }

    pub(crate) fn insert(&mut self, written: &[u8], namespace: u8, key: &Key) -> Result<(), Error> {
        self.check(written, namespace, key)
    }
}
