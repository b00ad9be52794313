//! The folder with the keys of devices' chips, which exist once.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use factory_fs::{Dir, Draft, Input, Replace};
use matter_factory_data::KeyFile;
use zeroize::Zeroizing;

use crate::flash::not_utf8;
use crate::message::message;
use crate::{Error, Field};

/// A folder in which each key of a device is a file. None is ever replaced.
pub(crate) struct KeysFolder {
    dir: Dir,
    path: PathBuf,
    /// Whether a key that is there is taken: a part of the run that was interrupted has left it.
    resume: bool,
}

impl KeysFolder {
    /// Opens the folder, and makes it where it is missing.
    pub(crate) fn open(path: &Path, resume: bool) -> Result<Self, Error> {
        let obstacle = || Error::obstacle(Field::FlashPlan, path);
        let dir = Dir::create(path).map_err(obstacle())?;
        // Commands are typed anywhere.
        let path = path.canonicalize().map_err(obstacle())?;
        Ok(Self { dir, path, resume })
    }

    pub(crate) const fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Returns the path of a key's file, for commands.
    pub(crate) fn path_of(&self, file: KeyFile, uuid: &str) -> Result<String, Error> {
        let path = self.path.join(file.name(uuid)).into_os_string().into_string();
        path.map_err(|_| not_utf8())
    }

    /// Writes a key that was drawn for a device, and returns it; it is on disk then. Where the interrupted run had drawn one
    /// for the same device, that is returned.
    pub(crate) fn keep(&self, file: KeyFile, uuid: &str, drawn: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let name = file.name(uuid);
        let path = self.path.join(&name);
        let publish = || {
            let mut draft = Draft::new(&self.dir, &name)?;
            draft.write(drawn)?;
            draft.publish(Replace::No)
        };
        match publish() {
            Ok(()) => return Ok(Zeroizing::new(drawn.to_vec())),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::write(&path)(error)),
        }
        let found = Input::read_file(&path).map_err(Error::write(&path))?;
        // Of a run from a seed that is made again, it is the same.
        if *found == drawn || self.resume && found.len() == drawn.len() {
            return Ok(found);
        }
        let reason = message![
            "exists already, and keys are never replaced, since a chip may have it; ",
            Field::Resume,
            " takes it for the run that has drawn it, or move it away"
        ];
        Err(Error::exists(&path, reason))
    }
}
