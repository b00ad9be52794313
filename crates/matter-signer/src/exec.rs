//! Keys held by an external program, such as a cloud key management service or a signing server.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::{Algorithm, Backend};
use crate::{Error, VerifyingKey};

/// The longest run time of a program.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// More bytes than an RSA public key in PEM has.
const OUTPUT_LIMIT: usize = 16 * 1024;
/// Number of bytes read from stderr; its first line is reported.
const STDERR_LIMIT: usize = 1024;
/// Number of characters reported of that line.
const LINE_LIMIT: usize = 200;
/// Interval of polling for the program's end after its output has ended.
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) struct Program {
    path: PathBuf,
    arguments: Vec<String>,
    time_limit: Duration,
}

impl Program {
    pub(crate) fn new(path: &Path, arguments: &[String]) -> Self {
        Self {
            path: path.into(),
            arguments: arguments.to_vec(),
            time_limit: TIME_LIMIT,
        }
    }

    pub(crate) fn public_key(&self) -> Result<VerifyingKey, Error> {
        let output = self.run(&["public-key"], &[])?;
        VerifyingKey::decode(&output).ok_or(Error::PublicKey)
    }

    /// Runs the program with an input and returns its output.
    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Error> {
        let deadline = Instant::now() + self.time_limit;
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).args(arguments.iter().map(OsStr::new));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Its own process group, so that its children are killed with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut running = Running(command.spawn().map_err(|error| self.not_run(error))?);
        let child = &mut running.0;
        let stdout = child.stdout.take().map(|pipe| read(pipe, OUTPUT_LIMIT + 1));
        let stderr = child.stderr.take().map(|pipe| read(pipe, STDERR_LIMIT));
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(input) {
                // The program may ignore its input.
                Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(self.not_run(error)),
                _ => {}
            }
        }
        let output = self.received(stdout, deadline)?;
        if output.len() > OUTPUT_LIMIT {
            let path = self.path.clone();
            return Err(Error::ProgramVerbose {
                path,
                limit: OUTPUT_LIMIT,
            });
        }
        let status = self.ended(child, deadline)?;
        if status.success() {
            return Ok(output);
        }
        let stderr = self.received(stderr, deadline).unwrap_or_default();
        Err(Error::ProgramFailed {
            path: self.path.clone(),
            status: words(status),
            stderr: first_line(&stderr),
        })
    }

    fn received(&self, pipe: Option<Receiver<io::Result<Vec<u8>>>>, deadline: Instant) -> Result<Vec<u8>, Error> {
        let Some(pipe) = pipe else { return Ok(Vec::new()) };
        match pipe.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(self.not_run(error)),
            Err(RecvTimeoutError::Timeout) => Err(self.timeout()),
            Err(RecvTimeoutError::Disconnected) => Ok(Vec::new()),
        }
    }

    /// Waits for the program's end, which usually comes with the end of its output.
    fn ended(&self, child: &mut Child, deadline: Instant) -> Result<ExitStatus, Error> {
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() < deadline => thread::sleep(PAUSE),
                Ok(None) => return Err(self.timeout()),
                Err(error) => return Err(self.not_run(error)),
            }
        }
    }

    fn not_run(&self, error: io::Error) -> Error {
        Error::ProgramNotRun {
            path: self.path.clone(),
            source: Arc::new(error),
        }
    }

    fn timeout(&self) -> Error {
        Error::ProgramTimeout {
            path: self.path.clone(),
            seconds: self.time_limit.as_secs(),
        }
    }
}

impl Backend for Program {
    fn sign(&self, algorithm: Algorithm, digest: &[u8]) -> Result<Vec<u8>, Error> {
        self.run(&["sign", &algorithm.to_string()], digest)
    }
}

/// A child process that is killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads a pipe in its own thread, because a process that inherited the pipe may keep it open.
fn read(mut pipe: impl Read + Send + 'static, limit: usize) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let done = pipe.by_ref().take(limit).read_to_end(&mut bytes).map(|_| bytes);
        let _ = sender.send(done);
        // A closed pipe would end a program that writes a long log.
        let _ = io::copy(&mut pipe, &mut io::sink());
    });
    receiver
}

fn words(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "ended by a signal".into(),
    }
}

fn first_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(LINE_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn program_that_hangs_is_ended_with_its_children() {
        let started = Instant::now();
        let program = Program {
            path: "/bin/sh".into(),
            // The background child keeps the output open.
            arguments: vec!["-c".into(), "sleep 60 & sleep 60".into()],
            time_limit: Duration::from_millis(200),
        };
        let error = program.run(&["public-key"], &[]).unwrap_err();
        assert!(matches!(error, Error::ProgramTimeout { .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[cfg(unix)]
    #[test]
    fn program_may_write_a_long_log() {
        let program = Program {
            path: "/bin/sh".into(),
            arguments: vec!["-c".into(), "head -c 200000 /dev/zero >&2 && echo signed".into()],
            time_limit: TIME_LIMIT,
        };
        assert_eq!(program.run(&["sign"], &[]).unwrap(), b"signed\n");
    }

    #[test]
    fn first_line_is_short_and_without_controls() {
        assert_eq!(first_line(b"\n  \x1b[1mno \x07key\x00\nmore"), "[1mno key");
        assert_eq!(first_line(&[b'x'; 1000]).len(), LINE_LIMIT);
    }
}
