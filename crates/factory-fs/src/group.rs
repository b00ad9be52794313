//! Files of one folder that are published together.
//!
//! They are written into a hidden folder beside their targets. Once all are on disk, a marker file declares them
//! complete: from then on any process that finds the group moves them to their targets; before that it removes them.
//! (The folder's name cannot be the marker: Windows does not rename a folder that contains an open file.) Each existing
//! file gets a second name in the hidden folder, for undoing after an error, and is removed from its target before the
//! first new file is moved: a former and a new file never exist side by side.
//!
//! ```text
//! .factory-0123456789abcdef.tmp/lock       locked as long as the process lives
//! .factory-0123456789abcdef.tmp/new/NAME   files that are to appear
//! .factory-0123456789abcdef.tmp/old/NAME   what they replace
//! .factory-0123456789abcdef.tmp/complete   all of them are on disk
//! ```

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use crate::draft::check_target;
use crate::signals::{Hidden, uninterrupted};
use crate::stale::hidden_name;
use crate::{Dir, Replace, lock, sys};

pub(crate) const LOCK: &str = "lock";
pub(crate) const COMPLETE: &str = "complete";
const NEW: &str = "new";
const OLD: &str = "old";

pub(crate) struct Group {
    parent: Dir,
    folder: Dir,
    new: Dir,
    old: Dir,
    lock: File,
    names: Vec<OsString>,
    is_complete: bool,
    /// Dropped last: it removes the folder, which some systems refuse while a file in it is open.
    hidden: Hidden,
}

impl Group {
    pub(crate) fn new(parent: &Dir) -> io::Result<Self> {
        /// Another process may remove the folder as a leftover before it is locked, but hardly this often in a row.
        const TRIES: usize = 16;
        for _ in 1..TRIES {
            match Self::begin(parent) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                begun => return begun,
            }
        }
        Self::begin(parent)
    }

    fn begin(parent: &Dir) -> io::Result<Self> {
        let (hidden, folder) = Hidden::new(parent, hidden_name()?, |name| parent.create_new_child(name))?;
        let file = held(|| folder.create_file(LOCK))?;
        lock(&file)?;
        if !sys::is_named(&folder.folder, LOCK.as_ref(), &file)? {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(Self {
            parent: parent.try_clone()?,
            new: held(|| folder.create_new_child(NEW))?,
            old: held(|| folder.create_new_child(OLD))?,
            folder,
            lock: file,
            names: Vec::new(),
            is_complete: false,
            hidden,
        })
    }

    pub(crate) fn add(&mut self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        held(|| self.new.create_file(name))?.write_all(bytes)?;
        self.names.push(name.into());
        Ok(())
    }

    /// Gives the files to be replaced their second names and flushes everything to disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        for name in &self.names {
            if self.parent.kind(name)?.is_some() {
                // Where hard links are not supported, the file is moved later.
                let _ = held(|| self.parent.link(name, &self.old, name));
            }
        }
        self.parent.sync_children([self.hidden.name()])
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Marks the files as complete: from here on they are published, even after a crash.
    pub(crate) fn commit(&mut self, drafts: &mut Vec<PathBuf>) -> io::Result<()> {
        let mark = self.folder.create_file(COMPLETE)?;
        self.hidden.forget_in(drafts);
        self.is_complete = true;
        mark.sync_all()?;
        self.folder.sync()
    }

    /// Moves the files to their targets.
    pub(crate) fn place(&mut self, replace: Replace) -> Result<(), (OsString, io::Error)> {
        let mut is_replacing = false;
        for name in &self.names {
            let clear = || {
                check_target(&self.parent, name, replace)?;
                clear(&self.parent, &self.old, name, replace)
            };
            is_replacing |= clear().map_err(|error| (name.clone(), error))?;
        }
        let sync = || self.parent.sync().map_err(|error| (OsString::new(), error));
        if is_replacing {
            sync()?;
        }
        for name in &self.names {
            let placed = self.new.rename_new(name, &self.parent, name);
            placed.map_err(|error| (name.clone(), error))?;
        }
        sync()
    }

    /// Restores the previous state.
    ///
    /// As long as the marker exists a sweep would publish the new files. Therefore all of them are moved back first,
    /// and the former files keep their second names.
    pub(crate) fn take_back(&self) -> io::Result<()> {
        for name in &self.names {
            // Files that were not moved are still where they were written.
            if self.new.kind(name)?.is_none() {
                self.parent.rename_new(name, &self.new, name)?;
            }
        }
        self.new.sync()?;
        self.parent.sync()?;
        for name in &self.names {
            if self.parent.kind(name)?.is_none() && self.old.kind(name)?.is_some() {
                let linked = self.old.link(name, &self.parent, name);
                linked.or_else(|_| self.old.rename_new(name, &self.parent, name))?;
            }
        }
        self.parent.sync()
    }

    /// Removes the rest of the group, including the former files.
    pub(crate) fn remove(self) -> io::Result<()> {
        let Self {
            parent,
            hidden,
            folder,
            new,
            old,
            lock,
            is_complete,
            ..
        } = self;
        drop((new, old));
        if is_complete {
            return remove(&parent, hidden.name(), folder, lock);
        }
        drop((folder, lock));
        drop(hidden);
        Ok(())
    }
}

