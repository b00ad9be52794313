//! Shared by the targets: calls as in C, with buffers of exactly the stated length.

#![allow(dead_code, reason = "each fuzz target uses a part of it")]

use matter_capi::{MatterBytes, MatterError, MatterMessage};

/// Bytes for a struct; NULL if empty.
pub(crate) fn bytes(bytes: &[u8]) -> MatterBytes {
    let data = if bytes.is_empty() {
        std::ptr::null()
    } else {
        bytes.as_ptr()
    };
    MatterBytes { data, len: bytes.len() }
}

/// A text with its NUL.
pub(crate) fn text(bytes: &[u8]) -> Vec<u8> {
    let mut text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    text.push(0);
    text
}

/// A message that a call overwrites completely.
pub(crate) fn message() -> MatterMessage {
    MatterMessage { text: [0x55; 256] }
}

/// Checks that there is a message exactly if there is an error.
pub(crate) fn check(error: MatterError, message: &MatterMessage) {
    assert!(message.text.contains(&0), "message without a NUL");
    assert_ne!(error, MatterError::Internal, "panic in the library: {message:?}");
    assert_eq!(
        error == MatterError::None,
        message.text[0] == 0,
        "{error:?}: {message:?}"
    );
}

/// Calls a function that writes into a buffer: without one, with one that is a byte too short, and
/// with one that fits. The buffers are heap allocations of that length, so that a sanitizer detects
/// an overflow; without one the bytes after them are checked.
pub(crate) fn written(
    mut call: impl FnMut(*mut u8, usize, *mut usize, *mut MatterMessage) -> MatterError,
) -> Result<Vec<u8>, MatterError> {
    let (mut needed, mut note) = (77, message());
    let error = call(std::ptr::null_mut(), 0, &mut needed, &mut note);
    check(error, &note);
    match error {
        MatterError::None => {
            assert_eq!(needed, 0);
            return Ok(Vec::new());
        }
        MatterError::BufferTooSmall => assert!(needed > 0),
        error => {
            assert_eq!(needed, 0);
            return Err(error);
        }
    }
    let mut short = vec![0xA5_u8; needed - 1];
    let mut told = 0;
    assert_eq!(
        call(short.as_mut_ptr(), short.len(), &mut told, std::ptr::null_mut()),
        MatterError::BufferTooSmall
    );
    assert_eq!(told, needed);
    assert!(
        short.iter().all(|byte| *byte == 0xA5),
        "a buffer that is too small was written"
    );
    let mut buffer = vec![0xA5_u8; needed];
    let error = call(buffer.as_mut_ptr(), buffer.len(), &mut told, &mut note);
    check(error, &note);
    // The first answer may be for a whole partition, before the entries are checked.
    if error != MatterError::None {
        assert_eq!(told, 0);
        return Err(error);
    }
    assert!(told <= needed);
    buffer.truncate(told);
    Ok(buffer)
}
