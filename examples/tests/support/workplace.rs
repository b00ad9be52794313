//! Runs the binary in a folder of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Creates a folder with the input files that the documented commands name.
pub fn workplace(vendor: &str, product: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = run(
        folder.path(),
        &["--test-pki", "-v", vendor, "-p", product, "--outdir", "inputs"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    for (from, to) in [
        ("PAI_cert.pem", "PAI-Cert.pem"),
        ("PAI_key.pem", "PAI-Key.pem"),
        ("CD.der", "CD.der"),
    ] {
        fs::copy(folder.path().join("inputs/test-pki").join(from), folder.path().join(to)).unwrap();
    }
    folder
}

pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_matter-mfg"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
