//! The private keys known to a search, by owner.

mod index;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use matter_attestation::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

use index::Index;
pub(super) use index::{Arrangement, ENDS};

/// The owner of a private key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyOwner {
    /// A device, by its name: the key of its DAC.
    Device(String),
    /// The PAI, which signs DACs.
    Pai,
    /// The PAA, which signs PAIs.
    Paa,
    /// A customer whose firmware keeps the key in its own namespace, for a cloud. It is not used for attestation.
    Customer,
}

impl fmt::Display for KeyOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(name) => write!(f, "the DAC's key of device {name}"),
            Self::Pai => f.write_str("the PAI's key"),
            Self::Paa => f.write_str("the PAA's key"),
            Self::Customer => f.write_str("another key"),
        }
    }
}

/// The private keys to search for, and the owners of public keys.
///
/// Bytes are compared with all keys at once: the time of a search does not depend on the number of keys. The keys are
/// wiped when the set is dropped.
///
/// # Examples
///
/// ```
/// use matter_factory_data::matter_attestation::PrivateKey;
/// use matter_factory_data::{KeyOwner, KeySet, TriedScalars, find_keys};
///
/// let key = PrivateKey::from_scalar(&[7; 32])?;
/// let mut keys = KeySet::new();
/// keys.add_owner(&key.public_key(), KeyOwner::Pai);
/// keys.insert(&key);
/// let found = find_keys(&[0x07; 40], &keys, &mut TriedScalars::new(16));
/// assert_eq!(found[0].to_string(), "the PAI's key, bare scalar at offset 0x0");
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Default)]
pub struct KeySet {
    owners: BTreeMap<[u8; PublicKey::LEN], KeyOwner>,
    keys: Vec<PrivateKey>,
    index: Index,
}

impl KeySet {
    /// Creates an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the owner of a public key, whether its private key is known or not. An owner that is already set is kept.
    pub fn add_owner(&mut self, key: &PublicKey, owner: KeyOwner) {
        self.owners.entry(*key.as_bytes()).or_insert(owner);
    }

    /// Adds a private key to search for. Returns `false` if it was present.
    pub fn insert(&mut self, key: &PrivateKey) -> bool {
        if self.contains(key) {
            return false;
        }
        let number = self.keys.len();
        self.keys.push(key.clone());
        let keys = &self.keys;
        self.index
            .insert(number, |number| keys.get(number).map(PrivateKey::expose_scalar));
        true
    }

    /// Returns the owner of a public key.
    #[must_use]
    pub fn owner(&self, key: &PublicKey) -> Option<&KeyOwner> {
        self.owners.get(key.as_bytes())
    }

    /// Returns whether a private key is in the set.
    #[must_use]
    pub fn contains(&self, key: &PrivateKey) -> bool {
        self.get(&key.expose_scalar()).is_some()
    }

    /// Returns the key with this scalar, without a multiplication on the curve.
    pub(super) fn get(&self, scalar: &[u8; 32]) -> Option<&PrivateKey> {
        let found = self.find(scalar).filter(|(_, arrangement)| arrangement.is_plain());
        found.map(|(key, _)| key)
    }

    /// Returns the number of private keys.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns whether the set has no private keys.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether a known key may end with these eight bytes: `false` is certain.
    #[inline]
    pub(super) fn may_end(&self, tail: u64) -> bool {
        self.index.may_have(tail)
    }

    /// Number of bytes of a known key that follow these eight, for each key that has them near its end.
    pub(super) fn ends(&self, tail: u64) -> impl Iterator<Item = usize> + '_ {
        self.index.places(tail).map(|place| place.after)
    }

    /// Returns the known key that equals 32 bytes, and their arrangement.
    pub(super) fn find(&self, bytes: &[u8; 32]) -> Option<(&PrivateKey, Arrangement)> {
        let tail = bytes.last_chunk().map(|tail| u64::from_be_bytes(*tail))?;
        let mut places = self.index.places(tail).filter(|place| place.after == 0);
        places.find_map(|place| {
            let key = self.keys.get(place.number)?;
            let known = place.arrangement.apply(&key.expose_scalar());
            (*known == *bytes).then_some((key, place.arrangement))
        })
    }
}

impl fmt::Debug for KeySet {
    /// Shows the number of keys and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("owners", &self.owners.len())
            .field("keys", &self.keys.len())
            .finish()
    }
}

type Scalar = Zeroizing<[u8; 32]>;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn key(number: u16) -> PrivateKey {
        let mut scalar: [u8; 32] = core::array::from_fn(|at| u8::try_from(at).unwrap() * 7 + 1);
        scalar[30..].copy_from_slice(&number.to_be_bytes());
        PrivateKey::from_scalar(&scalar).unwrap()
    }

    #[test]
    fn each_of_many_keys_is_found_in_each_arrangement_and_no_other() {
        let mut set = KeySet::new();
        assert!(set.find(&[0; 32]).is_none() && !set.may_end(0));
        for number in 0..500 {
            assert!(set.insert(&key(number)));
        }
        assert!(!set.insert(&key(7)) && set.contains(&key(499)) && !set.contains(&key(500)));
        assert_eq!(set.len(), 500);
        for number in 0..500 {
            let scalar = key(number).expose_scalar();
            for arrangement in Arrangement::ALL {
                let bytes = arrangement.apply(&scalar);
                for after in 0..ENDS {
                    let tail = u64::from_be_bytes(*bytes[..32 - after].last_chunk().unwrap());
                    assert!(set.may_end(tail) && set.ends(tail).any(|found| found == after));
                }
                let (found, how) = set.find(&bytes).unwrap();
                assert!(found.has_scalar(&scalar) && how == arrangement);
            }
        }
        let mut other = *key(3).expose_scalar();
        other[0] ^= 1;
        assert!(set.find(&other).is_none());
    }

    #[test]
    fn owners_are_known_without_their_keys() {
        let mut set = KeySet::new();
        set.add_owner(&key(1).public_key(), KeyOwner::Pai);
        set.add_owner(&key(1).public_key(), KeyOwner::Device("A".into()));
        assert_eq!(set.owner(&key(1).public_key()), Some(&KeyOwner::Pai));
        assert_eq!(set.owner(&key(2).public_key()), None);
        assert!(set.is_empty());
        assert_eq!(KeyOwner::Device("A".into()).to_string(), "the DAC's key of device A");
    }
}
