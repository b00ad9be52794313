//! Replays the fuzz corpus of the reader, with the property of the fuzz target.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use matter_tlv::Reader;

/// Hands every file of a corpus over; there must be some.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the check fails.
        println!("{}", file.display());
        check(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
}

#[test]
fn reader_keeps_to_its_input() {
    replay("matter_tlv_read", |input| {
        let mut reader = Reader::new(input);
        let mut elements = 0;
        loop {
            let start = reader.offset();
            match reader.read() {
                Ok(Some(element)) => assert!(element.offset == start && reader.offset() > start),
                Ok(None) => break assert_eq!((start, reader.depth()), (input.len(), 0)),
                Err(error) => break assert_eq!((reader.read(), reader.offset()), (Err(error), start)),
            }
            elements += 1;
        }
        assert!(elements <= input.len());
    });
}
