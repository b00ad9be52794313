//! Virtual chips as processes, at ports of the loopback interface.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A chip; it is switched off when it is dropped.
pub struct VirtualChip {
    process: Child,
    pub port: String,
}

impl VirtualChip {
    /// Starts a chip with a state that stays in a file.
    pub fn start(chip: &str, mac: &str, state: &Path, more: &[&str]) -> Self {
        // Free until somebody else takes it, which nobody on this machine does in the meantime.
        let number = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-chip"));
        command.args(["--chip", chip, "--mac", mac, "--tcp", &number.to_string()]);
        command
            .arg("--state")
            .arg(state)
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", number)).is_err() {
            assert!(
                Instant::now() < end && process.try_wait().unwrap().is_none(),
                "sim-chip does not listen"
            );
            sleep(Duration::from_millis(20));
        }
        Self {
            process,
            port: format!("socket://127.0.0.1:{number}"),
        }
    }
}

impl Drop for VirtualChip {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
