use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Instant;

use crate::board::Board;
use crate::sim::lock;

/// The reason why a chip left a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServeEnd {
    /// The station has closed the channel.
    Closed,
    /// The chip is permanently dead.
    Died,
    /// The chip has disconnected and comes back: open the channel again.
    Disconnected,
}

/// Number of bytes read at once.
const BUFFER: usize = 0x1_0000;

/// Serves a station until the channel or the chip is gone.
pub(crate) fn serve(board: &Arc<Mutex<Board>>, channel: &mut (impl Read + Write)) -> io::Result<ServeEnd> {
    let connection = lock(board).line.connect(false);
    let mut buffer = vec![0; BUFFER];
    loop {
        let received = match channel.read(&mut buffer) {
            Ok(0) => return Ok(ServeEnd::Closed),
            Ok(count) => count,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => 0,
                ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
                    return Ok(ServeEnd::Closed);
                }
                _ => return Err(error),
            },
        };
        let mut guard = lock(board);
        if received > 0 {
            guard.receive(buffer.get(..received).unwrap_or_default());
        }
        guard.poll();
        let ready = guard.line.ready();
        if guard.is_dead {
            return Ok(ServeEnd::Died);
        }
        if guard.line.check(connection).is_err() {
            return Ok(ServeEnd::Disconnected);
        }
        drop(guard);
        if let Some(wait) = ready.and_then(|ready| ready.checked_duration_since(Instant::now())) {
            sleep(wait);
        }
        loop {
            let count = lock(board).line.take(&mut buffer);
            if count == 0 {
                break;
            }
            match channel.write_all(buffer.get(..count).unwrap_or_default()) {
                Ok(()) => {}
                Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                    return Ok(ServeEnd::Closed);
                }
                Err(error) => return Err(error),
            }
        }
        channel.flush()?;
    }
}
