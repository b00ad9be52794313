use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::draft::check_target;
use crate::group::Group;
use crate::signals::uninterrupted;
use crate::{Dir, Draft, Replace, sweep};

/// A file to publish.
#[derive(Clone, Copy)]
pub struct Output<'a> {
    /// Its path.
    pub path: &'a Path,
    /// Its contents, which may be secret.
    pub bytes: &'a [u8],
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Error when files could not be published. None of them has been, and existing files are unchanged.
#[derive(Debug)]
pub struct PublishError {
    path: PathBuf,
    source: io::Error,
    obstacle: bool,
}

impl PublishError {
    pub(crate) fn new(path: &Path, source: io::Error) -> Self {
        Self {
            path: path.into(),
            source,
            obstacle: false,
        }
    }

    pub(crate) fn obstacle(path: &Path, source: io::Error) -> Self {
        Self {
            obstacle: true,
            ..Self::new(path, source)
        }
    }

    /// Returns the file that could not be published.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the system's error.
    #[must_use]
    pub fn into_source(self) -> io::Error {
        self.source
    }

    /// Returns whether an existing entry or a missing folder was found before anything was written.
    #[must_use]
    pub const fn is_obstacle(&self) -> bool {
        self.obstacle
    }

    /// Returns whether the file exists and must not be replaced.
    #[must_use]
    pub fn already_exists(&self) -> bool {
        self.source.kind() == ErrorKind::AlreadyExists
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for PublishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The outputs of one folder.
struct Folder<'a> {
    dir: Dir,
    files: Vec<(OsString, Output<'a>)>,
}

/// Writes files for their owner only, all of them or none; they are on disk when this returns.
///
/// Files of one folder are published together: if the process is killed or the power fails while they are moved into
/// place, the next [`sweep`] of the folder completes it. With several folders, the files of one may then exist without
/// those of another.
///
/// Leftovers of killed processes in the same folders are removed first.
///
/// # Errors
///
/// [`PublishError`] with the first file that could not be written. Nothing has been published then.
pub fn publish(outputs: &[Output<'_>], replace: Replace) -> Result<(), PublishError> {
    let folders = resolve(outputs)?;
    for folder in &folders {
        let path = folder.dir.path();
        sweep(&folder.dir).map_err(|error| match error.kind() {
            ErrorKind::ResourceBusy | ErrorKind::PermissionDenied => PublishError::obstacle(path, error),
            _ => PublishError::new(path, error),
        })?;
        for (name, output) in &folder.files {
            check_target(&folder.dir, name, replace).map_err(|error| PublishError::obstacle(output.path, error))?;
        }
    }
    match (&folders[..], outputs) {
        ([Folder { dir, files }], [output]) => {
            let write = || {
                let name = files.first().map(|(name, _)| name.clone()).unwrap_or_default();
                let mut draft = Draft::new(dir, name)?;
                draft.write(output.bytes)?;
                draft.publish(replace)
            };
            write().map_err(|error| PublishError::new(output.path, error))
        }
        _ => publish_groups(&folders, replace),
    }
}

/// Opens the folder of each output once.
fn resolve<'a>(outputs: &[Output<'a>]) -> Result<Vec<Folder<'a>>, PublishError> {
    let mut folders: Vec<Folder<'a>> = Vec::new();
    let (mut places, mut names) = (BTreeMap::new(), BTreeSet::new());
    for output in outputs {
        let wrong = |error| PublishError::obstacle(output.path, error);
        let (dir, name) = Dir::of_file(output.path).map_err(wrong)?;
        let place = dir.path().canonicalize().map_err(wrong)?;
        let index = *places.entry(place).or_insert(folders.len());
        if !names.insert((index, name.clone())) {
            return Err(wrong(io::Error::new(
                ErrorKind::InvalidInput,
                "is given twice as an output",
            )));
        }
        let file = (name, *output);
        match folders.get_mut(index) {
            Some(folder) => folder.files.push(file),
            None => folders.push(Folder { dir, files: vec![file] }),
        }
    }
    Ok(folders)
}

fn publish_groups(folders: &[Folder<'_>], replace: Replace) -> Result<(), PublishError> {
    let mut groups = Vec::with_capacity(folders.len());
    for folder in folders {
        let failed = |error| PublishError::new(folder.dir.path(), error);
        let mut group = Group::new(&folder.dir).map_err(failed)?;
        for (name, output) in &folder.files {
            group
                .add(name, output.bytes)
                .map_err(|error| PublishError::new(output.path, error))?;
        }
        group.sync().map_err(failed)?;
        groups.push(group);
    }
    let mut drafts = uninterrupted();
    let placed = place(folders, &mut groups, replace, &mut drafts);
    if placed.is_err() && groups.iter().any(|group| group.take_back().is_err()) {
        // The next sweep completes from the files that remain.
        return placed;
    }
    let (complete, incomplete): (Vec<_>, Vec<_>) = groups.into_iter().partition(Group::is_complete);
    for group in complete {
        // Everything is in place; the next sweep removes the rest.
        let _ = group.remove();
    }
    // A signal removes the folders of incomplete groups only: those of complete ones have to be gone by now.
    drop(drafts);
    for group in incomplete {
        let _ = group.remove();
    }
    placed
}

fn place(
    folders: &[Folder<'_>],
    groups: &mut [Group],
    replace: Replace,
    drafts: &mut Vec<PathBuf>,
) -> Result<(), PublishError> {
    for (folder, group) in folders.iter().zip(groups.iter_mut()) {
        let failed = |error| PublishError::new(folder.dir.path(), error);
        group.commit(drafts).map_err(failed)?;
    }
    for (folder, group) in folders.iter().zip(groups) {
        group.place(replace).map_err(|(name, error)| {
            let path = folder.dir.path().join(name);
            PublishError::new(&path, error)
        })?;
    }
    Ok(())
}
