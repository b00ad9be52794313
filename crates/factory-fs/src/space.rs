/// Free space of a file system for this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Space {
    /// Free bytes.
    pub bytes: u64,
    /// Bytes that the smallest file takes.
    pub block: u64,
    /// Free inodes; `None` where the file system has no limit of its own.
    pub files: Option<u64>,
    /// Identity of the file system, for comparison; `None` where the system does not report it.
    pub device: Option<u64>,
}
