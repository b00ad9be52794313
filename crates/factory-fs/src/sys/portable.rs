use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::{Dir, Exposure, Kind, Space};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as rights;

/// A folder, identified by its path.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if !fs::metadata(path)?.is_dir() {
            return Err(ErrorKind::NotADirectory.into());
        }
        Ok(Self(path.into()))
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is a system call elsewhere")]
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(self.0.clone()))
    }

    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        match self.kind(name)? {
            Some(Kind::Folder) => Ok(Self(self.0.join(name))),
            Some(_) => Err(ErrorKind::NotADirectory.into()),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    pub(crate) fn make_child(&self, name: &OsStr) -> io::Result<()> {
        let path = self.0.join(name);
        DirBuilder::new().create(&path)?;
        rights::protect(&path)
    }

    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let path = self.0.join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        // Before anything is in it.
        rights::protect(&path)?;
        Ok(file)
    }

    pub(crate) fn open_file(&self, name: &OsStr, write: bool) -> io::Result<File> {
        match self.kind(name)? {
            Some(Kind::Link) => Err(ErrorKind::InvalidInput.into()),
            _ => OpenOptions::new().read(true).write(write).open(self.0.join(name)),
        }
    }

    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        match fs::symlink_metadata(self.0.join(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            found => {
                let found = found?.file_type();
                Ok(Some(match (found.is_symlink(), found.is_dir(), found.is_file()) {
                    (true, ..) => Kind::Link,
                    (_, true, _) => Kind::Folder,
                    (_, _, true) => Kind::File,
                    _ => Kind::Other,
                }))
            }
        }
    }

    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name())).collect()
    }

    pub(crate) fn rename(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        fs::rename(self.0.join(name), to.0.join(new_name))
    }

    pub(crate) fn rename_new(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        if to.kind(new_name)?.is_some() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.rename(name, to, new_name)
    }

    pub(crate) fn link(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        fs::hard_link(self.0.join(name), to.0.join(new_name))
    }

    pub(crate) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.0.join(name))
    }

    /// The system logs names by itself.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "it is a system call elsewhere"
    )]
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "it is a system call elsewhere"
    )]
    pub(crate) fn sync_file_system(&self) -> io::Result<bool> {
        Ok(false)
    }

    pub(crate) fn space(&self) -> io::Result<Space> {
        rights::space(&self.0)
    }

    pub(crate) fn exposure(&self) -> io::Result<Exposure> {
        exposure(&self.0)
    }

    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "it is a system call elsewhere"
    )]
    pub(crate) fn nameless(&self) -> io::Result<Option<File>> {
        Ok(None)
    }

    #[expect(clippy::unused_self, reason = "it is a system call elsewhere")]
    pub(crate) fn name(&self, _: &File, _: &OsStr) -> io::Result<()> {
        Err(ErrorKind::Unsupported.into())
    }
}

pub(crate) fn exposure(path: &Path) -> io::Result<Exposure> {
    rights::exposure(path)
}

pub(crate) fn exposure_of_file(_: &File, path: &Path) -> io::Result<Exposure> {
    rights::exposure(path)
}

/// Opens an input.
pub(crate) fn open_input(path: &Path) -> io::Result<File> {
    if path.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "is a folder, not a file"));
    }
    File::open(path)
}

#[expect(clippy::unnecessary_wraps, reason = "it is a system call elsewhere")]
pub(crate) fn let_wait(_: &File) -> io::Result<()> {
    Ok(())
}

/// Named pipes are not files here.
pub(crate) fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Returns whether two names refer to the same file, judged by size and times.
pub(crate) fn is_same(folder: &Folder, other: &Folder, name: &OsStr) -> io::Result<bool> {
    let find = |folder: &Folder| fs::symlink_metadata(folder.0.join(name));
    let (one, other) = (find(folder)?, find(other)?);
    Ok(one.len() == other.len() && one.modified()? == other.modified()? && one.created()? == other.created()?)
}

/// Locks a file against other processes; returns false when another one holds it and `wait` is false.
pub(crate) fn lock(file: &File, wait: bool) -> io::Result<bool> {
    if wait {
        return file.lock().map(|()| true);
    }
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// An open file keeps its name and cannot be removed while this process has it open.
#[expect(clippy::unnecessary_wraps, reason = "it is a system call elsewhere")]
pub(crate) fn is_named(_: &Folder, _: &OsStr, _: &File) -> io::Result<bool> {
    Ok(true)
}

#[cfg(not(windows))]
mod rights {
    use super::{Exposure, Path, Space, io};

    pub(super) fn protect(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn exposure(_: &Path) -> io::Result<Exposure> {
        Ok(Exposure::default())
    }

    pub(super) fn space(_: &Path) -> io::Result<Space> {
        Ok(Space {
            bytes: u64::MAX,
            block: 1,
            files: None,
            device: None,
        })
    }
}

/// An open file keeps its name: the process that removes it must close it first, which fails while another has it open.
pub(crate) const CLOSES_BEFORE_REMOVING: bool = true;

/// Opens the lock file of a folder, or creates it. It cannot be removed while it is open.
pub(crate) fn open_lock(dir: &Dir, name: &OsStr) -> io::Result<File> {
    match dir.kind(name)? {
        None | Some(Kind::File) => {}
        Some(other) => return Err(crate::dir::unexpected(other, "a file")),
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        /// `FILE_SHARE_READ` and `FILE_SHARE_WRITE`, without `FILE_SHARE_DELETE` (`winnt.h`).
        const KEEP: u32 = 3;
        options.share_mode(KEEP);
    }
    options.open(dir.path().join(name))
}
