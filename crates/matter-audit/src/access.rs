//! Access of other users to a file or folder.

use std::path::Path;

use factory_fs::Exposure;
use matter_factory_data::{Check, Finding};

/// The access of users other than the owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    #[default]
    None,
    Read,
    Write,
}

impl Access {
    pub(crate) fn of(path: &Path) -> Self {
        match Exposure::of(path) {
            Ok(exposure) if exposure.is_writable() => Self::Write,
            Ok(exposure) if exposure.is_open() => Self::Read,
            // A missing file has its own finding.
            _ => Self::None,
        }
    }
}

/// The files and folders that other users can read or change.
#[derive(Default)]
pub(crate) struct OpenFiles {
    read: Vec<String>,
    write: Vec<String>,
}

impl OpenFiles {
    /// Adds a file or folder, which may be a secret.
    pub(crate) fn add(&mut self, name: impl Into<String>, access: Access, is_secret: bool) {
        match access {
            Access::Write => self.write.push(name.into()),
            Access::Read if is_secret => self.read.push(name.into()),
            Access::Read | Access::None => {}
        }
    }

    /// Returns whether a file is listed, by its path without links.
    pub(crate) fn contains_path(&self, place: &Path) -> bool {
        let names = self.read.iter().chain(&self.write);
        names
            .filter_map(|name| Path::new(name).canonicalize().ok())
            .any(|own| own == place)
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.read.append(&mut other.read);
        self.write.append(&mut other.write);
    }

    /// Returns one finding for readable and one for writable files.
    pub(crate) fn findings(&self, object: &str) -> impl Iterator<Item = Finding> {
        let found = [(Check::FileWritable, &self.write), (Check::FileMode, &self.read)];
        let found = found.into_iter().filter(|(_, names)| !names.is_empty());
        found.map(move |(check, names)| Finding::of(check, object, names.join(", ")))
    }
}
