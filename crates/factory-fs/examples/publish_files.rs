//! Writes two related files into a locked folder, both or neither, readable by their owner only.

use std::path::PathBuf;

use factory_fs::{Dir, FolderLock, Output, Replace, publish};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("no folder given")?;
    let dir = Dir::create(&folder)?;
    let _held = FolderLock::new(&dir)?;
    let (key, certificate) = (folder.join("key.pem"), folder.join("cert.pem"));
    let outputs = [
        Output {
            path: &key,
            bytes: b"the key",
        },
        Output {
            path: &certificate,
            bytes: b"its certificate",
        },
    ];
    // Refused when one of them exists; then neither is written.
    publish(&outputs, Replace::No)?;
    for output in &outputs {
        println!("{}: {} bytes", output.path.display(), output.bytes.len());
    }
    Ok(())
}
