use std::io::{self, Read};
use std::process::{Command, Stdio};
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
    let readers = [child.stdout.take().map(reader), child.stderr.take().map(reader)];
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < deadline => thread::sleep(POLL),
            _ => {
                // It may have ended at this moment.
                let _ = child.kill();
                let _ = child.wait();
                let seconds = deadline.as_secs();
                return Err(BoardFault::Stuck(format!(
                    "{program} took longer than {seconds} seconds"
                )));
            }
        }
    };
    let mut text = String::new();
    for reader in readers.into_iter().flatten() {
        text.push_str(&reader.join().unwrap_or_default());
    }
    Ok(Said {
        text,
        is_success: status.success(),
    })
}

fn reader<R: Read + Send + 'static>(source: R) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // Keep the output before a read error.
        let _ = source.take(LIMIT).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
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
/// Ten times the size of a full eFuse summary.
const LIMIT: u64 = 4 << 20;
