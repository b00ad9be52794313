//! Any parts and numbers -> a partition of the requested size, or an error; a key stored elsewhere
//! is not in it.
use crate::support::{bytes, written};
use arbitrary::{Arbitrary, Unstructured};
use matter_capi::*;

#[derive(Arbitrary, Debug)]
struct Parts<'a> {
    key_storage: u8,
    efuse_key: u8,
    flags: u8,
    pages: u8,
    wrap: bool,
    dac: &'a [u8],
    pai: &'a [u8],
    key: &'a [u8],
}

/// DER of a SEQUENCE, so that parts are accepted.
fn sequence(contents: &[u8]) -> Vec<u8> {
    let contents = &contents[..contents.len().min(0xFFFF)];
    let [high, low] = (contents.len() as u16).to_be_bytes();
    let head = match contents.len() {
        0..=0x7F => vec![0x30, low],
        0x80..=0xFF => vec![0x30, 0x81, low],
        _ => vec![0x30, 0x82, high, low],
    };
    [head.as_slice(), contents].concat()
}

pub(crate) fn check_bytes(data: &[u8]) {
    let Ok(parts) = Parts::arbitrary_take_rest(Unstructured::new(data)) else {
        return;
    };
    let wrap = |part: &[u8]| if parts.wrap { sequence(part) } else { part.to_vec() };
    let (dac, pai, key) = (wrap(parts.dac), wrap(parts.pai), parts.key.to_vec());
    let given = MatterSecureCert {
        dac: bytes(&dac),
        pai: bytes(&pai),
        key: bytes(&key),
        key_storage: i32::from(parts.key_storage % 6) - 1,
        efuse_key: u32::from(parts.efuse_key % 8),
        flags: u32::from(parts.flags % 3),
    };
    let size = usize::from(parts.pages % 18) * 0x1000;
    let made = written(|to, len, written, message| unsafe {
        matter_secure_cert_encode(&given, size, to, len, written, message)
    });
    if let Ok(image) = made {
        assert_eq!(image.len(), size);
        assert!(given.key_storage != MatterKeyStorage::EfuseEcdsa as i32 || key.is_empty());
    }
}