/// Creates something in the hidden folder while signals cannot remove it.
fn held<T>(make: impl FnOnce() -> T) -> T {
    let _held = uninterrupted();
    make()
}

/// Removes a group's folder: the marker first, since the following steps leave the group incomplete, and its lock last,
/// since it identifies the owner.
pub(crate) fn remove(parent: &Dir, name: &OsStr, folder: Dir, lock: File) -> io::Result<()> {
    // Another process may do the same as soon as the lock is free.
    let gone = |removed: io::Result<()>| match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    gone(folder.remove_file(COMPLETE))?;
    folder.sync()?;
    for inner in [NEW, OLD] {
        gone(folder.remove_tree(inner))?;
    }
    if sys::CLOSES_BEFORE_REMOVING {
        drop(lock);
        gone(folder.remove_file(LOCK))?;
    } else {
        gone(folder.remove_file(LOCK))?;
        drop(lock);
    }
    drop(folder);
    gone(parent.remove_folder(name))?;
    parent.sync()
}

/// Frees the target of a new file and returns whether one existed. Only files that existed when the group was created
/// are moved.
fn clear(parent: &Dir, old: &Dir, name: &OsStr, replace: Replace) -> io::Result<bool> {
    if parent.kind(name)?.is_none() {
        return Ok(false);
    }
    if old.kind(name)?.is_some() {
        if sys::is_same(&parent.folder, &old.folder, name)? {
            return parent.remove_file(name).map(|()| true);
        }
    } else if replace == Replace::Yes {
        return parent.rename(name, old, name).map(|()| true);
    }
    let reason = format!("{} is in the way of a new file; move it away", name.display());
    Err(io::Error::new(ErrorKind::ResourceBusy, reason))
}

