//! The files of a command: what it reads, what it writes, and that neither is the other.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use factory_fs::{Dir, Exposure, GrowingOutput, Input, Kind, Output, PublishError, Replace, publish};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::{Failure, Given};

/// Whether keys and folders are taken that others than their owner may change.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Trust {
    /// Takes keys, and writes into folders, that others than their owner may change
    #[arg(long, global = true)]
    pub allow_insecure_permissions: bool,
}

impl<'de> Deserialize<'de> for Trust {
    /// Reads whether they are.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let allow_insecure_permissions = bool::deserialize(deserializer)?;
        Ok(Self {
            allow_insecure_permissions,
        })
    }
}

impl Given for Trust {
    fn or(self, other: Self) -> Self {
        Self {
            allow_insecure_permissions: self.allow_insecure_permissions || other.allow_insecure_permissions,
        }
    }
}

impl Trust {
    /// Refuses a key's file that others than its owner may change: they would choose the key.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] naming the option. A file that is not there is no error here.
    pub fn check_key(self, option: &str, path: &Path) -> Result<(), Failure> {
        self.check(option, path, "0600", Exposure::untrusted)
    }

    /// Refuses a folder for keys that others than its owner may change.
    ///
    /// # Errors
    ///
    /// As [`Trust::check_key`].
    pub fn check_folder(self, option: &str, path: &Path) -> Result<(), Failure> {
        self.check(option, path, "0700", Exposure::untrusted)
    }

    fn check(
        self,
        option: &str,
        path: &Path,
        mode: &str,
        why: fn(Exposure) -> Option<&'static str>,
    ) -> Result<(), Failure> {
        // What cannot be looked at cannot be read or written either, and that says why.
        let why = Exposure::of(path)
            .ok()
            .and_then(why)
            .filter(|_| !self.allow_insecure_permissions);
        match why {
            Some(why) => Err(Failure::Input(format!(
                "{option} {}: {why}; give it the mode {mode}, or --allow-insecure-permissions",
                path.display()
            ))),
            None => Ok(()),
        }
    }
}

/// What this process has read, where it really is: no output takes the place of one.
static READ: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Reads an input file of at most 64 MiB, which may hold secrets.
///
/// # Errors
///
/// [`Failure::Input`] naming what the file is for.
pub fn read_file(what: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_input(path).map_err(|error| Failure::Input(format!("{what} {}: {error}", path.display())))
}

/// The same for callers with a sentence of their own.
///
/// # Errors
///
/// Those of [`Input`].
pub fn read_input(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let bytes = Input::read_file(path)?;
    if let Ok(place) = path.canonicalize() {
        READ.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
    }
    Ok(bytes)
}

/// Follows a link to the file that it leads to, which is to be changed in its place.
///
/// # Errors
///
/// [`Failure::Input`] when it cannot be found.
pub fn resolve(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize()
        .map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
}

/// What a command reads and writes, by the names of its options.
#[derive(Debug)]
pub struct Files {
    force: bool,
    trust: Trust,
    inputs: Vec<(String, PathBuf)>,
    outputs: Vec<(String, PathBuf)>,
    /// An output that is read as well: it is changed.
    changed: Option<PathBuf>,
}

impl Files {
    /// Starts with none. With `force`, outputs replace files that are there.
    #[must_use]
    pub const fn new(force: bool, trust: Trust) -> Self {
        Self {
            force,
            trust,
            inputs: Vec::new(),
            outputs: Vec::new(),
            changed: None,
        }
    }

    /// Adds a file that is read and written anew.
    #[must_use]
    pub fn changed(mut self, name: &str, path: &Path) -> Self {
        self.changed = Some(path.into());
        self.output(name, path)
    }

    /// Adds a file that is read.
    #[must_use]
    pub fn input(mut self, name: &str, path: &Path) -> Self {
        self.inputs.push((name.into(), path.into()));
        self
    }

    /// Adds a file that is read, if it is given.
    #[must_use]
    pub fn optional_input(self, name: &str, path: Option<&PathBuf>) -> Self {
        match path {
            Some(path) => self.input(name, path),
            None => self,
        }
    }

    /// Adds a file that is written.
    #[must_use]
    pub fn output(mut self, name: &str, path: &Path) -> Self {
        self.outputs.push((name.into(), path.into()));
        self
    }

    /// Adds a file that is written, if it is given.
    #[must_use]
    pub fn optional_output(self, name: &str, path: Option<&PathBuf>) -> Self {
        match path {
            Some(path) => self.output(name, path),
            None => self,
        }
    }

