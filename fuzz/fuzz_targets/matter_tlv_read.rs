//! Any bytes: the reader never panics, offsets ascend, there are no more elements than bytes, and an error stays.
#![no_main]

use libfuzzer_sys::fuzz_target;
use matter_tlv::Reader;

fuzz_target!(|input: &[u8]| {
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
