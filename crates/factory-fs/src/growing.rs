use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::draft::check_target;
use crate::{Dir, Draft, PublishError, Replace, sweep};

/// A file too large for memory, written in pieces and readable by its owner only.
///
/// Its start may be rewritten once the rest is known. Dropping it before it is published leaves nothing.
///
/// # Examples
///
/// ```
/// use factory_fs::{GrowingOutput, Replace};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("image");
/// let mut output = GrowingOutput::new(&path, Replace::No)?;
/// output.write(b"????")?;
/// output.write(b"payload")?;
/// output.rewrite_start(b"size")?;
/// assert!(!path.exists());
/// output.publish()?;
/// assert_eq!(std::fs::read(&path)?, b"sizepayload");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct GrowingOutput {
    path: PathBuf,
    draft: Draft,
    replace: Replace,
    len: u64,
}

impl GrowingOutput {
    /// Creates a file. Leftovers of killed processes in its folder are removed first.
    ///
    /// # Errors
    ///
    /// [`PublishError`], an [obstacle](PublishError::is_obstacle) when something is in the way.
    pub fn new(path: &Path, replace: Replace) -> Result<Self, PublishError> {
        let obstacle = |error| PublishError::obstacle(path, error);
        let (dir, name) = Dir::of_file(path).map_err(obstacle)?;
        sweep(&dir).map_err(|error| match error.kind() {
            ErrorKind::ResourceBusy | ErrorKind::PermissionDenied => PublishError::obstacle(dir.path(), error),
            _ => PublishError::new(dir.path(), error),
        })?;
        check_target(&dir, &name, replace).map_err(obstacle)?;
        let draft = Draft::new(&dir, name).map_err(|error| PublishError::new(path, error))?;
        Ok(Self {
            path: path.into(),
            draft,
            replace,
            len: 0,
        })
    }

    /// Appends to the file.
    ///
    /// # Errors
    ///
    /// [`PublishError`] if the system reports an error.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), PublishError> {
        self.draft
            .write(bytes)
            .map_err(|error| PublishError::new(&self.path, error))?;
        self.len = self.len.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Replaces the first bytes of the file.
    ///
    /// # Errors
    ///
    /// [`PublishError`], also when there are more bytes than were written.
    pub fn rewrite_start(&mut self, bytes: &[u8]) -> Result<(), PublishError> {
        let wrong = |error| PublishError::new(&self.path, error);
        if u64::try_from(bytes.len()).map_or(true, |len| len > self.len) {
            return Err(wrong(io::Error::new(
                ErrorKind::InvalidInput,
                "is shorter than its new start",
            )));
        }
        let write = || {
            let mut file = self.draft.handle()?;
            file.rewind()?;
            file.write_all(bytes)?;
            file.seek(SeekFrom::Start(self.len)).map(|_| ())
        };
        write().map_err(wrong)
    }

    /// Publishes the file. The file and its name are on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`PublishError`]; nothing has been published then.
    pub fn publish(self) -> Result<(), PublishError> {
        let Self {
            path, draft, replace, ..
        } = self;
        draft.publish(replace).map_err(|error| PublishError::new(&path, error))
    }
}
