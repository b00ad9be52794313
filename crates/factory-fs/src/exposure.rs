use std::fs::File;
use std::io;
use std::path::Path;

use crate::sys;

/// Who else than the owner may read or change a file or folder.
///
/// On Unix by mode and owner, on Windows by the discretionary access control list; the administrator, who may do everything,
/// is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) foreign: bool,
    pub(crate) public: bool,
}

impl Exposure {
    /// Looks at a file or folder by its path. Links are followed.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn of(path: &Path) -> io::Result<Self> {
        sys::exposure(path)
    }

    /// Looks at an open file.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn of_file(file: &File, path: &Path) -> io::Result<Self> {
        sys::exposure_of_file(file, path)
    }

    /// Tells whether others than the owner have any right.
    #[must_use]
    pub const fn is_open(self) -> bool {
        self.read || self.write
    }

    /// Tells whether others than the owner may change it.
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.write
    }

    /// Tells whether everybody may replace what is in a folder, or change a file. In a folder with the sticky bit, such as that
    /// of temporary files, nobody may replace what is another's.
    #[must_use]
    pub const fn is_public(self) -> bool {
        self.public
    }

    /// Tells whether it belongs to another user, who is not the administrator.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        self.foreign
    }

    /// Says in a word why it is not to be trusted: `None` when only this user and the administrator may change it.
    #[must_use]
    pub const fn untrusted(self) -> Option<&'static str> {
        match (self.write, self.foreign) {
            (true, _) => Some("may be changed by others than its owner"),
            (_, true) => Some("belongs to another user"),
            _ => None,
        }
    }
}