/// Completes the group of a process that has ended. A file that was created at a target since then is kept, and is an
/// error.
pub(crate) fn roll_forward(parent: &Dir, name: &OsStr, lock: File) -> io::Result<()> {
    let folder = parent.child(name)?;
    match folder.child(NEW) {
        Ok(new) => {
            let (old, names) = (folder.child(OLD)?, new.names()?);
            for inner in &names {
                clear(parent, &old, inner, Replace::No)?;
            }
            parent.sync()?;
            for inner in &names {
                new.rename_new(inner, parent, inner)?;
            }
            parent.sync()?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    remove(parent, name, folder, lock)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::signals::uninterrupted;

    /// A committed group: a key and a certificate that replace others, not yet at their targets.
    fn committed(folder: &std::path::Path) -> Group {
        for name in ["key", "cert"] {
            fs::write(folder.join(name), format!("old {name}")).unwrap();
        }
        let mut group = Group::new(&Dir::open(folder).unwrap()).unwrap();
        for name in ["key", "cert", "der"] {
            group.add(name.as_ref(), format!("new {name}").as_bytes()).unwrap();
        }
        group.sync().unwrap();
        group.commit(&mut uninterrupted()).unwrap();
        group
    }

    fn read(folder: &std::path::Path) -> [Option<String>; 3] {
        ["key", "cert", "der"].map(|name| fs::read_to_string(folder.join(name)).ok())
    }

    #[test]
    fn error_on_the_way_puts_everything_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut group = committed(folder.path());
        let old = read(folder.path());
        // The last file cannot be moved to its target.
        fs::create_dir(folder.path().join("der")).unwrap();
        assert!(group.place(Replace::Yes).is_err());
        assert_eq!(read(folder.path()), [None, None, None]);
        fs::remove_dir(folder.path().join("der")).unwrap();
        group.take_back().unwrap();
        group.remove().unwrap();
        assert_eq!(read(folder.path()), old);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    /// A process that ends at any step loses nothing, and never leaves a new file beside a former one.
    #[test]
    fn process_that_ends_on_the_way_loses_nothing() {
        for steps in 0..6 {
            let folder = tempfile::tempdir().unwrap();
            let group = committed(folder.path());
            let Group { parent, old, new, .. } = &group;
            for (step, name) in ["key", "cert", "der"].iter().cycle().enumerate().take(steps) {
                let name = OsStr::new(name);
                if step < 3 {
                    clear(parent, old, name, Replace::Yes).unwrap();
                } else {
                    new.rename_new(name, parent, name).unwrap();
                }
            }
            // The killed process has released its lock.
            drop(group);
            let visible = read(folder.path()).map(Option::unwrap_or_default).concat();
            assert!(
                !(visible.contains("old") && visible.contains("new")),
                "{steps}: {visible}"
            );
            let kept = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
            let kept = kept.into_iter().find(|path| path.join(OLD).is_dir()).unwrap();
            assert_eq!(fs::read_to_string(kept.join("old/key")).unwrap(), "old key");
            crate::sweep(&Dir::open(folder.path()).unwrap()).unwrap();
            let new = ["key", "cert", "der"].map(|name| Some(format!("new {name}")));
            assert_eq!(read(folder.path()), new);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        }
    }

    /// A group with two of three files at their targets, whose process has ended.
    fn placed_in_part(folder: &std::path::Path, steps: usize) -> Group {
        let group = committed(folder);
        let Group { parent, old, new, .. } = &group;
        for name in ["key", "cert"] {
            clear(parent, old, name.as_ref(), Replace::Yes).unwrap();
        }
        for name in ["key", "cert"] {
            new.rename_new(name, parent, name).unwrap();
        }
        // As in `take_back`.
        for (step, name) in ["key", "cert"].into_iter().cycle().take(steps).enumerate() {
            if step < 2 {
                parent.rename_new(name, new, name).unwrap();
            } else {
                old.link(name.as_ref(), parent, name.as_ref()).unwrap();
            }
        }
        group
    }

    #[test]
    fn process_that_ends_while_it_takes_back_leaves_no_mix() {
        for steps in 0..=4 {
            let folder = tempfile::tempdir().unwrap();
            drop(placed_in_part(folder.path(), steps));
            crate::sweep(&Dir::open(folder.path()).unwrap()).unwrap();
            let new = ["key", "cert", "der"].map(|name| Some(format!("new {name}")));
            assert_eq!(read(folder.path()), new, "{steps}");
        }
        // From here on the rest of it is removed.
        let folder = tempfile::tempdir().unwrap();
        let group = placed_in_part(folder.path(), 0);
        group.take_back().unwrap();
        group.folder.remove_file(COMPLETE).unwrap();
        group.new.remove_file("key").unwrap();
        drop(group);
        crate::sweep(&Dir::open(folder.path()).unwrap()).unwrap();
        assert_eq!(
            read(folder.path()),
            [Some("old key".into()), Some("old cert".into()), None]
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn file_created_meanwhile_is_kept() {
        for name in ["key", "der"] {
            let folder = tempfile::tempdir().unwrap();
            drop(committed(folder.path()));
            let path = folder.path().join(name);
            let _ = fs::remove_file(&path);
            fs::write(&path, "precious").unwrap();
            let dir = Dir::open(folder.path()).unwrap();
            let error = crate::sweep(&dir).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
            fs::remove_file(&path).unwrap();
            crate::sweep(&dir).unwrap();
            assert_eq!(read(folder.path())[0].as_deref(), Some("new key"));
        }
    }
}
