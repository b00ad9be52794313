//! Who else than its owner can read or change a file or folder.

use std::path::Path;

use factory_fs::Exposure;
use matter_factory_data::{Check, Finding};

/// What others than the owner can do.
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
            // What is not there has its own finding.
            _ => Self::None,
        }
    }
}

/// The files and folders that others can read or change.
#[derive(Default)]
pub(crate) struct OpenFiles {
    read: Vec<String>,
    write: Vec<String>,
}

impl OpenFiles {
    /// Adds a file or folder, which is a secret or is none.
    pub(crate) fn add(&mut self, name: impl Into<String>, access: Access, is_secret: bool) {
        match access {
            Access::Write => self.write.push(name.into()),
            Access::Read if is_secret => self.read.push(name.into()),
            Access::Read | Access::None => {}
        }
    }

    /// Tells whether a file, by its place without links, is among them.
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

    /// Returns a finding for each of the two.
    pub(crate) fn findings(&self, object: &str) -> impl Iterator<Item = Finding> {
        let found = [(Check::FileWritable, &self.write), (Check::FileMode, &self.read)];
        let found = found.into_iter().filter(|(_, names)| !names.is_empty());
        found.map(move |(check, names)| Finding::of(check, object, names.join(", ")))
    }
}
