//! The replay of a fuzz corpus, which every `tests/corpus.rs` includes.

use std::path::Path;

/// Hands every file of a corpus over; there must be some.
pub(crate) fn replay(target: &str, mut property: impl FnMut(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the property fails.
        println!("{}", file.display());
        property(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
}
