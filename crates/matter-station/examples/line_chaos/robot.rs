//! The client of the robot that exchanges boards, attaches labels and reads them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;

/// The file with the ports of the robot and the slots.
pub const PORTS: &str = "ports";

pub fn ports(folder: &Path) -> Vec<u16> {
    let text = std::fs::read_to_string(folder.join(PORTS)).unwrap();
    text.split_whitespace().map(|port| port.parse().unwrap()).collect()
}

pub struct Robot(Mutex<BufReader<TcpStream>>);

impl Robot {
    pub fn new(folder: &Path) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", ports(folder)[0])).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(Mutex::new(BufReader::new(stream)))
    }

    /// Sends a line, and returns the line of the answer.
    pub fn ask(&self, line: &str) -> String {
        let mut stream = self.0.lock().unwrap();
        stream.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }
}
