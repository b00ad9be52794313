use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crate::{Dir, sys};

/// Drafts that have names, by their paths.
static HIDDEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static WANTED: AtomicBool = AtomicBool::new(false);
static INSTALLED: Once = Once::new();
/// What a shell says of a process that was interrupted: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// Lets the signals that end a process (Ctrl-C, SIGTERM, SIGHUP) remove its drafts first.
///
/// For programs: a thread that waits for them is started with the first draft that has a name. A signal that another handler
/// has, or that the process ignores (`nohup`, a shell's background jobs), is left alone.
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
        // Without it a signal leaves drafts, which the next sweep removes.
        let _ = sys::at_signals(|| {
            // Held until the end: nothing is made under a hidden name any more, and renames that have begun are over.
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

/// Keeps signals from ending the process: while several files take their places, and while something is made under a hidden
/// name, which they would remove halfway.
pub(crate) fn uninterrupted() -> MutexGuard<'static, Vec<PathBuf>> {
    drafts()
}

/// The hidden name of a draft, which is removed when this is dropped and at signals.
#[derive(Debug)]
pub(crate) struct Hidden {
    dir: Dir,
    name: OsString,
    armed: bool,
}

impl Hidden {
    /// Gives something a name.
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

    /// The name is gone: what had it has another one.
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
            // What cannot be removed now is removed by the next sweep.
            if self.dir.remove_file(&self.name).is_err() {
                let _ = self.dir.remove_tree(&self.name);
            }
            self.forget();
        }
    }
}
