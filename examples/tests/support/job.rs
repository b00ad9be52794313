//! Runs for one product in a folder with a chain: results and refusals.

use tempfile::TempDir;

use crate::chain;
use crate::made::Made;
use crate::workplace::{run, stderr};

pub const IDS: [&str; 4] = ["-v", "0xFFF2", "-p", "0x8001"];
pub const FAST: [&str; 2] = ["--iteration-count", "1000"];

pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    chain::write(folder.path());
    folder
}

pub fn make(folder: &TempDir, arguments: &[&str]) -> Made {
    let output = run(folder.path(), &[&IDS[..], &FAST, arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    Made::new(folder.path().join("out/fff2_8001"))
}

pub fn refused(folder: &TempDir, arguments: &[&str]) -> String {
    let output = run(folder.path(), &[&IDS[..], &FAST, arguments].concat());
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
    assert!(!folder.path().join("out").exists(), "{arguments:?} wrote something");
    stderr(&output)
}
