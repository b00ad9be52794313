use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::{Dir, Exposure, Kind, Space};

const PRIVATE_FILE: Mode = Mode::from_raw_mode(0o600);
const PRIVATE_FOLDER: Mode = Mode::from_raw_mode(0o700);
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

impl Folder {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::open(path, FOLDER, Mode::empty())?))
    }

    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self(self.0.try_clone()?))
    }

    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let flags = FOLDER.union(OFlags::NOFOLLOW);
        Ok(Self(fs::openat(&self.0, name, flags, Mode::empty())?))
    }

    pub(crate) fn make_child(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::mkdirat(&self.0, name, PRIVATE_FOLDER)?)
    }

    pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(fs::openat(&self.0, name, flags, PRIVATE_FILE)?.into())
    }

    pub(crate) fn open_file(&self, name: &OsStr, write: bool) -> io::Result<File> {
        let access = if write { OFlags::RDWR } else { OFlags::RDONLY };
        // Opening a pipe must not block until its other end is open; the flag has no effect on regular files.
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(fs::openat(&self.0, name, flags, Mode::empty())?.into())
    }

    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        let found = match fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            found => found?,
        };
        Ok(Some(match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        }))
    }

    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    pub(crate) fn rename(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        Ok(fs::renameat(&self.0, name, &to.0, new_name)?)
    }

    pub(crate) fn rename_new(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        match fs::renameat_with(&self.0, name, &to.0, new_name, fs::RenameFlags::NOREPLACE) {
            // Some file systems do not support the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            renamed => return Ok(renamed?),
        }
        if to.kind(new_name)?.is_some() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.rename(name, to, new_name)
    }

    pub(crate) fn link(&self, name: &OsStr, to: &Self, new_name: &OsStr) -> io::Result<()> {
        Ok(fs::linkat(&self.0, name, &to.0, new_name, AtFlags::empty())?)
    }

    pub(crate) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        match fs::fsync(&self.0) {
            // Network file systems that write names synchronously do not support this call for folders.
            Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            synced => Ok(synced?),
        }
    }

    /// Flushes the whole file system; returns false where the call is missing or does not report failures.
    pub(crate) fn sync_file_system(&self) -> io::Result<bool> {
        #[cfg(target_os = "linux")]
        {
            fs::syncfs(&self.0)?;
            Ok(true)
        }
        #[cfg(not(target_os = "linux"))]
        Ok(false)
    }

    pub(crate) fn space(&self) -> io::Result<Space> {
        let found = fs::fstatvfs(&self.0)?;
        let device = File::from(self.0.try_clone()?).metadata()?.dev();
        // Btrfs and others allocate inodes on demand and report none.
        let files = (found.f_files > 0).then_some(found.f_favail);
        Ok(Space {
            bytes: found.f_bavail.saturating_mul(found.f_frsize),
            block: found.f_frsize,
            files,
            device: Some(device),
        })
    }

    pub(crate) fn exposure(&self) -> io::Result<Exposure> {
        let found = fs::fstat(&self.0)?;
        Ok(exposure_by(found.st_mode, found.st_uid))
    }

    pub(crate) fn nameless(&self) -> io::Result<Option<File>> {
        #[cfg(target_os = "linux")]
        match fs::openat(
            &self.0,
            ".",
            OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC,
            PRIVATE_FILE,
        ) {
            // File systems without unnamed files, and kernels that treat the flag as `O_DIRECTORY`.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT | Errno::NOSYS) => {}
            opened => {
                let file = File::from(opened?);
                // Without /proc the file could not be given a name.
                return Ok(fs::access(proc_name(&file), fs::Access::EXISTS).is_ok().then_some(file));
            }
        }
        Ok(None)
    }

    pub(crate) fn name(&self, file: &File, name: &OsStr) -> io::Result<()> {
        let path = proc_name(file);
        Ok(fs::linkat(fs::CWD, path, &self.0, name, AtFlags::SYMLINK_FOLLOW)?)
    }
}

/// Opens an input without blocking on the other end of a pipe.
pub(crate) fn open_input(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(fs::open(path, flags, Mode::empty())?.into())
}

/// Makes reads of an input opened without blocking block again, as callers expect.
pub(crate) fn let_wait(file: &File) -> io::Result<()> {
    let flags = fs::fcntl_getfl(file)?;
    Ok(fs::fcntl_setfl(file, flags.difference(OFlags::NONBLOCK))?)
}

pub(crate) fn is_pipe(metadata: &Metadata) -> bool {
    metadata.file_type().is_fifo()
}

/// The path by which `linkat(2)` finds an open unnamed file.
fn proc_name(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn exposure_by(mode: fs::RawMode, owner: u32) -> Exposure {
    Exposure {
        read: mode & 0o077 != 0,
        write: mode & 0o022 != 0,
        public: mode & 0o1002 == 0o002,
        foreign: owner != 0 && owner != rustix::process::geteuid().as_raw(),
    }
}

pub(crate) fn exposure(path: &Path) -> io::Result<Exposure> {
    let found = path.metadata()?;
    Ok(exposure_by(found.mode(), found.uid()))
}

pub(crate) fn exposure_of_file(file: &File, _: &Path) -> io::Result<Exposure> {
    let found = file.metadata()?;
    Ok(exposure_by(found.mode(), found.uid()))
}

/// Locks a file against other processes; returns false when another one holds it and `wait` is false.
pub(crate) fn lock(file: &File, wait: bool) -> io::Result<bool> {
    let operation = if wait {
        FlockOperation::LockExclusive
    } else {
        FlockOperation::NonBlockingLockExclusive
    };
    let locked = loop {
        match fs::flock(file, operation) {
            Err(Errno::INTR) => {}
            // Network file systems may support only the other kind of locks.
            Err(Errno::BADF | Errno::NOSYS | Errno::NOTSUP | Errno::NOLCK | Errno::INVAL) => {
                break fs::fcntl_lock(file, operation);
            }
            locked => break locked,
        }
    };
    match locked {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK | Errno::ACCESS) if !wait => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether two names refer to the same file.
pub(crate) fn is_same(folder: &Folder, other: &Folder, name: &OsStr) -> io::Result<bool> {
    let find = |folder: &Folder| fs::statat(&folder.0, name, AtFlags::SYMLINK_NOFOLLOW);
    let (one, other) = (find(folder)?, find(other)?);
    Ok(one.st_dev == other.st_dev && one.st_ino == other.st_ino)
}

/// Returns whether an open file still has a name.
pub(crate) fn is_named(folder: &Folder, name: &OsStr, file: &File) -> io::Result<bool> {
    let mine = fs::fstat(file)?;
    // Not opened: with `fcntl` locks, closing any descriptor of a file releases all locks of the process on it.
    match fs::statat(&folder.0, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(false),
        found => {
            let found = found?;
            Ok(found.st_dev == mine.st_dev && found.st_ino == mine.st_ino)
        }
    }
}

/// An open file can be removed, and is removed first: once its lock is released another process would create a new one.
pub(crate) const CLOSES_BEFORE_REMOVING: bool = false;

/// Opens the lock file of a folder, or creates it.
pub(crate) fn open_lock(dir: &Dir, name: &OsStr) -> io::Result<File> {
    match dir.create_file(name) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match dir.open_for_update(name) {
            // Removed meanwhile: the next attempt creates another.
            Err(error) if error.kind() == ErrorKind::NotFound => open_lock(dir, name),
            opened => opened,
        },
        created => created,
    }
}
