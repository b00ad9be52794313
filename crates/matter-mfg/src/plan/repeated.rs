use std::collections::BTreeMap;
use std::path::Path;

use matter_ledger::{GivenTraits, Unique};
use sha2::{Digest, Sha256};

use super::Plan;
use crate::Field;
use crate::attestation::Attestation;

impl Plan {
    /// Returns the number of devices, from the first on, for which values may be given.
    pub(crate) fn given_rows(&self) -> u32 {
        u32::try_from(self.cells.len())
            .unwrap_or(u32::MAX)
            .max(1)
            .min(self.count)
    }

    /// Returns the given values of a device that must be unique.
    pub(crate) fn given_traits(&self, row: u32) -> GivenTraits<'_> {
        let cells = usize::try_from(row).ok().and_then(|row| self.cells.get(row));
        let passcode = cells.and_then(|cells| cells.passcode.as_ref());
        let serial = cells.and_then(|cells| cells.product.serial_number.as_ref());
        let serial = serial.or(self.job.product.serial_number.as_ref());
        let dac = cells.and_then(|cells| cells.dac.as_ref());
        GivenTraits {
            passcode: passcode.or(self.job.passcode.as_ref()),
            discriminator: cells.and_then(|cells| cells.discriminator).or(self.job.discriminator),
            serial: serial.map(|serial| serial.as_str()),
            key_sha256: dac.map(|dac| Sha256::digest(dac.credentials.dac().public_key().as_bytes()).into()),
        }
    }

    /// Returns whether the keys of devices come from elsewhere.
    pub(crate) const fn are_keys_given(&self) -> bool {
        matches!(self.job.attestation, Attestation::Supplied { .. })
    }

    /// Returns the origin of a given certificate: the field and the file.
    pub(crate) fn origin_of_dac(&self, row: u32) -> Option<(Field, &Path)> {
        let Attestation::Supplied { dacs, .. } = &self.job.attestation else {
            return None;
        };
        let (field, path) = &dacs.get(usize::try_from(row).ok()?)?.origin;
        Some((*field, path))
    }

    /// Returns a value that must be unique but is given to two devices: its kind, and the numbers of both, from 1.
    /// Serial numbers are always unique among the given ones.
    pub(crate) fn first_repeated(&self, unique: Unique) -> Option<(&'static str, u32, u32)> {
        let (mut passcodes, mut pairs, mut keys) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (number, cells) in (1..).zip(&self.cells) {
            let passcode = cells.passcode.as_ref().map(|passcode| passcode.expose());
            let discriminator = cells.discriminator.or(self.job.discriminator);
            let pair = passcode.zip(discriminator.map(|discriminator| discriminator.get()));
            let credentials = cells.dac.as_ref().map(|given| &given.credentials);
            let key = credentials.map(|credentials| *credentials.dac().public_key().as_bytes());
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

/// Returns the device that already has a value.
fn repeated<T: Ord>(seen: &mut BTreeMap<T, u32>, value: Option<T>, number: u32) -> Option<u32> {
    value.and_then(|value| seen.insert(value, number))
}
