//! Any bytes: the reader never panics, offsets ascend, there are no more elements than bytes, and
//! errors repeat.

use matter_tlv::Reader;

pub(crate) fn property(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let mut elements = 0;
    loop {
        let start = reader.offset();
        match reader.read() {
            Ok(Some(element)) => assert!(element.offset == start && reader.offset() > start),
            Ok(None) => break assert_eq!((start, reader.depth()), (bytes.len(), 0)),
            Err(error) => break assert_eq!((reader.read(), reader.offset()), (Err(error), start)),
        }
        elements += 1;
    }
    assert!(elements <= bytes.len());
}
