use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crate::{Dir, sys};

/// Paths of the named drafts.
static HIDDEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static WANTED: AtomicBool = AtomicBool::new(false);
static INSTALLED: Once = Once::new();
/// Exit status of a process ended by SIGINT, as shells report it: 128 plus the signal number.
const INTERRUPTED: i32 = 130;

/// Makes the signals that end a process (Ctrl-C, SIGTERM, SIGHUP) remove its drafts first.
///
/// For programs: the first named draft starts a thread that waits for the signals. A signal that has a handler already,
/// or that the process ignores (`nohup`, a shell's background jobs), is left alone.
pub fn clean_up_at_signals() {
    WANTED.store(true, Ordering::Relaxed);
}

fn drafts() -> MutexGuard<'static, Vec<PathBuf>> {
    HIDDEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn install() {
    if !WANTED.load(Ordering::Relaxed) {
        return;
    }
    INSTALLED.call_once(|| {
        // Without the thread, signals leave drafts, which the next sweep removes.
        let _ = sys::at_signals(|| {
            // Held until the process ends: no hidden name is created any more, and renames in progress have finished.
            let drafts = drafts();
            for path in &*drafts {
                let _ = if path.is_dir() {
                    fs::remove_dir_all(path)
                } else {
                    fs::remove_file(path)
                };
            }
            std::process::exit(INTERRUPTED);
        });
    });
}

/// Blocks the clean-up at signals while several files are moved into place, and while an entry is created under a
/// hidden name.
pub(crate) fn uninterrupted() -> MutexGuard<'static, Vec<PathBuf>> {
    drafts()
}

/// The hidden name of a draft, which is removed on drop and at signals.
#[derive(Debug)]
pub(crate) struct Hidden {
    dir: Dir,
    name: OsString,
    armed: bool,
}

impl Hidden {
    /// Creates an entry under a new hidden name.
    pub(crate) fn new<T>(
        dir: &Dir,
        name: OsString,
        make: impl FnOnce(&OsStr) -> io::Result<T>,
    ) -> io::Result<(Self, T)> {
        let dir = dir.try_clone()?;
        install();
        let mut drafts = drafts();
        let made = make(&name)?;
        drafts.push(dir.path().join(&name));
        drop(drafts);
        Ok((Self { dir, name, armed: true }, made))
    }

    pub(crate) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Forgets the name after the entry was renamed.
    pub(crate) fn forget(&mut self) {
        self.forget_in(&mut drafts());
    }

    pub(crate) fn forget_in(&mut self, drafts: &mut Vec<PathBuf>) {
        let path = self.dir.path().join(&self.name);
        drafts.retain(|other| *other != path);
        self.armed = false;
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if self.armed {
            // The next sweep removes what cannot be removed now.
            if self.dir.remove_file(&self.name).is_err() {
                let _ = self.dir.remove_tree(&self.name);
            }
            self.forget();
        }
    }
}
