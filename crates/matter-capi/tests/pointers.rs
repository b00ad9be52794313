//! Invalid pointers, and buffers at unusual positions.

#![expect(unsafe_code, reason = "calls what C calls")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::ffi::c_char;
use std::ptr;

use matter_capi::*;

const EMPTY: MatterBytes = MatterBytes {
    data: ptr::null(),
    len: 0,
};

fn message() -> MatterMessage {
    MatterMessage {
        text: [1; MATTER_MESSAGE_SIZE],
    }
}

#[test]
fn pointer_that_is_not_aligned_is_an_error() {
    let mut words = [0_usize; 4];
    let odd = words.as_mut_ptr().wrapping_byte_add(1);
    let mut message = message();
    // SAFETY: the alignment is rejected before anything is read or written.
    unsafe {
        let error = matter_nvs_new(odd.cast(), &mut message);
        assert_eq!(error, MatterError::Alignment);
        assert_eq!(message.to_text(), "nvs is not aligned to 8 bytes");
        let error = matter_verifier_derive(
            20202021,
            1000,
            [0; 16].as_ptr(),
            16,
            ptr::null_mut(),
            0,
            odd,
            &mut message,
        );
        assert_eq!(error, MatterError::Alignment);
        assert_eq!(
            matter_audit_device(odd.cast(), ptr::null_mut(), ptr::null_mut(), 0, odd, ptr::null_mut()),
            MatterError::Alignment
        );
    }
    assert_eq!(words, [0; 4]);
}

#[test]
fn length_beyond_the_address_space_is_an_error() {
    let mut nvs = ptr::null_mut();
    let byte = 0_u8;
    for len in [usize::MAX, usize::MAX / 2 + 1] {
        // SAFETY: the length is rejected before anything is read.
        let error = unsafe { matter_nvs_decode(&byte, len, &mut nvs, ptr::null_mut()) };
        assert_eq!(error, MatterError::Length);
    }
    let mut written = 7;
    let device = MatterAudit {
        nvs: EMPTY,
        nvs_keys: EMPTY,
        secure_cert: EMPTY,
        secure_cert_size: 0,
        qr_text: ptr::null(),
        manual_code: ptr::null(),
        paas: &EMPTY,
        // Multiplied by 16 bytes.
        paas_len: usize::MAX / 16,
        declaration: EMPTY,
        time: 0,
        vendor_id: 0,
        product_id: 0,
        flags: 0,
    };
    // SAFETY: as before.
    let error = unsafe {
        matter_audit_device(
            &device,
            ptr::null_mut(),
            ptr::null_mut(),
            0,
            &mut written,
            ptr::null_mut(),
        )
    };
    assert_eq!((error, written), (MatterError::Length, 0));
}

#[test]
fn text_is_not_read_beyond_its_maximum_length() {
    // Exactly the number of bytes that may be read, without a NUL: Miri or a sanitizer would detect
    // a further read.
    let text = vec![b'1'; 4297];
    let mut read = std::mem::MaybeUninit::uninit();
    // SAFETY: the text has one byte more than its maximum length.
    let error = unsafe { matter_manual_code_parse(text.as_ptr().cast::<c_char>(), read.as_mut_ptr(), ptr::null_mut()) };
    assert_eq!(error, MatterError::TextTooLong);
}

#[test]
fn buffer_may_be_the_input() {
    let mut image = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/factory.bin")).unwrap();
    let plain = image.clone();
    let mut keys = [0x11; 68];
    keys[32..64].fill(0x22);
    keys[64..].copy_from_slice(&[0x2C, 0xEF, 0xCF, 0x3C]);
    let (start, len, mut written) = (image.as_mut_ptr(), image.len(), 0);
    // SAFETY: the buffer and the image are the same bytes, which is allowed.
    unsafe {
        let error = matter_nvs_encrypt(start, len, keys.as_ptr(), 68, start, len, &mut written, ptr::null_mut());
        assert_eq!((error, written), (MatterError::None, len));
        let error = matter_nvs_decrypt(start, len, keys.as_ptr(), 68, start, len, &mut written, ptr::null_mut());
        assert_eq!((error, written), (MatterError::None, len));
    }
    assert_eq!(image, plain);
}

#[test]
fn message_is_cleared_by_the_next_call() {
    let (mut message, mut nvs) = (message(), ptr::null_mut());
    // SAFETY: valid pointers, or NULL.
    unsafe {
        assert_eq!(matter_nvs_new(ptr::null_mut(), &mut message), MatterError::NullPointer);
        assert_eq!(message.to_text(), "nvs is NULL");
        assert_eq!(matter_nvs_new(&mut nvs, &mut message), MatterError::None);
        assert_eq!(message.to_text(), "");
        matter_nvs_free(nvs);
    }
}

#[test]
fn messages_contain_no_passcode() {
    let payload = MatterSetupPayload {
        passcode: 87_654_321,
        vendor_id: 0xFFF1,
        product_id: 0x8000,
        discriminator: 1,
        data_len: 0,
        flow: 0,
        discovery: 2,
        data: [0; MATTER_SETUP_DATA_SIZE],
    };
    let (mut message, mut written) = (message(), 0);
    // SAFETY: valid pointers, or NULL.
    let error = unsafe { matter_qr_text_encode(&payload, ptr::null_mut(), 0, &mut written, &mut message) };
    assert_eq!(error, MatterError::PasscodeTrivial);
    // The message lists all trivial passcodes, and does not state which one was given.
    assert!(message.to_text().contains("one of the twelve"));
    assert!(!format!("{payload:?}").contains("87654321"));
}
