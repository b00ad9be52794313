//! Any bytes -> decode and recover; decoded images are read entry by entry, encoded, and decoded to
//! the same entries.
use std::ffi::c_char;
use std::ptr;

use crate::support::{check, message, written};
use matter_capi::*;

/// An entry and its value.
type Found = (Vec<c_char>, Vec<c_char>, MatterNvsKind, Vec<u8>);

fn entries(nvs: *const MatterNvs) -> Vec<Found> {
    (0..unsafe { matter_nvs_len(nvs) })
        .map(|index| entry(nvs, index))
        .collect()
}

fn entry(nvs: *const MatterNvs, index: usize) -> Found {
    let mut found = MatterNvsEntry {
        name_space: [1; 16],
        key: [1; 16],
        kind: MatterNvsKind::Other,
        len: 0,
    };
    assert_eq!(
        unsafe { matter_nvs_entry(nvs, index, &mut found, ptr::null_mut()) },
        MatterError::None
    );
    let (name_space, key) = (found.name_space.as_ptr(), found.key.as_ptr());
    assert!(found.name_space.contains(&0) && found.key.contains(&0));
    let number = |get: unsafe extern "C" fn(
        *const MatterNvs,
        *const c_char,
        *const c_char,
        *mut u64,
        *mut MatterMessage,
    ) -> MatterError| {
        let mut value = 0;
        assert_eq!(
            unsafe { get(nvs, name_space, key, &mut value, ptr::null_mut()) },
            MatterError::None
        );
        value.to_le_bytes().to_vec()
    };
    let value = match found.kind {
        MatterNvsKind::U64 => number(matter_nvs_get_u64),
        MatterNvsKind::Str => {
            let get = |to: *mut u8, len, written, message| unsafe {
                matter_nvs_get_str(nvs, name_space, key, to.cast(), len, written, message)
            };
            let text = written(get).unwrap();
            assert_eq!((text.len(), text.last()), (found.len, Some(&0)));
            text
        }
        MatterNvsKind::Blob => {
            let get = |to, len, written, message| unsafe {
                matter_nvs_get_blob(nvs, name_space, key, to, len, written, message)
            };
            let blob = written(get).unwrap();
            assert_eq!(blob.len(), found.len);
            blob
        }
        _ => {
            let mut wrong = 0;
            let error = unsafe { matter_nvs_get_u64(nvs, name_space, key, &mut wrong, ptr::null_mut()) };
            assert_eq!(error, MatterError::OtherType);
            Vec::new()
        }
    };
    (found.name_space.to_vec(), found.key.to_vec(), found.kind, value)
}

fn decode(image: &[u8]) -> Option<*mut MatterNvs> {
    let (mut nvs, mut note) = (ptr::null_mut(), message());
    let error = unsafe { matter_nvs_decode(image.as_ptr(), image.len(), &mut nvs, &mut note) };
    check(error, &note);
    assert_eq!(error == MatterError::None, !nvs.is_null());
    (!nvs.is_null()).then_some(nvs)
}

pub(crate) fn check_bytes(image: &[u8]) {
    let (mut nvs, mut faults) = (ptr::null_mut(), 0);
    let error = unsafe { matter_nvs_recover(image.as_ptr(), image.len(), &mut nvs, &mut faults, ptr::null_mut()) };
    assert_eq!(error, MatterError::None);
    let recovered = unsafe { matter_nvs_len(nvs) };
    unsafe { matter_nvs_free(nvs) };

    let decoded = decode(image);
    assert_eq!(decoded.is_some(), faults == 0);
    let Some(nvs) = decoded else { return };
    let before = entries(nvs);
    assert_eq!(before.len(), recovered);
    let mut size = 0;
    if unsafe { matter_nvs_needed_size(nvs, 2, &mut size, ptr::null_mut()) } == MatterError::None {
        let encode = |to, len, written, message| unsafe { matter_nvs_encode(nvs, size, 2, to, len, written, message) };
        let again = decode(&written(encode).unwrap()).expect("own image is rejected");
        assert_eq!(entries(again), before);
        unsafe { matter_nvs_free(again) };
    }
    unsafe { matter_nvs_free(nvs) };
}
