//! Devices that are out of use, which are not reported as missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use matter_ledger::Ledger;

/// The names of devices that ledgers mark as out of use. Ledgers that were not given are read from their default place
/// once a device is missing.
#[derive(Default)]
pub(crate) struct Retired {
    given: Option<BTreeSet<String>>,
    /// By folder, from the ledger in it, if there is one.
    found: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Retired {
    /// Adds the names of a given ledger; no other ledger is read then.
    pub(crate) fn add(&mut self, names: impl IntoIterator<Item = String>) {
        self.given.get_or_insert_default().extend(names);
    }

    /// Returns whether a device is out of use that was in a product folder.
    pub(crate) fn has(&mut self, top: &Path, name: &str) -> bool {
        if let Some(given) = &self.given {
            return given.contains(name);
        }
        // The output folder is the parent of the product folder.
        let folders = [Some(top), top.parent()];
        folders
            .into_iter()
            .flatten()
            .any(|folder| self.in_folder(folder).contains(name))
    }

    fn in_folder(&mut self, folder: &Path) -> &BTreeSet<String> {
        self.found.entry(folder.to_path_buf()).or_insert_with(|| {
            let ledger = folder.join(Ledger::FILE_NAME);
            let listed = ledger.is_file().then(|| Ledger::list(&ledger).ok()).flatten();
            let names = listed.map(|listing| listing.retired).unwrap_or_default();
            names.into_iter().map(|name| name.to_ascii_lowercase()).collect()
        })
    }
}
