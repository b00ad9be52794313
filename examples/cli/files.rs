//! The files of a command: inputs, outputs, and the check that they are different.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use factory_fs::{Dir, Exposure, GrowingOutput, Input, Kind, Output, PublishError, Replace, publish};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::{Failure, Given};

/// Whether to accept keys and folders that users other than their owner may change.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Trust {
    /// Accept keys, and write into folders, that users other than their owner may change
    #[arg(long, global = true)]
    pub allow_insecure_permissions: bool,
}

impl<'de> Deserialize<'de> for Trust {
    /// Reads the flag.
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
    /// Refuses a key file that users other than its owner may change: they could replace the key.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with the option. A missing file is not an error here.
    pub fn check_key(self, option: &str, path: &Path) -> Result<(), Failure> {
        self.check(option, path, "0600", Exposure::untrusted)
    }

    /// Refuses a folder for keys that users other than its owner may change.
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
        // An inaccessible path fails again when it is read or written, with the reason.
        let why = Exposure::of(path)
            .ok()
            .and_then(why)
            .filter(|_| !self.allow_insecure_permissions);
        match why {
            Some(why) => Err(Failure::Input(format!(
                "{option} {}: {why}; set its mode to {mode}, or use --allow-insecure-permissions",
                path.display()
            ))),
            None => Ok(()),
        }
    }
}

/// Real paths of the files this process has read: no output replaces one of them.
static READ: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Reads an input file of at most 64 MiB, which may hold secrets.
///
/// # Errors
///
/// [`Failure::Input`] with the role of the file.
pub fn read_file(what: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_input(path).map_err(|error| Failure::Input(format!("{what} {}: {error}", path.display())))
}

/// As [`read_file`], for callers with a message of their own.
///
/// # Errors
///
/// Errors of [`Input`].
pub fn read_input(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let bytes = Input::read_file(path)?;
    if let Ok(place) = path.canonicalize() {
        READ.lock().unwrap_or_else(PoisonError::into_inner).insert(place);
    }
    Ok(bytes)
}

/// Follows a link to the file that is changed in place of it.
///
/// # Errors
///
/// [`Failure::Input`] if it cannot be found.
pub fn resolve(path: &Path) -> Result<PathBuf, Failure> {
    path.canonicalize()
        .map_err(|error| Failure::Input(format!("{}: {error}", path.display())))
}

/// The inputs and outputs of a command, by option name.
#[derive(Debug)]
pub struct Files {
    force: bool,
    trust: Trust,
    inputs: Vec<(String, PathBuf)>,
    outputs: Vec<(String, PathBuf)>,
    /// An output that is also an input: it is changed.
    changed: Option<PathBuf>,
}

impl Files {
    /// Creates an empty set. With `force`, outputs replace existing files.
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

    /// Adds a file that is read and rewritten.
    #[must_use]
    pub fn changed(mut self, name: &str, path: &Path) -> Self {
        self.changed = Some(path.into());
        self.output(name, path)
    }

    /// Adds an input.
    #[must_use]
    pub fn input(mut self, name: &str, path: &Path) -> Self {
        self.inputs.push((name.into(), path.into()));
        self
    }

    /// Adds an input, if given.
    #[must_use]
    pub fn optional_input(self, name: &str, path: Option<&PathBuf>) -> Self {
        match path {
            Some(path) => self.input(name, path),
            None => self,
        }
    }

    /// Adds an output.
    #[must_use]
    pub fn output(mut self, name: &str, path: &Path) -> Self {
        self.outputs.push((name.into(), path.into()));
        self
    }

    /// Adds an output, if given.
    #[must_use]
    pub fn optional_output(self, name: &str, path: Option<&PathBuf>) -> Self {
        match path {
            Some(path) => self.output(name, path),
            None => self,
        }
    }

