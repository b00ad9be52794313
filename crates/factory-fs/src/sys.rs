//! System-specific code: one module per system, with the same items and the same guarantees.
//!
//! | guarantee | Unix | Windows |
//! |---|---|---|
//! | a folder stays the same one, links are not followed | descriptor, `openat` with `O_NOFOLLOW` | path, looked at before each step; links there take an administrator or developer mode |
//! | for the owner only | mode 0600 or 0700 when it is made | a protected access control list for the user and the system, set when it is made |
//! | contents on disk | `fsync`; on Linux `syncfs` for many files | `FlushFileBuffers` |
//! | names on disk | `fsync` of the folder | nothing to call: NTFS logs names in order |
//! | a file appears complete | `O_TMPFILE` and `linkat` on Linux, else a locked name and `renameat` | a locked name and `MoveFileEx` |
//! | never in place of another | `linkat`, `renameat2` with `RENAME_NOREPLACE` | a look before the rename |
//! | locks end with their process | `flock`, or `fcntl` where that is refused | `LockFileEx` |
//! | signals that are ignored stay so | each for itself on Linux, elsewhere all together | console events |

#[cfg(not(unix))]
mod portable;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use portable::*;
#[cfg(unix)]
pub(crate) use unix::*;

#[cfg(target_os = "linux")]
pub(crate) use signals::at_signals;

/// Calls a function, which ends the process, at the first signal; not if any of the signals has a handler or is
/// ignored.
#[cfg(not(target_os = "linux"))]
pub(crate) fn at_signals(end: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let mut end = Some(end);
    let handle = move || {
        if let Some(end) = end.take() {
            end();
        }
    };
    ctrlc::try_set_handler(handle).map_err(std::io::Error::other)
}
