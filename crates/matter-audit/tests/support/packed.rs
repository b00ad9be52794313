//! Archives with one file.

use miniz_oxide::deflate::compress_to_vec;

/// Builds a zip with one deflated entry by hand: the archive writer used here only stores.
pub fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let deflated = compress_to_vec(bytes, 6);
    let len = |len: usize| u32::try_from(len).unwrap().to_le_bytes();
    let mut hasher = crc(bytes).to_le_bytes().to_vec();
    hasher.extend(len(deflated.len()));
    hasher.extend(len(bytes.len()));
    let name_len = u16::try_from(name.len()).unwrap().to_le_bytes();
    let common = [&[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0][..], &hasher, &name_len, &[0, 0]].concat();
    let entry = [b"PK\x03\x04", &common[..], name.as_bytes(), &deflated].concat();
    let directory = [b"PK\x01\x02\x14\x00", &common[..], &[0; 14], name.as_bytes()].concat();
    let end = [
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
        &len(directory.len())[..],
        &len(entry.len()),
        &[0, 0],
    ]
    .concat();
    [entry, directory, end].concat()
}

/// Builds a gzip file with a name.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let len = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let head = b"\x1F\x8B\x08\x08\0\0\0\0\0\x03notes.txt\0";
    [head, &compress_to_vec(bytes, 6)[..], &crc(bytes).to_le_bytes(), &len].concat()
}

/// CRC-32 (RFC 1952, 8).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}
