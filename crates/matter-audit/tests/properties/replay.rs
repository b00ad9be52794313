//! Replays a fuzz corpus, for `tests/corpus.rs`. Each package has its own copy, because packages must be self-contained;
//! `scripts/lint` compares the copies with `fuzz/replay.rs`.

use std::path::Path;

/// Passes every file of a corpus to `property`, and returns their number. The corpus must not be empty, unless the package is outside
/// the repository: then 0.
pub(crate) fn replay(target: &str, mut property: impl FnMut(&[u8])) -> usize {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    if !fuzz.join("replay.rs").is_file() {
        println!("{target}: 0 cases ran: no {}", fuzz.display());
        return 0;
    }
    let folder = fuzz.join("corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the property fails.
        println!("{}", file.display());
        property(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
    files.len()
}
