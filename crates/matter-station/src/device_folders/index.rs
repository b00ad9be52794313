use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use factory_fs::{Dir, Kind};

/// The device folders by name.
#[derive(Debug, Default)]
pub(super) struct Index(BTreeMap<String, Vec<PathBuf>>);

impl Index {
    /// Scans a folder and those below it. Only names are read; the content of a device folder is read with the device.
    pub(super) fn scan(root: &Path) -> io::Result<Self> {
        let mut index = Self::default();
        let folder = Dir::open(root)?;
        // `root` itself is the folder of a device.
        if let Some(uuid) = name_of(root).filter(|name| is_uuid(name)) {
            index.add(uuid, root.into());
        }
        index.look(&folder, DEPTH)?;
        Ok(index)
    }

    fn look(&mut self, folder: &Dir, depth: u8) -> io::Result<()> {
        for name in folder.names()?.iter().filter_map(|name| name.to_str()) {
            if is_uuid(name) {
                self.add(name, folder.path().join(name));
                continue;
            }
            // Unfinished runs are hidden.
            if depth > 0 && !name.starts_with('.') && folder.kind(name)? == Some(Kind::Folder) {
                self.look(&folder.child(name)?, depth.saturating_sub(1))?;
            }
        }
        Ok(())
    }

    fn add(&mut self, uuid: &str, path: PathBuf) {
        self.0.entry(uuid.into()).or_default().push(path);
    }

    pub(super) fn first(&self) -> Option<&str> {
        self.0.keys().next().map(String::as_str)
    }

    pub(super) fn places(&self, uuid: &str) -> &[PathBuf] {
        self.0.get(uuid).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// Returns whether a name is a UUID as written by runs: 36 lower-case characters (RFC 9562, section 4).
fn is_uuid(name: &str) -> bool {
    name.len() == 36
        && name.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

/// The levels below the root: output folder, product folder, device folder.
const DEPTH: u8 = 2;
