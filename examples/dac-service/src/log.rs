//! Structured log lines: one JSON object each, written by a separate thread.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fmt, thread};

use der::DateTime;
use serde::Serialize;

/// Number of lines that may wait for a slow reader of stderr; further ones are dropped.
const WAITING: usize = 8192;

/// A log line. No member ever contains a secret.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Line<'a> {
    pub(crate) time: String,
    pub(crate) level: &'a str,
    pub(crate) event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) serial: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) microseconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<&'a str>,
}

/// The log.
pub struct Logger {
    lines: Option<SyncSender<String>>,
    dropped: AtomicU64,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logger")
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

impl Logger {
    /// Creates a log that writes to stderr.
    #[must_use]
    pub fn to_stderr() -> Self {
        Self::new(std::io::stderr())
    }

    /// Creates a log that writes to another destination. If the system refuses the thread, nothing is written.
    #[must_use]
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        let (lines, receiver) = sync_channel(WAITING);
        let thread = thread::Builder::new()
            .name("log".into())
            .spawn(move || work(&receiver, writer));
        Self {
            lines: Some(lines),
            dropped: AtomicU64::new(0),
            thread: thread.ok(),
        }
    }

    /// Returns the number of lines dropped because writing was too slow.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(crate) fn write(&self, mut line: Line<'_>) {
        line.time = now();
        let Ok(mut text) = serde_json::to_string(&line) else {
            return;
        };
        text.push('\n');
        let sent = self.lines.as_ref().map(|lines| lines.try_send(text));
        if let Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_))) = sent {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes a message.
    pub fn info(&self, event: &str, message: &str) {
        self.write(Line {
            level: "info",
            event,
            message: Some(message),
            ..Line::default()
        });
    }

    /// Writes a message about a failure.
    pub fn error(&self, event: &str, message: &str) {
        self.write(Line {
            level: "error",
            event,
            message: Some(message),
            ..Line::default()
        });
    }
}

impl Drop for Logger {
    /// Waits until all lines are written.
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(thread) = self.thread.take() {
            // A panicked writer has no more lines.
            let _ = thread.join();
        }
    }
}

fn work(receiver: &Receiver<String>, mut writer: impl Write) {
    while let Ok(line) = receiver.recv() {
        let mut lines = line;
        lines.extend(receiver.try_iter().take(256));
        // A failing log does not stop issuing.
        let _ = writer.write_all(lines.as_bytes()).and_then(|()| writer.flush());
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let Ok(time) = DateTime::from_unix_duration(since) else {
        return String::new();
    };
    let text = time.to_string();
    format!("{}.{:03}Z", text.trim_end_matches('Z'), since.subsec_millis())
}
