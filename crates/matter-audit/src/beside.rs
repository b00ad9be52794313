//! Files beside the folders of devices, which are searched for private keys.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use matter_attestation::PrivateKey;
use matter_factory_data::{Check, Finding, FoundKey, KeyOwner, KeySet, TriedScalars, find_keys};
use zeroize::Zeroizing;

use crate::folders::{STAGING, is_test_pki, name};

/// Bytes of a file in memory at a time.
const PIECE: usize = 32 << 20;
/// Longest encoding of a key: a key that begins in a piece ends in the bytes following it.
const LONGEST: usize = 64 << 10;
/// Most keys to report for one file.
const MAX_TOLD: usize = 16;

/// A file beside the folders of devices.
pub(crate) struct Beside {
    pub(crate) path: PathBuf,
    /// Whether keys belong here: in a test PKI, or for the PAI that a run has made.
    pub(crate) holds_keys: bool,
}

impl Beside {
    pub(crate) fn new(path: PathBuf) -> Self {
        let folder = path.parent().map(name).unwrap_or_default();
        let holds_keys = is_test_pki(&folder) || folder == STAGING && name(&path).ends_with("pai_key.pem");
        Self { path, holds_keys }
    }

    /// Returns whether a key may be here: never a device's key, other keys only where keys belong.
    fn may_have(&self, found: &FoundKey) -> bool {
        self.holds_keys && found.is_key() && !matches!(found.owner(), Some(KeyOwner::Device(_)))
    }

    /// Finds keys that do not belong here, and adds previously unknown keys of known owners.
    pub(crate) fn search(&self, search: &mut BesideSearch<'_>, new: &mut Vec<PrivateKey>) {
        let place = self.path.display().to_string();
        let found = match File::open(&self.path).and_then(|file| search.file(file)) {
            Ok(found) => found,
            Err(error) => {
                search.findings.push(Finding::of(Check::NotChecked, place, error));
                return;
            }
        };
        let mut told = Vec::new();
        for found in found.iter().filter(|found| !self.may_have(found)) {
            let what = (found.check(), found.owner());
            if !told.contains(&what) && told.len() < MAX_TOLD {
                search.findings.push(found.finding(&place));
                told.push(what);
            }
        }
        let unknown = |key: &&PrivateKey| !search.keys.contains(key);
        let owned = found.iter().filter(|found| found.is_attesting());
        new.extend(owned.filter_map(FoundKey::key).filter(unknown).cloned());
    }
}

/// A search of many files for the same keys.
pub(crate) struct BesideSearch<'k> {
    pub(crate) keys: &'k KeySet,
    pub(crate) tried: &'k mut TriedScalars,
    pub(crate) findings: Vec<Finding>,
}

impl BesideSearch<'_> {
    /// Searches a file of any size, piece by piece.
    fn file(&mut self, mut file: File) -> std::io::Result<Vec<FoundKey>> {
        let len = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let mut bytes = Zeroizing::new(Vec::with_capacity(len.min(PIECE + LONGEST) + 1));
        let (mut all, mut start) = (Vec::new(), 0);
        loop {
            let wanted = u64::try_from(PIECE + LONGEST - bytes.len()).unwrap_or_default();
            Read::by_ref(&mut file).take(wanted).read_to_end(&mut bytes)?;
            let is_last = bytes.len() < PIECE + LONGEST;
            let found = find_keys(&bytes, self.keys, self.tried).into_iter();
            // A key that begins after the piece is found with the next one.
            let found = found.filter(|found| is_last || found.offset() < PIECE);
            all.extend(found.map(|found| found.moved_by(start)));
            if is_last {
                return Ok(all);
            }
            bytes.copy_within(PIECE.., 0);
            bytes.truncate(LONGEST);
            start += PIECE;
        }
    }
}
