use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// The reason for an unsuccessful end of the command.
#[derive(Debug)]
pub(super) enum Failure {
    /// The result is negative. Exit code 1.
    No(String),
    /// The reader closed the output. Exit code 141, as for a process that is killed by SIGPIPE.
    Closed,
    /// Bad usage or unusable input. Exit code 2.
    Input(String),
    /// Another failure. Exit code 3.
    Work(String),
}

impl Failure {
    /// Reports a fault of a given file.
    pub(super) fn file(path: &Path, reason: impl Display) -> Self {
        Self::Input(format!("{}: {reason}", path.display()))
    }

    /// Reports a fault of an option or an argument.
    pub(super) fn argument(name: &str, reason: impl Display) -> Self {
        Self::Input(format!("{name}: {reason}"))
    }
}

/// Prints a result.
pub(super) fn print(text: impl Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = write!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::Work(format!("cannot write to standard output: {error}")),
    })
}

/// Prints a message; errors are ignored.
pub(super) fn say(text: impl Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}
