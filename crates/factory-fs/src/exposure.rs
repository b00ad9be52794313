use std::fs::File;
use std::io;
use std::path::Path;

use crate::sys;

/// The access that users other than the owner have to a file or folder.
///
/// Derived from mode and owner on Unix and from the discretionary access control list on Windows. The administrator,
/// who has every right anyway, is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) foreign: bool,
    pub(crate) public: bool,
}

impl Exposure {
    /// Examines a file or folder by its path. Links are followed.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn of(path: &Path) -> io::Result<Self> {
        sys::exposure(path)
    }

    /// Examines an open file.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn of_file(file: &File, path: &Path) -> io::Result<Self> {
        sys::exposure_of_file(file, path)
    }

    /// Returns whether users other than the owner have any access.
    #[must_use]
    pub const fn is_open(self) -> bool {
        self.read || self.write
    }

    /// Returns whether users other than the owner may write.
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.write
    }

    /// Returns whether everybody may change the file or replace entries of the folder. In a folder with the sticky bit,
    /// such as the one for temporary files, users cannot replace entries of others.
    #[must_use]
    pub const fn is_public(self) -> bool {
        self.public
    }

    /// Returns whether it belongs to another user who is not the administrator.
    #[must_use]
    pub(crate) const fn is_foreign(self) -> bool {
        self.foreign
    }

    /// Returns why it cannot be trusted; `None` when only this user and the administrator may change it.
    #[must_use]
    pub const fn untrusted(self) -> Option<&'static str> {
        match (self.write, self.foreign) {
            (true, _) => Some("is writable by other users"),
            (_, true) => Some("belongs to another user"),
            _ => None,
        }
    }
}
