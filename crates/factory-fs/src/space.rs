/// What is free on a file system for this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Space {
    /// Bytes.
    pub bytes: u64,
    /// Bytes that the smallest file takes.
    pub block: u64,
    /// Files and folders; `None` where the file system has no limit of its own.
    pub files: Option<u64>,
    /// Which file system it is, for a comparison with another one; `None` where the system does not tell.
    pub device: Option<u64>,
}
