//! What differs between systems: one module for each, with the same items and the same promises.
//!
//! | promise | Unix | Windows |
//! |---|---|---|
//! | a folder stays the same one, links are not followed | descriptor, `openat` with `O_NOFOLLOW` | path, looked at before each step; links there take an administrator or developer mode |
//! | for the owner only | mode 0600 or 0700 when it is made | a protected access control list for the user and the system, set when it is made |
//! | contents on disk | `fsync`; on Linux `syncfs` for many files | `FlushFileBuffers` |
//! | names on disk | `fsync` of the folder | nothing to call: NTFS logs names in order |
//! | a file appears complete | `O_TMPFILE` and `linkat` on Linux, else a locked name and `renameat` | a locked name and `MoveFileEx` |
//! | never in place of another | `linkat`, `renameat2` with `RENAME_NOREPLACE` | a look before the rename |
//! | locks end with their process | `flock`, or `fcntl` where that is refused | `LockFileEx` |

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use portable::*;
#[cfg(unix)]
pub(crate) use unix::*;
