use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Why the command ends without success.
#[derive(Debug)]
pub(super) enum Failure {
    /// The answer is no. Exit code 1.
    No(String),
    /// Whoever read the output has closed it. Exit code 141, as of a process that such a pipe ends.
    Closed,
    /// Bad usage or unusable input. Exit code 2.
    Input(String),
    /// Something failed while working. Exit code 3.
    Work(String),
}

impl Failure {
    /// Says what is wrong with a file that was given.
    pub(super) fn file(path: &Path, reason: impl Display) -> Self {
        Self::Input(format!("{}: {reason}", path.display()))
    }

    /// Says what is wrong with an option or an argument.
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

/// Prints a message, which nobody has to read.
pub(super) fn say(text: impl Display) {
    let _ = write!(io::stderr().lock(), "{text}");
}
