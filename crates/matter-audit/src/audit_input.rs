use std::fmt;
use std::path::Path;

use factory_fs::Input;
use zeroize::Zeroizing;

use crate::Error;

/// What a file or folder is given to the audit as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditInput {
    /// The dump of a device's flash.
    FlashDump,
    /// The keys partition of devices that have none in their folders.
    Keys,
    /// The ledger that the devices have to be in.
    Ledger,
    /// The manifest that the devices have to be in.
    Manifest,
    /// The partition table of the dump.
    PartitionTable,
    /// A device's folder, a folder of such folders, or a file; or what is in it.
    Path,
}

impl fmt::Display for AuditInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FlashDump => "flash dump",
            Self::Keys => "keys partition",
            Self::Ledger => "ledger",
            Self::Manifest => "manifest",
            Self::PartitionTable => "partition table",
            Self::Path => "path",
        })
    }
}

/// Larger files than this are not what they are said to be.
pub(crate) const MAX_INPUT: u64 = 64 << 20;

/// Reads a whole file, which may hold secrets.
pub(crate) fn read(input: AuditInput, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    read_limited(path).map_err(|reason| Error::file(input, path, reason))
}

/// Reads a whole file for callers that make a finding of what is wrong. Pipes and devices are read as well, but never more
/// than the limit.
pub(crate) fn read_limited(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let read = Input::open(path).and_then(|input| input.read_whole(MAX_INPUT));
    read.map_err(|error| error.to_string())
}
