//! Searching any bytes for private keys never panics, and finds a known key among them.

use matter_attestation::PrivateKey;
use matter_factory_data::{KeyOwner, KeySet, TriedScalars, find_keys};

pub(crate) fn property(input: &[u8]) {
    let key = PrivateKey::from_scalar(&core::array::from_fn(|at| u8::try_from(at).unwrap() * 7 + 1)).unwrap();
    let mut keys = KeySet::new();
    keys.add_owner(&key.public_key(), KeyOwner::Pai);
    keys.insert(&key);
    let place = input.first().map_or(0, |first| usize::from(*first) * input.len() / 256);
    let (before, after) = input.split_at(place);
    let bytes = [before, &*key.expose_scalar(), after].concat();
    let found = find_keys(&bytes, &keys, &mut TriedScalars::new(8));
    assert!(found.iter().any(|found| found.owner() == Some(&KeyOwner::Pai)));
    assert!(
        found
            .iter()
            .all(|found| found.offset() < bytes.len() && !found.to_string().is_empty())
    );
}
