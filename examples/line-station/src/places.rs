//! The folders of devices.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Depth to which devices are searched below the given folder.
const DEPTH: u32 = 3;
/// Length of a UUID in characters.
const UUID: usize = 36;

/// The folders of devices below a folder, by UUID.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<String, PathBuf>);

impl Places {
    /// Finds them. Unreadable folders are skipped.
    pub(crate) fn below(root: &Path) -> Self {
        let mut places = BTreeMap::new();
        let mut folders = vec![(root.to_owned(), DEPTH)];
        while let Some((folder, depth)) = folders.pop() {
            let Ok(entries) = folder.read_dir() else { continue };
            for entry in entries.flatten() {
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let Some(name) = entry.file_name().to_str().map(ToOwned::to_owned) else {
                    continue;
                };
                if !is_folder || name.starts_with('.') {
                    continue;
                }
                if name.len() == UUID && name.matches('-').count() == 4 {
                    places.insert(name, entry.path());
                } else if depth > 1 {
                    folders.push((entry.path(), depth - 1));
                }
            }
        }
        Self(places)
    }

    /// Returns a device's folder.
    pub(crate) fn of(&self, uuid: &str) -> Option<&Path> {
        self.0.get(uuid).map(PathBuf::as_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_found_three_folders_deep() {
        const NAME: &str = "00000000-0000-4000-8000-00000000000";
        let top = tempfile::tempdir().unwrap();
        for (place, folder) in ["", "a/", "a/b/", "a/b/c/", ".run/"].into_iter().enumerate() {
            std::fs::create_dir_all(top.path().join(format!("{folder}{NAME}{place}"))).unwrap();
        }
        let places = Places::below(top.path());
        let found = (0..5).map(|place| places.of(&format!("{NAME}{place}")).is_some());
        assert_eq!(found.collect::<Vec<_>>(), [true, true, true, false, false]);
        assert!(Places::below(&top.path().join("nothing")).of(NAME).is_none());
    }
}
