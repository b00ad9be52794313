//! Virtual chips as processes, at ports of the loopback interface.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A chip, switched off on drop.
pub struct VirtualChip {
    process: Child,
    pub port: String,
}

impl VirtualChip {
    /// Starts a chip with its state in a file.
    pub fn start(chip: &str, mac: &str, state: &Path, more: &[&str]) -> Self {
        Self::start_at("0", chip, mac, state, more)
    }

    /// Starts a chip at a port where another chip was before.
    pub fn start_at(port: &str, chip: &str, mac: &str, state: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sim-chip"));
        command.args(["--chip", chip, "--mac", mac, "--tcp", port, "--state"]);
        let mut process = command.arg(state).args(more).stdout(Stdio::piped()).spawn().unwrap();
        // It prints its MAC address and its port.
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.split_whitespace().nth(1).unwrap().to_owned();
        Self { process, port }
    }
}

impl Drop for VirtualChip {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