    /// Finds what is in the way of the outputs, before any work begins: a file that may not be replaced, a folder that is
    /// not there or that everybody may change, an input or another output of the same name.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] naming the file and what to do.
    pub fn check(&self) -> Result<(), Failure> {
        let inputs = self.inputs.iter();
        // What is not there is no input either, and whoever reads it says so.
        let inputs = inputs.filter_map(|(name, path)| Some((name.as_str(), path.canonicalize().ok()?)));
        let mut taken = inputs.collect::<Vec<_>>();
        for (name, path) in &self.outputs {
            let wrong = |reason: &dyn Display| Failure::Input(format!("{name} {}: {reason}", path.display()));
            let (dir, file, place) = place(path).map_err(|error| wrong(&error))?;
            if let Some((other, _)) = taken.iter().find(|(_, other)| *other == place) {
                return Err(wrong(&format_args!(
                    "is the file of {other} as well; another one is allowed"
                )));
            }
            match dir.kind(&file).map_err(|error| wrong(&error))? {
                None => {}
                Some(Kind::File | Kind::Link) if self.force => {}
                Some(Kind::File | Kind::Link) => {
                    return Err(Failure::Input(format!(
                        "{}: exists already; --force replaces it",
                        path.display()
                    )));
                }
                Some(other) => return Err(wrong(&format_args!("is {}, not a file", other.name()))),
            }
            let exposure = dir.exposure().map_err(|error| wrong(&error))?;
            if exposure.is_public() && !self.trust.allow_insecure_permissions {
                return Err(wrong(
                    &"its folder may be changed by everybody; another one is allowed, or --allow-insecure-permissions",
                ));
            }
            taken.push((name, place));
        }
        Ok(())
    }

    /// Writes outputs for their owner only: all of them, and on disk when this returns, or none.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] for what is in the way, [`Failure::Work`] when they cannot be written.
    pub fn publish(&self, outputs: &[(&Path, &[u8])]) -> Result<(), Failure> {
        let replace = if self.force { Replace::Yes } else { Replace::No };
        for (path, _) in outputs {
            self.check_read(path)?;
        }
        let outputs = outputs.iter().map(|(path, bytes)| Output { path, bytes });
        publish(&outputs.collect::<Vec<_>>(), replace).map_err(not_published)
    }

    /// Starts an output that is written piece by piece, for its owner only.
    ///
    /// # Errors
    ///
    /// As [`Files::publish`].
    pub fn grow(&self, path: &Path) -> Result<Growing, Failure> {
        self.check_read(path)?;
        let replace = if self.force { Replace::Yes } else { Replace::No };
        GrowingOutput::new(path, replace).map(Growing).map_err(not_published)
    }

    /// Refuses an output that was read without being named, such as the files that a table names.
    fn check_read(&self, path: &Path) -> Result<(), Failure> {
        if self.changed.as_deref() == Some(path) {
            return Ok(());
        }
        let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if place(path).is_ok_and(|(_, _, place)| read.contains(&place)) {
            let reason = "is a file that was read; another one is allowed";
            return Err(Failure::Input(format!("{}: {reason}", path.display())));
        }
        Ok(())
    }
}

/// An output that is written piece by piece, and appears when it is published.
#[derive(Debug)]
pub struct Growing(GrowingOutput);

impl Growing {
    /// Writes more of it.
    ///
    /// # Errors
    ///
    /// [`Failure::Work`] when the system does not take it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.write(bytes).map_err(not_published)
    }

    /// Replaces the first bytes of what was written.
    ///
    /// # Errors
    ///
    /// As [`Growing::write`].
    pub fn rewrite_start(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.rewrite_start(bytes).map_err(not_published)
    }

    /// Makes the file appear. It is on disk when this returns.
    ///
    /// # Errors
    ///
    /// As [`Files::publish`].
    pub fn publish(self) -> Result<(), Failure> {
        self.0.publish().map_err(not_published)
    }
}

fn not_published(error: PublishError) -> Failure {
    if error.already_exists() {
        Failure::Input(format!(
            "{}: exists already; --force replaces it",
            error.path().display()
        ))
    } else if error.is_obstacle() {
        Failure::Input(error.to_string())
    } else {
        Failure::Work(error.to_string())
    }
}

/// The folder of an output, its name there, and where it really is.
fn place(path: &Path) -> io::Result<(Dir, OsString, PathBuf)> {
    let (dir, name) = Dir::of_file(path)?;
    let place = dir.path().canonicalize()?.join(&name);
    Ok((dir, name, place))
}
