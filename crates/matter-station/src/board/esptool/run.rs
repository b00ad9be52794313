use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::text;
use crate::BoardFault;

/// The output of a program.
#[derive(Debug)]
pub(super) struct Said {
    text: String,
    is_success: bool,
}

impl Said {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the output if the program succeeded.
    pub(super) fn success(&self) -> Result<&str, BoardFault> {
        if self.is_success {
            return Ok(&self.text);
        }
        Err(text::fault(&self.text))
    }
}

/// Runs a program to its end or the deadline.
pub(super) fn run(program: &str, arguments: &[&str], deadline: Duration) -> Result<Said, BoardFault> {
    let start = Instant::now();
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "500")
        .spawn();
    let mut child = child.map_err(|error| missing(program, &error))?;
    let outputs = [child.stdout.take().map(read), child.stderr.take().map(read)];
    let stuck = || {
        let seconds = deadline.as_secs();
        BoardFault::Stuck(format!("{program} took longer than {seconds} seconds"))
    };
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < deadline => thread::sleep(POLL),
            _ => {
                // It may have ended at this moment.
                let _ = child.kill();
                let _ = child.wait();
                return Err(stuck());
            }
        }
    };
    let mut text = String::new();
    for output in outputs.into_iter().flatten() {
        let left = deadline.saturating_sub(start.elapsed()).max(READ_TIME);
        text.push_str(&output.recv_timeout(left).map_err(|_| stuck())?);
    }
    Ok(Said {
        text,
        is_success: status.success(),
    })
}

/// Reads in a thread of its own: a process that the program has left behind may keep the pipe open.
fn read(source: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // Keep the output before a read error.
        let _ = source.take(LIMIT).read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

fn missing(program: &str, error: &io::Error) -> BoardFault {
    BoardFault::Unsuited(match error.kind() {
        io::ErrorKind::NotFound => {
            format!("program '{program}' not found; install esptool 5 (pip install esptool) or use the built-in engine")
        }
        _ => format!("cannot start program '{program}': {error}"),
    })
}

const POLL: Duration = Duration::from_millis(20);
/// The least time for output that is still in the pipe when the program has ended.
const READ_TIME: Duration = Duration::from_secs(1);
/// Ten times the size of a full eFuse summary.
const LIMIT: u64 = 4 << 20;

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn output_that_a_background_process_keeps_open_is_not_awaited() {
        let start = Instant::now();
        let arguments = ["-c", "sleep 60 & echo done"];
        let fault = run("/bin/sh", &arguments, Duration::from_millis(200)).unwrap_err();
        assert!(matches!(fault, BoardFault::Stuck(_)), "{fault}");
        assert!(start.elapsed() < Duration::from_secs(30));
        let said = run("/bin/sh", &["-c", "echo done"], Duration::from_secs(30)).unwrap();
        assert_eq!(said.success().unwrap(), "done\n");
    }
}
