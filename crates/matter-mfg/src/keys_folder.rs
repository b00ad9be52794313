//! The folder with the keys of devices' chips, of which no other copy exists.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use factory_fs::{Dir, Draft, Input, Replace};
use matter_factory_data::KeyFile;
use zeroize::Zeroizing;

use crate::flash::not_utf8;
use crate::message::message;
use crate::{Error, Field};

/// A folder with one file for each key of a device. Files are never replaced.
pub(crate) struct KeysFolder {
    dir: Dir,
    path: PathBuf,
    /// Whether to take an existing key: the interrupted run has left it.
    resume: bool,
}

impl KeysFolder {
    /// Opens the folder, and creates it if it is missing.
    pub(crate) fn open(path: &Path, resume: bool) -> Result<Self, Error> {
        let obstacle = || Error::obstacle(Field::FlashPlan, path);
        let dir = Dir::create(path).map_err(obstacle())?;
        // Commands may be run from another folder.
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

    /// Stores a key drawn for a device and returns it; it is then on disk. If the interrupted run drew one for the same
    /// device, that key is returned.
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
        let unreadable = |error| Error::exists(&path, format!("exists already and cannot be read: {error}"));
        let found = Input::read_file(&path).map_err(unreadable)?;
        // A repeated run from a seed draws the same key.
        if *found == drawn || self.resume && found.len() == drawn.len() {
            return Ok(found);
        }
        let reason = message![
            "exists already, and keys are never replaced because a chip may use them; use ",
            Field::Resume,
            " to continue the run that drew it, or move it away"
        ];
        Err(Error::exists(&path, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_written_once_and_taken_again_only_when_it_is_the_same_or_of_an_interrupted_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/keys");
        let keys = |resume| KeysFolder::open(&path, resume).unwrap();
        let keep = |resume, drawn: &[u8]| keys(resume).keep(KeyFile::FlashEncryption, "device", drawn);
        assert_eq!(*keep(false, &[1; 32]).unwrap(), [1; 32]);
        assert_eq!(*keep(false, &[1; 32]).unwrap(), [1; 32]);
        let refused = keep(false, &[2; 32]).unwrap_err();
        assert!(matches!(refused, Error::Exists { .. }) && refused.to_string().contains("device-flash-key.bin"));
        assert_eq!(*keep(true, &[2; 32]).unwrap(), [1; 32]);
        // A key of another scheme.
        assert!(matches!(keep(true, &[2; 64]), Err(Error::Exists { .. })));
        assert_eq!(
            *keys(false).keep(KeyFile::NvsHmac, "device", &[3; 32]).unwrap(),
            [3; 32]
        );
        let file = keys(false).path_of(KeyFile::FlashEncryption, "device").unwrap();
        assert_eq!(std::fs::read(file).unwrap(), [1; 32]);
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 2);
    }
}
