//! Any text -> parse -> encode -> the same text; any struct -> encode -> parse -> the same struct.
use std::mem::MaybeUninit;
use std::ptr;

use crate::support::{check, message, text, written};
use matter_capi::*;

fn qr(payload: &MatterSetupPayload) -> Result<Vec<u8>, MatterError> {
    written(|to, len, written, message| unsafe { matter_qr_text_encode(payload, to.cast(), len, written, message) })
}

fn manual(payload: &MatterSetupPayload, grouped: i32) -> Result<Vec<u8>, MatterError> {
    written(|to, len, written, message| unsafe {
        matter_manual_code_encode(payload, grouped, to.cast(), len, written, message)
    })
}

fn parse(text: &[u8]) -> Option<MatterSetupPayload> {
    let (mut payload, mut note) = (MaybeUninit::uninit(), message());
    let error = unsafe { matter_qr_text_parse(text.as_ptr().cast(), payload.as_mut_ptr(), &mut note) };
    check(error, &note);
    (error == MatterError::None).then(|| unsafe { payload.assume_init() })
}

fn same(one: &MatterSetupPayload, other: &MatterSetupPayload) -> bool {
    let len = usize::from(one.data_len);
    (
        one.passcode,
        one.vendor_id,
        one.product_id,
        one.discriminator,
        one.flow,
        one.discovery,
    ) == (
        other.passcode,
        other.vendor_id,
        other.product_id,
        other.discriminator,
        other.flow,
        other.discovery,
    ) && one.data.get(..len) == other.data.get(..usize::from(other.data_len))
}

pub(crate) fn check_bytes(data: &[u8]) {
    let code = text(data);
    if let Some(payload) = parse(&code) {
        assert_eq!(qr(&payload).unwrap(), code);
    }
    let (mut read, mut note) = (MaybeUninit::uninit(), message());
    let error = unsafe { matter_manual_code_parse(code.as_ptr().cast(), read.as_mut_ptr(), &mut note) };
    check(error, &note);
    if error == MatterError::None {
        let read: MatterManualPayload = unsafe { read.assume_init() };
        assert_eq!(
            usize::from(read.digits),
            code.iter().filter(|letter| letter.is_ascii_digit()).count()
        );
    }

    let mut bytes = [0; size_of::<MatterSetupPayload>()];
    bytes.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
    // Any bytes are valid, because the struct has only numbers.
    let mut payload: MatterSetupPayload = unsafe { ptr::read_unaligned(bytes.as_ptr().cast()) };
    let made = qr(&payload);
    assert_eq!(made.as_ref().err(), manual(&payload, 0).as_ref().err());
    if let Ok(code) = made {
        assert!(same(&parse(&code).expect("own code is rejected"), &payload));
        let grouped = manual(&payload, 1).unwrap();
        let digits: Vec<u8> = grouped.into_iter().filter(|letter| *letter != b'-').collect();
        assert_eq!(digits, manual(&payload, 0).unwrap());
    }
    let error = unsafe { matter_setup_payload_set_serial_number(&mut payload, code.as_ptr().cast(), &mut note) };
    check(error, &note);
    if error == MatterError::None {
        let code = qr(&payload).unwrap();
        assert!(same(&parse(&code).expect("own code is rejected"), &payload));
    }
}