    /// Checks the outputs before any work begins. Refuses an existing file that may not be replaced, a folder that is
    /// missing or that everybody may change, and a name used by an input or another output.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] with the file and the remedy.
    pub fn check(&self) -> Result<(), Failure> {
        // Of several that are one file, the first is named.
        let inputs = self.inputs.iter().rev();
        // A missing input is reported by the code that reads it.
        let inputs = inputs.filter_map(|(name, path)| Some((name.as_str(), path.canonicalize().ok()?)));
        let mut taken = inputs.map(|(name, path)| (path, name)).collect::<BTreeMap<_, _>>();
        for (name, path) in &self.outputs {
            let wrong = |reason: &dyn Display| Failure::Input(format!("{name} {}: {reason}", path.display()));
            let (dir, file, place) = place(path).map_err(|error| wrong(&error))?;
            if let Some(other) = taken.get(&place) {
                return Err(wrong(&format_args!("is also the file of {other}; use another file")));
            }
            match dir.kind(&file).map_err(|error| wrong(&error))? {
                None => {}
                Some(Kind::File | Kind::Link) if self.force => {}
                Some(Kind::File | Kind::Link) => {
                    return Err(Failure::Input(format!(
                        "{}: exists already; use --force to replace it",
                        path.display()
                    )));
                }
                Some(other) => return Err(wrong(&format_args!("is {}, not a file", other.name()))),
            }
            let exposure = dir.exposure().map_err(|error| wrong(&error))?;
            if exposure.is_public() && !self.trust.allow_insecure_permissions {
                return Err(wrong(
                    &"its folder is writable by everyone; use another folder or --allow-insecure-permissions",
                ));
            }
            taken.insert(place, name);
        }
        Ok(())
    }

    /// Writes outputs for their owner only: all of them or none. They are on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`Failure::Input`] for an entry in the way, [`Failure::Work`] if they cannot be written.
    pub fn publish(&self, outputs: &[(&Path, &[u8])]) -> Result<(), Failure> {
        let replace = if self.force { Replace::Yes } else { Replace::No };
        for (path, _) in outputs {
            self.check_read(path)?;
        }
        let outputs = outputs.iter().map(|(path, bytes)| Output { path, bytes });
        publish(&outputs.collect::<Vec<_>>(), replace).map_err(not_published)
    }

    /// Starts an output that is written in pieces, for its owner only.
    ///
    /// # Errors
    ///
    /// As [`Files::publish`].
    pub fn grow(&self, path: &Path) -> Result<Growing, Failure> {
        self.check_read(path)?;
        let replace = if self.force { Replace::Yes } else { Replace::No };
        GrowingOutput::new(path, replace).map(Growing).map_err(not_published)
    }

    /// Refuses an output that was read without being an option's file, such as the files named in a table.
    fn check_read(&self, path: &Path) -> Result<(), Failure> {
        if self.changed.as_deref() == Some(path) {
            return Ok(());
        }
        let read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if place(path).is_ok_and(|(_, _, place)| read.contains(&place)) {
            let reason = "is a file that was read; use another file";
            return Err(Failure::Input(format!("{}: {reason}", path.display())));
        }
        Ok(())
    }
}

/// An output that is written in pieces, and appears when it is published.
#[derive(Debug)]
pub struct Growing(GrowingOutput);

impl Growing {
    /// Appends to it.
    ///
    /// # Errors
    ///
    /// [`Failure::Work`] if the system reports an error.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.write(bytes).map_err(not_published)
    }

    /// Replaces the first bytes of the file.
    ///
    /// # Errors
    ///
    /// As [`Growing::write`].
    pub fn rewrite_start(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.rewrite_start(bytes).map_err(not_published)
    }

    /// Publishes the file. It is on disk when this returns.
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
            "{}: exists already; use --force to replace it",
            error.path().display()
        ))
    } else if error.is_obstacle() {
        Failure::Input(error.to_string())
    } else {
        Failure::Work(error.to_string())
    }
}

/// Returns the folder of an output, its name there, and its real path.
fn place(path: &Path) -> io::Result<(Dir, OsString, PathBuf)> {
    let (dir, name) = Dir::of_file(path)?;
    let place = dir.path().canonicalize()?.join(&name);
    Ok((dir, name, place))
}
