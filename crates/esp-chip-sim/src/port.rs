use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::sleep;
use std::time::{Duration, Instant};

use esp_rom_loader::Port;

use crate::board::Board;
use crate::line::Signal;
use crate::sim::lock;

/// The station's end of a serial line to a virtual chip, in memory.
///
/// It has baud rates, and DTR and RTS reset the chip as on common boards: RTS holds it in reset, DTR selects download mode.
/// If the signals are never set, the chip restarts at a SYNC, as over a pseudo-terminal.
///
/// The chip works while the station writes, so that nothing can arrive later unless the chip is slow: a read without
/// available bytes waits at most [`SimPort::PATIENCE`], regardless of the timeout, and then fails as timed out.
#[derive(Debug)]
pub struct SimPort {
    board: Arc<Mutex<Board>>,
    connection: u64,
    timeout: Duration,
    patience: Duration,
    name: String,
}

impl SimPort {
    /// The time that a read waits for a silent chip.
    pub const PATIENCE: Duration = Duration::from_millis(2);

    pub(crate) fn new(board: &Arc<Mutex<Board>>) -> Self {
        let mut guard = lock(board);
        let [a, b, c, d, e, f] = guard.mac;
        let is_dead = guard.is_dead;
        let connection = guard.line.connect(true);
        if is_dead {
            guard.line.disconnect();
        }
        drop(guard);
        Self {
            board: Arc::clone(board),
            connection,
            timeout: Duration::from_secs(3),
            patience: Self::PATIENCE,
            name: format!("sim:{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}"),
        }
    }

    /// Sets the time that a read waits for a silent chip, in addition to its timeout.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn board(&self) -> io::Result<MutexGuard<'_, Board>> {
        let board = lock(&self.board);
        board.line.check(self.connection)?;
        Ok(board)
    }
}

impl Read for SimPort {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let begin = Instant::now();
        loop {
            let mut board = self.board()?;
            board.poll();
            let wait = board
                .line
                .ready()
                .map(|ready| ready.saturating_duration_since(Instant::now()));
            let wait = wait.unwrap_or_default();
            if board.line.is_empty() {
                drop(board);
                sleep(self.patience.min(self.timeout));
                return match self.board()?.line.is_empty() {
                    true => Err(ErrorKind::TimedOut.into()),
                    false => continue,
                };
            }
            if wait.is_zero() {
                return Ok(board.line.take(buffer));
            }
            drop(board);
            let left = self.timeout.saturating_sub(begin.elapsed());
            sleep(wait.min(left));
            if wait >= left {
                return Err(ErrorKind::TimedOut.into());
            }
        }
    }
}

impl Write for SimPort {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.board()?.receive(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.board().map(drop)
    }
}

impl Port for SimPort {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.timeout = timeout;
        Ok(())
    }

    fn set_baud_rate(&mut self, baud: u32) -> io::Result<()> {
        self.board()?.line.set_station_baud(baud);
        Ok(())
    }

    fn set_signals(&mut self, dtr: bool, rts: bool) -> io::Result<()> {
        let mut board = self.board()?;
        match board.line.set_signals(dtr, rts) {
            Signal::Nothing => {}
            Signal::ResetIntoDownload => board.reset_line(true),
            Signal::ResetIntoFirmware => board.reset_line(false),
        }
        Ok(())
    }

    fn discard_input(&mut self) -> io::Result<()> {
        self.board()?.line.discard();
        Ok(())
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}
