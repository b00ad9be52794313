use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use crate::sys;
use crate::{Exposure, Space};

/// An open folder. Its entries are reached through the folder itself by a single name, never through a link.
///
/// On Unix the folder is a descriptor (`openat` with `O_NOFOLLOW`): it remains the same folder when it is renamed or a
/// link takes its place. Elsewhere it is a path, and each step checks for links first.
///
/// Names are single components; `..`, separators and empty names are [`ErrorKind::InvalidInput`].
#[derive(Debug)]
pub struct Dir {
    pub(crate) folder: sys::Folder,
    path: PathBuf,
}

/// The kind of a folder entry. Links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link or another reparse point.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

impl Kind {
    /// Returns the kind with its article, for messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Folder => "a folder",
            Self::Link => "a link",
            Self::Other => "a pipe, socket or device",
        }
    }
}

/// Returns the error for an entry of an unexpected kind.
pub(crate) fn unexpected(found: Kind, wanted: &str) -> io::Error {
    let kind = match found {
        Kind::Folder => ErrorKind::IsADirectory,
        _ if wanted == "a folder" => ErrorKind::NotADirectory,
        _ => ErrorKind::InvalidInput,
    };
    io::Error::new(kind, format!("is {}, not {wanted}", found.name()))
}

impl Dir {
    /// Opens a folder. A link to one is followed: the path is the caller's own.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        Ok(Self {
            folder: sys::Folder::open(path)?,
            path: path.into(),
        })
    }

    /// Opens a folder and creates it and its missing parents, for the owner only. The new folders are on disk when this
    /// returns.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn create(path: &Path) -> io::Result<Self> {
        match Self::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => return opened,
        }
        let Some(name) = path.file_name() else {
            return Self::open(path);
        };
        let parent = path.parent().unwrap_or_else(|| Path::new("."));
        // An entry that is no link may have been created by another process since.
        if path.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            return Err(io::Error::new(ErrorKind::NotFound, "is a dangling link"));
        }
        Self::create(parent)?.create_child(name)?;
        Self::open(path)
    }

    /// Opens the parent folder of a file, which need not exist yet, and returns the file's name in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a path that names no file, and those of the system.
    pub fn of_file(path: &Path) -> io::Result<(Self, OsString)> {
        let ends_in_name = matches!(path.components().next_back(), Some(Component::Normal(_)));
        let name = path.file_name().filter(|_| ends_in_name && !ends_with_separator(path));
        let name = name.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "is not the name of a file"))?;
        let parent = path.parent().unwrap_or_else(|| Path::new("."));
        Ok((Self::open(parent)?, name.to_owned()))
    }

    /// Returns the path with which the folder was opened, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the same folder again.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            folder: self.folder.try_clone()?,
            path: self.path.clone(),
        })
    }

    /// Opens a folder in this one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`], [`ErrorKind::NotADirectory`] for links and files, and I/O errors of the system.
    pub fn child(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let name = check(name.as_ref())?;
        let folder = self.folder.child(name).map_err(|error| match self.kind(name) {
            Ok(Some(found)) if found != Kind::Folder => unexpected(found, "a folder"),
            _ => error,
        })?;
        Ok(Self {
            folder,
            path: self.path.join(name),
        })
    }

    /// Creates a folder for the owner only, unless it exists, and opens it. A new one is on disk when this returns.
    ///
    /// # Errors
    ///
    /// Errors of [`Dir::child`].
    pub fn create_child(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let name = check(name.as_ref())?;
        match self.folder.make_child(name) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) => {}
            Ok(()) => self.sync()?,
        }
        self.child(name)
    }

    /// Creates a new folder for the owner only and opens it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] if the name is in use, and I/O errors of the system.
    pub fn create_new_child(&self, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let name = check(name.as_ref())?;
        self.folder.make_child(name)?;
        self.child(name)
    }

    /// Creates a new file that only its owner can read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] if the name is in use, also by a dangling link, and I/O errors of the system.
    pub fn create_file(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        self.folder.create(check(name.as_ref())?)
    }

    /// Opens a regular file for reading. A pipe is refused and never blocks the caller.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`]; [`ErrorKind::InvalidInput`] or [`ErrorKind::IsADirectory`] for anything but a regular
    /// file.
    pub fn open_file(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        self.open_regular(name.as_ref(), false)
    }

    /// Opens a regular file for reading and writing.
    ///
    /// # Errors
    ///
    /// Errors of [`Dir::open_file`].
    pub fn open_for_update(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        self.open_regular(name.as_ref(), true)
    }

    fn open_regular(&self, name: &OsStr, write: bool) -> io::Result<File> {
        let name = check(name)?;
        match self.kind(name)? {
            Some(Kind::File) | None => {}
            Some(other) => return Err(unexpected(other, "a file")),
        }
        let file = self.folder.open_file(name, write)?;
        // Another process may have replaced the entry since.
        if !file.metadata()?.is_file() {
            return Err(unexpected(Kind::Other, "a file"));
        }
        Ok(file)
    }

    /// Returns the kind of an entry; `None` if the name does not exist.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn kind(&self, name: impl AsRef<OsStr>) -> io::Result<Option<Kind>> {
        self.folder.kind(check(name.as_ref())?)
    }

    /// Returns the names in the folder, sorted.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = self.folder.names()?;
        names.sort_unstable();
        Ok(names)
    }

    /// Renames a file or folder into this or another folder of the same file system, replacing a file with the new
    /// name.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn rename(&self, name: impl AsRef<OsStr>, to: &Self, new_name: impl AsRef<OsStr>) -> io::Result<()> {
        self.folder
            .rename(check(name.as_ref())?, &to.folder, check(new_name.as_ref())?)
    }

    /// Renames a file or folder to an unused name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`], and I/O errors of the system.
    pub fn rename_new(&self, name: impl AsRef<OsStr>, to: &Self, new_name: impl AsRef<OsStr>) -> io::Result<()> {
        self.folder
            .rename_new(check(name.as_ref())?, &to.folder, check(new_name.as_ref())?)
    }

    /// Gives a file a second name.
    pub(crate) fn link(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        self.folder.link(check(name)?, &to.folder, check(new_name)?)
    }

    /// Removes a file or a link.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn remove_file(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        self.folder.remove_file(check(name.as_ref())?)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    ///
    /// I/O errors of the system, including [`ErrorKind::DirectoryNotEmpty`].
    pub fn remove_folder(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        self.folder.remove_folder(check(name.as_ref())?)
    }

    /// Removes a folder with its contents. Links in it are removed, but not their targets.
    ///
    /// # Errors
    ///
    /// Errors of [`Dir::child`]; [`ErrorKind::InvalidInput`] when folders are nested deeper than 16 levels.
    pub fn remove_tree(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        const MAX_DEPTH: u8 = 16;
        self.remove_nested(check(name.as_ref())?, MAX_DEPTH)
    }

    fn remove_nested(&self, name: &OsStr, depth: u8) -> io::Result<()> {
        let Some(left) = depth.checked_sub(1) else {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "has folders nested deeper than 16 levels",
            ));
        };
        let child = self.child(name)?;
        for inner in child.folder.names()? {
            match child.kind(&inner)? {
                Some(Kind::Folder) => child.remove_nested(&inner, left)?,
                Some(_) => child.folder.remove_file(&inner)?,
                None => {}
            }
        }
        drop(child);
        self.folder.remove_folder(name)
    }

    /// Flushes the names in the folder to disk.
    ///
    /// Windows has no such call; NTFS logs names in order, before the data of later calls.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn sync(&self) -> io::Result<()> {
        self.folder.sync()
    }

    /// Flushes some folders in this one to disk, with all files in them.
    ///
    /// On Linux one call for the whole file system takes a fraction of the time of one call per small file. Elsewhere
    /// only the named folders are visited, so that other threads may rename entries beside them.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn sync_children<N: AsRef<OsStr>>(&self, names: impl IntoIterator<Item = N>) -> io::Result<()> {
        if self.folder.sync_file_system()? {
            return Ok(());
        }
        for name in names {
            self.child(name)?.sync_tree()?;
        }
        self.sync()
    }

    fn sync_tree(&self) -> io::Result<()> {
        for name in self.folder.names()? {
            match self.kind(&name)? {
                Some(Kind::Folder) => self.child(&name)?.sync_tree()?,
                Some(Kind::File) => self.folder.open_file(&name, true)?.sync_all()?,
                _ => {}
            }
        }
        self.sync()
    }

    /// Returns the free space of the folder's file system.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn space(&self) -> io::Result<Space> {
        self.folder.space()
    }

    /// Returns which access users other than the owner have to the folder.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn exposure(&self) -> io::Result<Exposure> {
        self.folder.exposure()
    }

    /// Opens an unnamed file, where the file system supports it.
    pub(crate) fn nameless(&self) -> io::Result<Option<File>> {
        self.folder.nameless()
    }

    /// Gives an unnamed file its name, which must be unused.
    pub(crate) fn name(&self, file: &File, name: &OsStr) -> io::Result<()> {
        self.folder.name(file, check(name)?)
    }
}

fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|byte| *byte == b'/' || cfg!(windows) && *byte == b'\\')
}

/// Accepts a single path component.
fn check(name: &OsStr) -> io::Result<&OsStr> {
    let mut components = Path::new(name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name => Ok(name),
        _ => Err(io::Error::new(ErrorKind::InvalidInput, "is not a single file name")),
    }
}
