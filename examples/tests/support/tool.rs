//! Runs a tool in a folder, with its arguments as one line.

use std::path::Path;
use std::process::{Command, Output};

pub fn run(tool: &str, folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(tool);
    command.args(arguments.split(' ')).current_dir(folder).output().unwrap()
}

#[track_caller]
pub fn succeed(tool: &str, folder: &Path, arguments: &str) -> Output {
    let output = run(tool, folder, arguments);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments}: {message}");
    output
}
