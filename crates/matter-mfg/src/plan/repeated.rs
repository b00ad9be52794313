use std::collections::BTreeMap;

use super::Plan;
use crate::ledger::Unique;

impl Plan {
    /// Finds a value that two devices are given although it must be unique: what it is, and the numbers of both, from 1.
    /// Serial numbers are given once in any case.
    pub(crate) fn first_repeated(&self, unique: Unique) -> Option<(&'static str, u32, u32)> {
        let (mut passcodes, mut pairs, mut keys) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (number, cells) in (1..).zip(&self.cells) {
            let passcode = cells.passcode.as_ref().map(|passcode| passcode.expose());
            let discriminator = cells.discriminator.or(self.job.discriminator);
            let pair = passcode.zip(discriminator.map(|discriminator| discriminator.get()));
            let credentials = cells.dac.as_ref().map(|given| &given.credentials);
            let key = credentials.map(|credentials| credentials.dac().public_key().as_bytes());
            let passcode = repeated(&mut passcodes, passcode.filter(|_| unique.passcode), number);
            let pair = repeated(&mut pairs, pair.filter(|_| unique.pair), number);
            let key = repeated(&mut keys, key.filter(|_| unique.key), number);
            let found = [
                ("passcode", passcode),
                ("pair of discriminator and passcode", pair),
                ("key", key),
            ];
            if let Some((what, Some(first))) = found.into_iter().find(|(_, first)| first.is_some()) {
                return Some((what, first, number));
            }
        }
        None
    }
}

/// Returns who has a value already.
fn repeated<T: Ord>(seen: &mut BTreeMap<T, u32>, value: Option<T>, number: u32) -> Option<u32> {
    value.and_then(|value| seen.insert(value, number))
}
