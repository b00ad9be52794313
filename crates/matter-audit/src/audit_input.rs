use std::fmt;
use std::path::Path;

use factory_fs::Input;
use zeroize::Zeroizing;

use crate::Error;

/// The role of a file or folder given to the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditInput {
    /// The dump of a device's flash.
    FlashDump,
    /// The key of the dump's flash encryption.
    FlashKey,
    /// The keys partition of devices that have none in their folders.
    Keys,
    /// The ledger that must list the devices.
    Ledger,
    /// The manifest that must list the devices.
    Manifest,
    /// The partition table of the dump.
    PartitionTable,
    /// A device's folder, a folder of such folders, or a file; or an entry of a folder.
    Path,
}

impl fmt::Display for AuditInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FlashDump => "flash dump",
            Self::FlashKey => "flash key",
            Self::Keys => "keys partition",
            Self::Ledger => "ledger",
            Self::Manifest => "manifest",
            Self::PartitionTable => "partition table",
            Self::Path => "path",
        })
    }
}

/// Reads a whole file, which may hold secrets.
pub(crate) fn read(input: AuditInput, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    Input::read_file(path).map_err(|error| Error::file(input, path, error))
}
