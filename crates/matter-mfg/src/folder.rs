use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

mod growing;

pub(crate) use self::growing::GrowingFile;

/// Creates a folder, and those above it, that only its owner can enter. One that exists is left as it is.
pub(crate) fn create_private(path: &Path) -> Result<(), Error> {
    private_builder()
        .recursive(true)
        .create(path)
        .map_err(Error::write(path))
}

fn private_builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Creates a new file that only its owner can read. One that exists is an error.
pub(crate) fn create_file(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(Error::write(path))
}

/// Creates a folder that nobody else has made, which only its owner can enter.
pub(crate) fn create_new_private(path: &Path) -> std::io::Result<()> {
    private_builder().create(path)
}

/// Returns when the entries of a folder are on disk. Where folders cannot be opened, the system does it by itself.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(Error::write(path))?;
    }
    Ok(())
}

/// Returns when everything in a folder is on disk.
///
/// One call for all of the file system costs a fraction of one call for each of a device's many small files.
#[cfg(target_os = "linux")]
pub(crate) fn sync_tree(path: &Path) -> Result<(), Error> {
    let folder = File::open(path).map_err(Error::write(path))?;
    rustix::fs::syncfs(&folder).map_err(|error| Error::write(path)(error.into()))
}

/// Returns when everything in a folder is on disk.
#[cfg(not(target_os = "linux"))]
pub(crate) fn sync_tree(path: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(path).map_err(Error::write(path))? {
        let entry = entry.map_err(Error::write(path))?.path();
        if entry.is_dir() {
            sync_tree(&entry)?;
        } else {
            let file = OpenOptions::new().append(true).open(&entry);
            file.and_then(|file| file.sync_all()).map_err(Error::write(&entry))?;
        }
    }
    sync_folder(path)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    create_file(path)?.write_all(bytes).map_err(Error::write(path))
}

/// A name beside the final one that nobody uses, not even a run that was killed.
fn hidden(parent: &Path, name: &str) -> Result<PathBuf, Error> {
    let unique = getrandom::u64().map_err(|_| Error::Random)?;
    Ok(parent.join(format!(".{name}.{unique:016x}.tmp")))
}

/// A folder that is filled under a hidden name and appears under its own when it is complete.
///
/// When it is dropped before that, what was written is removed.
pub(crate) struct Draft {
    hidden: PathBuf,
    target: PathBuf,
    /// The folders in it.
    folders: Vec<PathBuf>,
    published: bool,
}

impl Draft {
    /// Starts the folder `name` in `parent`.
    pub(crate) fn new(parent: &Path, name: &str) -> Result<Self, Error> {
        let hidden = hidden(parent, name)?;
        // Not what is there already, whoever made it.
        private_builder().create(&hidden).map_err(Error::write(&hidden))?;
        Ok(Self {
            hidden,
            target: parent.join(name),
            folders: Vec::new(),
            published: false,
        })
    }

    /// Writes a file; a `/` in its name makes a folder in the folder.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.hidden.join(name);
        if let Some(parent) = path.parent()
            && parent != self.hidden
            && !self.folders.iter().any(|made| made == parent)
        {
            create_private(parent)?;
            self.folders.push(parent.into());
        }
        write_file(&path, bytes)
    }

    /// Makes the folder appear. One that is there already is an error.
    pub(crate) fn publish(mut self) -> Result<(), Error> {
        if self.target.exists() {
            return Err(Error::exists(&self.target, "another run has made it in the meantime"));
        }
        fs::rename(&self.hidden, &self.target).map_err(Error::write(&self.target))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // Nothing more can be done about a folder that cannot be removed; its hidden name says that it is no device.
            let _ = fs::remove_dir_all(&self.hidden);
        }
    }
}

/// A file that is written under a hidden name and appears under its own when it is complete.
///
/// Each piece is written at once and as a whole: when the disk is full, what was written before stays.
pub(crate) struct DraftFile {
    file: File,
    len: u64,
    hidden: PathBuf,
    target: PathBuf,
}

impl DraftFile {
    /// Starts the file `name` in `parent`.
    pub(crate) fn new(parent: &Path, name: &str) -> Result<Self, Error> {
        Self::start(hidden(parent, name)?, parent.join(name))
    }

    fn start(hidden: PathBuf, target: PathBuf) -> Result<Self, Error> {
        let file = create_file(&hidden)?;
        Ok(Self {
            file,
            len: 0,
            hidden,
            target,
        })
    }

    /// Writes more of the file.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Err(error) = self.file.write_all(bytes) {
            // Without half a row at the end; that this fails as well changes nothing about the error.
            let _ = self.file.set_len(self.len);
            return Err(Error::write(&self.hidden)(error));
        }
        self.len += u64::try_from(bytes.len()).unwrap_or_default();
        Ok(())
    }

    /// Returns the file for a writer that has to go back in it, as archives do.
    pub(crate) fn handle(&self) -> Result<File, Error> {
        self.file.try_clone().map_err(Error::write(&self.hidden))
    }

    /// Makes the file appear, in place of one that was there.
    pub(crate) fn publish(self) -> Result<PathBuf, Error> {
        fs::rename(&self.hidden, &self.target).map_err(Error::write(&self.target))?;
        Ok(self.target.clone())
    }
}

impl Drop for DraftFile {
    fn drop(&mut self) {
        // Gone already when it was published.
        let _ = fs::remove_file(&self.hidden);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>();
        names.sort();
        names
    }

    #[test]
    fn folder_appears_only_when_it_is_published() {
        let parent = tempfile::tempdir().unwrap();
        let mut draft = Draft::new(parent.path(), "device").unwrap();
        draft.add("a", b"1").unwrap();
        draft.add("internal/b", b"2").unwrap();
        assert!(
            names(parent.path()).iter().all(|name| name.starts_with('.')),
            "only a hidden folder so far"
        );
        draft.publish().unwrap();
        assert_eq!(names(parent.path()), ["device"]);
        assert_eq!(fs::read(parent.path().join("device/internal/b")).unwrap(), b"2");
    }

    #[test]
    fn folder_that_fails_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let mut draft = Draft::new(parent.path(), "device").unwrap();
        draft.add("a", b"1").unwrap();
        assert!(draft.add("a", b"2").is_err(), "a file is never overwritten");
        drop(draft);
        assert!(names(parent.path()).is_empty());
    }

    #[test]
    fn folder_that_is_there_is_not_replaced() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir(parent.path().join("device")).unwrap();
        fs::write(parent.path().join("device/old"), b"old").unwrap();
        let draft = Draft::new(parent.path(), "device").unwrap();
        assert!(matches!(draft.publish(), Err(Error::Write { .. })));
        assert_eq!(names(parent.path()), ["device"]);
        assert_eq!(names(&parent.path().join("device")), ["old"]);
    }

    #[test]
    fn file_appears_only_when_it_is_published() {
        let parent = tempfile::tempdir().unwrap();
        let mut file = DraftFile::new(parent.path(), "table.csv").unwrap();
        file.write(b"row").unwrap();
        assert!(!parent.path().join("table.csv").exists());
        file.publish().unwrap();
        assert_eq!(names(parent.path()), ["table.csv"]);
        drop(DraftFile::new(parent.path(), "other.csv").unwrap());
        assert_eq!(names(parent.path()), ["table.csv"]);
    }
}
